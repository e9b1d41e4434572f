"""Out of memory, told in one message that says what to lower."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.out_of_memory import first_line, is_out_of_memory, says_what_to_do
from lab.training import runs
from lab.training.settings import Stage


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
