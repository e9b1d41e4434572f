"""Cityscapes' official folders: counted and looked at, with what to do for each way in which they may be unfinished."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lab.doctor.cityscapes import OFFICIAL_COUNTS, Expected, check_cityscapes, main
from lab.doctor.lines import Finding, State
from tests.street import SIZE, write_street

TINY = Expected({"train": 3, "val": 2, "test": 1}, SIZE)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A whole, tiny Cityscapes."""
    for split, count in TINY.counts.items():
        write_street(tmp_path, count, split)
    return tmp_path


def acted_on(root: Path, expected: Expected = TINY) -> list[Finding]:
    """What is missing or wrong; every such finding but a counting one says what to do."""
    found = [finding for finding in check_cityscapes(root, expected=expected) if finding.state is State.MISSING]
    assert all(finding.remedy or "more scenes" in finding.text for finding in found)
    return found


def first(root: Path, pattern: str) -> Path:
    return sorted(root.rglob(pattern))[0]


def test_whole_folders_are_counted(root: Path):
    found = list(check_cityscapes(root, expected=TINY))
    assert {finding.state for finding in found} == {State.OK}
    lines = [(finding.topic, finding.text.split()) for finding in found]
    assert ("train", ["3", "of", "3", "scenes", "looked", "at", "and", "sound"]) in lines
    assert ("", ["person", "3", "objects", "in", "3", "images"]) in lines
    assert ("", ["car", "1", "objects", "in", "1", "images"]) in lines
    assert [topic for topic, _ in lines if topic] == ["train", "val", "test"]


def test_the_first_scenes_only(root: Path):
    texts = [finding.text for finding in check_cityscapes(root, limit=1, expected=TINY)]
    assert "1 of 3 scenes looked at and sound" in texts


def test_the_official_numbers():
    assert sum(OFFICIAL_COUNTS.values()) == 5000
    assert Expected().counts == {"train": 2975, "val": 500, "test": 1525}


def test_fewer_images_than_expected(root: Path):
    (found, *_) = acted_on(root, Expected({"train": 3, "val": 9, "test": 1}, SIZE))
    assert (found.topic, found.text) == ("val", "found 2 images, expected 9")
    assert "unzip -n" in found.remedy


@pytest.mark.parametrize(
    ("pattern", "words"),
    [("*_instanceIds.png", "1 scenes without labels, the first"), ("*_leftImg8bit.png", "1 scenes without image")],
)
def test_pairs(root: Path, pattern: str, words: str):
    path = first(root / ("gtFine" if "Ids" in pattern else "leftImg8bit") / "train", pattern)
    path.unlink()
    texts = [finding.text for finding in acted_on(root)]
    assert any(text.startswith(words) and "aachen_000000_000000" in text for text in texts)


def test_a_cut_off_image(root: Path):
    path = first(root, "*_leftImg8bit.png")
    path.write_bytes(path.read_bytes()[:-20])
    (found,) = acted_on(root)
    assert found.text == f"{path}: found no whole PNG, expected one"


def test_labels_that_are_not_sound(root: Path):
    path = first(root / "gtFine" / "val", "*_instanceIds.png")
    Image.fromarray(np.full(SIZE, 99, np.uint16)).save(path)
    (found,) = acted_on(root)
    assert (found.topic, f"{path}: found the ids [99]" in found.text) == ("val", True)


def test_of_many_unsound_scenes_the_first_are_shown(tmp_path: Path):
    write_street(tmp_path, 8, "train")
    for path in tmp_path.rglob("*_instanceIds.png"):
        path.write_bytes(b"")
    found = acted_on(tmp_path, Expected({"train": 8}, SIZE))
    assert len(found) == 6
    assert found[-1].text == "and 3 more scenes that are not sound"


def test_another_size(root: Path):
    found = acted_on(root, Expected(TINY.counts, (1024, 2048)))
    assert len(found) == 6
    assert "found 128x64 px, expected 2048x1024" in found[0].text


def test_no_folder(tmp_path: Path):
    (found,) = acted_on(tmp_path / "nowhere")
    assert "found no folder" in found.text


def test_nothing_downloaded(tmp_path: Path):
    images, labels = acted_on(tmp_path)
    assert images.remedy.startswith(f"csDownload -d {tmp_path} leftImg8bit_trainvaltest.zip (with an account")
    assert "gtFine_trainvaltest.zip" in labels.text


def test_half_a_download(tmp_path: Path):
    (tmp_path / "gtFine_trainvaltest.zip").write_bytes(b"PK\x03\x04" + bytes(5_000_000))
    _, labels = acted_on(tmp_path)
    assert "gtFine_trainvaltest.zip: found 5 MB without an end, a part of a download" in labels.text
    assert labels.remedy.startswith("delete it and download it again")


def test_not_unpacked(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "gtFine_trainvaltest.zip", "w") as archive:
        archive.writestr("README", "text")
    _, labels = acted_on(tmp_path)
    assert labels.remedy == f"cd {tmp_path} && unzip -n gtFine_trainvaltest.zip"


def test_unpacked_into_folders_of_their_own(root: Path):
    for folder, package in (("leftImg8bit", "leftImg8bit_trainvaltest"), ("gtFine", "gtFine_trainvaltest")):
        (root / package).mkdir()
        (root / folder).rename(root / package / folder)
    images, labels = acted_on(root)
    assert images.remedy == f"mv {root / 'leftImg8bit_trainvaltest' / 'leftImg8bit'} {root}"
    assert labels.remedy == f"mv {root / 'gtFine_trainvaltest' / 'gtFine'} {root}"


def test_a_folder_too_deep(root: Path):
    images, _ = acted_on(root / "gtFine")
    assert images.remedy == f"name the folder above: --cityscapes {root}"


def test_an_archive_that_is_no_longer_needed(root: Path):
    with zipfile.ZipFile(root / "gtFine_trainvaltest.zip", "w"):
        pass
    states = [finding.state for finding in check_cityscapes(root, expected=TINY)]
    assert states[0] is State.OPTIONAL
    assert set(states[1:]) == {State.OK}


def test_printed(root: Path, capsys: pytest.CaptureFixture[str]):
    assert main(root, None) == 1
    said = capsys.readouterr().out
    assert "found 3 images, expected 2975" in said
    assert "To act on: " in said
