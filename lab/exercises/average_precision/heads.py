"""The judge of four ladders that are read: which part of each prediction is sick."""

from typing import Any

from lab.exercises.average_precision.parts import SICK
from lab.exercises.exercise import Verdict, right, untried, wrong

PARTS = ("foreground", "seeds", "centre", "sigma", "offsets")
# What it would mean if a wrong part were the sick one.
SIGNS = {
    "foreground": "then true foreground would cure it: who takes part would be all that was wrong.",
    "seeds": "then true seeds would cure it: who opens, and how sure, would be all that was wrong.",
    "centre": "then true centres would cure it. Look at that row again, in every column.",
    "sigma": "then true sigmas would cure it: only the margins would be too wide or too narrow.",
    "offsets": "then true offsets would cure it: only where the pixels point would be wrong.",
}


def judge_heads(answer: Any) -> Verdict:
    """A part for each letter; what is said of the first wrong one is its own.  Never raises."""
    if answer is ... or answer is None:
        return untried()
    if not isinstance(answer, dict) or set(answer) != set(SICK):
        return wrong(f"expected a dictionary with the keys {', '.join(SICK)}, found {answer!r}.")
    if any(said is ... or said is None for said in answer.values()):
        return untried("a column is still without a name.")
    for letter, part in SICK.items():
        said = str(answer[letter]).strip().casefold()
        if said not in PARTS:
            return wrong(f"{answer[letter]!r} is none of the five parts: {', '.join(PARTS)}.")
        if said != part:
            return wrong(f"{letter} is not sick in its {said}: {SIGNS[said]}")
    return right("all four. In real ladders no row cures everything, and the tallest step is where to work first.")
