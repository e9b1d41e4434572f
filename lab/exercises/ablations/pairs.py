"""Comparisons, made up, of which some support what they claim."""

from typing import Any

from lab.exercises.exercise import Verdict, right, untried, wrong

# Letter -> AP of the new arm and of the old one, every seed a number.
PAIRS = {
    "A": ((31.0, 31.6, 32.4), (28.1, 28.9, 29.3)),
    "B": ((30.2, 33.5, 35.1), (29.0, 31.4, 32.2)),
    "C": ((35.6,), (28.4,)),
    "D": ((33.0, 33.9, 34.2), (29.1, 29.8, 30.6)),
    "E": ((30.6, 30.7, 30.9), (30.1, 30.2, 30.3)),
    "F": ((31.2, 31.9, 32.5), (29.2, 30.0, 30.7)),
}
WORDS = {
    "A": "500 steps each",
    "B": "500 steps each",
    "C": "500 steps each",
    "D": "new 1000 steps, old 500",
    "E": "500 steps each",
    "F": "new: the best of 10 tried",
}
SUPPORTED = frozenset("AE")
LOOK = {
    "A": "equal budgets, and every new seed above every old one: nothing more can be had of three against three.",
    "B": "two points between the means, but the ranges overlap by two. Count the dealings: 3 of 20 are as far ahead.",
    "C": "seven points, and one seed each. Of two results one is always the higher.",
    "D": "the points are far apart. So are the budgets: what would the old arm do with 1000 steps?",
    "E": "half a point is small. Is it smaller than the scatter of the seeds? Small and supported are two questions.",
    "F": "wholly above, as in A; but this is the arm that came out best of ten on these very scenes. Of ten that are "
    "all as good as the old one, the luckiest looks like this often enough. Train it again, with new seeds.",
}
EXPECTED = 'expected the letters of the comparisons that support their claim, as in "BC"'


def judge_supported(answer: Any) -> Verdict:
    """A word or a list of letters, in any order."""
    if answer is ... or answer is None:
        return untried()
    if not isinstance(answer, str | list | tuple | set | frozenset) or not all(
        isinstance(part, str) for part in answer
    ):
        return wrong(f"{EXPECTED}; found {answer!r}.")
    said = {letter for letter in "".join(answer).upper() if letter not in " ,;"}
    if strange := sorted(said - set(PAIRS)):
        return wrong(f"{EXPECTED}; found {strange[0]!r}, which is none of them.")
    off = sorted(said ^ SUPPORTED)
    if off:
        return wrong(f"{len(PAIRS) - len(off)} of {len(PAIRS)} are right. Look at {off[0]} again: {LOOK[off[0]]}")
    return right("size and support are two questions; and budgets and choices come before both.")
