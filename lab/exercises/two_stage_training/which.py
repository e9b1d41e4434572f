"""Four recorded trainings: which of them lacked what?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.exercises.exercise import Verdict, right, untried, wrong
from lab.exercises.two_stage_training.record import RUNS

# What the curves of each would show: told to who names it for others.
SIGNS = {
    "nothing is wrong": "then the terms would fall through stage 1 without haste, and stay at their level in stage 2.",
    "crops anywhere": "then many crops would hold no object: an image without instances adds 0 to the instance term, "
    "which would be low and ragged from the first steps on, before anything is learned.",
    "rate of stage 1 too high": "then the instance term would hardly fall in stage 1: each step undoes what the last "
    "one has learned.",
    "rate of stage 2 too high": "then stage 1 would look sound, and the terms would jump where stage 2 begins.",
}


@dataclass(frozen=True)
class WhichRun:
    """Judges a dictionary that says for each letter what is wrong."""

    solution: Mapping[str, str]

    def __call__(self, answer: Any) -> Verdict:
        """The verdict; never raises."""
        if answer is ... or answer is None:
            return untried()
        if not isinstance(answer, dict) or set(answer) != set(self.solution):
            return wrong(f"expected a dictionary with the keys {', '.join(self.solution)}, found {answer!r}.")
        if any(said is ... for said in answer.values()):
            return untried("a training is still without a word.")
        for letter, fault in self.solution.items():
            said = str(answer[letter]).strip().casefold()
            if said not in SIGNS:
                return wrong(f"{answer[letter]!r} is none of the four: {', '.join(SIGNS)}.")
            if said != fault:
                return wrong(f"training {letter} is not “{said}”: {SIGNS[said]}")
        return right("all four, from nothing but their curves.")


which_run = WhichRun(RUNS)
