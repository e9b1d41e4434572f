"""Too little memory, told in one message that says what to lower: before, where nothing could help, and after."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from lab.datasets.room import free_on, gigabytes
from lab.out_of_memory import first_line, is_out_of_memory, says_what_to_do
from lab.training import runs
from lab.training.settings import Stage, TrainingSettings, stages


def check_batches_fit(settings: TrainingSettings, channels: int, device: torch.device, processes: int = 1) -> None:
    """Refuse batches that cannot fit, whatever the network keeps between: such a one may end the process, untold.

    Args:
        channels: of the network's output.
        processes: among which a batch is shared out.

    Raises:
        ValueError: a stage's crops and what the network says of them take more than is free on the device.
    """
    free = free_on(device) // (1 if device.type == "cuda" else processes)
    for stage in stages(settings):
        crops, (height, width) = math.ceil(stage.batch / processes), stage.crop
        least = crops * height * width * (3 + channels) * torch.float32.itemsize
        if stage.steps and least > free:
            raise ValueError(
                f"{stage.name}_batch: found {crops} of {height}x{width} px for {device}, which take "
                f"{gigabytes(least)} for pictures and outputs alone, expected at most the {gigabytes(free)} that are "
                f"free there. Lower --{stage.name}-batch or --{stage.name}-crop."
            )


@contextmanager
def memory_told(stage: Stage, folder: Path, precision: str) -> Iterator[None]:
    """Turn the libraries' errors of too little memory into a MemoryError with a remedy."""
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error) or says_what_to_do(error):
            raise
        raise MemoryError(_words(error, stage, folder, precision)) from error


@contextmanager
def feed_memory_told(feed: str) -> Iterator[None]:
    """The same while scenes are read and kept, before a step is made."""
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error) or says_what_to_do(error):
            raise
        raise MemoryError(
            f"feed {feed}: out of memory while the scenes are read ({first_line(error)}). Say --feed files, which "
            "keeps none of them and trains the same. What was learned is kept."
        ) from error


def _words(error: Exception, stage: Stage, folder: Path, precision: str) -> str:
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
        f"({first_line(error)}). {', or '.join(remedies)}. {state}."
    )
