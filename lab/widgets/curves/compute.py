"""What a training's log.csv says, as arrays."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

TERMS = ("instance", "smoothness", "seed")


@dataclass(frozen=True)
class Log:
    """The rows of a log: each a mean over the steps since the row before.

    Attributes:
        steps: counted through both stages.
        stage: 0 or 1 of every row.
        terms: instance, smoothness, seed; not weighted.
        total: the weighted sum, which is what descends.
        rate: learning rate of the row's last step.
        ends: the steps (counted through) with which the stages in the log end; the last may still be running.
    """

    steps: Int[np.ndarray, "L"]
    stage: Int[np.ndarray, "L"]
    terms: Float[np.ndarray, "L 3"]
    total: Float[np.ndarray, "L"]
    rate: Float[np.ndarray, "L"]
    ends: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.steps)

    def mean_of(self, term: str, first: int, last: int) -> float:
        """Mean of a term, or of "total", over the rows of steps ``first``..``last``.  NaN where there is none."""
        values = self.total if term == "total" else self.terms[:, TERMS.index(term)]
        chosen = values[(self.steps >= first) & (self.steps <= last)]
        return float(chosen.mean()) if len(chosen) else float("nan")


def read_log(path: Path | str) -> Log:
    """Read a run's log.csv; a line that is being written just now is left out.

    Raises:
        FileNotFoundError: there is no such file.
    """
    from lab.training.runs import read_log as read_rows  # brings torch along

    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: found no file, expected a run's log.csv. Is the run's name right?")
    rows = read_rows(Path(path))
    places = [(int(row[0]), int(row[1])) for row in rows]  # stage, and step in it
    stages = range(1 + max((stage for stage, _ in places), default=-1))  # the first, too, where only the second was
    ends = np.cumsum([max((step for stage, step in places if stage == s), default=0) for s in stages])
    before = (0, *ends.tolist())
    numbers = np.array([row[2:] for row in rows], np.float64).reshape(-1, 5)
    return Log(
        steps=np.array([before[stage] + step for stage, step in places], np.int64),
        stage=np.array([stage for stage, _ in places], np.int64),
        terms=numbers[:, :3],
        total=numbers[:, 3],
        rate=numbers[:, 4],
        ends=before[1:],
    )


def stage_spans(ends: tuple[int, ...]) -> list[tuple[int, int]]:
    """First and last step of every stage, counted through."""
    return list(pairwise((0, *ends)))
