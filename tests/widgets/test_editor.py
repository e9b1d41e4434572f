"""The scene editor: what is drawn, what becomes of it with a perfect network, why things fail, and the hand at work."""

import base64
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from lab.checkpoints import Model, ModelCard, shipped_model
from lab.clustering import Thresholds
from lab.widgets.board.board import Event
from lab.widgets.editor import SceneEditor, editing
from lab.widgets.editor.compute import Limits, draw_scene, find_limits, letter, look_ideally
from lab.widgets.editor.ideal import APART, Ideal, centroids, learned_centres
from lab.widgets.editor.presets import PRESETS, load_preset
from lab.widgets.editor.scene import SCENE, knob_places
from lab.widgets.editor.shell import CENTROIDS, LEARNED, MODEL
from lab.widgets.editor.things import HOLE, LONGEST, MOST, SIDE, Thing, covers, label, outline
from lab.widgets.editor.why import why
from lab.widgets.editor.words import tell_failures, tell_limits

CARD = ModelCard(2, 1, ("nucleus",), 0.9, 0.5, 20, 0.5)
LIMITS = Thresholds(min_pixels=20)
DISC = Thing("ellipse", 60, 60, 20, 20)


class Ignorant(torch.nn.Module):
    """A network that knows no object, and says so at once."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.tensor([0.0, 0, 1, 1, -4]).view(1, 5, 1, 1).expand(-1, -1, *image.shape[2:])


@pytest.fixture
def ignorant() -> Model:
    return Model(Ignorant(), CARD)


@pytest.fixture
def editor(ignorant) -> SceneEditor:
    editor = SceneEditor(ignorant)
    editor.network.value = CENTROIDS
    return editor


def ideally(things, learned=False, share=1.0):
    return look_ideally(draw_scene(things), Ideal(learned, share), 2, 1, LIMITS)


def test_areas_are_those_of_geometry():
    ellipse = label((Thing("ellipse", 96, 96, 60, 40, 30),))
    assert ellipse.astype(bool).sum() == pytest.approx(math.pi * 30 * 20, rel=0.02)
    ring = label((Thing("ring", 96, 96, 80, 80),))
    assert ring.astype(bool).sum() == pytest.approx(math.pi * 40**2 * (1 - HOLE**2), rel=0.02)
    rod = label((Thing("rod", 96, 96, 100, 10, 50),))
    assert rod.astype(bool).sum() == pytest.approx(90 * 10 + math.pi * 5**2, rel=0.03)
    rows, columns = np.nonzero(rod)
    assert np.corrcoef(rows, columns)[0, 1] > 0.9, "clockwise from the columns' direction, rows growing downward"


@pytest.mark.parametrize("kind", ["ellipse", "ring", "rod"])
def test_outline_lies_on_the_border(kind):
    thing = Thing(kind, 90, 100, 60, 20, 25)
    for border in outline(thing):
        middle = border - np.array([[90], [100]])
        inward, outward = (np.array([[90], [100]]) + middle * f for f in (0.97, 1.03))
        assert (covers(thing, *inward) != covers(thing, *outward)).all()


def test_small_objects_lie_on_top_whatever_their_order():
    small, large = Thing("ellipse", 96, 96, 20, 20), Thing("ellipse", 96, 96, 80, 80)
    assert label((small, large))[96, 96] == 1
    assert label((large, small))[96, 96] == 2


def test_picture_is_bright_where_objects_are_and_the_same_every_time():
    drawn, again = (draw_scene(PRESETS["ordinary"]) for _ in range(2))
    grey = drawn.image[..., 0].astype(float)
    assert (drawn.image == again.image).all()
    assert grey[drawn.labels > 0].mean() > 100 > 20 > grey[drawn.labels == 0].mean()


@pytest.mark.parametrize("preset", PRESETS)
def test_every_object_of_a_preset_is_to_be_seen(preset):
    labels = label(load_preset(preset))
    assert set(np.unique(labels)) - {0} == set(range(1, len(load_preset(preset)) + 1))


def test_ideal_network_finds_what_its_centres_can_part():
    for preset in ("ordinary", "two touching", "nested", "thin rods", "diagonal rods", "one huge", "a crowd"):
        view = ideally(PRESETS[preset])
        assert view.right == len(view.numbers), preset
        assert view.failures == ()


def test_concentric_objects_need_learned_centres():
    merged = ideally(PRESETS["concentric"])
    assert [f.kind for f in merged.failures] == ["merged"]
    assert "100 % of object 1's and 100 % of object 2's" in why(merged, merged.failures[0])
    assert "the same place" in why(merged, merged.failures[0])
    apart = ideally(PRESETS["concentric"], learned=True)
    assert (apart.right, apart.failures) == (2, ())
    limits = find_limits(merged.drawn, 2, 1, LIMITS)
    assert (limits.objects, limits.centroid, limits.learned) == (2, 1, 2)
    assert limits.nearest[:2] == (1, 2)
    assert limits.nearest[2] < 0.5


def test_learned_centres_keep_apart_and_move_no_one_without_need():
    labels = label(PRESETS["concentric"])
    (ax, ay), (bx, by) = learned_centres(labels).values()
    assert math.hypot(ax - bx, ay - by) == pytest.approx(APART, abs=1e-3)
    labels = label(PRESETS["ordinary"])
    assert learned_centres(labels) == centroids(labels)


def test_half_hearted_offsets_harm_what_leans():
    """The same two rods, the same distance apart: lying they need no offsets at all, leaning they do."""
    for share in (1.0, 0.6, 0.2, 0.0):
        assert ideally(PRESETS["thin rods"], share=share).right == 2
    assert ideally(PRESETS["diagonal rods"], share=0.8).failures == ()
    poor = ideally(PRESETS["diagonal rods"], share=0.2)
    assert [f.kind for f in poor.failures] == ["merged"]
    assert "Each lies on a line that leans by 45°" in why(poor, poor.failures[0])


def test_too_small_is_said_with_the_number():
    view = ideally((Thing("ellipse", 120, 60, 4, 4), DISC))
    dot = int((view.drawn.labels == 1).sum())
    failure = view.failures[0]
    assert failure.kind == "missed"
    assert f"It has {dot} px, and an instance must have more than min_pixels = 20" in why(view, failure)


def test_no_seed_is_said_with_the_highest(ignorant):
    editor = SceneEditor(ignorant)
    assert (editor.view.right, editor.view.source) == (0, None)
    assert editor.words.value.count("No seed: the highest seed score") == 5
    assert editor.words.value.count("To the seed map it is ground.") == 5
    assert "So it is the model that fails here" in editor.words.value


def test_split_names_its_parts_and_the_slope():
    """An output that leaves every pixel where it is, with a margin far too small for the rod."""
    drawn = draw_scene((Thing("rod", 96, 96, 120, 12, 45),))
    from lab.widgets.editor.compute import look

    output = torch.zeros(5, SIDE, SIDE)
    output[2:4] = 1.0  # a margin of 5.74 px
    output[4] = torch.where(torch.from_numpy(drawn.labels) > 0, 5.0, -5.0)
    view = look(drawn, output, 2, LIMITS)
    assert [f.kind for f in view.failures] == ["split"]
    words = why(view, view.failures[0])
    assert f"{len(view.found)} seeds" in words
    assert "leans by 45°" in words
    assert "at most 6 px" in words


def test_an_empty_scene_is_said():
    view = ideally(())
    assert "There is no object" in tell_failures(view)
    assert tell_limits(view, find_limits(view.drawn, 2, 1, LIMITS)) == ""


def test_no_more_is_claimed_than_two_ideal_networks_show():
    view = replace(ideally(PRESETS["concentric"]), source=None)
    assert (view.right, len(view.numbers)) == (1, 2)
    said = tell_limits(view, Limits(2, 1, 1, (1, 2, 0.1)))
    assert said.endswith("<b>Neither of these two ideal networks does better</b> with these thresholds.")
    assert "ends here" not in said
    assert "With centroids the method itself ends here" in tell_limits(view, Limits(2, 1, 2, (1, 2, 0.1)))


def test_letters_go_on_behind_the_alphabet():
    assert [letter(k) for k in (0, 25, 26, 51, 52)] == ["A", "Z", "a", "z", "A′"]


def test_strokes_and_knobs():
    thing = editing.stroke("rod", (20, 20), (20, 80))
    assert (thing.x, thing.y, thing.length, abs(thing.angle)) == (20, 50, 60, 90)
    assert editing.stroke("ellipse", (0, 0), (0, 0)).length >= 3
    for knob, place in knob_places(thing).items():
        assert editing.pulled(thing, knob, *place) == thing
    longer = editing.pulled(DISC, "end", 60 + 40, 60)
    assert (longer.length, longer.width, longer.angle) == (80, 20, 0)
    assert editing.pulled(DISC, "side", 60, 60 + 25).width == 50
    assert editing.pulled(DISC, "end", 9999, 60).length == LONGEST
    assert editing.turned(DISC, 100).angle == -80
    assert (editing.moved(DISC, -5, 999).x, editing.moved(DISC, -5, 999).y) == (0, SIDE - 1)


def test_wrong_things_are_refused_with_reasons():
    with pytest.raises(ValueError, match=r"expected 3\.0 to 180\.0"):
        Thing("rod", 0, 0, 20, 1)
    with pytest.raises(ValueError, match="found 'three', expected one of ordinary"):
        load_preset("three")


def test_drag_moves_by_what_the_hand_moved(editor):
    """Wherever an object is taken, it does not jump; a second drag starts from where the first ended."""
    x, y = SCENE.at(40, 50)
    before = editor.things[0]
    for right, down in ((10, 5), (21, 42)):
        editor._touched(Event("drag", "thing-0", x + right, y + down, 0, 0, x, y))
    scale = SIDE / SCENE.width
    assert editor.things[0].x == pytest.approx(before.x + 21 * scale, abs=0.06)
    assert editor.things[0].y == pytest.approx(before.y + 42 * scale, abs=0.06)
    editor._touched(Event("drag", "thing-0", x + 31, y + 42, 0, 0, x + 21, y + 42))
    assert editor.things[0].x == pytest.approx(before.x + 31 * scale, abs=0.11)
    assert editor.selected == 0
    assert editor.error.value == ""
    assert editor.view.drawn.things == editor.things


def test_keys_move_objects_and_knobs(editor):
    before = editor.things[2]
    editor._touched(Event("key", "thing-2", 0, 0, 10, 0))
    assert (editor.things[2].x, editor.things[2].y) == (before.x + 10, before.y)
    editor._touched(Event("key", "side", 0, 0, -5, 0))
    assert editor.things[2].width != before.width
    assert editor.width.value == pytest.approx(editor.things[2].width, abs=1)


def test_ground_click_stroke_and_most(editor):
    editor.kind.value = "ring"
    x, y = SCENE.at(150, 100)
    editor._touched(Event("press", "", x, y, 0, 0, x, y))
    assert (editor.things[-1].kind, editor.things[-1].x) == ("ring", pytest.approx(150, abs=0.1))
    for end in (20, 40):
        editor._touched(Event("drag", "", x + end, y, 0, 0, x, y))
    assert len(editor.things) == 7, "a stroke is one object, however long it takes"
    editor._touched(Event("press", "", 700, 100, 0, 0, 700, 100))
    assert len(editor.things) == 7, "beside the scene nothing is put"
    editor._change((*editor.things, *[DISC] * (MOST - 8)), None)
    editor.add.click()
    assert editor.add.disabled
    editor.board.event = {"kind": "press", "handle": "", "x": x, "y": y, "dx": 0, "dy": 0, "count": 1}
    assert f"expected fewer than {MOST}" in editor.error.value


def test_sliders_and_remove(editor):
    assert editor.length.disabled
    editor._touched(Event("press", "thing-1", 0, 0, 0, 0))
    editor.length.value, editor.angle.value, editor.brightness.value = 50, 40, 0.5
    thing = editor.things[1]
    assert (thing.length, thing.angle, thing.brightness) == (50, 40, 0.5)
    editor.remove.click()
    assert len(editor.things) == 4
    assert editor.selected is None
    assert editor.remove.disabled


def test_network_is_asked_once_a_scene(ignorant, monkeypatch):
    asked = []
    from lab.widgets.editor import shell

    real = shell.network_output
    monkeypatch.setattr(shell, "network_output", lambda *a, **k: asked.append(1) or real(*a, **k))
    editor = SceneEditor(ignorant)
    editor.network.value = LEARNED
    editor._touched(Event("press", "thing-1", 0, 0, 0, 0))
    editor.network.value = MODEL
    assert len(asked) == 1
    editor.load("concentric")
    assert len(asked) == 2


def test_a_page_without_a_kernel_gets_a_still_and_a_sentence(editor):
    bundle, metadata = editor._repr_mimebundle_()
    assert len(base64.b64decode(bundle["image/png"])) < 350_000
    assert "A scene of 5 objects" in metadata["image/png"]["alt"]


def test_the_shipped_model_finds_ordinary_objects_and_not_all_others():
    """Pictures of the editor look to the model like those that it was trained on."""
    editor = SceneEditor(shipped_model("nuclei"))
    assert editor.view.right == 5
    assert editor.view.of.iou.max(0).min() > 0.85
    editor.load("concentric")
    assert "Split: object 1" in editor.words.value
    assert "With centroids the method itself ends here" in editor.words.value
