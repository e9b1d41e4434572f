"""Feeds: from files, from memory and on a device they give the same crops; the choice among them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.datasets import room
from lab.datasets.cityscapes import CityscapesFolder
from lab.datasets.crops import CropKeys, CropRecipe
from lab.datasets.feed import Feed, _ahead, make_feed
from lab.datasets.kept import compact, read_all
from lab.datasets.objects import index_objects
from lab.datasets.scene import Scene
from tests.sources import InMemory
from tests.street import write_street

FEEDS = ("files", "memory", "device")
LABELS = ("instances", "classes")
CPU = torch.device("cpu")


def _scene(name: str, height: int, width: int, seed: int) -> Scene:
    """Noise, with ids that tell the pixel, two of three classes, and void."""
    rng = np.random.default_rng(seed)
    instances = 1 + np.arange(height * width, dtype=np.int32).reshape(height, width)
    classes = (1 + instances % 2).astype(np.int16)
    nothing = rng.random((height, width)) < 0.2
    instances[nothing], classes[nothing] = 0, rng.integers(-1, 1, nothing.sum())
    return Scene(name, rng.integers(0, 256, (height, width, 3)).astype(np.uint8), instances, classes)


def _source(sizes: list[tuple[int, int]]) -> InMemory:
    return InMemory(*(_scene(f"scene {i}", *size, seed=i) for i, size in enumerate(sizes)), class_names=("a", "b"))


def _feed(source, recipe: CropRecipe, name: str, batch: int = 3) -> Feed:
    objects = index_objects(source, progress=False) if recipe.object_centred else None
    return make_feed(source, objects, recipe, batch, name, progress=False)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> CityscapesFolder:
    return CityscapesFolder(write_street(tmp_path_factory.mktemp("street"), scenes=4), "train")


sides = st.integers(3, 24)
recipes = st.builds(
    CropRecipe,
    height=sides,
    width=sides,
    seed=st.integers(0, 99),
    stage=st.integers(0, 1),
    object_centred=st.booleans(),
    flip=st.sampled_from([0.0, 0.5, 1.0]),
    draw=st.sampled_from(["objects", "classes", "images", "mixed"]),
    quarter_turns=st.booleans(),
    colour_jitter=st.sampled_from([0.0, 0.4]),
    scale=st.sampled_from([0.0, 0.3, 1.0]),
)


@settings(max_examples=25)
@given(recipes, st.lists(st.tuples(sides, sides), min_size=1, max_size=3))
def test_all_feeds_give_the_same_crops(recipe: CropRecipe, sizes: list[tuple[int, int]]):
    source = _source(sizes)
    files, *others = ([*_feed(source, recipe, name).batches(4, 6)] for name in FEEDS)
    for other in others:
        for expected, found in zip(files, other, strict=True):
            assert found["scene"] == expected["scene"]
            for name in ("image", *LABELS):
                assert found[name].dtype == expected[name].dtype
                assert torch.equal(found[name], expected[name])


def test_a_crop_of_one_pixel_and_a_scene_of_one_pixel():
    source = InMemory(
        Scene("dot", np.full((1, 1, 3), 9, np.uint8), np.ones((1, 1), np.int32), np.ones((1, 1), np.int16))
    )
    recipe = CropRecipe(3, 3, 0, 0, object_centred=True, quarter_turns=True)
    for name in FEEDS:
        batch = next(_feed(source, recipe, name, batch=1).batches(0, 1))
        assert batch["classes"].tolist() == [[[-1, -1, -1], [-1, 1, -1], [-1, -1, -1]]]
        assert batch["image"].sum() == 27


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_goes_on_where_it_stopped(street: CityscapesFolder, name: str):
    feed = _feed(street, CropRecipe(24, 24, 0, 0, object_centred=True, scale=0.5, colour_jitter=0.3), name)
    whole = list(feed.batches(0, 4))
    assert len(whole) == 4
    for expected, found in zip(whole[2:], feed.batches(2, 4), strict=True):
        assert torch.equal(expected["image"], found["image"])


@pytest.mark.parametrize("name", FEEDS)
def test_processes_share_a_batch(street: CityscapesFolder, name: str):
    recipe = CropRecipe(24, 24, 0, 0, object_centred=True)
    feed = _feed(street, recipe, name, batch=4)
    whole = next(feed.batches(3, 4))
    parts = [next(feed.with_recipe(recipe, 2, position).batches(3, 4)) for position in (0, 2)]
    assert torch.equal(whole["image"], torch.cat([part["image"] for part in parts]))
    assert whole["scene"] == [name for part in parts for name in part["scene"]]


def test_another_stage_shares_what_is_kept(street: CityscapesFolder):
    feed = _feed(street, CropRecipe(24, 24, 0, 0, object_centred=True), "memory")
    later = feed.with_recipe(CropRecipe(32, 64, 0, 1, object_centred=False), 2)
    assert later.scenes is feed.scenes
    assert next(later.batches(0, 1))["image"].shape == (2, 3, 32, 64)


def test_kept_scenes_are_read_once(street: CityscapesFolder, monkeypatch: pytest.MonkeyPatch):
    feeds = [_feed(street, CropRecipe(24, 24, 0, 1, object_centred=False), name) for name in ("memory", "device")]
    monkeypatch.setattr(CityscapesFolder, "__getitem__", lambda *_: pytest.fail("a scene was read again"))
    for feed in feeds:
        assert len(list(feed.batches(0, 3))) == 3


@pytest.mark.slow
def test_processes_that_read_files_give_the_same(street: CityscapesFolder):
    recipe = CropRecipe(24, 24, 0, 0, object_centred=True, colour_jitter=0.2)
    alone = _feed(street, recipe, "files")
    for expected, found in zip(alone.batches(1, 4), replace(alone, workers=2).batches(1, 4), strict=True):
        assert torch.equal(expected["image"], found["image"])
        assert expected["scene"] == found["scene"]


def test_a_batch_ahead_changes_nothing_and_an_error_arrives_in_its_turn():
    def make(keys: list[tuple[int, int]]) -> dict:
        if keys[0][0] == 3:
            raise ValueError("scene 3 is broken")
        return {"scene": [str(key) for key in keys]}

    assert list(_ahead(make, CropKeys(0, 3, 2))) == [make(keys) for keys in CropKeys(0, 3, 2)]
    assert list(_ahead(make, CropKeys(2, 2, 2))) == []
    batches = _ahead(make, CropKeys(1, 6, 1))
    assert [next(batches)["scene"], next(batches)["scene"]] == [["(1, 0)"], ["(2, 0)"]]
    with pytest.raises(ValueError, match="scene 3 is broken"):
        next(batches)


def test_kept_labels_are_narrow_where_they_fit():
    kept = compact(_scene("s", 5, 7, 0))
    assert (kept.instances.dtype, kept.classes.dtype) == (np.int16, np.int8)
    many = compact(_scene("s", 200, 200, 0))  # 40,000 ids
    assert many.instances.dtype == np.int32
    assert np.array_equal(many.instances, _scene("s", 200, 200, 0).instances)
    assert kept.image.nbytes + kept.instances.nbytes + kept.classes.nbytes == 6 * 35


def test_many_instances_in_one_scene_of_several():
    source = _source([(8, 8), (190, 190)])
    recipe = CropRecipe(190, 190, 0, 1, object_centred=False)
    expected, found = (next(_feed(source, recipe, name, batch=4).batches(0, 1)) for name in ("files", "device"))
    assert found["instances"].max() > 32767
    assert torch.equal(expected["instances"], found["instances"])


class Broken(InMemory):
    """The second scene cannot be read."""

    def __getitem__(self, index: int) -> Scene:
        if index == 1:
            raise ValueError("the disk has a hole")
        return super().__getitem__(index)


@pytest.mark.parametrize("name", FEEDS)
def test_a_scene_that_cannot_be_read_is_named(name: str):
    source = Broken(*_source([(8, 8)] * 3).scenes)
    with pytest.raises(ValueError, match=r"scene scene 1 \(scene 1.png\): the disk has a hole"):
        list(_feed(source, CropRecipe(8, 8, 0, 1, object_centred=False), name, batch=12).batches(0, 1))


def test_an_error_that_names_its_file_is_left_as_it_is(street: CityscapesFolder, tmp_path: Path):
    write_street(tmp_path, scenes=2)
    source = CityscapesFolder(tmp_path, "train")
    source.image_path(1).write_bytes(source.image_path(1).read_bytes()[:300])
    with pytest.raises(ValueError, match="found a file that cannot be read") as caught:
        read_all(source, progress=False)
    assert str(caught.value).startswith(str(source.image_path(1)))


class _Room:
    """A machine of so many bytes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, memory: int, gpu: int = 0):
        monkeypatch.setattr(room, "free_memory", lambda: memory)
        monkeypatch.setattr(room, "free_on", lambda device: gpu if device.type == "cuda" else memory)


