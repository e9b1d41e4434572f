"""Too little memory, found out by whichever library: told in words, and what fits is still done."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import typer

from lab.cli.app import plain_errors
from lab.out_of_memory import is_out_of_memory
from lab.training.memory import memory_told
from lab.training.settings import TrainingSettings, stages
from tests.own import write_discs
from tests.robustness import pictures
from tests.robustness.judging import command, trouble

HUGE = 2**57  # bytes; no machine promises so much


def of_cuda() -> None:
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nAdvice for programmers.")


def of_cudas_libraries() -> None:
    raise RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")


FULL: dict[str, Callable[[], object]] = {
    "torch on a processor": lambda: torch.empty(HUGE, dtype=torch.uint8),
    "torch on CUDA": of_cuda,
    "a library of CUDA's": of_cudas_libraries,
    "NumPy": lambda: np.empty(HUGE, np.uint8),
    "OpenCV": lambda: cv2.resize(np.zeros((2, 2, 4), np.float64), (2**24, 2**24)),
    "Python": lambda: bytearray(2**62),
}
EACH = pytest.mark.parametrize("full", FULL.values(), ids=FULL)


@EACH
def test_every_librarys_error_is_known(full: Callable[[], object]):
    with pytest.raises(Exception) as raised:  # noqa: PT011  which one is the library's affair
        full()
    assert is_out_of_memory(raised.value)


@EACH
def test_a_command_tells_it_in_words(full: Callable[[], object], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(typer.Exit):
        plain_errors(full)()
    words = capsys.readouterr().err
    assert words.startswith("Error: found too little memory (")
    assert "Advice for programmers" not in words


@EACH
def test_a_training_tells_it_with_its_settings(full: Callable[[], object], tmp_path: Path):
    with (
        pytest.raises(
            MemoryError, match=r"^stage pretrain: out of memory with pretrain_batch \d+ .*Lower --pretrain-batch"
        ),
        memory_told(stages(TrainingSettings())[0], tmp_path, "32-true"),
    ):
        full()


def test_a_mistake_in_the_lab_keeps_its_traceback():
    def mistaken() -> None:
        raise RuntimeError("The size of tensor a (3) must match the size of tensor b (4)")

    with pytest.raises(RuntimeError, match="must match"):
        plain_errors(mistaken)()


@pytest.fixture(params=["torch on a processor", "torch on CUDA"])
def full_for_large(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The network finds no room for pictures of more than 32 px in height."""
    from lab.evaluation import tiles

    real = tiles.picture_of

    def picture_of(image: np.ndarray, device: torch.device) -> torch.Tensor:
        if image.shape[0] > 32:
            FULL[request.param]()
        return real(image, device)

    monkeypatch.setattr("lab.evaluation.tiles.picture_of", picture_of)
    monkeypatch.setattr("lab.evaluation.predict.picture_of", picture_of)


@pytest.mark.usefixtures("full_for_large")
@pytest.mark.parametrize(
    ("more", "remedy"), [((), "predict --tiles"), (("--tile-size", "64", "--halo", "0"), "predict --tile-size, now 64")]
)
def test_a_picture_too_large_is_said_and_the_others_are_predicted(more: tuple[str, ...], remedy: str, tmp_path: Path):
    for name, size in {"a": 64, "b": 32}.items():
        pictures.stored(f"{name}.png", pictures.rgb(height=size, width=64))(tmp_path)
    outcome = command("predict", tmp_path, "--model", "tiny", "--output", tmp_path / "out", *more)
    assert trouble(outcome, "a.png: found a picture of 64x64 px, for which there is too little memory") == ""
    assert remedy in outcome.text
    assert "1 image predicted" in outcome.text
    assert (tmp_path / "out" / "b_labels.png").is_file()
    assert not list((tmp_path / "out").glob("a_*"))


def test_a_picture_that_cannot_be_drawn_is_said_and_the_others_are_predicted(tmp_path: Path, monkeypatch):
    from lab.evaluation import files

    real = files.overlay

    def overlay(image: np.ndarray, *rest: object) -> np.ndarray:
        if image.shape[0] > image.shape[1] // 2:
            raise MemoryError
        return real(image, *rest)

    monkeypatch.setattr(files, "overlay", overlay)
    for name, size in {"a": 64, "b": 32}.items():
        pictures.stored(f"{name}.png", pictures.rgb(height=size, width=64))(tmp_path)
    outcome = command("predict", tmp_path, "--model", "tiny", "--output", tmp_path / "out")
    assert trouble(outcome, "a.png: found too little memory") == ""
    assert "1 image predicted" in outcome.text
    assert [path.name for path in sorted((tmp_path / "out").glob("?_*"))] == [
        "b_instances.csv", "b_labels.png", "b_overlay.png"
    ]  # fmt: skip


@pytest.mark.usefixtures("full_for_large")
@pytest.mark.parametrize("name", ["evaluate", "tune", "oracle", "failures"])
def test_commands_over_data_say_it(name: str, tmp_path: Path):
    write_discs(tmp_path / "data" / "val", 1)
    words = () if name == "tune" else ("--output", tmp_path / "out")
    outcome = command(name, "--model", "nuclei", "--data", tmp_path / "data", *words)
    assert outcome.code == 1
    assert trouble(outcome, "found a picture of 64x48 px, for which there is too little memory") == ""
