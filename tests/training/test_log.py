"""log.csv: which steps make a row, and that neither a resume nor a broken file changes it."""

import errno
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from lab.datasets.cityscapes import CityscapesFolder
from lab.training import runs
from lab.training.loop import StepReport, train
from lab.training.settings import stages
from lab.training.state import Progress, State
from tests.training.conftest import OFTEN, SMALL

NAMES = ("pretrain", "finetune")
PRETRAIN, FINETUNE = (replace(stage, steps=steps) for stage, steps in zip(stages(SMALL), (15, 10), strict=True))
HEADER = ",".join(runs.COLUMNS) + "\n"
SOUND = "pretrain,3,1,2,3,24,0.0005,1.5\n"


def _open(folder: Path, every: int, stage: int = 0, step: int = 0) -> runs.TermLog:
    return runs.open_log(folder, State(Progress(stage, step), {}, []), NAMES, every)


def _table(folder: Path) -> list[list[str]]:
    return [line.split(",") for line in (folder / runs.LOG).read_text().splitlines()]


def test_each_row_is_of_one_stage_and_no_step_is_left_out(tmp_path: Path):
    log = _open(tmp_path, every=10)
    for number, stage in enumerate((PRETRAIN, FINETUNE)):
        for step in range(1, stage.steps + 1):
            log.add(stage, Progress(number, step), [float(step), 0.0, 0.0, 100.0 * number], 0.1)
    rows = [[row[0], int(row[1]), float(row[2]), float(row[5])] for row in _table(tmp_path)[1:]]
    assert rows == [["pretrain", 10, 5.5, 0], ["pretrain", 15, 13, 0], ["finetune", 10, 5.5, 100]]


@pytest.mark.usefixtures("hears_ctrl_c")
@pytest.mark.parametrize(("stage", "step"), [("pretrain", 1), ("pretrain", 2), ("finetune", 2)])
def test_a_stopped_training_has_the_log_of_an_undisturbed_one(
    street: CityscapesFolder, tmp_path: Path, stage: str, step: int
):
    def stop(report: StepReport) -> None:
        if (report.stage, report.progress.step) == (stage, step):
            signal.raise_signal(signal.SIGINT)

    options = replace(OFTEN, log_every=3, save_minutes=99.0)
    train(SMALL, street, tmp_path / "whole", options)
    assert train(SMALL, street, tmp_path / "cut", options, stop) is None
    train(SMALL, street, tmp_path / "cut", options)
    whole, cut = ([row[:7] for row in _table(tmp_path / name)] for name in ("whole", "cut"))
    assert [row[:2] for row in whole[1:]] == [["pretrain", "3"], ["pretrain", "4"], ["finetune", "3"]]
    assert cut == whole


def test_all_lines_end_alike(tmp_path: Path):
    (tmp_path / runs.LOG).write_bytes((HEADER + SOUND).replace("\n", "\r\n").encode())  # as once written
    log = _open(tmp_path, every=1, step=3)
    log.add(PRETRAIN, Progress(0, 4, 2.0), [1.0, 2.0, 3.0, 24.0], 0.0005)
    assert (tmp_path / runs.LOG).read_bytes() == (HEADER + SOUND + "pretrain,4,1,2,3,24,0.0005,2.0\n").encode()


@pytest.mark.parametrize(
    "broken",
    [
        b"pretrain,two,1,2,3,24,0.0005,1.5\n",
        b"pretrain,2,1,2,x,24,0.0005,1.5\n",
        b"pretrain,2,1,2,nan,24,0.0005,1.5\n",
        b"pretrain,2,1,2\n",
        b"pretrain\n",
        b"warmup,2,1,2,3,24,0.0005,1.5\n",
        b'pretrain,2,"1,2,3,24,0.0005,1.5\n',
        b"\xff\xfe\x00\x00\n",
        b"\n\n",
        b"x" * 200_000 + b"\n",
    ],
)
def test_a_broken_row_is_dropped(tmp_path: Path, broken: bytes):
    (tmp_path / runs.LOG).write_bytes(HEADER.encode() + broken + SOUND.encode())
    _open(tmp_path, every=1, step=3)
    assert (tmp_path / runs.LOG).read_text() == HEADER + SOUND


def test_a_full_disk_names_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    log = _open(tmp_path, every=1)
    real = Path.open

    def full(path: Path, mode: str = "r", **options: object):
        return real(Path("/dev/full"), mode, **options) if path == log.path else real(path, mode, **options)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(OSError, match=rf"could not save {tmp_path}/log.csv: {os.strerror(errno.ENOSPC)}.*free some"):
        log.add(PRETRAIN, Progress(0, 1), [1.0, 2.0, 3.0, 24.0], 0.1)
