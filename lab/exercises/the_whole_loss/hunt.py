"""The bug hunt: three pictures, and the bug behind each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.exercises.exercise import Verdict, right, untried, wrong
from lab.exercises.the_whole_loss.broken import HUNTED

# What a picture of each bug would show: told to who names it for a picture that shows something else.
SIGNS = {
    "any object": "then nothing would part the objects: their embeddings would gather in one place, inside one margin.",
    "own pixels only": "then a margin would cost nothing however wide it is: margins would grow over everything.",
    "other classes left out": "then a class's seed map would be free on the objects of the other classes, and say "
    "anything there.",
    "no smoothness": "then the pixels of one object would differ more in σ, but margins and embeddings would be sound.",
    "no foreground weight": "then seeds would be learned more slowly on objects; where they end would be the same.",
    "seed target 1": "then seed maps would be 1 all over their objects, and as sound elsewhere as they are here.",
    "centroid": "then every object's centre would lie within the picture, in the middle of the object's own pixels.",
}


@dataclass(frozen=True)
class BugHunt:
    """Judges a dictionary that names a bug for each picture."""

    solution: Mapping[str, str]

    def __call__(self, answer: Any) -> Verdict:
        """The verdict; never raises."""
        if answer is ... or answer is None:
            return untried()
        if not isinstance(answer, dict) or set(answer) != set(self.solution):
            return wrong(f"expected a dictionary with the keys {', '.join(self.solution)}, found {answer!r}.")
        if any(said is ... for said in answer.values()):
            return untried("a picture is still without a name.")
        for letter, bug in self.solution.items():
            said = str(answer[letter]).strip().casefold()
            if said not in SIGNS:
                return wrong(f"{answer[letter]!r} is none of the suspects: {', '.join(SIGNS)}.")
            if said != bug:
                return wrong(f"picture {letter} is not “{said}”: {SIGNS[said]}")
        return right("all three. You read a loss off its pictures.")


bug_hunt = BugHunt(HUNTED)
