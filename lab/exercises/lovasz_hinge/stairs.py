"""The repair: a staircase whose area should be the loss and is not."""

from collections.abc import Callable
from itertools import islice, pairwise
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from lab.exercises.exercise import Verdict, right, untried, wrong
from lab.exercises.guard import Trouble
from lab.exercises.judge import Case, attempt_case, is_missing, of_nothing
from lab.exercises.lovasz_hinge.weights import flags
from lab.exercises.reference import lovasz_hinge as reference

Pieces = list[tuple[float, float, float]]
MOST_PIECES = 1000

CASES = (
    ("the four pixels of the text", [0.5, 1.5, 1.2, 0.2], "FFBB"),
    ("six pixels, two of them with errors below 0", [0.7, -0.4, 1.1, 1.6, -0.2, 0.3], "FFBFBB"),
    ("seven pixels", [0.25, 0.5, 1.75, 1.25, 0.9, 2.0, -0.6], "FBBFFBB"),
)


def staircase(errors: Float[Tensor, "P"], labels: Bool[Tensor, "P"]) -> Pieces:
    """(left, right, height): between t = left and t = right, 1 - IoU of the pixels whose error is above t."""
    levels = [0.0, *sorted(m for m in errors.tolist() if m > 0)]
    pieces = []
    for left, right_end in pairwise(levels):
        wrong_pixels = errors > left
        missed, alarms = (wrong_pixels & labels).sum(), (wrong_pixels & ~labels).sum()
        height = 1 - (labels.sum() - missed) / (labels.sum() + alarms)
        pieces.append((left, right_end, float(height)))
    return pieces


def as_it_stood(
    errors: Tensor, labels: Tensor, *, levels: Callable[..., Any] | None = None, low: bool = True
) -> Pieces:
    """The broken version of the notebook; ``levels`` or ``low`` = False repairs one of its two faults."""
    ends = levels(errors.tolist()) if levels else sorted(errors.tolist())
    total, pieces = int(labels.sum()), []
    for left, right_end in pairwise(ends):
        wrong_pixels = errors > (right_end if low else left)
        missed, alarms = int((wrong_pixels & labels).sum()), int((wrong_pixels & ~labels).sum())
        pieces.append((left, right_end, 1 - (total - missed) / (total + alarms)))
    return pieces


def from_zero(errors: list[float]) -> list[float]:
    return [0.0, *sorted(m for m in errors if m > 0)]


def zero_and_all(errors: list[float]) -> list[float]:
    return sorted([0.0, *errors])


def above_zero(errors: list[float]) -> list[float]:
    return sorted(m for m in errors if m > 0)


def one_step_high(errors: Tensor, labels: Tensor) -> Pieces:
    """Heights by errors >= left: the pixel whose error is left is counted although t has passed it."""
    levels = from_zero(errors.tolist())
    return [
        (left, end, reference.jaccard_loss((errors >= left).tolist(), labels.tolist()))
        for left, end in pairwise(levels)
    ]


LOW = (
    "the heights are still one step too low: just under right, the pixel whose error is right is above t and therefore "
    "wrong."
)
HALF_WAY = {
    "only the ends": (lambda e, y: as_it_stood(e, y, levels=from_zero), f"the two ends are right now, but {LOW}"),
    "only the heights": (
        lambda e, y: as_it_stood(e, y, low=False),
        "the heights are right now, but the ends are not: the area has to begin at t = 0, not at the smallest error.",
    ),
    "no zero": (
        lambda e, y: as_it_stood(e, y, levels=above_zero, low=False),
        "errors below 0 are gone, good, but so is the piece between 0 and the smallest error above it.",
    ),
    "no zero, low": (
        lambda e, y: as_it_stood(e, y, levels=above_zero),
        f"errors below 0 are gone, but the piece from 0 to the smallest error above it is missing, and {LOW}",
    ),
    "below zero": (
        lambda e, y: as_it_stood(e, y, levels=zero_and_all, low=False),
        "there is area left of t = 0: errors below 0 belong to pixels that are right with room to spare, and cost "
        "nothing.",
    ),
    "below zero, low": (
        lambda e, y: as_it_stood(e, y, levels=zero_and_all),
        f"0 is among the levels now, but there is area left of it, and {LOW}",
    ),
    "high": (
        one_step_high,
        "the heights are one step too high: just above left, the pixel whose error is left is no longer wrong. Above "
        "t means >.",
    ),
}


