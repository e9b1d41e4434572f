"""Two processes in one place: the second one is told who has it, or waits; nothing is spoilt.

Of trainings: tests/training/test_resume.py.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.datasets.bbbc import download
from lab.datasets.toyscapes import write_toyscapes
from lab.exercises.progress import read_progress
from lab.in_use import alone
from tests.faults import work
from tests.faults.killing import Launcher

VERDICTS = 60


@pytest.fixture
def taken(tmp_path: Path) -> Iterator[Path]:
    """A folder that somebody, for once this very process, is at work in."""
    (tmp_path / "taken").mkdir()
    with alone(tmp_path / "taken" / ".in_use", "fly"):
        yield tmp_path / "taken"


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_second_generator_is_refused(taken: Path):
    before = _names(taken)
    with pytest.raises(OSError, match=rf"{taken}: found process {os.getpid()} .*or name another --folder"):
        write_toyscapes(taken, 128, 256, {"train": 1})
    assert _names(taken) == before


def test_a_second_download_is_refused(tmp_path: Path):
    (tmp_path / ".nuclei.part").mkdir()
    (tmp_path / ".nuclei.part" / "growing").write_bytes(b"")
    with (
        alone(tmp_path / ".nuclei.in_use", "fly"),
        pytest.raises(OSError, match=rf"{tmp_path}: found process {os.getpid()} .*another --folder"),
    ):
        download(tmp_path / "nuclei", offline=True)
    assert _names(tmp_path / ".nuclei.part") == ["growing"]


@pytest.mark.slow
def test_two_notebooks_keep_all_their_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LAB_PROGRESS", str(tmp_path / "progress.json"))
    imports = ("lab.exercises.progress", "filelock", "tests.faults.work")
    with Launcher(imports) as one, Launcher(imports) as other:
        one.begin(work.note_verdicts, "membership", VERDICTS)
        other.begin(work.note_verdicts, "margin", VERDICTS)
        assert (one.wait(), other.wait()) == (0, 0)
    found = read_progress()
    assert not found.trouble
    assert {name: entry["tries"] for name, entry in found.exercises.items()} == {
        "membership": VERDICTS,
        "margin": VERDICTS,
    }
