"""The report on a data set's labels: words, table, contact sheets, and the exit code."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from lab.__main__ import app
from lab.doctor.labels import main, opened
from tests import own
from tests.figures.checks import check_nothing_is_cut_off
from tests.street import write_street


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data set with sound parts train and val."""
    own.write_discs(tmp_path / "data" / "train")
    own.write_discs(tmp_path / "data" / "val", 1)
    image = own.picture(own.discs(), seed=9)
    own.write_own(tmp_path / "data" / "val", {"scene_0": (image, own.discs())})
    return tmp_path / "data"


def spoil(root: Path, labels: np.ndarray) -> None:
    Image.fromarray(labels).save(root / "train" / "labels" / "scene_1.png")


def rows(report: Path) -> list[dict[str, str]]:
    with (report / "findings.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def examined(root: Path, report: Path, split: str | None = None, limit: int | None = None) -> int:
    return main(str(root), split, report, 16, limit)


def test_sound_labels(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert examined(root, tmp_path / "report") == 0
    said = capsys.readouterr().out
    assert "Scenes examined: train 2, val 1. Findings: none." in said
    assert "not examined" not in said
    assert rows(tmp_path / "report") == []
    assert [path.name for path in (tmp_path / "report").iterdir()] == ["findings.csv"]


def test_an_error_is_said_counted_and_shown(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    spoil(root, (own.discs() > 0).astype(np.uint8))
    assert examined(root, tmp_path / "report") == 1
    said = capsys.readouterr().out
    assert "ERROR binary (1): a binary mask where instances were meant" in said
    assert "  train/scene_1: the only number is 1, in 4 pieces" in said
    (row,) = rows(tmp_path / "report")
    assert (row["severity"], row["kind"], row["split"], row["scene"], row["ids"]) == (
        "error", "binary", "train", "scene_1", "1",
    )  # fmt: skip
    assert row["file"] == str(root / "train" / "labels" / "scene_1.png")
    with Image.open(tmp_path / "report" / "findings_train.png") as sheet:
        pixels = np.array(sheet.convert("RGB"))
    from lab.figures.still import Still

    check_nothing_is_cut_off(Still(pixels, "", 100))


def test_labels_without_any_object_are_an_error(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for path in sorted((root / "train" / "labels").iterdir()):
        Image.fromarray(np.zeros_like(own.discs())).save(path)
    assert examined(root, tmp_path / "report") == 0, "val has some; a test split may have none, as Cityscapes'"
    assert "ERROR" not in capsys.readouterr().out
    assert examined(root, tmp_path / "report", "train") == 1
    said = capsys.readouterr().out
    assert "ERROR: found no object in any scene that was looked at (2), expected some" in said


def test_of_many_findings_the_first_are_said(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    labels = own.discs()
    labels[5:7, 24:60:4] = np.arange(5, 14)
    spoil(root, labels)
    assert examined(root, tmp_path / "report") == 0, "warnings only"
    said = capsys.readouterr().out
    assert "WARNING small (9)" in said
    assert said.count("expected 16 or more") == 3
    assert "… and 6 more" in said
    table = rows(tmp_path / "report")
    assert len(table) == 9
    assert (table[0]["top"], table[0]["left"], table[0]["bottom"], table[0]["right"]) == ("5", "24", "7", "25")


def test_an_image_of_two_parts(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    image = (root / "train" / "images" / "scene_1.png").read_bytes()
    (root / "val" / "images" / "scene_0.png").write_bytes(image)
    examined(root, tmp_path / "report")
    assert (
        f"val/scene_0: all its pixels are those of {root / 'train' / 'images' / 'scene_1.png'}"
        in capsys.readouterr().out
    )


def test_one_part_and_the_first_scenes(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    spoil(root, own.discs() * 0)
    examined(root, tmp_path / "report", split="val")
    examined(root, tmp_path / "report", limit=1)
    said = capsys.readouterr().out
    assert "Scenes examined: val 1. Findings: none." in said
    assert "Scenes examined: train 1, val 1. Findings: none." in said


def test_an_old_sheet_goes_when_all_is_sound(root: Path, tmp_path: Path):
    spoil(root, own.discs() * 0)
    examined(root, tmp_path / "report")
    assert (tmp_path / "report" / "findings_train.png").exists()
    spoil(root, own.discs())
    examined(root, tmp_path / "report")
    assert not (tmp_path / "report" / "findings_train.png").exists()


def test_any_kind_of_data(tmp_path: Path):
    write_street(tmp_path / "street", 1)
    sources, refused = opened(str(tmp_path / "street"), None)
    assert (list(sources), refused) == (["train"], {})


def test_parts_by_names_may_be_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    own.write_discs(tmp_path / "data", 1)
    sources, refused = opened(str(tmp_path / "data"), None)
    assert len(sources) == 1
    assert len(refused) == 2
    examined(tmp_path / "data", tmp_path / "report")
    assert capsys.readouterr().out.count("was not examined: ") == 2


def test_a_folder_here(root: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(root.parent)
    assert list(opened("data", None)[0]) == ["train", "val"]


def test_a_report_that_cannot_be_written_is_known_at_once(root: Path, tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        examined(root, tmp_path / "file" / "report")


def test_a_part_that_is_there_and_not_sound_is_an_error(root: Path):
    (root / "val" / "labels" / "scene_0.png").unlink()
    with pytest.raises(FileNotFoundError, match="found labels for 0 of 1 images"):
        opened(str(root), None)
    assert list(opened(str(root), "train")[0]) == ["train"]


def test_nothing_there(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        opened(str(tmp_path / "nowhere"), None)


def test_the_command(root: Path, tmp_path: Path):
    spoil(root, own.discs()[:-2])
    words = ["doctor", "--labels", str(root), "--output", str(tmp_path / "report")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1
    assert "ERROR size (1)" in done.stdout
    done = CliRunner().invoke(app, [*words, "--cityscapes", str(root)])
    assert done.exit_code == 1
    assert "found --labels and --cityscapes, expected one of them" in done.stderr