NEEDED = 4 * 64 * 128 * 6  # of the street


@pytest.mark.parametrize(
    ("device", "memory", "gpu", "expected"),
    [
        ("cuda", 2 * NEEDED, 4 * NEEDED, "device"),
        ("cuda", 2 * NEEDED, 4 * NEEDED - 1, "memory"),
        ("cuda", 2 * NEEDED - 1, 0, "files"),
        ("cpu", 2 * NEEDED, 0, "memory"),
        ("cpu", 2 * NEEDED - 1, 0, "files"),
    ],
)
def test_what_fits_is_chosen(street: CityscapesFolder, monkeypatch, device: str, memory: int, gpu: int, expected: str):
    _Room(monkeypatch, memory, gpu)
    choice = room.choose(street, "auto", torch.device(device))
    assert choice.name == expected
    assert "free" in choice.words
    assert "\n" not in choice.words


def test_processes_share_the_memory(street: CityscapesFolder, monkeypatch):
    _Room(monkeypatch, 4 * NEEDED)
    assert room.choose(street, "auto", CPU, processes=2).name == "memory"
    assert room.choose(street, "auto", CPU, processes=3).name == "files"


@pytest.mark.parametrize("name", ["memory", "device"])
def test_what_is_asked_for_is_done_if_it_can(street: CityscapesFolder, monkeypatch, name: str):
    at_once = NEEDED * (2 if name == "device" else 1)  # packing holds the parts and the whole
    _Room(monkeypatch, at_once)
    assert room.choose(street, name, CPU).name == name
    _Room(monkeypatch, at_once - 1)
    with pytest.raises(
        ValueError, match=rf"feed: found '{name}' for scenes that take .* GB( \(twice.*packed\))?, expected at most"
    ):
        room.choose(street, name, CPU)


