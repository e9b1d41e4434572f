"""One's own images: what is read, and what is said of everything that cannot be."""

import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lab.datasets.own import OwnFolder, number_colours, part_of, read_label_image
from lab.datasets.scene import SceneSource
from lab.datasets.sources import open_source
from tests.own import SIZE, discs, picture, write_discs, write_own


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """ROOT with the two scenes of its part train."""
    write_discs(tmp_path / "train")
    return tmp_path


def first_label(root: Path) -> Path:
    return root / "train" / "labels" / "scene_0.png"


def save(path: Path, values: np.ndarray, **options: object) -> Path:
    Image.fromarray(values).save(path, **options)
    return path


class TestScenes:
    def test_a_folder_is_a_source(self, root: Path):
        source = open_source(root, "train")
        scene = source[1]
        assert isinstance(source, OwnFolder)
        assert isinstance(source, SceneSource)
        assert (len(source), source.class_names) == (2, ("object",))
        assert scene.name == source.name(1) == "scene_1"
        assert scene.image.shape == (*SIZE, 3)
        np.testing.assert_array_equal(scene.instances, discs())
        np.testing.assert_array_equal(scene.classes, discs() > 0)
        for got, expected in zip(source.checked_labels(1), (scene.instances, scene.classes), strict=True):
            np.testing.assert_array_equal(got, expected)
        assert source.image_path(1) == root / "train" / "images" / "scene_1.png"
        assert source.label_path(1) == root / "train" / "labels" / "scene_1.png"

    def test_numbers_are_made_1_to_k_and_those_stored_are_told(self, root: Path):
        numbers = np.array([0, 7, 300, 4, 65535], np.uint16)
        save(first_label(root), numbers[discs()])
        source = OwnFolder(root, "train")
        np.testing.assert_array_equal(source.labels(0)[0], np.array([0, 2, 3, 1, 4])[discs()])
        assert source.stored_ids(0) == [4, 7, 300, 65535]

    def test_an_empty_label_image_is_a_scene_without_objects(self, root: Path):
        save(first_label(root), np.zeros(SIZE, np.uint8))
        scene = OwnFolder(root, "train")[0]
        assert not scene.instances.any()
        assert OwnFolder(root, "train").stored_ids(0) == []

    def test_intensity_is_applied_before_values_are_cut_to_8_bits(self, root: Path):
        dim = np.full(SIZE, 500, np.uint16)
        dim[::2], dim[0, 0] = 510, 65535
        save(root / "train" / "images" / "scene_0.png", dim)
        assert len(np.unique(OwnFolder(root, "train")[0].image[1:])) == 1
        stretched = open_source(root, "train", intensity="percentile")[0].image
        assert np.unique(stretched[1:]).tolist() == [0, 255]

    def test_a_worker_process_gets_a_copy(self, root: Path):
        copy = pickle.loads(pickle.dumps(OwnFolder(root, "train")))
        np.testing.assert_array_equal(copy[1].instances, discs())

    def test_a_picture_on_its_side_is_turned(self, tmp_path: Path):
        write_discs(tmp_path / "train", 1)
        exif = Image.Exif()
        exif[0x0112] = 6
        path = tmp_path / "train" / "images" / "scene_0.png"
        Image.open(path).rotate(90, expand=True).save(path, exif=exif)
        OwnFolder(tmp_path, "train").checked_labels(0)
        assert OwnFolder(tmp_path, "train")[0].image.shape[:2] == SIZE


class TestPictures:
    GREY = picture(discs())[..., 0]

    @pytest.mark.parametrize("suffix", ["png", "tif", "tiff", "bmp", "PNG", "jpg", "webp", "pgm"])
    def test_suffixes(self, tmp_path: Path, suffix: str):
        write_own(tmp_path / "val", {"a": (self.GREY, discs())})
        (tmp_path / "val" / "images" / "a.png").unlink()
        save(tmp_path / "val" / "images" / f"a.{suffix}", self.GREY)
        image = OwnFolder(tmp_path, "val")[0].image
        assert np.abs(image.astype(int) - self.GREY[..., None]).mean() < 8

    @pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "CMYK", "P", "LA", "1", "YCbCr"])
    def test_modes(self, tmp_path: Path, mode: str):
        write_own(tmp_path / "val", {"a": (self.GREY, discs())})
        (tmp_path / "val" / "images" / "a.png").unlink()
        suffix = {"CMYK": "tif", "YCbCr": "jpg"}.get(mode, "png")
        Image.fromarray(self.GREY).convert("RGB").convert(mode).save(tmp_path / "val" / "images" / f"a.{suffix}")
        assert OwnFolder(tmp_path, "val")[0].image.shape == (*SIZE, 3)

    @pytest.mark.parametrize("suffix", ["png", "tif"])
    @pytest.mark.parametrize("channels", [1, 3, 4])
    def test_16_bits_in_grey_and_colour(self, tmp_path: Path, suffix: str, channels: int):
        write_own(tmp_path / "val", {"a": (self.GREY, discs())})
        (tmp_path / "val" / "images" / "a.png").unlink()
        rng = np.random.default_rng(0)
        colour = rng.integers(0, 4096, (*SIZE, channels)).astype(np.uint16)  # 12 bits, as many cameras have
        colour[..., 3:], colour[0, 0, 0] = 65535, 4095
        stored = colour[..., [2, 1, 0, 3][:channels]] if channels > 1 else colour  # OpenCV's order is blue, green, red
        cv2.imwrite(str(tmp_path / "val" / "images" / f"a.{suffix}"), stored)
        expected = np.broadcast_to(colour[..., : min(channels, 3)] / 4095 * 255, (*SIZE, 3))
        np.testing.assert_allclose(OwnFolder(tmp_path, "val")[0].image, expected, atol=0.51)


