"""Ways of doing one thing, timed in turns: A B, B A, A B, …

Two numbers measured one after the other differ by whatever else the machine did in the meantime. In turns, what
disturbs one disturbs the other, and the ratio of a round's two times is worth more than either of them. The order
changes from round to round, so that none always finds the caches that the other left.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float

Clock = Literal["processor", "wall"]
MILLISECONDS = 1e3


@dataclass(frozen=True)
class Timing:
    """Milliseconds of each call, in the order of the rounds.

    Attributes:
        processor: of this process, all its threads together: changes little when the machine has other work.
        wall: by the clock on the wall; on a GPU until its work is done, and there the one that counts.
    """

    processor: Float[np.ndarray, "R"]
    wall: Float[np.ndarray, "R"]

    def median(self, clock: Clock = "processor") -> float:
        """Milliseconds of the call in the middle."""
        return float(np.median(getattr(self, clock)))

    def quartiles(self, clock: Clock = "processor") -> tuple[float, float]:
        """A quarter of the calls took less than the first, a quarter more than the second."""
        low, high = np.percentile(getattr(self, clock), (25, 75))
        return float(low), float(high)


@dataclass(frozen=True)
class Ratio:
    """How many times faster: of the medians, and the quartiles of the rounds' own ratios."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.3g}x ({self.low:.3g} to {self.high:.3g})"


@dataclass(frozen=True)
class Comparison:
    """What `compare` measured; ``comparison["fast"]`` is a `Timing`."""

    timings: Mapping[str, Timing]

    def __getitem__(self, name: str) -> Timing:
        return self.timings[name]

    @property
    def rounds(self) -> int:
        """How often each way was timed."""
        return len(next(iter(self.timings.values())).wall)

    def ratio(self, slow: str = "readable", fast: str = "fast", clock: Clock = "processor") -> Ratio:
        """How many times less ``fast`` takes than ``slow``."""
        a, b = (getattr(self.timings[name], clock) for name in (slow, fast))
        low, high = np.percentile(a / b, (25, 75))
        return Ratio(float(np.median(a) / np.median(b)), float(low), float(high))


def compare(
    ways: Mapping[str, Callable[[], object]],
    rounds: int,
    warm_up: int = 1,
    seconds: float | int | None = None,
    device: torch.device | str = "cpu",
) -> Comparison:
    """Time every way ``rounds`` times, in turns, after ``warm_up`` untimed rounds (compilers, caches, first pages).

    Args:
        ways: by name; each is called without arguments and does the same work every time.
        seconds: by the wall clock; no further round begins after so many, but for the second: one has no spread.
        device: on CUDA all work is waited for before either clock is read.

    Raises:
        ValueError: no way, or a number of rounds below 1.
    """
    if not ways or rounds < 1 or warm_up < 0:
        raise ValueError(
            f"found {len(ways)} way(s), {rounds} round(s), {warm_up} to warm up; expected 1, 1 and 0 or more."
        )
    names = list(ways)
    for _ in range(warm_up):
        for name in names:
            ways[name]()
    begin = time.perf_counter()
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for turn in range(rounds):
        if turn > 1 and seconds is not None and time.perf_counter() - begin > seconds:
            break
        for name in turned(names, turn):
            spent[name].append(_milliseconds(ways[name], torch.device(device)))
    return Comparison({name: Timing(*np.array(calls).T) for name, calls in spent.items()})


def turned(names: Sequence[str], turn: int) -> list[str]:
    """The names, begun one later in every round."""
    first = turn % len(names)
    return [*names[first:], *names[:first]]


def _milliseconds(call: Callable[[], object], device: torch.device) -> tuple[float, float]:
    """Of the processor and by the wall clock."""
    wait_for(device)
    wall, processor = time.perf_counter(), time.process_time()
    call()
    wait_for(device)
    return (time.process_time() - processor) * MILLISECONDS, (time.perf_counter() - wall) * MILLISECONDS


def wait_for(device: torch.device) -> None:
    """A GPU is asked and answers later: without waiting only the asking would be timed."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
