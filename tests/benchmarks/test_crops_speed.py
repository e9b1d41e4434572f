"""Crops from files, from memory and as on a device, side by side: `make bench`; see also `lab.datasets.speed`."""

import pytest

from lab.datasets.cityscapes import CityscapesFolder
from lab.datasets.feed import make_feed
from lab.datasets.objects import index_objects
from lab.datasets.speed import SIZES, WAYS, recipe_of
from lab.folders import data_folder


@pytest.fixture(scope="module")
def street() -> CityscapesFolder:
    return CityscapesFolder(data_folder() / "scenes", "val")


@pytest.fixture(scope="module")
def objects(street: CityscapesFolder):
    return index_objects(street, progress=False)


@pytest.mark.parametrize("changed", [False, True], ids=["plain", "changed"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("way", WAYS)
def test_batch(benchmark, street, objects, way, size, changed):
    """Eight crops of the scene that ships, in the training's own process."""
    feed = make_feed(street, objects, recipe_of(size, changed), 8, way, "cpu", 0, progress=False)
    batches = feed.batches(0, 10**9)
    batch = benchmark(lambda: next(batches))
    assert batch["image"].shape == (8, 3, *size)


def test_index(benchmark, street):
    benchmark(index_objects, street, progress=False)
