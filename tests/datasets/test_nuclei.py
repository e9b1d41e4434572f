"""Folders of nuclei: the real one, and small ones with every fault that a table and its files can have."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lab.datasets.intensity import stretch
from lab.datasets.manifest import read_manifest
from lab.datasets.nuclei import NucleiFolder, read_mask
from lab.datasets.scene import SceneSource

HEAD = "name,id,width,height,instances,group,split"
NAMES = {"one": "train", "two": "train", "three": "val", "four": "test"}


def labels(number: int) -> np.ndarray:
    mask = np.zeros((24, 32), np.uint16)
    mask[2:9, 3:9], mask[12:20, 14:30] = 5, 9 + number  # numbers with gaps
    return mask


@pytest.fixture
def root(tmp_path) -> Path:
    folder = tmp_path / "nuclei"
    rows = [HEAD]
    for number, (name, split) in enumerate(NAMES.items()):
        for kind, array in (("images", (8 * labels(number) + 3).astype(np.uint8)), ("masks", labels(number))):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(array).save(folder / kind / f"{name}.png")
        rows.append(f"{name},id-{name},32,24,2,{number},{split}")
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n")
    return folder


def change(root: Path, old: str, new: str) -> None:
    table = root / "manifest.csv"
    assert old in table.read_text()
    table.write_text(table.read_text().replace(old, new, 1))


def test_scenes(root):
    source = NucleiFolder(root, "train")
    assert isinstance(source, SceneSource)
    assert (len(source), source.class_names, source.name(1)) == (2, ("nucleus",), "two")
    scene = source[1]
    assert (scene.name, scene.image.shape, scene.image.dtype) == ("two", (24, 32, 3), np.uint8)
    np.testing.assert_array_equal(scene.instances, np.select([labels(1) == 5, labels(1) == 10], [1, 2]))
    np.testing.assert_array_equal(scene.classes, labels(1) > 0)
    for mine, checked in zip(source.labels(1), source.checked_labels(1), strict=True):
        np.testing.assert_array_equal(mine, checked)
    assert source.image_path(1) == root / "images" / "two.png"


def test_intensity(root):
    stored, stretched = (NucleiFolder(root, "val", intensity)[0].image for intensity in ("stored", "percentile"))
    np.testing.assert_array_equal(stretched, stretch(stored))
    assert (stored != stretched).any()
    with pytest.raises(ValueError, match="intensity: found 'bright'"):
        NucleiFolder(root, "val", "bright")


def test_all_real_nuclei_are_sound(nuclei):
    found = {split: NucleiFolder(nuclei, split) for split in ("train", "val", "test")}
    assert {split: len(source) for split, source in found.items()} == {"train": 313, "val": 52, "test": 65}
    assert sum(entry.instances for source in found.values() for entry in source.entries) == 18824
    for index in range(0, 52, 10):
        instances, classes = found["val"].checked_labels(index)
        assert instances.max() == found["val"].entries[index].instances
        assert set(np.unique(classes)) <= {0, 1}


class TestTable:
    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            (",split\n", ",part\n", "found the columns .* split is missing"),
            ("four,id-four,32,24,2,3,test", "four,id-four,32,24", "line 5: found more or fewer values than columns"),
            ("four,id-four,32,24,2,3,test", "four,id-four,32,24,2,3,test,x", "line 5: found more or fewer"),
            ("four,id-four", ",id-four", "line 5: found the name ''"),
            ("four,id-four", "../four,id-four", "line 5: found the name '../four'"),
            (",3,test", ",3,tset", "line 5: found the split 'tset' for four, expected train, val, test"),
            (",3,test", ",3,", "line 5: found the split '' for four"),
            ("one,id-one,32", "one,id-one,wide", "line 2: found the width 'wide', expected a whole number"),
            ("one,id-one,32,24,2", "one,id-one,32,24,-2", "line 2: found the instances '-2'"),
            ("two,id-two", "one,id-two", "found one on the lines 2, 3, expected each name once"),
            (
                "four,id-four",
                "four,id-one",
                "found id-one on the lines 2, 5, expected each id once.*gives the test",
            ),
            (",2,0,train", ",2,3,train", "line 2: found one of group 3 in train, expected test like others"),
        ],
    )
    def test_a_table_that_is_not_sound(self, old, new, message, root):
        change(root, old, new)
        with pytest.raises(ValueError, match=rf"manifest\.csv.*{message}"):
            NucleiFolder(root, "train")

    def test_no_rows_no_text_no_file(self, root):
        table = root / "manifest.csv"
        for content, message in (
            (HEAD.encode(), "found no rows"),
            (b"", "found the columns none"),
            (b"\xff\xfe", "UTF-8"),
        ):
            table.write_bytes(content)
            with pytest.raises(ValueError, match=message):
                read_manifest(table)
        table.unlink()
        with pytest.raises(FileNotFoundError, match=r"manifest\.csv: found no file, expected the table"):
            read_manifest(table)

    def test_as_a_spreadsheet_saves_it(self, root):
        text = (root / "manifest.csv").read_text().replace("\n", "\r\n")
        (root / "manifest.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
        assert len(NucleiFolder(root, "train")) == 2

    def test_a_split_without_pictures(self, root):
        change(root, ",3,test", ",3,train")
        with pytest.raises(
            FileNotFoundError, match=r"no pictures of the split 'test', expected some; there are train 3"
        ):
            NucleiFolder(root, "test")

    def test_unknown_groups_may_lie_anywhere(self, root):
        change(root, ",2,0,train", ",2,,train")
        change(root, ",2,3,test", ",2,,test")
        assert len(NucleiFolder(root, "test")) == 1


class TestFiles:
    @pytest.mark.parametrize("kind", ["images", "masks"])
    def test_a_row_without_file_also_of_another_split(self, kind, root):
        (root / kind / "four.png").unlink()
        with pytest.raises(FileNotFoundError, match=rf"{kind}: found files for 3 of the table's 4 rows.*four\.png"):
            NucleiFolder(root, "train")

    @pytest.mark.parametrize("kind", ["images", "masks"])
    def test_a_file_without_row(self, kind, root):
        (root / kind / "five.png").touch()
        with pytest.raises(ValueError, match=rf"{kind}: found 1 PNG files without a row .* first is five\.png"):
            NucleiFolder(root, "train")

    def test_a_row_that_was_deleted(self, root):
        change(root, "four,id-four,32,24,2,3,test\n", "")
        with pytest.raises(ValueError, match="without a row"):
            NucleiFolder(root, "train")

    @pytest.mark.parametrize("read", [lambda source: source[0], lambda source: source.checked_labels(0)])
    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("id-one,32,24", "id-one,24,32", r"one\.png: found a picture of 32x24 px, expected 24x32 px as line 2"),
            ("id-one,32,24,2", "id-one,32,24,3", r"one\.png: found 2 nuclei, expected 3 as line 2"),
        ],
    )
    def test_what_the_table_says_and_the_files_do_not(self, old, new, message, read, root):
        change(root, old, new)
        with pytest.raises(ValueError, match=message):
            read(NucleiFolder(root, "train"))

    @pytest.mark.parametrize("read", [lambda source: source[0], lambda source: source.checked_labels(0)])
    def test_labels_of_another_size(self, read, root):
        Image.fromarray(labels(0)[:20]).save(root / "masks" / "one.png")
        with pytest.raises(
            ValueError, match=r"masks.one\.png: found labels of 32x20 px, expected 32x24 px like .*images"
        ):
            read(NucleiFolder(root, "train"))

    @pytest.mark.parametrize(
        ("array", "message"),
        [
            (np.uint8(255) * (labels(0) > 0), "mode L with values 0, 255, expected a 16-bit"),
            (np.stack(3 * [labels(0).astype(np.uint8)], axis=2), "mode RGB"),
            (labels(0) > 0, "mode 1"),
        ],
    )
    def test_labels_of_another_type(self, array, message, root):
        Image.fromarray(array).save(root / "masks" / "one.png")
        with pytest.raises(ValueError, match=message):
            NucleiFolder(root, "train").labels(0)

    @pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n"])
    def test_files_that_are_no_image(self, content, root):
        for kind in ("images", "masks"):
            (root / kind / "one.png").write_bytes(content)
            with pytest.raises(ValueError, match=r"one\.png: found a file that cannot be read"):
                NucleiFolder(root, "train").checked_labels(0) if kind == "images" else read_mask(
                    root / kind / "one.png"
                )

    def test_a_picture_cut_off(self, root):
        path = root / "images" / "one.png"
        path.write_bytes(path.read_bytes()[:60])
        with pytest.raises(ValueError, match=r"one\.png: found a file that cannot be read"):
            NucleiFolder(root, "train")[0]

    def test_a_file_that_goes_meanwhile(self, root):
        source = NucleiFolder(root, "train")
        source.label_path(0).unlink()
        with pytest.raises(FileNotFoundError, match=r"one\.png: found no file, expected a 16-bit PNG"):
            source.labels(0)
