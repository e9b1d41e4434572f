"""What the overview shows: every exercise with its state, every guess with its outcome."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lab.exercises.exercise import Exercise
from lab.exercises.guessing import agree, show
from lab.exercises.progress import Progress

State = Literal["solved", "wrong", "untried"]


@dataclass(frozen=True)
class Mark:
    """One exercise."""

    title: str
    state: State


@dataclass(frozen=True)
class Row:
    """One notebook: its number, its name in words, its exercises."""

    number: int
    title: str
    marks: tuple[Mark, ...]

    def solved(self) -> int:
        """How many exercises are solved."""
        return sum(mark.state == "solved" for mark in self.marks)


@dataclass(frozen=True)
class Guessed:
    """One guess: its name, what was said and what came of it in words, and whether the two agree."""

    name: str
    words: str
    hit: bool


@dataclass(frozen=True)
class Standing:
    """All that is known of a learner's progress."""

    rows: tuple[Row, ...]
    guesses: tuple[Guessed, ...]


def compute(progress: Progress, course: Mapping[int, tuple[str, Sequence[Exercise]]]) -> Standing:
    """``course``: number of each notebook -> its name and its exercises.  Guesses come in the order of their names,
    which begin with the notebook's number."""
    rows = (
        Row(number, _in_words(name), tuple(Mark(e.title, state_of(e, progress)) for e in exercises))
        for number, (name, exercises) in course.items()
    )
    guesses = (_guessed(name, kept) for name, kept in sorted(progress.guesses.items()))
    return Standing(tuple(rows), tuple(guesses))


def state_of(exercise: Exercise, progress: Progress) -> State:
    """What was once solved stays solved."""
    entry = progress.exercises.get(exercise.name, {})
    return "solved" if "solved" in entry else "wrong" if entry.get("state") == "wrong" else "untried"


def _in_words(name: str) -> str:
    return name.replace("_", " ").replace("lovasz", "Lovász")  # files have no accents, people do


def _guessed(name: str, kept: dict[str, Any]) -> Guessed:
    outcome = kept["outcome"]
    told = "outcome not seen yet" if outcome is None else f"outcome {show(outcome)}"
    hit = outcome is not None and agree(kept["said"], outcome)
    return Guessed(name, f"you said {show(kept['said'])}; {told}", hit)
