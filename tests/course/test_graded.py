"""Notebooks for nbgrader."""

import json
from typing import Any

import pytest

from lab.course.files import ROOT
from lab.course.graded import answered, checked, points, released, source_of, text
from lab.exercises.catalogue import NOTEBOOKS, exercises_of


def read(number: int) -> dict[str, Any]:
    return json.loads((ROOT / "notebooks" / f"{number:02}_{NOTEBOOKS[number]}.ipynb").read_text())


@pytest.fixture
def source() -> dict[str, Any]:
    return source_of(read(3), 3, list(exercises_of(3)))


def cells(notebook: dict[str, Any]) -> dict[str, Any]:
    """Those with nbgrader's marks, by grade_id."""
    marked = (cell for cell in notebook["cells"] if "nbgrader" in cell["metadata"])
    return {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in marked}


def test_each_exercise_has_an_answer_and_a_check(source: dict[str, Any]) -> None:
    names = [exercise.name for exercise in exercises_of(3)]
    assert list(cells(source)) == [f"{kind}-{name}" for name in names for kind in ("answer", "check")]


def test_an_answers_cell_is_the_students(source: dict[str, Any]) -> None:
    cell = cells(source)["answer-lovasz_hinge"]
    assert cell["metadata"]["tags"] == ["exercise:lovasz_hinge"]
    assert cell["metadata"]["nbgrader"] == {
        "schema_version": 3,
        "grade_id": "answer-lovasz_hinge",
        "cell_type": "code",
        "task": False,
        "solution": True,
        "grade": False,
        "locked": False,
    }


def test_a_checks_cell_is_locked_and_gives_the_points(source: dict[str, Any]) -> None:
    cell = cells(source)["check-lovasz_hinge"]
    marks = cell["metadata"]["nbgrader"]
    assert (marks["grade"], marks["solution"], marks["locked"], marks["points"]) == (True, False, True, 2)
    visible, begin, test, end = text(cell).splitlines()
    assert visible == "check.lovasz_hinge(my_hinge)"
    assert (begin, end) == ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")
    assert test.endswith('["grade"](3, "lovasz_hinge", my_hinge)')
    assert (cell["outputs"], cell["execution_count"]) == ([], None)


def test_students_do_not_see_the_hidden_tests(source: dict[str, Any]) -> None:
    notebook = released(source)
    assert text(cells(notebook)["check-lovasz_hinge"]) == "check.lovasz_hinge(my_hinge)"
    assert "HIDDEN" not in json.dumps(notebook)
    assert "HIDDEN" in json.dumps(source)  # which is left as it was


def test_all_else_stays_pictures_too(source: dict[str, Any]) -> None:
    for before, after in zip(read(3)["cells"], source["cells"], strict=True):
        if "nbgrader" not in after["metadata"]:
            assert before == after


@pytest.mark.parametrize("number", NOTEBOOKS)
def test_every_exercise_can_be_graded(number: int) -> None:
    notebook, exercises = read(number), exercises_of(number)
    names = [exercise.name for exercise in exercises]
    assert [name for cell in notebook["cells"] if (name := answered(cell))] == names
    assert [name for cell in notebook["cells"] if (name := checked(cell))] == names
    assert all(1 <= points(exercise) <= 3 for exercise in exercises)