class TestLabelImages:
    @pytest.mark.parametrize(
        ("kind", "suffix"),
        [("uint8", "png"), ("uint8", "bmp"), ("uint16", "png"), ("uint16", "tif"), ("int32", "tif"), ("uint32", "tif")],
    )
    def test_integers(self, tmp_path: Path, kind: str, suffix: str):
        values = discs().astype(kind) * (30 if kind == "uint8" else 7000)
        np.testing.assert_array_equal(read_label_image(save(tmp_path / f"a.{suffix}", values)), values)

    def test_a_palette_gives_its_indices(self, tmp_path: Path):
        image = Image.fromarray(discs().astype(np.uint8))
        image = image.convert("P")
        image.putpalette([value for k in range(256) for value in (k * 7 % 256, 255 - k, k)])
        indices = np.array(image)
        image.save(tmp_path / "a.png")
        np.testing.assert_array_equal(read_label_image(tmp_path / "a.png"), indices)

    def test_two_values_of_one_bit(self, tmp_path: Path):
        np.testing.assert_array_equal(read_label_image(save(tmp_path / "a.png", discs() > 0)), discs() > 0)

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            (np.zeros((*SIZE, 3), np.uint8), r"a colour picture \(mode RGB\).*number_colours"),
            (np.zeros((*SIZE, 4), np.uint8), r"mode RGBA"),
            (np.full(SIZE, 2, np.float32), r"whole numbers stored as fractions.*16-bit integers"),
            (np.full(SIZE, 0.5, np.float32), r"found fractions.*probabilities"),
            (np.full(SIZE, np.nan, np.float32), r"found fractions"),
            (np.full(SIZE, -1, np.int32), r"the number -1.*0 is background"),
        ],
    )
    def test_what_is_no_label_image(self, tmp_path: Path, values: np.ndarray, words: str):
        path = save(tmp_path / "a.tif", values)
        with pytest.raises(ValueError, match=rf"{path}: found .*{words.replace('found ', '')}"):
            read_label_image(path)

    def test_jpeg_whatever_it_is_called(self, root: Path):
        save(first_label(root), discs().astype(np.uint8), format="jpeg")
        with pytest.raises(ValueError, match=r"scene_0\.png: found a JPEG, which shifts numbers, expected .*PNG"):
            OwnFolder(root, "train").labels(0)

    def test_a_stack(self, tmp_path: Path):
        page = Image.fromarray(discs())
        page.save(tmp_path / "a.tif", save_all=True, append_images=[page, page])
        with pytest.raises(ValueError, match=r"a\.tif: found 3 pages, expected one channel"):
            read_label_image(tmp_path / "a.tif")

    @pytest.mark.parametrize("content", [b"", b"not an image", b"\x89PNG\r\n\x1a\nnothing"])
    def test_a_broken_file(self, root: Path, content: bytes):
        first_label(root).write_bytes(content)
        with pytest.raises(ValueError, match=r"scene_0\.png: found a file that cannot be read.*again"):
            OwnFolder(root, "train").labels(0)

    def test_a_vanished_file(self, root: Path):
        source = OwnFolder(root, "train")
        first_label(root).unlink()
        with pytest.raises(FileNotFoundError, match=r"scene_0\.png: found no file"):
            source.labels(0)

    def test_another_size_names_both_files(self, root: Path):
        save(first_label(root), discs((48, 60)))
        source = OwnFolder(root, "train")
        for use in (source.checked_labels, source.__getitem__):
            with pytest.raises(ValueError, match=r"labels/scene_0\.png: found labels of 60x48 px, expected 64x48 px"):
                use(0)

    @pytest.mark.parametrize("value", [1, 255])
    def test_a_binary_mask_is_refused_before_training(self, root: Path, value: int):
        save(first_label(root), ((discs() > 0) * value).astype(np.uint8))
        source = OwnFolder(root, "train")
        with pytest.raises(
            ValueError, match=rf"found a binary mask where instances were meant: .*{value}, in 4 pieces"
        ):
            source.checked_labels(0)
        source.checked_labels(1)

    def test_one_object_is_no_binary_mask(self, root: Path):
        save(first_label(root), (discs() == 2).astype(np.uint8) * 255)
        OwnFolder(root, "train").checked_labels(0)

    def test_colours_become_numbers(self):
        palette = np.array([(0, 0, 0), (255, 0, 0), (0, 255, 0), (1, 2, 3), (1, 2, 4)], np.uint8)
        labels = number_colours(palette[discs()])
        assert sorted(np.unique(labels)) == [0, 1, 2, 3, 4]
        assert all(len(np.unique(labels[discs() == k])) == 1 for k in range(5))
        assert number_colours(palette[discs() * 0 + 1]).min() == 1


