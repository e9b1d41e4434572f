"""Objects: drawn without a search, and an index that is kept as long as the data stay as they are."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.datasets.cityscapes import CityscapesFolder
from lab.datasets.objects import DRAWS, ObjectIndex, draw_object, fingerprint, group_by, index_objects
from lab.datasets.scene import Scene
from tests.sources import InMemory
from tests.street import write_street

FIELDS = ("scenes", "centres", "classes")


@pytest.fixture
def street(tmp_path: Path) -> CityscapesFolder:
    return CityscapesFolder(write_street(tmp_path / "street", scenes=3), "train")


def _same(a: ObjectIndex, b: ObjectIndex) -> bool:
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in FIELDS)


def _searched(rng: np.random.Generator, objects: ObjectIndex, draw: str) -> int:
    """The same draw by a search through all objects."""
    if draw == "mixed":
        draw = "images" if rng.random() < 0.5 else "objects"
    if draw == "objects":
        return int(rng.integers(len(objects.scenes)))
    keys = objects.classes if draw == "classes" else objects.scenes
    return int(rng.choice(np.flatnonzero(keys == rng.choice(np.unique(keys)))))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 3)), min_size=1, max_size=30), st.sampled_from(DRAWS))
def test_draws_are_those_of_a_search(pairs: list[tuple[int, int]], draw: str):
    scenes, classes = (np.array(column) for column in zip(*sorted(pairs), strict=True))
    objects = ObjectIndex(scenes, np.zeros((len(pairs), 2), np.int64), classes)
    rng, other = np.random.default_rng(1), np.random.default_rng(1)
    assert [draw_object(rng, objects, draw) for _ in range(20)] == [_searched(other, objects, draw) for _ in range(20)]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30))
def test_groups_hold_each_member_once(keys: list[int]):
    groups = group_by(np.array(keys))
    assert sorted(groups.members) == list(range(len(keys)))
    for start, count in zip(groups.starts, groups.counts, strict=True):
        assert len({keys[member] for member in groups.members[start : start + count]}) == 1
    assert len(groups.starts) == len(set(keys))


def test_a_set_of_one_object():
    instances = np.zeros((9, 9), np.int32)
    instances[2:5, 3:8] = 1
    source = InMemory(Scene("one", np.zeros((9, 9, 3), np.uint8), instances, instances.astype(np.int16)))
    objects = index_objects(source, progress=False)
    assert objects.centres.tolist() == [[3, 5]]
    assert [draw_object(np.random.default_rng(0), objects, draw) for draw in DRAWS] == [0] * len(DRAWS)


def test_a_kept_index_is_used_without_reading_a_label(street: CityscapesFolder, tmp_path: Path, monkeypatch):
    cache = tmp_path / "run" / "objects.npz"
    made = index_objects(street, progress=False, cache=cache)
    monkeypatch.setattr(CityscapesFolder, "checked_labels", lambda *_: pytest.fail("labels were read again"))
    assert _same(made, index_objects(street, progress=False, cache=cache))


def _later(path: Path) -> None:
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))


@pytest.mark.parametrize("change", ["labels", "picture", "scenes", "classes"])
def test_changed_data_are_indexed_anew(street: CityscapesFolder, tmp_path: Path, change: str):
    cache = tmp_path / "objects.npz"
    index_objects(street, progress=False, cache=cache)
    before = cache.read_bytes()
    if change in ("labels", "picture"):
        _later(street.label_path(1) if change == "labels" else street.image_path(1))
    elif change == "scenes":
        street.image_path(2).unlink()
    changed = CityscapesFolder(street.root, "train", ("car",) if change == "classes" else ())
    objects = index_objects(changed, progress=False, cache=cache)
    assert cache.read_bytes() != before
    assert _same(objects, index_objects(changed, progress=False))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a part", b"not an archive"])
def test_a_broken_cache_is_made_anew(street: CityscapesFolder, tmp_path: Path, content: bytes):
    cache = tmp_path / "objects.npz"
    cache.write_bytes(content)
    made = index_objects(street, progress=False, cache=cache)
    assert _same(made, index_objects(street, progress=False))
    assert cache.read_bytes() != content


def test_scenes_that_are_no_files_are_not_kept(tmp_path: Path):
    instances = np.ones((4, 4), np.int32)
    source = InMemory(Scene("one", np.zeros((4, 4, 3), np.uint8), instances, instances.astype(np.int16)))
    assert fingerprint(source) is None
    index_objects(source, progress=False, cache=tmp_path / "objects.npz")
    assert not (tmp_path / "objects.npz").exists()


def test_labels_that_cannot_be_read_are_named():
    class Broken(InMemory):
        def checked_labels(self, index: int):
            raise ValueError("no such ids")

    source = Broken(Scene("ulm", np.zeros((4, 4, 3), np.uint8), np.ones((4, 4), np.int32), np.ones((4, 4), np.int16)))
    with pytest.raises(ValueError, match=r"scene ulm \(ulm_labels.png\): no such ids"):
        index_objects(source, progress=False)
