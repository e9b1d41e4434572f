"""``python -m lab train`` and ``download``: options, help and messages."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from lab.__main__ import app
from lab.training.command import _split_to_score
from lab.training.memory import check_batches_fit
from lab.training.presets import PRESETS
from lab.training.settings import TrainingSettings
from tests.own import write_discs
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
    model = tmp_path / "runs" / "first" / "model.safetensors"
    assert f"python -m lab evaluate --model {model} --data street --split train (there is no other" in result.output
    assert "Scenes: 3 of the split train to train on.\n" in result.output
    folder = tmp_path / "runs" / "first"
    tables = {"settings.json", "log.csv", "validation.csv", "objects.npz"}
    assert {p.name for p in folder.iterdir()} == tables | {f"{n}.safetensors" for n in ("last", "model", "pretrained")}
    assert "No validation: the data have no split val" in result.output
    settings = json.loads((folder / "settings.json").read_text())
    assert (settings["pretrain_crop"], settings["pretrain_steps"], settings["dataset"]) == ([32, 32], 6, "street")
    assert settings["pretrain_rate"] == PRESETS["tiny"].pretrain_rate


def test_a_finished_run_is_not_done_again_and_its_data_are_not_missed(
    street: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    arguments = ["--dataset", "street", "--stage", "pretrain", *SMALL]
    monkeypatch.setenv("LAB_RUNS", str(tmp_path / "runs"))
    assert _train(*arguments).exit_code == 0
    street.rename(street.with_name("elsewhere"))
    result = _train(*arguments)
    assert result.exit_code == 0
    assert f"Already finished: model at {tmp_path / 'runs' / 'tiny' / 'model.safetensors'}" in result.output
    other = _train(*arguments, "--seed", "1")
    assert other.exit_code == 1
    assert "other settings: seed: found 0, expected 1" in other.output


def test_other_settings_and_a_model_without_a_state_are_told_before_data_are_read(tmp_path: Path):
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "best.safetensors").write_bytes(b"a model")
    arguments = ["--dataset", "nowhere", "--runs", str(tmp_path), *SMALL]
    assert f"{folder}: found best.safetensors without the state" in _train(*arguments).output
    (folder / "last.safetensors").write_bytes(b"a state")
    (folder / "settings.json").write_text('{"seed": 1}')
    assert "other settings: " in _train(*arguments).output


def test_the_best_and_the_last_model_are_told_and_another_run_starts_from_one(street: Path, tmp_path: Path):
    write_street(street, scenes=2, split="val")
    where = ["--dataset", "street", "--runs", str(tmp_path), "--probe", "none"]
    result = _train(*where, "--name", "first", "--stage", "pretrain", *SMALL, "--pretrain-steps", "2")
    assert result.exit_code == 0, result.output
    assert f"Best:  {tmp_path / 'first' / 'best.safetensors'}, of the lowest validation loss" in result.output
    assert "after step 2 of stage 1: the last step's, too." in result.output
    assert "Scenes: 3 of the split train to train on, 2 of the split val to validate on (2 are)." in result.output
    assert not (tmp_path / "first" / "pretrained.safetensors").exists()
    result = _train(*where, "--name", "second", "--stage", "finetune", "--start-from", "first", *SMALL)
    assert result.exit_code == 0, result.output
    assert f"starting from the model in {tmp_path / 'first' / 'model.safetensors'}" in result.output
    result = _train(*where, "--name", "third", "--start-from", "nothing", *SMALL)
    assert result.exit_code == 1
    assert "start_from: found neither a file nor a finished run 'nothing'" in result.output
    assert not (tmp_path / "third").exists()


def test_stage_2_alone_does_not_begin_with_random_weights_but_goes_on(street: Path, tmp_path: Path):
    where = ["--dataset", "street", "--runs", str(tmp_path), "--stage", "finetune", *SMALL]
    result = _train(*where, "--name", "bare")
    assert result.exit_code == 1
    assert "start_from: found none for stage 2 alone, expected a model" in result.output
    assert "--start-from" in result.output
    assert not (tmp_path / "bare").exists()
    assert _train(*where, "--name", "free", "--no-finetune-frozen-norm").exit_code == 0


def test_all_takes_a_presets_classes_away_and_data_without_a_choice_say_so(tmp_path: Path):
    write_discs(tmp_path / "photos")
    where = ["--dataset", str(tmp_path / "photos"), "--runs", str(tmp_path), "--probe", "none", *SMALL]
    where += ["--stage", "pretrain", "--pretrain-steps", "1"]
    result = _train(*where)
    assert result.exit_code == 1
    assert "expected none: only Cityscapes' layout has a choice. Say --classes all, or --preset" in result.output
    result = _train(*where, "--classes", "all")
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "tiny" / "settings.json").read_text())["classes"] == []


def test_too_little_memory_to_keep_the_scenes(street: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_, **__):
        raise RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")

    monkeypatch.setattr("lab.training.batches.make_feed", full)
    result = _train("--dataset", "street", "--runs", str(tmp_path), "--name", "big", *SMALL, "--feed", "device")
    assert result.exit_code == 1
    assert "feed device: out of memory while the scenes are read (CUDA error: CUBLAS_STATUS_ALLOC" in result.output
    assert "Say --feed files" in result.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--pretrain-batch", "100000000"), "pretrain_batch: found 100000000 of 32x32 px for cpu, which take"),
        (("--finetune-crop", "800000", "800000"), "finetune_batch: found 1 of 800000x800000 px for cpu, which"),
    ],
)
def test_batches_that_cannot_fit_are_refused_before_the_work(street: Path, tmp_path: Path, words: tuple, told: str):
    result = _train("--dataset", "street", "--runs", str(tmp_path / "runs"), "--name", "big", *SMALL, *words)
    assert result.exit_code == 1
    assert told in result.output
    assert "for pictures and outputs alone, expected at most the" in result.output
    assert not (tmp_path / "runs").exists()


def test_batches_are_shared_among_processes(monkeypatch: pytest.MonkeyPatch):
    small = replace(PRESETS["tiny"], pretrain_batch=4, pretrain_crop=(16, 16), finetune_steps=0)
    monkeypatch.setattr("lab.training.memory.free_on", lambda device: 4 * 16 * 16 * (3 + 5) * 4)
    check_batches_fit(small, 5, torch.device("cpu"))
    check_batches_fit(small, 5, torch.device("cuda"), 2)
    check_batches_fit(small, 5, torch.device("cpu"), 2)
    with pytest.raises(ValueError, match="pretrain_batch: found 2 of"):  # 3 in two processes: 2 in one of them
        check_batches_fit(replace(small, pretrain_batch=3), 13, torch.device("cpu"), 2)


def test_too_little_memory_says_what_to_lower(street: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from lab.erfnet import BranchedERFNet

    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nMore.")

    monkeypatch.setattr(BranchedERFNet, "forward", full)
    result = _train("--dataset", "street", "--runs", str(tmp_path), "--name", "big", *SMALL)
    assert result.exit_code == 1
    assert (
        "stage pretrain: out of memory with pretrain_batch 2 of pretrain_crop 32 32 (CUDA out of memory. Tried to "
        "allocate 2.00 GiB.). Lower --pretrain-batch or --pretrain-crop, under another --name, for it is another "
        "training, or say --precision bf16-mixed" in result.output
    )
    assert "Nothing was learned yet." in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("preset", "stage", "message"),
    [
        ("paper_pretrain", "finetune", "stage: found 'finetune' without a step, expected at least one"),
        ("tiny", "first", "stage: found 'first', expected both, pretrain or finetune"),
    ],
)
def test_a_stage_that_is_none_is_told(tmp_path: Path, preset: str, stage: str, message: str):
    result = _train("--preset", preset, "--stage", stage, "--runs", str(tmp_path))
    assert result.exit_code == 1
    assert message in result.output


def test_every_setting_is_an_option_with_its_reason():
    text = " ".join(_train("--help").output.split())
    for setting in fields(TrainingSettings):
        assert f"--{setting.name.replace('_', '-')} " in text
    assert "Elliptical" in text or "elliptical margins, the paper's best" in text
    assert "laptop 192 192" in text
    assert "tiny none, laptop none" in text
    assert "stored: pictures as they are" in text
    assert "as in --pretrain-crop 64 64" in text


def test_help_does_not_wait_for_torch():
    code = "import sys; import lab.__main__; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--preset", "huge"],
            "preset: found 'huge', expected one of tiny, laptop, nuclei, paper, paper_pretrain, paper_finetune",
        ),
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


@pytest.mark.parametrize("name", ["", "..", "../elsewhere", "a/b", "a\\b"])
def test_a_name_is_a_name(tmp_path: Path, name: str):
    result = _train("--runs", str(tmp_path / "runs"), "--name", name, *SMALL)
    assert result.exit_code == 2
    assert f"found {name!r}, expected one name" in result.output
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("splits", "words"), [(("val", "test"), ""), (("test",), " --split test")])
def test_a_split_that_is_there_is_named_to_score(lab_data: Path, splits: tuple[str, ...], words: str):
    for split in ("train", *splits):
        write_street(lab_data / "street", scenes=1, split=split)
    assert _split_to_score(replace(PRESETS["tiny"], dataset="street")) == words


def test_ctrl_c_in_a_command_is_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def pressed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("lab.datasets.bbbc.download", pressed)
    result = CliRunner().invoke(app, ["download", "nuclei", "--folder", str(tmp_path)])
    assert result.exit_code == 130
    assert result.output == "Stopped. What was saved is whole; the same command goes on, or begins anew.\n"


def test_ctrl_c_while_modules_are_read_is_a_line():
    code = """if True:
        import runpy, sys
        class Pressed:
            def find_spec(self, name, *_):
                if name == "lab.cli.app":
                    raise KeyboardInterrupt
        sys.meta_path.insert(0, Pressed())
        runpy.run_module("lab", run_name="__main__")
    """
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Stopped before anything began.\n")


@pytest.mark.slow
@pytest.mark.usefixtures("hears_ctrl_c")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_real_process_goes_on_after_a_signal(street: Path, tmp_path: Path, number: signal.Signals):
    """The same as tests/training/test_resume.py, with a process that really dies."""
    command = [sys.executable, "-m", "lab", "train", "--dataset", "street", "--runs", str(tmp_path), *SMALL]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([*command, "--name", "whole"], check=True, env=environment)
    process = subprocess.Popen([*command, "--name", "cut"], env=environment)
    folder = tmp_path / "cut"
    # A file of the second save, or of a later one, is being written: the signal falls into it, or near it.
    while not ((folder / "last.safetensors").exists() and list(folder.glob(".last*.part"))) and process.poll() is None:
        time.sleep(0.001)
    process.send_signal(number)
    assert process.wait() == {signal.SIGKILL: -9, signal.SIGINT: 130}[number]
    assert not (folder / "model.safetensors").exists()
    subprocess.run([*command, "--name", "cut"], check=True, env=environment)
    tensors = [_tensors(tmp_path / name / "last.safetensors") for name in ("whole", "cut")]
    assert tensors[0] == tensors[1]
    assert not [path.name for path in folder.iterdir() if path.name.startswith((".", "last-"))]


def _tensors(path: Path) -> bytes:
    """The numbers of a safetensors file without its header, which holds times."""
    content = path.read_bytes()
    return content[8 + int.from_bytes(content[:8], "little") :]
