"""Seeds against seeds: on what the test is tried, and how it goes wrong."""

from collections.abc import Callable, Sequence
from itertools import combinations, product

import numpy as np

from lab.exercises.judge import Case, Mistake, compare
from lab.exercises.reference.ablations import compare_seeds

# Quarters of a point: sums of them are exact, so that a plain >= is right, too.
CASES = tuple(
    Case(f"a = {a} and b = {b}", (a, b))
    for a, b in (
        ((23.25, 21.5, 22.0), (18.0, 19.5, 20.25)),
        ((20.0, 24.0, 22.5), (19.5, 21.0, 23.0)),
        ((17.5, 18.0, 18.5), (20.0, 22.0, 21.0)),
        ((20.0, 21.0, 22.0), (22.0, 20.0, 21.0)),
        ((22.0, 23.0), (18.0, 19.0, 20.0, 22.5)),
        ((19.0, 27.25, 20.0, 19.5), (18.75, 19.25)),
    )
)

Values = Sequence[float | int]
Slip = Callable[[Values, Values], tuple[float, ...]]


def _leads(a: Values, b: Values) -> np.ndarray:
    """Of every dealing; the observed one comes first."""
    pooled, size = [*a, *b], len(a)
    hands = [set(hand) for hand in combinations(range(len(pooled)), size)]
    return np.array(
        [
            np.mean([pooled[i] for i in hand]) - np.mean([v for i, v in enumerate(pooled) if i not in hand])
            for hand in hands
        ]
    )


def _with_p(p: Callable[[np.ndarray], float]) -> Slip:
    """All is right but for p, of the leads."""
    return lambda a, b: (float(np.mean(a)), min(a), max(a), float(p(_leads(a, b))))


def _with_three(three: Callable[[Values, Values], tuple[float, float, float]]) -> Slip:
    """p is right, the first three are not."""
    return lambda a, b: (*three(a, b), compare_seeds(tuple(a), tuple(b))[3])


def _strictly(leads: np.ndarray) -> float:
    return (leads > leads[0] + 1e-9).mean()


def _ahead(leads: np.ndarray) -> float:
    return (leads >= leads[0] - 1e-9).mean()


def _with_replacement(a: Values, b: Values) -> tuple[float, ...]:
    pooled = [*a, *b]
    firsts = np.array([np.mean(hand) for hand in product(pooled, repeat=len(a))])
    rests = np.array([np.mean(hand) for hand in product(pooled, repeat=len(b))])
    p = (firsts[:, None] - rests >= np.mean(a) - np.mean(b) - 1e-9).mean()
    return float(np.mean(a)), min(a), max(a), float(p)


def _scattered(a: Values, b: Values) -> tuple[float, float, float]:
    mean, spread = float(np.mean(a)), float(np.std(a, ddof=1))
    return mean, mean - spread, mean + spread


MISTAKES = (
    Mistake(
        "strictly",
        _with_p(_strictly),
        "yours counts the dealings that are further ahead than what was observed. What was observed is one of the "
        "dealings, too: at least as far ahead. With > the best result there can be would have a p of 0, and nothing "
        "is impossible.",
    ),
    Mistake(
        "observed left out",
        _with_p(lambda leads: ((leads >= leads[0] - 1e-9).sum() - 1) / max(len(leads) - 1, 1)),
        "the observed dealing is missing from your count, above and below: it is one of the equally likely ones.",
    ),
    Mistake(
        "two-sided",
        _with_p(lambda leads: (abs(leads) >= abs(leads[0]) - 1e-9).mean()),
        "your p is two-sided: it counts dealings in which b is that far ahead, too. Asked is whether a is ahead.",
    ),
    Mistake(
        "other side",
        _with_p(lambda leads: (leads <= leads[0] + 1e-9).mean()),
        "your p is that of the other side: the share of dealings in which the first hand is at most so far ahead.",
    ),
    Mistake(
        "per cent",
        _with_p(lambda leads: 100 * _ahead(leads)),
        "your p is in per cent; a share lies between 0 and 1.",
    ),
    Mistake(
        "count",
        _with_p(lambda leads: _ahead(leads) * len(leads)),
        "this is how many dealings are so far ahead. Divide by how many there are.",
    ),
    Mistake(
        "only separate or not",
        _with_p(lambda leads: 1 / len(leads) if leads[0] >= leads.max() - 1e-9 else 1.0),
        "yours knows only two answers, wholly above or not. In between lie all the others: count.",
    ),
    Mistake(
        "with replacement",
        _with_replacement,
        "in your hands a value may come twice: that is a bootstrap. Dealing hands every value to one of the two.",
    ),
    Mistake(
        "median",
        _with_three(lambda a, b: (np.median(a), min(a), max(a))),
        "the first number is the median, not the mean.",
    ),
    Mistake(
        "standard deviation",
        _with_three(_scattered),
        "the second and third are the mean less and plus a standard deviation. Asked are the lowest and the highest "
        "seed: with three of them, show what there is.",
    ),
    Mistake(
        "of both",
        _with_three(lambda a, b: (float(np.mean([*a, *b])), min(*a, *b), max(*a, *b))),
        "mean, lowest and highest are those of both arms thrown together; asked are those of a.",
    ),
    Mistake(
        "of b",
        _with_three(lambda a, b: (float(np.mean(b)), min(b), max(b))),
        "mean, lowest and highest are those of b; asked are those of a.",
    ),
    Mistake(
        "unsorted",
        _with_three(lambda a, b: (float(np.mean(a)), a[0], a[-1])),
        "seeds do not come in order of their AP: the first is not the lowest, and the last not the highest.",
    ),
)

judge_seeds = compare(
    CASES,
    compare_seeds,
    MISTAKES,
    praise="three against three, twenty dealings, and the best that can come of it is 1/20.",
)
