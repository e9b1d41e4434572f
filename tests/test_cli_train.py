"""``python -m lab train`` and ``download``: options, help and messages."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lab.__main__ import app
from lab.training.settings import PRESETS, TrainingSettings
from tests.street import write_street

SMALL_SETTINGS = {
    "--pretrain-steps": "6",
    "--pretrain-crop": "32 32",
    "--pretrain-batch": "2",
    "--finetune-steps": "2",
    "--finetune-crop": "32 64",
    "--finetune-batch": "1",
    "--device": "cpu",
    "--save-minutes": "0",
    "--log-every": "1",
}
SMALL = [word for option, value in SMALL_SETTINGS.items() for word in (option, *value.split())]


@pytest.fixture
def street(lab_data: Path) -> Path:
    return write_street(lab_data / "street", scenes=3)


def _train(*arguments: str):
    return CliRunner().invoke(app, ["train", *arguments])


def test_training_leaves_a_model_and_says_what_to_do_with_it(street: Path, tmp_path: Path):
    result = _train("--dataset", "street", "--runs", str(tmp_path / "runs"), "--name", "first", *SMALL)
    assert result.exit_code == 0, result.output
    assert "python -m lab predict IMAGE --model" in result.output
    folder = tmp_path / "runs" / "first"
    assert {p.name for p in folder.iterdir()} == {"settings.json", "log.csv", "last.safetensors", "model.safetensors"}
    settings = json.loads((folder / "settings.json").read_text())
    assert (settings["pretrain_crop"], settings["pretrain_steps"], settings["dataset"]) == ([32, 32], 6, "street")
    assert settings["pretrain_rate"] == PRESETS["tiny"].pretrain_rate


def test_every_setting_is_an_option_with_its_reason():
    text = " ".join(_train("--help").output.split())
    for setting in fields(TrainingSettings):
        assert f"--{setting.name.replace('_', '-')} " in text
    assert "Elliptical" in text or "elliptical margins, the paper's best" in text
    assert "laptop 192 192" in text


def test_help_does_not_wait_for_torch():
    code = "import sys; import lab.__main__; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--preset", "huge"], "preset: found 'huge', expected one of tiny, laptop, nuclei, paper"),
        (["--seed-threshold", "2"], "seed_threshold: found 2.0, expected 0..1"),
        (["--dataset", "nowhere"], "found no images"),
        (["--dataset", "street", "--split", "val"], "found no images"),
    ],
)
def test_bad_input_is_one_message_without_a_traceback(street: Path, tmp_path: Path, arguments: list, message: str):
    result = _train("--runs", str(tmp_path / "runs"), *SMALL, *arguments)
    assert result.exit_code == 1
    assert message in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "runs").exists()


def test_download_knows_what_it_can_make():
    result = CliRunner().invoke(app, ["download", "cityscapes"])
    assert result.exit_code == 1
    assert "expected 'toyscapes'" in result.output


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_real_process_goes_on_after_a_signal(street: Path, tmp_path: Path, number: signal.Signals):
    """The same as tests/training/test_resume.py, with a process that really dies."""
    command = [sys.executable, "-m", "lab", "train", "--dataset", "street", "--runs", str(tmp_path), *SMALL]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([*command, "--name", "whole"], check=True, env=environment)
    process = subprocess.Popen([*command, "--name", "cut"], env=environment)
    state = tmp_path / "cut" / "last.safetensors"
    while not state.exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(number)
    assert process.wait() == {signal.SIGKILL: -9, signal.SIGINT: 130}[number]
    assert not (tmp_path / "cut" / "model.safetensors").exists()
    subprocess.run([*command, "--name", "cut"], check=True, env=environment)
    tensors = [_tensors(tmp_path / name / "last.safetensors") for name in ("whole", "cut")]
    assert tensors[0] == tensors[1]


def _tensors(path: Path) -> bytes:
    """The numbers of a safetensors file without its header, which holds times."""
    content = path.read_bytes()
    return content[8 + int.from_bytes(content[:8], "little") :]