class TestSplits:
    @given(st.text(min_size=1, max_size=20))
    def test_a_part_hangs_on_the_name_alone(self, name: str):
        assert part_of(name) in ("train", "val", "test")

    def test_a_name_has_the_same_part_in_every_process_and_every_year(self):
        """What was written down once: Python's own hash() would differ from process to process."""
        assert {name: part_of(name) for name in ("a", "Ä 1", "15")} == {"a": "train", "Ä 1": "test", "15": "val"}

    def test_a_name_of_bytes_that_are_no_text_has_one(self):
        assert part_of("\udcff\udcfe") in ("train", "val", "test")

    def test_shares(self):
        parts = [part_of(f"image_{k}") for k in range(4000)]
        assert abs(parts.count("train") / 4000 - 0.8) < 0.02
        assert abs(parts.count("val") / 4000 - 0.1) < 0.015

    def test_one_folder_is_parted_without_loss_or_doubles(self, tmp_path: Path):
        write_discs(tmp_path, 30)
        names = [name for split in ("train", "val", "test") for name in OwnFolder(tmp_path, split).names]
        assert sorted(names) == sorted(f"scene_{k}" for k in range(30))
        assert len(open_source(tmp_path, "train")) > 15

    def test_an_empty_part(self, tmp_path: Path):
        write_discs(tmp_path, 1)
        (empty, *_) = {"train", "val", "test"} - {part_of("scene_0")}
        with pytest.raises(
            FileNotFoundError, match=rf"images: found 1 pictures, none of which falls to '{empty}'.*train/, val/"
        ):
            OwnFolder(tmp_path, empty)

    def test_folders_decide_where_they_exist(self, root: Path):
        write_discs(root / "test", 1)
        assert (len(OwnFolder(root, "train")), len(OwnFolder(root, "test"))) == (2, 1)
        with pytest.raises(FileNotFoundError, match=r"found train, test, expected .*val/images"):
            OwnFolder(root, "val")

    def test_folders_and_images_side_by_side(self, root: Path):
        write_discs(root, 1)
        with pytest.raises(ValueError, match=r"found images/ in it and in train, expected one of the two"):
            OwnFolder(root, "train")

    @pytest.mark.parametrize("split", ["", "training"])
    def test_other_parts(self, root: Path, split: str):
        with pytest.raises(ValueError, match=r"split: found .*expected train, val, test"):
            OwnFolder(root, split)


class TestFolders:
    def test_no_images(self, tmp_path: Path):
        with pytest.raises(FileNotFoundError, match=r"found no images/, expected"):
            OwnFolder(tmp_path, "train")
        (tmp_path / "images").mkdir()
        (tmp_path / "labels").mkdir()
        with pytest.raises(FileNotFoundError, match=r"images: found no pictures, expected \.bmp"):
            OwnFolder(tmp_path, "train")

    def test_images_without_labels(self, root: Path):
        first_label(root).rename(first_label(root).with_name("scene_0_mask.png"))
        with pytest.raises(
            FileNotFoundError, match=r"labels: found labels for 1 of 2 images.*scene_0\.png.*scene_0_mask"
        ):
            OwnFolder(root, "train")

    def test_neither_and_both(self, root: Path):
        (root / "train" / "annotations.json").write_text("{}")
        with pytest.raises(FileNotFoundError, match=r"found both labels/ and annotations\.json"):
            OwnFolder(root, "train")
        (root / "val" / "images").mkdir(parents=True)
        with pytest.raises(FileNotFoundError, match=r"found neither labels/ nor annotations\.json"):
            OwnFolder(root, "val")

    @pytest.mark.parametrize("part", ["images", "labels"])
    def test_two_files_of_a_name(self, root: Path, part: str):
        path = root / "train" / part / "scene_0.tif"
        save(path, discs())
        with pytest.raises(ValueError, match=rf"{part}/scene_0\.png: found scene_0\.tif beside it"):
            OwnFolder(root, "train")

    def test_other_files_are_left_alone(self, root: Path):
        for name in ("Thumbs.db", ".hidden.png", "notes.txt"):
            (root / "train" / "images" / name).write_text("x")
        assert len(OwnFolder(root, "train")) == 2

    def test_a_broken_picture(self, root: Path):
        (root / "train" / "images" / "scene_0.png").write_bytes(b"")
        source = OwnFolder(root, "train")
        for use in (source.checked_labels, source.__getitem__):
            with pytest.raises(ValueError, match=r"images/scene_0\.png: found a file that cannot be read as an image"):
                use(0)

    def test_cityscapes_choices_are_refused(self, root: Path):
        with pytest.raises(ValueError, match="classes"):
            open_source(root, "train", classes=("car",))
