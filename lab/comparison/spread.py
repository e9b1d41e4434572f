"""A few numbers beside a few numbers: mean and range, and the exact permutation test.

With three trainings against three nothing may be assumed of how results are distributed.  The permutation test assumes
nothing: if the two arms were the same in truth, every way of dealing the six results out to them was equally likely.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from jaxtyping import Float

from lab.real import Real

ROUNDING = 1e-9  # two dealings with the same sums may differ by this much in floating point

Numbers = Sequence[Real] | Float[np.ndarray, "_"]


@dataclass(frozen=True)
class Spread:
    """What one arm's seeds gave."""

    mean: float
    lowest: float
    highest: float
    count: int

    @property
    def width(self) -> float:
        """From the lowest seed to the highest."""
        return self.highest - self.lowest


def spread_of(values: Numbers) -> Spread:
    """Mean, lowest, highest and number of the values; NaN for the first three where there is no value."""
    if not len(values):
        return Spread(float("nan"), float("nan"), float("nan"), 0)
    numbers = np.asarray(values, float)
    return Spread(float(numbers.mean()), float(numbers.min()), float(numbers.max()), len(values))


def dealings(a: Numbers, b: Numbers) -> Float[np.ndarray, "_"]:
    """Mean of the first hand minus mean of the second, for every way to deal all values into hands of these sizes.

    The dealing that was in fact observed comes first.
    """
    pooled, size = np.array([*a, *b], float), len(a)
    hands = np.array(list(combinations(range(len(pooled)), size)), int)
    sums = pooled[hands].sum(1)
    return sums / size - (pooled.sum() - sums) / (len(pooled) - size)


def permutation_p(a: Numbers, b: Numbers) -> float:
    """One-sided exact p: the share of dealings in which the first hand is at least as far ahead as ``a`` is of ``b``.

    NaN where one of them is empty.
    """
    if not len(a) or not len(b):
        return float("nan")
    differences = dealings(a, b)
    return float((differences >= differences[0] - ROUNDING).mean())


def smallest_p(first: int, second: int) -> float:
    """The least p that so many values against so many can give: one dealing of them all."""
    return 1 / comb(first + second, first)
