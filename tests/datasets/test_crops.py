"""Crops: where they lie, what pads them, and that they depend on nothing but their four numbers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lab.datasets.augment import draw_flip_and_colours, transform
from lab.datasets.cityscapes import CityscapesFolder
from lab.datasets.crops import CropKeys, CropRecipe, Crops, Draw, cut, window_start
from lab.datasets.objects import ObjectIndex, draw_object, index_objects, object_centres
from lab.datasets.own import OwnFolder
from lab.datasets.scene import Scene
from tests import own
from tests.sources import InMemory
from tests.street import SIZE, write_scene, write_street

RECIPE = CropRecipe(32, 48, seed=0, stage=0, object_centred=True)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> CityscapesFolder:
    return CityscapesFolder(write_street(tmp_path_factory.mktemp("street"), scenes=4), "train")


@pytest.fixture(scope="module")
def objects(street: CityscapesFolder):
    return index_objects(street, progress=False)


def _numbered_scene(height: int, width: int) -> Scene:
    """A scene whose labels tell the pixel: instance = 1 + row-major index."""
    instances = 1 + np.arange(height * width, dtype=np.int32).reshape(height, width)
    image = np.repeat(instances[..., None] % 256, 3, -1).astype(np.uint8)
    return Scene("numbered", image, instances, np.ones((height, width), np.int16))


def test_the_middle_of_an_objects_box():
    instances = np.zeros((10, 20), np.int32)
    instances[2:6, 10:14] = 1
    instances[9, 0] = 4  # ids 2 and 3 have no pixels
    assert object_centres(instances).tolist() == [[4, 12], [9, 0]]


def test_the_index_holds_every_object(street: CityscapesFolder, objects):
    assert objects.scenes.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    for scene, (row, column) in zip(objects.scenes, objects.centres, strict=True):
        assert 0 <= row < SIZE[0]
        assert 0 <= column < SIZE[1]
        assert len(object_centres(street.labels(int(scene))[0])) == 2


def test_data_without_objects_are_refused(tmp_path: Path):
    write_scene(tmp_path, "train", "ulm_0_0", np.zeros((8, 8, 3), np.uint8), np.full((8, 8), 26))
    with pytest.raises(ValueError, match=r"found no object in it and 0 more of the labels.* label id \* 1000 \+ k"):
        index_objects(CityscapesFolder(tmp_path, "train"), progress=False)


def test_own_labels_without_objects_get_advice_of_their_own(tmp_path: Path):
    labels = np.zeros((8, 8), np.uint8)
    own.write_own(tmp_path / "train", {"a": (own.picture(labels), labels)})
    with pytest.raises(ValueError, match=r"a\.png: found no object in it .*doctor --labels") as told:
        index_objects(OwnFolder(tmp_path, "train"), progress=False)
    assert "label id" not in str(told.value)


@given(st.integers(0, 99), st.integers(1, 150), st.integers(1, 100))
def test_a_window_holds_its_centre_and_stays_inside_where_it_can(centre: int, size: int, extent: int):
    centre = min(centre, extent - 1)
    start = window_start(centre, size, extent)
    assert start <= centre < start + size
    if size <= extent:
        assert 0 <= start <= extent - size
        if size // 2 <= centre <= extent - size + size // 2:
            assert start == centre - size // 2
    else:
        assert start <= 0
        assert start + size >= extent


@given(st.integers(-12, 12), st.integers(-12, 12), st.integers(1, 16), st.integers(1, 16))
def test_a_cut_is_the_scene_inside_and_void_outside(top: int, left: int, height: int, width: int):
    scene = _numbered_scene(9, 7)
    crop = cut(scene, top, left, height, width)
    padded = np.pad(scene.instances, 40)[40 + top : 40 + top + height, 40 + left : 40 + left + width]
    assert np.array_equal(crop.instances, padded)
    assert np.array_equal(crop.classes, np.where(padded > 0, 1, -1))
    assert np.array_equal(crop.image[..., 0], padded % 256)


def test_image_and_labels_are_flipped_together():
    crops = Crops(InMemory(_numbered_scene(8, 12)), None, CropRecipe(8, 12, 0, 1, object_centred=False))
    expected = torch.arange(1, 97).reshape(8, 12)
    flipped = 0
    for position in range(40):
        sample = crops[0, position]
        assert torch.equal(sample["instances"] % 256, sample["image"][0].long())
        assert torch.equal(sample["instances"].sort(1).values, expected)
        flipped += not torch.equal(sample["instances"], expected)
    assert 10 < flipped < 30


@given(st.tuples(st.integers(3, 20), st.integers(3, 20)), st.integers(2, 24), st.integers(2, 24), st.integers(0, 99))
def test_a_crop_is_the_plans_window_of_the_scene(extent: tuple[int, int], height: int, width: int, step: int):
    scene = _numbered_scene(*extent)
    recipe = CropRecipe(height, width, 0, 1, object_centred=False, quarter_turns=True)
    plan = Draw(recipe, None, 1, (step, 0)).plan(extent)
    sample = Crops(InMemory(scene), None, recipe)[step, 0]
    margin = 24
    padded = np.pad(scene.instances, margin)[margin + plan.top :, margin + plan.left :][: plan.height, : plan.width]
    turned = np.rot90(padded, plan.turns)
    expected = turned[:, ::-1] if plan.flip else turned
    assert np.array_equal(sample["instances"], expected)
    assert np.array_equal(sample["classes"], np.where(expected > 0, 1, -1))
    assert np.array_equal(sample["image"][0], expected % 256)


@given(st.integers(0, 99), st.sampled_from([0.3, 1.0, 3.0]))
def test_resizing_invents_no_ids_and_keeps_instances_and_classes_together(step: int, scale: float):
    rng = np.random.default_rng(0)
    instances = rng.choice([0, 1, 1000, 40000], (30, 20)).astype(np.int32)
    classes = (instances % 7).astype(np.int16)
    scene = Scene("ids", np.zeros((30, 20, 3), np.uint8), instances, classes)
    recipe = CropRecipe(16, 24, 0, 1, object_centred=False, quarter_turns=True, scale=scale)
    sample = Crops(InMemory(scene), None, recipe)[step, 0]
    assert set(sample["instances"].unique().tolist()) <= {0, 1, 1000, 40000}
    inside = sample["classes"] >= 0
    assert torch.equal(sample["classes"][inside], sample["instances"][inside] % 7)


@pytest.mark.parametrize(("height", "width"), [(8, 12), (8, 8)])
def test_quarter_turns_turn_image_and_labels_together(height: int, width: int):
    recipe = CropRecipe(height, width, 0, 1, object_centred=False, flip=0.0, quarter_turns=True)
    crops = Crops(InMemory(_numbered_scene(20, 20)), None, recipe)
    steps = set()
    for position in range(40):
        sample = crops[0, position]
        assert sample["instances"].shape == (height, width)
        assert torch.equal(sample["instances"] % 256, sample["image"][0].long())
        steps.add(int(sample["instances"][0, 1] - sample["instances"][0, 0]))
    assert steps == {1, -1, 20, -20}


def test_an_enlarged_crop_shows_fewer_columns_and_invents_no_ids():
    columns = np.repeat(np.arange(60, dtype=np.int32)[None], 60, 0)
    image = np.repeat(4 * columns[..., None], 3, -1).astype(np.uint8)
    scene = Scene("columns", image, columns + 1, np.ones((60, 60), np.int16))
    recipe = CropRecipe(16, 16, 0, 0, object_centred=False, flip=0.0, scale=1.0)
    seen = []
    for position in range(40):
        sample = Crops(InMemory(scene), None, recipe)[0, position]
        assert sample["instances"].shape == sample["classes"].shape == (16, 16)
        # 2 of 4 grey levels are half a column; at the crop's rim there is no neighbour to mix with.
        assert (sample["image"][0].long() - 4 * (sample["instances"] - 1))[:, 1:-1].abs().max() <= 3
        seen.append(int(sample["instances"].max() - sample["instances"].min()) + 1)
    assert min(seen) <= 10
    assert max(seen) >= 26


def test_objects_are_drawn_by_class_or_by_image_as_asked():
    objects = ObjectIndex(np.array([0] * 98 + [1, 2]), np.zeros((100, 2), np.int64), np.array([1] * 99 + [2]))
    rng = np.random.default_rng(0)

    def share(draw: str, wanted: int) -> float:
        return np.mean([draw_object(rng, objects, draw) == wanted for _ in range(1500)])

    assert share("objects", 99) < 0.03
    assert 0.45 < share("classes", 99) < 0.55
    assert 0.29 < share("images", 99) < 0.38
    assert 0.13 < share("mixed", 99) < 0.21


def test_a_crop_depends_on_seed_stage_step_and_position_alone(street: CityscapesFolder, objects):
    def images(recipe: CropRecipe, step: int, positions: range) -> torch.Tensor:
        return torch.stack([Crops(street, objects, recipe)[step, p]["image"] for p in positions])

    first = images(RECIPE, 3, range(6))
    torch.manual_seed(99)
    np.random.seed(99)  # noqa: NPY002  a crop must not care
    assert torch.equal(images(RECIPE, 3, range(5, -1, -1)), first.flip(0))
    others = [images(replace(RECIPE, **change), 3, range(6)) for change in ({"seed": 1}, {"stage": 1})]
    others += [images(RECIPE, 4, range(6)), images(RECIPE, 3, range(6, 12))]
    assert not any(torch.equal(first, other) for other in others)


def test_drawing_crops_leaves_torchs_generator_alone(street: CityscapesFolder, objects):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    _ = Crops(street, objects, replace(RECIPE, colour_jitter=0.2))[0, 0]
    assert torch.rand(1) == expected


def test_drawing_crops_leaves_the_generators_of_gpus_alone(street: CityscapesFolder, objects, monkeypatch):
    seeded: list[int] = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeded.append)
    _ = Crops(street, objects, RECIPE)[0, 0]
    assert seeded == []


def test_a_crop_tells_its_scene(street: CityscapesFolder):
    names = {Crops(street, None, replace(RECIPE, object_centred=False))[0, p]["scene"] for p in range(40)}
    assert names == {street.name(i) for i in range(4)}


def test_object_centred_crops_hold_an_object_and_draw_objects_evenly(street: CityscapesFolder, objects):
    crops = Crops(street, objects, replace(RECIPE, flip=0.0))
    assert all(crops[step, 0]["instances"].any() for step in range(30))
    drawn = [Draw(crops.recipe, objects, 4, (step, 0)).scene for step in range(400)]
    counts = [drawn.count(scene) for scene in range(4)]
    assert min(counts) > 60


def test_a_crop_larger_than_the_image_is_padded_with_void(street: CityscapesFolder, objects):
    sample = Crops(street, objects, CropRecipe(96, 160, 0, 1, object_centred=False))[0, 0]
    outside = torch.ones(96, 160, dtype=torch.bool)
    outside[16:80, 16:144] = False
    assert (sample["classes"][outside] == -1).all()
    assert (sample["image"][:, outside] == 0).all()
    assert (sample["instances"][outside] == 0).all()


def test_crops_anywhere_reach_every_place():
    crops = Crops(InMemory(_numbered_scene(6, 6)), None, CropRecipe(4, 5, 0, 1, object_centred=False, flip=0.0))
    corners = {int(crops[0, p]["instances"][0, 0]) for p in range(200)}
    assert corners == {1, 2, 7, 8, 13, 14}


def test_colour_jitter_changes_the_image_and_not_the_labels(street: CityscapesFolder, objects):
    plain, jittered = (Crops(street, objects, replace(RECIPE, colour_jitter=j))[2, 0] for j in (0.0, 0.3))
    assert not torch.equal(plain["image"], jittered["image"])
    assert torch.equal(plain["instances"], jittered["instances"])


def test_colours_and_flips_are_those_of_torchvision():
    from torchvision.transforms import v2

    image = torch.randint(0, 256, (3, 9, 11), dtype=torch.uint8)
    theirs = v2.Compose([v2.RandomHorizontalFlip(0.5), v2.ColorJitter(0.3, 0.3, 0.3)])
    for seed in range(12):
        torch.manual_seed(seed)
        flip, colours = draw_flip_and_colours(0.5, 0.3, seed)
        ours, _ = transform(image, torch.zeros(2, 9, 11, dtype=torch.int64), (9, 11), 0, flip, colours)
        assert torch.equal(ours, theirs(image))


def test_keys_go_on_from_a_step():
    assert list(CropKeys(2, 4, 3)) == [[(2, 0), (2, 1), (2, 2)], [(3, 0), (3, 1), (3, 2)]]
    assert len(CropKeys(2, 4, 3)) == 2
    assert list(CropKeys(0, 4, 3))[2:] == list(CropKeys(2, 4, 3))
