"""The reader of Cityscapes' layout: what it reads, and what it says about bad data."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lab.datasets.cityscapes import INSTANCE_CLASSES, CityscapesFolder, decode_instance_ids, read_ids
from lab.datasets.sources import open_source
from tests.street import SIZE, write_scene, write_street


@pytest.fixture
def street(tmp_path: Path) -> Path:
    return write_street(tmp_path, scenes=2)


def _ids(*rows: list[int]) -> np.ndarray:
    return np.array(rows, np.uint16)


def _first(root: Path, suffix: str) -> Path:
    return sorted(root.rglob(f"*{suffix}"))[0]


def test_classes_are_the_eight_of_cityscapes_in_order_of_label_id():
    from cityscapesscripts.helpers.labels import labels

    official = {x.name: x.id for x in labels if x.hasInstances and not x.ignoreInEval}
    assert dict(INSTANCE_CLASSES) == official
    assert list(INSTANCE_CLASSES.values()) == sorted(official.values())


def test_objects_are_numbered_in_order_of_their_ids_and_groups_are_void():
    ids = _ids([33000, 24001, 24000, 7], [26, 24, 33000, 0])
    instances, classes = decode_instance_ids(ids)
    assert instances.tolist() == [[3, 2, 1, 0], [0, 0, 3, 0]]
    assert classes.tolist() == [[8, 1, 1, 0], [-1, -1, 8, -1]]
    assert (instances.dtype, classes.dtype) == (np.int32, np.int16)


@pytest.mark.parametrize(("label", "kind"), [(0, -1), (1, -1), (3, -1), (4, 0), (7, 0), (23, 0), (29, -1), (30005, -1)])
def test_void_and_background_labels(label: int, kind: int):
    instances, classes = decode_instance_ids(_ids([label]))
    assert (instances.item(), classes.item()) == (0, kind)


@pytest.mark.parametrize("wrong", [34, 999, 7001, 23000, 34000, 65535])
def test_ids_that_cityscapes_does_not_have_are_refused(wrong: int):
    with pytest.raises(ValueError, match=rf"here\.png: found the ids \[{wrong}\].*expected label ids 0\.\.33"):
        decode_instance_ids(_ids([7, wrong]), "here.png")


def test_a_folder_gives_scenes_in_order_of_their_names(street: Path):
    folder = CityscapesFolder(street, "train")
    scene = folder[1]
    assert len(folder) == 2
    assert scene.name == folder.name(1) == "aachen_000001_000000"
    assert scene.image.shape == (*SIZE, 3)
    assert set(np.unique(scene.instances)) == {0, 1, 2}
    assert set(np.unique(scene.classes)) == {-1, 0, 1, 3}
    assert np.array_equal(folder.labels(1)[0], scene.instances)
    assert folder.class_names[scene.classes[scene.instances == 2][0] - 1] == "car"


def test_image_and_labels_come_back_as_written(tmp_path: Path):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (5, 7, 3)).astype(np.uint8)
    ids = rng.choice([7, 24000, 33999], (5, 7)).astype(np.uint16)
    write_scene(tmp_path, "val", "ulm_000000_000000", image, ids)
    assert np.array_equal(CityscapesFolder(tmp_path, "val")[0].image, image)
    assert np.array_equal(read_ids(_first(tmp_path, "_instanceIds.png")), ids)


def test_a_missing_folder_names_folder_found_and_expected(tmp_path: Path):
    with pytest.raises(
        FileNotFoundError, match=r"leftImg8bit/val: found no images, expected .*does not exist.*download"
    ):
        CityscapesFolder(tmp_path / "nowhere", "val")


@pytest.mark.parametrize(
    ("split", "reason"), [("val", "no such split; there are train"), ("train", "no folder of a city")]
)
def test_a_folder_without_images_tells_why_and_serves_all_commands(street: Path, split: str, reason: str):
    for path in street.rglob("*_leftImg8bit.png"):
        path.unlink()
    message = (
        rf"leftImg8bit/{split}: found no images.*\({reason}.*train: --dataset PATH, evaluate and tune: --data PATH"
    )
    with pytest.raises(FileNotFoundError, match=message):
        CityscapesFolder(street, split)


def test_images_without_labels_are_counted(street: Path):
    missing = _first(street, "_instanceIds.png")
    missing.unlink()
    with pytest.raises(
        FileNotFoundError, match=rf"found labels for 1 images, expected 2; the first missing is {missing}"
    ):
        CityscapesFolder(street, "train")


@pytest.mark.parametrize("suffix", ["_leftImg8bit.png", "_instanceIds.png"])
@pytest.mark.parametrize("content", ["cut", "empty", "text"])
def test_a_file_that_cannot_be_read_is_named(street: Path, suffix: str, content: str):
    path = _first(street, suffix)
    data = {"cut": path.read_bytes()[:150], "empty": b"", "text": b"not an image"}[content]
    path.write_bytes(data)
    with pytest.raises(ValueError, match=rf"{path}: found a file that cannot be read .*expected .*again"):
        CityscapesFolder(street, "train")[0]


def test_a_file_that_vanished_is_named(street: Path):
    folder = CityscapesFolder(street, "train")
    folder.images[0].unlink()
    with pytest.raises(FileNotFoundError, match=rf"{folder.images[0]}: found no file"):
        folder[0]


def test_labels_of_another_size_name_both_files(street: Path):
    path = _first(street, "_instanceIds.png")
    Image.fromarray(np.full((32, 64), 7, np.uint16)).save(path)
    with pytest.raises(ValueError, match=rf"{path}: found labels of 64x32 px, expected 128x64 px like their image"):
        CityscapesFolder(street, "train")[0]
    with pytest.raises(ValueError, match=rf"{path}: found labels of 64x32 px, expected 128x64 px like their image"):
        CityscapesFolder(street, "train").checked_labels(0)


def test_an_unreadable_image_is_found_before_training(street: Path):
    path = _first(street, "_leftImg8bit.png")
    path.write_bytes(b"")
    with pytest.raises(ValueError, match=rf"{path}: found a file that cannot be read"):
        CityscapesFolder(street, "train").checked_labels(0)


@pytest.mark.parametrize("error", [Image.DecompressionBombError, SyntaxError, ValueError])
def test_whatever_pillow_says_of_an_image_it_is_named(street: Path, monkeypatch: pytest.MonkeyPatch, error: type):
    folder = CityscapesFolder(street, "train")
    real = Image.open

    def refuse(path: Path, **options: object) -> Image.Image:
        if path in folder.images:
            raise error("no")
        return real(path, **options)

    monkeypatch.setattr(Image, "open", refuse)
    with pytest.raises(ValueError, match=rf"{folder.images[0]}: found a file that cannot be read as an image \(no\)"):
        folder.checked_labels(0)
    with pytest.raises(ValueError, match=rf"{folder.images[0]}: found a file that cannot be read \(no\)"):
        folder[0]


def test_a_coloured_label_file_is_refused(street: Path):
    path = _first(street, "_instanceIds.png")
    Image.new("RGB", SIZE[::-1]).save(path)
    with pytest.raises(ValueError, match=rf"{path}: found an image of mode RGB, expected one channel"):
        CityscapesFolder(street, "train")[0]


def test_an_instance_of_two_classes_is_refused(street: Path):
    path = _first(street, "_labelIds.png")
    labels = np.array(Image.open(path))
    rows, columns = np.nonzero(labels == 26)
    labels[rows[0], columns[0]] = 27
    Image.fromarray(labels).save(path)
    folder = CityscapesFolder(street, "train")
    with pytest.raises(ValueError, match=r"found the instance 26001 with pixels of the classes \[26, 27\].*one class"):
        folder.checked_labels(0)
    folder.checked_labels(1)


def test_label_ids_of_another_size_are_refused(street: Path):
    path = _first(street, "_labelIds.png")
    Image.fromarray(np.full((8, 8), 7, np.uint8)).save(path)
    with pytest.raises(ValueError, match=rf"{path}: found 8x8 px, expected 128x64 px"):
        CityscapesFolder(street, "train").checked_labels(0)


def test_without_label_ids_there_is_nothing_to_compare(street: Path):
    _first(street, "_labelIds.png").unlink()
    CityscapesFolder(street, "train").checked_labels(0)


class TestSomeOfTheClasses:
    """Training on a part of the eight: the others are background, their groups too; void stays void."""

    IDS = ((24001, 24, 26001, 26), (26002, 25001, 33, 0), (29001, 3, 7, 31002))

    def test_the_others_and_their_groups_are_background(self):
        instances, classes = decode_instance_ids(_ids(*map(list, self.IDS)), names=("car",))
        assert classes.tolist() == [[0, 0, 1, -1], [1, 0, 0, -1], [-1, -1, 0, 0]]
        assert instances.tolist() == [[0, 0, 1, 0], [2, 0, 0, 0], [0, 0, 0, 0]]

    def test_class_numbers_follow_the_order_asked_for(self):
        _, classes = decode_instance_ids(_ids(*map(list, self.IDS)), names=("train", "person"))
        assert classes.tolist() == [[2, -1, 0, 0], [0, 0, 0, -1], [-1, -1, 0, 1]]

    def test_all_eight_are_the_default(self):
        some = decode_instance_ids(_ids(*map(list, self.IDS)), names=tuple(INSTANCE_CLASSES))
        for one, other in zip(some, decode_instance_ids(_ids(*map(list, self.IDS))), strict=True):
            assert np.array_equal(one, other)

    def test_of_a_folder(self, street: Path):
        folder, everything = CityscapesFolder(street, "train", ("car",)), CityscapesFolder(street, "train")
        assert folder.class_names == ("car",)
        scene, whole = folder[0], everything[0]
        car = 1 + everything.class_names.index("car")
        assert np.array_equal(scene.classes == 1, whole.classes == car)
        assert np.array_equal(scene.instances > 0, whole.classes == car)
        for one, other in zip(folder.checked_labels(0), (scene.instances, scene.classes), strict=True):
            assert np.array_equal(one, other)

    def test_of_any_source_by_name(self, street: Path):
        assert open_source(street, "train", ("bus", "car")).class_names == ("bus", "car")

    @pytest.mark.parametrize("names", [("lorry",), ("car", "car"), ("Car",), ("caravan",)])
    def test_names_that_are_none(self, street: Path, names: tuple[str, ...]):
        with pytest.raises(ValueError, match=rf"classes: found {', '.join(names)}, expected some of .* person"):
            CityscapesFolder(street, "train", names)


def test_the_numbers_of_the_file_are_told(street: Path):
    folder = CityscapesFolder(street, "train")
    instances, _ = folder.labels(0)
    ids = read_ids(folder.label_path(0))
    assert folder.stored_ids(0) == [24000, 26001]
    for number, id in enumerate(folder.stored_ids(0), start=1):
        assert np.array_equal(instances == number, ids == id)
    assert CityscapesFolder(street, "train", ("bus",)).stored_ids(0) == []


def test_the_intensity_comes_after_the_folder(street: Path):
    with pytest.raises(FileNotFoundError, match="found no images"):
        open_source(street.parent / "gone", "train", intensity="percentile")
    with pytest.raises(ValueError, match="intensity: found 'percentile'"):
        open_source(street, "train", intensity="percentile")
