"""Neither a lesson's own functions nor a constant that stays with it is the answer of an exercise that gives points."""

import ast
import contextlib
import importlib
import io
from collections.abc import Callable
from typing import Any

import pytest

from lab.course.asked import gives_points
from lab.course.files import ROOT
from lab.course.graded import answered, text
from lab.course.lesson import Kept
from lab.course.may_call import HELD_BY_THE_FIGURES
from lab.course.release import read_json, stem, what_lessons_call
from lab.exercises.catalogue import NOTEBOOKS, all_exercises, exercises_of


@pytest.fixture(scope="module")
def kept() -> Kept:
    return what_lessons_call()


def functions_of(number: int) -> dict[str, Callable]:
    """The functions that a lesson's own cells define, with what these cells import."""
    names: dict = {"__name__": "lesson"}
    for cell in read_json(ROOT / "notebooks" / f"{stem(number)}.ipynb")["cells"]:
        if cell["cell_type"] == "code" and not answered(cell):
            for node in ast.parse(text(cell)).body:
                if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef):
                    with contextlib.suppress(Exception):
                        exec(ast.unparse(node), names)
    return {name: value for name, value in names.items() if getattr(value, "__module__", None) == "lesson"}


@pytest.mark.slow
def test_lessons_have_functions_that_would_be_answers() -> None:
    exercise = exercises_of(2)[0]
    assert exercise.name == "membership"
    assert judged(exercise.judge, functions_of(2)["phi_of"])


@pytest.mark.slow
@pytest.mark.parametrize("number", NOTEBOOKS)
def test_no_function_of_the_lesson_is_an_answer(number: int, kept: Kept) -> None:
    functions = functions_of(number)
    right = {
        (exercise.name, name)
        for exercise in exercises_of(number)
        if callable(exercise.solution) and gives_points(exercise, kept)
        for name, function in functions.items()
        if judged(exercise.judge, function)
    }
    assert not right


def constants(kept: Kept) -> dict[str, Any]:
    """What the modules that stay with students hold under upper-case names, and parts of it."""
    modules = {module: importlib.import_module(module) for module in kept.names}
    found = {f"{m}.{n}": getattr(modules[m], n) for m, names in kept.names.items() for n in names if n.isupper()}
    return found | {f"{n}, its values": list(value.values()) for n, value in found.items() if isinstance(value, dict)}


@pytest.mark.slow
def test_no_constant_that_stays_is_an_answer(kept: Kept) -> None:
    there = constants(kept)
    assert len(there) > 10
    answers = {
        exercise.name
        for _, exercise in all_exercises().values()
        if isinstance(exercise.solution, str)
        for value in there.values()
        if judged(exercise.judge, value) or judged(exercise.judge, _as_list(value))
    }
    assert answers == HELD_BY_THE_FIGURES  # the search finds those that are known, and none that gives points
    assert not any(gives_points(all_exercises()[name][1], kept) for name in answers)


def _as_list(value: Any) -> Any:
    return list(value) if isinstance(value, tuple | set | frozenset | dict) else value


def judged(judge: Callable, answer: Any) -> bool:
    # A check that could make no sense of it has not found it right.
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Exception):
        return bool(judge(answer))
    return False
