"""Out of memory, told in one message that says what to lower."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from lab.training import runs
from lab.training.settings import Stage


@contextmanager
def memory_told(stage: Stage, folder: Path, precision: str) -> Iterator[None]:
    """Turn torch's errors of too little memory into a MemoryError with a remedy."""
    try:
        yield
    except RuntimeError as error:
        if not _is_memory(error):
            raise
        raise MemoryError(_words(error, stage, folder, precision)) from error


@contextmanager
def feed_memory_told(feed: str) -> Iterator[None]:
    """The same while scenes are read and kept, before a step is made; NumPy has an error of its own for it."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not _is_memory(error):
            raise
        found = (str(error) or "no room").splitlines()[0]
        raise MemoryError(
            f"feed {feed}: out of memory while the scenes are read ({found}). Say --feed files, which keeps none of "
            "them and trains the same. What was learned is kept."
        ) from error


# On the CPU torch has no class of its own for it, nor for what CUDA's libraries take for themselves.
_SIGNS = ("can't allocate memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")


def _is_memory(error: RuntimeError | MemoryError) -> bool:
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(sign in str(error) for sign in _SIGNS)


def _words(error: RuntimeError, stage: Stage, folder: Path, precision: str) -> str:
    name, size = stage.name, " ".join(map(str, stage.crop))
    remedies = [f"Lower --{name}-batch or --{name}-crop, under another --name, for it is another training"]
    if precision != "bf16-mixed":
        remedies.append("say --precision bf16-mixed, which takes about half and goes on with this one")
    kept = folder / runs.STATE
    state = f"{kept} holds what was learned until the last save" if kept.exists() else "Nothing was learned yet"
    if (folder / runs.PRETRAINED).exists():
        state += f"; --stage finetune --start-from {folder / runs.PRETRAINED} goes on from what stage 1 learned"
    return (
        f"stage {name}: out of memory with {name}_batch {stage.batch} of {name}_crop {size} "
        f"({str(error).splitlines()[0]}). {', or '.join(remedies)}. {state}."
    )
