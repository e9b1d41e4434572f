"""What changes a training's speed, and what it writes down, but not what it computes."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from lab.datasets.room import FEEDS

# Others would change what is trained, or need more in the state: 16-mixed a loss scaler's, *-true other weights.
PRECISIONS = ("32-true", "bf16-mixed")


@dataclass(frozen=True)
class RunOptions:
    """What changes a training's speed but not what it computes (but for rounding, by device and precision).

    Raises:
        ValueError: a precision or a feed that is not offered, or no time between two saves.
    """

    workers: int | None = None  # processes that read files; as many as help: none on a CPU, which trains meanwhile
    save_minutes: float = 3.0  # what a power cut may cost; saving takes a tenth of a second
    log_every: int = 10  # steps to a row of log.csv: smooth enough to read, fine enough to see a jump
    device: str = "auto"  # CUDA if there is one
    precision: str | None = None  # bf16-mixed on CUDA (loss in float32), 32-true on the CPU
    progress: bool = True
    refresh_seconds: float = 0.5  # of the progress bar; rarer where it goes to a log file, which keeps every line
    validate_every: int = 500  # steps between two looks at the validation scenes, which cost as much as a few steps
    tensorboard: bool = False  # log.csv and validation.csv hold the same numbers
    feed: str = "auto"  # where crops are cut, see `lab.datasets.feed`
    deterministic: bool = False  # equal bits in every run on CUDA, too, see `lab.training.determinism`
    tell: Callable[[str], object] = lambda words: None  # takes lines for people, say typer.echo

    def __post_init__(self) -> None:
        if not 0 <= self.save_minutes < math.inf:  # no time is as late as nan: nothing would be saved
            raise ValueError(f"save_minutes: found {self.save_minutes}, expected a number of minutes, 0 or more.")
        if self.precision not in (None, *PRECISIONS):
            raise ValueError(f"precision: found '{self.precision}', expected {' or '.join(PRECISIONS)}.")
        if self.feed not in FEEDS:
            raise ValueError(f"feed: found '{self.feed}', expected one of {', '.join(FEEDS)}.")
