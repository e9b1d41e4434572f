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


def _is_memory(error: RuntimeError) -> bool:
    # On the CPU torch has no class of its own for it.
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


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
