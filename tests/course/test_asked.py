"""What graded work says of its exercises: enough to help, not enough to be the answer."""

import contextlib
import itertools
import json
import math
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import torch

from lab.course.asked import asked, gives_points
from lab.course.lesson import Kept
from lab.course.release import what_lessons_call
from lab.exercises.catalogue import NOTEBOOKS, all_exercises, exercises_of
from lab.exercises.exercise import Exercise
from lab.exercises.judge import Compare, is_tensor, to_numpy
from lab.exercises.recorded import replay


@pytest.fixture(scope="module")
def kept() -> Kept:
    return what_lessons_call()


def handed_out(numbers: Sequence[int], kept: Kept) -> dict[str, dict[str, Any]]:
    """What goes out of these notebooks' exercises, by name, there and back through a file."""
    handed = json.loads(json.dumps(asked(list(numbers), kept)))
    return {one["name"]: one for each in handed["exercises"].values() for one in each}


@pytest.fixture(params=[(3, 4), pytest.param(tuple(NOTEBOOKS), marks=pytest.mark.slow)], ids=["two", "all"])
def recorded(request: pytest.FixtureRequest, kept: Kept) -> list[tuple[Exercise, Compare]]:
    """Exercises whose checks are handed out as numbers, with these checks."""
    said = handed_out(request.param, kept)
    exercises = [exercise for number in request.param for exercise in exercises_of(number)]
    found = [(exercise, said[exercise.name]["record"]) for exercise in exercises if said[exercise.name]["record"]]
    assert len(found) > len(request.param)
    return [(exercise, replay(record)) for exercise, record in found]


def table(check: Compare) -> Callable:
    """An answer made of what is handed out: its values, where it has them, and 0."""
    known = [(case.for_learner(), check.right(*case.for_reference())) for case in check.cases]

    def look_up(*arguments: Any) -> Any:
        return next((v for a, v in known if repr(a) == repr(arguments)), torch.tensor(0.0))

    return look_up


def known_mistakes(judge: Compare) -> dict[str, Callable]:
    """Answers as a learner's: of tensors."""

    def of_tensors(function: Callable) -> Callable:
        return lambda *arguments: function(*(to_numpy(a) if is_tensor(a) else a for a in arguments))

    wrong = getattr(judge, "wrong_gradients", ())
    return {m.name: of_tensors(m.answer) for m in judge.mistakes} | {m.name: m.answer for m in wrong}


def test_what_is_called_right_there_is_right(recorded: list[tuple[Exercise, Compare]]) -> None:
    for exercise, check in recorded:
        answers = known_mistakes(exercise.judge) | {"right": exercise.solution}
        if hasattr(check, "wrong_gradients"):
            answers["detached"] = lambda first, *others, f=exercise.solution: f(first.detach(), *others)
        said_right = {name for name, answer in answers.items() if check(answer)}
        assert said_right == {name for name, answer in answers.items() if exercise.judge(answer)}, exercise.name
        assert said_right == {"right"}, exercise.name


def test_a_table_of_what_is_handed_out_is_no_answer(kept: Kept, recorded: list[tuple[Exercise, Compare]]) -> None:
    for exercise, check in recorded:
        if gives_points(exercise, kept):
            assert check(table(check)).state == "right" or hasattr(check, "solution"), exercise.name
            assert exercise.judge(table(check)).state == "wrong", exercise.name


@pytest.mark.slow
def test_the_last_hint_stays_with_the_teacher(kept: Kept) -> None:
    said = handed_out(NOTEBOOKS, kept)
    for name, (_, exercise) in all_exercises().items():
        hints = tuple(said[name]["hints"])
        assert hints == (exercise.hints[:-1] if gives_points(exercise, kept) else exercise.hints), name
        assert hints, name


def worked_out(hint: str) -> Iterator[Any]:
    """What comes of the calculations that a hint writes out."""
    known = {name: getattr(math, name) for name in ("log", "exp", "sqrt", "pi")} | {"__builtins__": {}}
    words = hint.replace("·", "*").replace("²", "**2").replace("√", "sqrt").split()
    for first, last in itertools.combinations(range(len(words) + 1), 2):
        calculation = " ".join(words[first:last]).strip(".,:;?!`= ").split("=")[-1].strip()
        if last - first < 15 and re.search(r"\d.*[-+*/(]", calculation):
            with contextlib.suppress(Exception), warnings.catch_warnings(action="ignore"):
                yield eval(calculation, dict(known))


def test_finds_a_calculation_in_a_hint() -> None:
    assert 3.5 in worked_out("Take half of what you have: b = (3 + 4) / 2, in px.")


@pytest.mark.slow
def test_no_hint_that_is_handed_out_works_out_the_answer(kept: Kept) -> None:
    said = handed_out(NOTEBOOKS, kept)
    for name, (_, exercise) in all_exercises().items():
        if exercise.kind == "predict" and gives_points(exercise, kept):
            for value in itertools.chain.from_iterable(map(worked_out, said[name]["hints"])):
                assert exercise.judge(value).state != "right", (name, value)