def judge_staircase(answer: Any) -> Verdict:
    """Compare heights at the middle of every piece that the right or a wrong answer can have."""
    if is_missing(answer):
        return untried()
    if not callable(answer):
        return wrong(f"the check takes your function itself, not its result; this is a {type(answer).__name__}.")
    try:
        found = [heights_given(answer, *case) for case in CASES]
    except Trouble as trouble:
        return wrong(str(trouble))
    if any(is_missing(one) for one in found):
        return of_nothing(answer, found)
    given = [one for one in found if one is not None]
    expected = [np.array([reference.height(float(t), e, flags(y).tolist()) for t in probes(e)]) for _, e, y in CASES]
    if same(given, expected):
        return right("the area is the loss again, cut upright this time.")
    if same(given, heights_of(as_it_stood)):
        return untried("this is the function as it stood. Look at the picture, mend it, run both cells again.")
    for half_way, message in HALF_WAY.values():
        if same(given, heights_of(half_way)):
            return wrong(message)
    return wrong(first_difference(given, expected))


def heights_given(answer: Callable[..., Any], what: str, errors: list[float], letters: str) -> np.ndarray | None:
    """What an answer's pieces come to in one case; None or ... if it gives none.  Raises Trouble."""
    case = Case(what, arguments(errors, letters))
    return attempt_case(answer, case, lambda pieces: pieces if is_missing(pieces) else heights(pieces, errors))


def arguments(errors: list[float], letters: str) -> tuple[Tensor, Tensor]:
    """A case as tensors."""
    return torch.tensor(errors, dtype=torch.float64), flags(letters)


def probes(errors: list[float]) -> np.ndarray:
    """A level t inside every piece, and one beyond either end."""
    ends = sorted({0.0, *errors})
    return np.array([ends[0] - 0.1, *((a + b) / 2 for a, b in pairwise(ends)), ends[-1] + 0.1])


def heights(pieces: Any, errors: list[float]) -> np.ndarray:
    """How high the pieces stand at every probe.

    Raises:
        Trouble: these are not pieces.
    """
    try:
        several = list(islice(pieces, MOST_PIECES + 1))  # they may come one by one, and without end
        table = np.array([[float(v) for v in piece] for piece in several]).reshape(-1, 3)
    except (TypeError, ValueError, OverflowError):
        raise Trouble("a list of (left, right, height) was expected, one entry for each step of the stairs.") from None
    if len(several) > MOST_PIECES:
        raise Trouble(f"more than {MOST_PIECES} pieces came; there is one for each step of the stairs.")
    return np.array([sum(h for left, end, h in table if left < t < end) for t in probes(errors)])


def heights_of(function: Callable[..., Any]) -> list[np.ndarray]:
    """A version's heights on all cases."""
    return [heights(function(*arguments(e, y)), e) for _, e, y in CASES]


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.allclose(a, b, atol=1e-4) for a, b in zip(one, other, strict=True))


def first_difference(given: list[np.ndarray], expected: list[np.ndarray]) -> str:
    """Where it fails first, in words."""
    for (what, errors, _), got, should in zip(CASES, given, expected, strict=True):
        for t, a, b in zip(probes(errors), got, should, strict=True):
            if not np.isclose(a, b, atol=1e-4):
                return f"for {what}, at t = {t:.3g} the stairs should be {b:.4g} high; yours are {a:.4g}."
    raise AssertionError("called without a difference")