def test_an_unknown_feed_is_refused(street: CityscapesFolder):
    with pytest.raises(ValueError, match="feed: found 'tape', expected auto, files, memory or device"):
        room.choose(street, "tape", CPU)


def test_files_are_read_by_processes_beside_a_gpu_only(monkeypatch):
    monkeypatch.setattr(room.os, "sched_getaffinity", lambda _: set(range(6)), raising=False)
    assert room.usual_workers(CPU) == 0
    assert room.usual_workers(torch.device("cuda")) == 5
    assert room.usual_workers(torch.device("cuda"), processes=3) == 1
    assert room.usual_workers(torch.device("cuda"), processes=8) == 0


def test_a_containers_limit_counts(tmp_path: Path):
    free = room.free_memory(tmp_path)
    assert free > 0
    (tmp_path / "memory.current").write_text("700\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert room.free_memory(tmp_path) > 700
    (tmp_path / "memory.max").write_text("1000\n")
    assert room.free_memory(tmp_path) == 300
    (tmp_path / "memory.stat").write_text("active_file 30\ninactive_file 50\n")
    assert room.free_memory(tmp_path) == 350  # kept for later, and given up for whoever needs it


@pytest.mark.cuda
def test_the_gpu_cuts_as_the_processor_does(street: CityscapesFolder):
    for scale, jitter, rounding in [(0.0, 0.0, 0), (0.5, 0.3, 3)]:
        recipe = CropRecipe(40, 56, 0, 0, object_centred=True, quarter_turns=True, scale=scale, colour_jitter=jitter)
        objects = index_objects(street, progress=False)
        files, gpu = (
            next(make_feed(street, objects, recipe, 8, name, "cuda", 0, progress=False).batches(0, 1))
            for name in ("files", "device")
        )
        assert gpu["image"].device.type == "cuda"
        for name in LABELS:
            assert torch.equal(files[name], gpu[name].cpu())
        assert (files["image"].int() - gpu["image"].cpu().int()).abs().max() <= rounding
