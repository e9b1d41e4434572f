"""Failures told apart, gathered from a data set, blamed, and drawn."""

import gc
import inspect
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from lab.__main__ import app
from lab.checkpoints import Model, ModelCard, shipped_model
from lab.datasets.cityscapes import CityscapesFolder
from lab.evaluation import commands, failure_command
from lab.evaluation import failures as gathering
from lab.evaluation.failure_command import listed
from lab.evaluation.failures import Case, Gallery, collect, judge_image
from lab.evaluation.predict import Found
from lab.figures.failures import counted, mending, show_failures, title
from lab.metrics import Truth
from lab.metrics.failures import KINDS, find_failures, overlaps
from lab.oracle import NAMES
from lab.widgets.editor.ideal import Ideal, ideal_output
from lab.widgets.editor.presets import PRESETS
from tests.drawn_scenes import DrawnScenes
from tests.figures.checks import check_nothing_is_cut_off
from tests.heart import CARD as STREETS
from tests.heart import KnowsByHeart
from tests.street import write_street

CARD = ModelCard(2, 1, ("nucleus",), 0.9, 0.5, 20, 0.5, intensity="percentile")


def boxes(*places: tuple[int, int, int, int], shape: tuple[int, int] = (40, 60)) -> np.ndarray:
    """Masks of boxes: top, left, bottom, right."""
    masks = np.zeros((len(places), *shape), bool)
    for mask, (top, left, bottom, right) in zip(masks, places, strict=True):
        mask[top:bottom, left:right] = True
    return masks


def told(found: np.ndarray, truth: np.ndarray) -> list[tuple]:
    scores = np.linspace(0.9, 0.5, len(found))
    return [(f.kind, f.objects, f.predictions) for f in find_failures(overlaps(found, truth), scores)]


def test_each_kind_is_told():
    two = boxes((0, 0, 10, 10), (0, 10, 10, 20))
    assert told(two, two) == []
    assert told(boxes((0, 0, 10, 20)), two) == [("merged", (0, 1), (0,))]
    assert told(boxes((0, 0, 10, 4), (0, 5, 10, 10), (0, 10, 10, 20)), two) == [("split", (0,), (0, 1))]
    assert told(two[:1], two) == [("missed", (1,), ())]
    assert told(boxes((0, 0, 10, 10), (0, 10, 10, 20), (30, 30, 35, 35)), two) == [("false alarm", (), (2,))]
    assert told(boxes((0, 0, 10, 6), (0, 10, 10, 20)), two) == [("ragged", (0,), (0,))]


def test_nothing_on_either_side():
    none, one = boxes(), boxes((0, 0, 5, 5))
    assert told(none, none) == []
    assert told(none, one) == [("missed", (0,), ())]
    assert told(one, none) == [("false alarm", (), (0,))]


def test_a_merger_of_which_one_object_fits_is_a_merger_all_the_same():
    """The large one alone would have an IoU of .8: for average precision it is found, and the small one missed."""
    truth = boxes((0, 0, 10, 16), (0, 16, 10, 20))
    assert told(boxes((0, 0, 10, 20)), truth) == [("merged", (0, 1), (0,))]


def test_numbers_and_order():
    truth = boxes((0, 0, 10, 10), (20, 0, 40, 20))
    failures = find_failures(overlaps(boxes(), truth), np.zeros(0))
    assert [(f.objects, f.pixels) for f in failures] == [((1,), 400), ((0,), 100)]
    [ragged] = find_failures(overlaps(boxes((0, 0, 10, 6)), truth[:1]), np.ones(1))
    assert ragged.iou == pytest.approx(0.6)
    assert ragged.pixels == 100


def judged(found: np.ndarray, classes: list[int], truth: Truth, min_region: int = 0):
    return judge_image(Found(found, np.ones(len(found), np.float32), np.array(classes)), truth, min_region)


def truth_of(masks: np.ndarray, classes: list[int], group: int | None = None) -> Truth:
    regions = (masks * np.arange(1, len(masks) + 1)[:, None, None]).max(0)
    groups = np.arange(len(masks)) == (-1 if group is None else group)
    return Truth(regions, np.array(classes), groups, np.zeros(regions.shape, bool))


def test_the_other_class_is_no_match():
    one = boxes((0, 0, 10, 10))
    kinds = [f.kind for f in judged(one, [2], truth_of(one, [1])).failures]
    assert kinds == ["missed", "false alarm"]
    assert judged(one, [1], truth_of(one, [1])).failures == ()


def test_groups_void_and_what_is_tiny_forgive_and_are_not_missed():
    two = boxes((0, 0, 10, 10), (20, 20, 30, 30))
    assert judged(two[:1], [1], truth_of(two, [1, 1], group=1)).failures == ()
    assert judged(two, [1, 1], truth_of(two, [1, 1], group=1)).failures == ()
    small = boxes((0, 0, 10, 10), (20, 20, 24, 24))
    assert judged(small, [1, 1], truth_of(small, [1, 1]), min_region=50).failures == ()
    void = truth_of(two[:1], [1])
    void.void[18:40, 18:40] = True
    assert judged(two, [1, 1], void).failures == ()
    assert judged(boxes((0, 0, 10, 10), (2, 30, 9, 40)), [1, 1], void).failures[0].kind == "false alarm"


class Centroids(torch.nn.Module):
    """A network that has learned the drawn scenes perfectly, with the centroids as centres."""

    def __init__(self, source: DrawnScenes) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        scenes = [source[i] for i in range(len(source))]
        self.known = {scene.image.tobytes(): scene.instances for scene in scenes}

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        image = (batch[0].permute(1, 2, 0) * 255).round().byte().numpy()
        return ideal_output(self.known[image.tobytes()], Ideal(), 2, 1)[None]


