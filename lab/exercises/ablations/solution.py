"""The solutions of notebook 12 that the library has in another form."""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any


def compare_seeds(a: Sequence[float | int], b: Sequence[float | int]) -> tuple[float, float, float, float]:
    """Mean, lowest and highest of ``a``, and the one-sided exact p of its lead over ``b``."""
    pooled = [*a, *b]
    observed = _mean(a) - _mean(b)
    leads = []
    for hand in combinations(range(len(pooled)), len(a)):
        first = [pooled[i] for i in hand]
        rest = [pooled[i] for i in range(len(pooled)) if i not in hand]
        leads.append(_mean(first) - _mean(rest))
    p = sum(lead >= observed - 1e-9 for lead in leads) / len(leads)
    return _mean(a), min(a), max(a), p


def _mean(values: Sequence[float | int]) -> float:
    return sum(values) / len(values)


def fair_table(
    train: Callable[[str, int, int], Any],
    score: Callable[[Any, str, float], float],
    arms: Sequence[str],
    thresholds: Sequence[float | int],
    steps: int,
) -> dict[str, float]:
    """Each arm's mean over three seeds: equal steps, the threshold chosen on val, test looked at once."""
    table = {}
    for arm in arms:
        found = []
        for seed in range(3):
            model = train(arm, seed, steps)
            best = max(thresholds, key=lambda t: score(model, "val", t))
            found.append(score(model, "test", best))
        table[arm] = sum(found) / len(found)
    return table
