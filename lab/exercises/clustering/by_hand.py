"""The judge of the clustering that is done with a pencil: step by step, with the reason for the first wrong one."""

from collections.abc import Mapping
from typing import Any

from lab.exercises.clustering.lines import BY_HAND
from lab.exercises.exercise import Verdict, right, untried, wrong

Row = tuple[int, int, int, bool]  # seed pixel, pixels in the proposal, new ones, accepted

STEPS: tuple[Row, ...] = ((0, 4, 3, True), (4, 1, 0, False), (5, 4, 2, False))
MISTAKES: Mapping[tuple[Row, ...], str] = {
    (*STEPS[:2], (5, 4, 2, True)): (
        "the third proposal is new to exactly one half, and more than one half is wanted: it is rejected."
    ),
    ((0, 4, 4, True), (4, 1, 1, False), (5, 4, 3, True)): (
        "you counted the seed among the new pixels. It is marked as assigned before its proposal is counted."
    ),
    ((0, 4, 3, True), (4, 1, 0, False), (5, 3, 2, True)): (
        "the third proposal holds every candidate that points into the margin, assigned or not: pixel 4 is in it too, "
        "and is not new."
    ),
    ((0, 4, 3, True), (4, 1, 0, False), (5, 4, 3, True)): (
        "a rejected proposal takes its pixels as well: after the second step pixel 4 is assigned, so it is not new in "
        "the third."
    ),
    ((0, 4, 3, True), (4, 1, 0, True), (5, 4, 2, False)): (
        "the second proposal has 1 pixel, and more than min_pixels = 1 are wanted: too small."
    ),
}
WORDS = ("the seed", "the number of pixels in the proposal", "the number of new pixels", "the verdict")
# What each round finds taken, and by which proposal: what its seed cannot be.
TAKEN_BY: tuple[Mapping[int, str], ...] = (
    {},
    dict.fromkeys((0, 1, 2, 3), "first"),
    {**dict.fromkeys((0, 1, 2, 3), "first"), 4: "second"},
)


def judge_steps(answer: Any) -> Verdict:
    """Whether all steps are right; else what is wrong with the first that is not.  Never raises."""
    if answer is ... or answer is None or (isinstance(answer, list | tuple) and ... in _flat(answer)):
        return untried()
    try:
        rows = tuple((int(seed), int(size), int(fresh), _yes_or_no(ok)) for seed, size, fresh, ok in answer)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        return wrong("expected a list of steps (seed, pixels in the proposal, new ones, accepted: True or False).")
    if rows == STEPS:
        return right("Every candidate is assigned after three rounds, and one object is found.")
    return wrong(MISTAKES.get(rows) or _first_difference(rows))


def _yes_or_no(said: Any) -> bool:
    """A truth value, also as 0 or 1.  Raises ValueError for anything else: bool("False") would be True."""
    plain = said.item() if hasattr(said, "item") else said  # out of an array or a tensor
    if isinstance(plain, bool | int | float) and plain in (0, 1):
        return bool(plain)
    raise ValueError(f"expected True or False, found {said!r}")


def _why_not(step: int, seed: int) -> str:
    """Why the round ``step`` (from 1) does not begin with this pixel."""
    if by := TAKEN_BY[step - 1].get(seed):
        return f"the {by} proposal has taken it, and only unassigned pixels are asked"
    if 0 <= seed < len(BY_HAND.score):
        return f"among the unassigned pixels there is one with a higher score than pixel {seed}'s"
    return "there is no such pixel"


def _flat(answer: list[Any] | tuple[Any, ...]) -> list[Any]:
    return [part for row in answer for part in (row if isinstance(row, list | tuple) else (row,)) if part is ...]


def _first_difference(rows: tuple[Row, ...]) -> str:
    for k, (mine, theirs) in enumerate(zip(STEPS, rows, strict=False), start=1):
        for what, a, b in zip(WORDS, mine, theirs, strict=True):
            if a != b:
                return f"in step {k}, {what} is not {b}" + (f": {_why_not(k, b)}." if what == WORDS[0] else ".")
    if len(rows) < len(STEPS):
        return "there is another step: candidates with a score of 0.6 or more are still unassigned."
    return (
        f"it ends after {len(STEPS)} steps: no candidate is unassigned any more, for a rejected proposal takes its "
        "pixels too."
    )
