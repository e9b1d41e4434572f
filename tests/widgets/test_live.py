"""What all interactive figures share: no exception is lost, a still with words and width comes along."""

import base64
import io
import re
from pathlib import Path

import ipywidgets as widgets
import pytest
import torch
from PIL import Image

import lab.widgets
from lab.checkpoints import Model
from lab.clustering import Thresholds
from lab.erfnet import BranchedERFNet
from lab.figures.vector import draw_svg
from lab.folders import data_folder
from lab.widgets.board import Board
from lab.widgets.live import LiveFigure
from tests.ideal import ideal_output, street
from tests.recorded import ablations_for_tests, scenes_for_tests

FOLDER = Path(lab.widgets.__file__).parent
FIGURES = sorted(path.parent.name for path in FOLDER.glob("*/shell.py"))
NAMES = ("person", "car")


def of_the_street(kind: type) -> LiveFigure:
    image, instances, classes = street()
    output = ideal_output(instances, classes, 2, noise=0.3)
    return kind(image, output, NAMES, Thresholds(min_pixels=40, seed_threshold=0.7))


def make(name: str) -> LiveFigure:
    """A figure by the name of its folder."""
    from lab.datasets.scene import Scene
    from lab.widgets import (
        arrows,
        bench,
        crops,
        curves,
        dashboard,
        editor,
        explorer,
        ladder,
        network,
        progress,
        pull,
        reach,
        receptive,
        replay,
        sixty,
        strip,
        terms,
        thresholds,
        timelapse,
        trajectories,
    )

    if name == "terms":
        image, instances, classes = street()
        output = torch.as_tensor(ideal_output(instances, classes, 2, noise=0.3))
        return terms.Terms(Scene("street", image, instances, classes), output, NAMES, 1)
    if name == "dashboard":
        return dashboard.Dashboard(ablations_for_tests(), scenes_for_tests())
    if name == "editor":
        from tests.widgets.test_editor import CARD, Ignorant

        return editor.SceneEditor(Model(Ignorant(), CARD))
    if name == "thresholds":
        image, instances, classes = street(64, 128)
        output = ideal_output(instances, classes, 2, noise=0.3)
        subject = thresholds.Subject(Scene("street", image, instances, classes), output, NAMES)
        return thresholds.Playground({"street": subject})
    if name == "ladder":
        image, instances, classes = street(64, 128)
        output = ideal_output(instances, classes, 2, noise=0.3)
        scene = Scene("street", image, instances, classes)
        return ladder.Ladder(scene, output, NAMES, 2, Thresholds(min_pixels=8, seed_threshold=0.7))
    if name == "reach":
        image, instances, classes = street(64, 128)
        return reach.Reach(
            Scene("street", image, instances, classes), ideal_output(instances, classes, 2, noise=0.3), NAMES
        )
    if name == "curves":
        return curves.Curves(data_folder() / "results")
    if name in ("network", "receptive"):
        torch.manual_seed(0)
        net, image = BranchedERFNet(2, 2), street()[0]
        if name == "network":
            return network.Network(net, image, NAMES)
        return receptive.Receptive({"trained": net, "before training": net}, image, NAMES, (20, 20), "car")
    plain = {
        "arrows": arrows.Arrows, "bench": bench.Bench, "crops": crops.CropSampler, "progress": progress.Overview,
        "pull": pull.Pull, "sixty": sixty.Sixty, "strip": strip.Strip, "timelapse": timelapse.Timelapse,
        "trajectories": trajectories.Trajectories,
    }  # fmt: skip
    if name in plain:
        return plain[name]()
    return of_the_street({"explorer": explorer.Explorer, "replay": replay.Replay}[name])


