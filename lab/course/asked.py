"""What graded work says of its exercises on a student's machine: ``graded.json``."""

import inspect
from typing import Any

from lab.course.graded import points
from lab.course.held_back import HELD_BACK
from lab.course.lesson import Kept
from lab.course.may_call import HELD_BY_THE_FIGURES, MAY_CALL, SHOWN_IN_THE_LESSON
from lab.exercises.catalogue import NOTEBOOKS, exercises_of
from lab.exercises.exercise import Exercise
from lab.exercises.recorded import record


def asked(numbers: list[int], kept: Kept) -> dict[str, Any]:
    """All that stands in ``graded.json``, for these notebooks."""
    return {
        "notebooks": {number: NOTEBOOKS[number] for number in numbers},
        "exercises": {number: [_asked(e, kept) for e in exercises_of(number)] for number in numbers},
    }


def gives_points(exercise: Exercise, kept: Kept) -> bool:
    """Whether it can be graded: the lesson neither writes its answer nor calls it, nor do its figures hold it."""
    if exercise.name in SHOWN_IN_THE_LESSON | HELD_BY_THE_FIGURES:
        return False
    if isinstance(exercise.solution, str):
        return True
    function = inspect.unwrap(exercise.solution)
    return function.__name__ not in kept.names.get(function.__module__, ())


def _asked(exercise: Exercise, kept: Kept) -> dict[str, Any]:
    words = ("name", "title", "kind", "difficulty", "minutes", "stub")
    graded = gives_points(exercise, kept)
    return {word: getattr(exercise, word) for word in words} | {
        "hints": exercise.hints[:-1] if graded else exercise.hints,  # the last is often nearly the answer
        "points": points(exercise) if graded else 0,
        "may_call": MAY_CALL.get(exercise.name, ()),
        "record": record(exercise.judge, HELD_BACK.get(exercise.name, ())),
    }