@pytest.fixture(scope="module")
def gallery() -> Gallery:
    source = DrawnScenes({name: PRESETS[name] for name in ("ordinary", "concentric", "tiny ones")})
    return collect(Model(Centroids(source), CARD), source)


def test_failures_are_gathered_with_their_blame(gallery):
    assert gallery.images == 3
    assert gallery.counts == {"merged": 1, "split": 0, "missed": 2, "false alarm": 0, "ragged": 0}
    assert list(gallery.counts) == list(KINDS)
    merged, missed = gallery.cases
    assert (merged.scene, merged.failure.kind, merged.objects) == ("concentric", "merged", ("nucleus", "nucleus"))
    assert "offsets" in merged.mended, "the oracle's offsets lead to pixels of the object's own"
    assert (missed.scene, missed.mended) == ("tiny ones", ()), "no part helps what is below min_pixels"
    assert mending(missed) == "no single part's truth mends it"
    assert mending(replace(missed, mended=NAMES)) == "the truth of any one part would mend it"
    assert mending(replace(missed, mended=NAMES[:4])).startswith("true foreground or seeds")
    for case in gallery.cases:
        assert case.image.shape[:2] == case.truth.shape == case.masks.shape[1:]
        assert len(case.masks) == len(case.places)
        assert set(case.failure.predictions) <= set(case.places)
        for k in case.failure.objects:
            assert (case.truth == k + 1).any()


def test_gallery_is_drawn_and_told(gallery):
    still = show_failures(gallery, "the tests' model")
    check_nothing_is_cut_off(still)
    assert "merged: 2 x nucleus in concentric" in still.alt
    assert counted(gallery, "m") == "m: 3 images, 1 merged, 0 split, 2 missed, 0 false alarms, 0 ragged"
    assert title(gallery.cases[1]) == "missed: nucleus"
    assert json.loads(json.dumps(listed(gallery, "m")))["cases"][0]["scene"] == "concentric"


def test_no_failure_is_said(gallery):
    with pytest.raises(ValueError, match="found no failure in 3 images"):
        show_failures(Gallery((), gallery.counts, 3))


def test_masks_out_of_sight_are_not_kept():
    """Of a huge object split in two, and a false alarm far away, each case has what can be seen in it."""
    truth = boxes((0, 0, 60, 60), shape=(300, 400))
    found = boxes((0, 0, 60, 40), (0, 41, 60, 60), (250, 350, 270, 370), shape=(300, 400))
    image = np.zeros((300, 400, 3), np.uint8)
    split, alarm = gathering._worst_of(judged(found, [1, 1, 1], truth_of(truth, [1])), image, "a", 0, ("car",))
    assert (split.failure.kind, split.places, len(split.masks)) == ("split", (0, 1), 2)
    assert (alarm.failure.kind, alarm.places, len(alarm.masks)) == ("false alarm", (2,), 1)
    assert alarm.masks.sum() == 400


def test_memory_does_not_grow_with_the_data(monkeypatch: pytest.MonkeyPatch):
    source, alive = DrawnScenes({f"{k} {name}": PRESETS[name] for k in range(4) for name in ("concentric",)}), []
    real = gathering._judged

    def counting(*given):
        alive.append(sum(type(thing) is Case for thing in gc.get_objects()))
        return real(*given)

    monkeypatch.setattr(gathering, "_judged", counting)
    before = sum(type(thing) is Case for thing in gc.get_objects())
    gallery = collect(Model(Centroids(source), CARD), source, each=1)
    assert gallery.counts["merged"] == 4
    assert [case.scene for case in gallery.cases] == ["0 concentric"]
    assert max(alive) - before <= 1 + 1  # the one that is kept, and the one that it is held against


@pytest.fixture
def typed(tmp_path, monkeypatch: pytest.MonkeyPatch):
    """Type the command, with a model that knows two streets by heart in the place of the shipped one."""
    root = write_street(tmp_path / "street", scenes=2, split="val")
    source = CityscapesFolder(root, "val")
    model = Model(KnowsByHeart(source[index] for index in range(2)).eval(), STREETS)
    monkeypatch.setattr(commands, "shipped_model", lambda: model)

    def lab(*words: object) -> tuple[int, str]:
        given = ("failures", "--output", tmp_path / "out", "--data", root, "--device", "cpu", *words)
        result = CliRunner().invoke(app, [str(word) for word in given])
        return result.exit_code, " ".join(result.output.split())

    return lab


def test_where_nothing_fails_pictures_of_an_earlier_run_go(typed, tmp_path):
    (tmp_path / "out").mkdir()
    for name in ("failures.jpg", "failures.json", "mine.txt"):
        (tmp_path / "out" / name).write_text("old")
    code, said = typed()
    assert code == 0
    assert said.startswith("toyscapes on street, val: 2 images, 0 merged")
    assert said.endswith("nothing to show.")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_the_models_own_name_is_told():
    assert inspect.signature(shipped_model).parameters["name"].default == failure_command.SHIPPED


def test_bad_words_are_told(typed, tmp_path):
    told = {
        ("--model", "none"): "found neither a shipped model 'none'",
        ("--model", tmp_path / "none.safetensors"): "none.safetensors",
        ("--data", tmp_path / "none"): "none",
        ("--split", "night"): "night",
        ("--device", "tpu"): "found the device 'tpu', expected auto, cpu or cuda",
    }
    for words, message in told.items():
        code, said = typed(*words)
        assert code == 1, words
        assert message in said, words
    assert [typed(*words)[0] for words in (("--each", 0), ("--limit", 0))] == [2, 2]
    assert not (tmp_path / "out").exists()