def parts(widget: widgets.Widget):
    """The widget and everything in it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from parts(child)


def other_value(control: widgets.Widget):
    """Something that the control does not say now."""
    if isinstance(control.value, bool):
        return not control.value
    if hasattr(control, "options"):
        return next(value for _, value in control._options_full if value != control.value)
    if isinstance(control, widgets.FloatLogSlider):
        return control.base**control.min if control.value > control.base**control.min else control.base**control.max
    return control.min if control.value > control.min else control.max


@pytest.mark.parametrize("name", FIGURES)
def test_no_callback_loses_an_exception(name, monkeypatch):
    """Every button, every board, every trait that is listened to, each with a callback that raises."""
    listened = []

    def break_it(register: str) -> None:
        real = getattr(LiveFigure, register)

        def broken(self, thing, act, *traits):
            def fail(*_):
                raise RuntimeError(f"{register} fails on purpose")

            listened.append((thing, traits))
            real(self, thing, fail, *traits)

        monkeypatch.setattr(LiveFigure, register, broken)

    for register in ("on_click", "on_event", "on_change"):
        break_it(register)
    figure = make(name)

    def expect(register: str) -> None:
        assert f"{register} fails on purpose" in figure.error.value
        with figure.guarded():
            pass
        assert figure.error.value == ""

    heard = [p for p in parts(figure) if isinstance(p, Board) and p._trait_notifiers.get("event")]
    for button in (p for p in parts(figure) if isinstance(p, widgets.Button)):
        button.click()
        expect("on_click")
    for board in heard:
        board.event = {"kind": "press", "handle": "", "x": 0, "y": 0, "dx": 0, "dy": 0, "count": 1}
        expect("on_event")
    for thing, traits in listened:
        if traits == ("value",) and len(getattr(thing, "options", "12")) > 1:
            thing.value = other_value(thing)
            expect("on_change")
        elif traits == ("pixel",):
            thing.pixel = [1, 1]
            expect("on_change")


@pytest.mark.parametrize("name", FIGURES)
def test_shells_listen_through_the_guard_only(name):
    for line in (FOLDER / name / "shell.py").read_text().splitlines():
        assert not re.search(r"(?<!self)\.(observe|on_click|on_event)\(", line), line


class Small(LiveFigure):
    name = "small"

    def __init__(self) -> None:
        self.board = Board(60, 40)
        self.button = widgets.Button()
        self.on_click(self.button, self.act)
        slider = widgets.IntSlider(1, 0, 3)
        super().__init__({"slider": slider}, [slider, self.button, self.board])

    def act(self) -> None:
        self.slider.value = 2
        raise KeyError("the action")

    def refresh(self) -> None:
        self.share = 1 / self.slider.value
        self.board.show(f'<rect width="{20 * self.share}" height="9"/>', "a bar, " + "in words " * 5)

    def still(self):
        return draw_svg(self.board.shapes, 60, 40, f"{self.share} of a bar, in words that are long enough.")


def test_an_actions_error_outlives_the_refresh_that_it_asked_for():
    figure = Small()
    figure.button.click()
    assert figure.share == 0.5, "what was done before it failed is shown"
    assert "the action" in figure.error.value
    figure._update()
    assert "the action" in figure.error.value
    figure.slider.value = 3
    assert figure.error.value == ""


def test_a_still_has_words_and_width_in_its_metadata():
    figure = Small()
    data, metadata = figure._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert metadata["image/png"] == {"width": 60, "alt": figure.still().alt}
    assert data["text/plain"].endswith("Run the notebook to make it live.")
    assert Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).size == (90, 60)


def test_where_no_still_can_be_drawn_its_error_is_told(monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(Small, "refresh", lambda _: 1 / 0)
        figure = Small()  # has no ``share``
        data, metadata = figure._repr_mimebundle_()
    assert "ZeroDivisionError" in data["text/plain"]
    assert metadata == {}
    assert not any(kind.startswith("image/") for kind in data)
    assert "ZeroDivisionError" in figure.error.value
    figure.slider.value = 2
    assert figure.error.value == ""
    assert "image/png" in figure._repr_mimebundle_()[0]
