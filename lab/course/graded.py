"""Notebooks for graded work: each exercise's cell is the answer's, its check's cell gives the points."""

import copy
import re
from typing import Any

from lab.exercises.exercise import Exercise

Cell = dict[str, Any]
Notebook = dict[str, Any]
TAG = "exercise:"
BEGIN, END = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"


def source_of(notebook: Notebook, number: int, exercises: list[Exercise]) -> Notebook:
    """The notebook as nbgrader takes it: with the tests that are hidden from students.

    Args:
        notebook: as it lies in ``notebooks/``, unsolved.
        number: of the notebook.
        exercises: those that give points.
    """
    graded = copy.deepcopy(notebook)
    cells = {name: cell for cell in graded["cells"] if (name := answered(cell))}
    checks = {name: cell for cell in graded["cells"] if (name := checked(cell))}
    for exercise in exercises:
        answer, check = cells[exercise.name], checks[exercise.name]
        answer["metadata"]["nbgrader"] = _marks(f"answer-{exercise.name}", solution=True)
        check["metadata"]["nbgrader"] = _marks(f"check-{exercise.name}", points=points(exercise))
        test = f'{_GRADE}({number}, "{exercise.name}", {exercise.stub})'
        check["source"] = "\n".join([text(check).strip(), BEGIN, test, END])
        for cell in (answer, check):
            cell["outputs"], cell["execution_count"] = [], None
    return graded


# One expression, which leaves no name in the student's own cells.
_GRADE = '__import__("runpy").run_path(__import__("os").environ["LAB_GRADER"])["grade"]'


def released(source: Notebook) -> Notebook:
    """The same for students: without the hidden tests."""
    notebook = copy.deepcopy(source)
    for cell in notebook["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["source"] = re.sub(rf"\n?{BEGIN}.*?{END}", "", text(cell), flags=re.DOTALL)
    return notebook


def points(exercise: Exercise) -> int:
    """As many as its heading has dots."""
    return exercise.difficulty


def answered(cell: Cell) -> str:
    """The exercise whose answer the cell holds; empty if none."""
    tags = cell["metadata"].get("tags", ())
    return next((tag.removeprefix(TAG) for tag in tags if tag.startswith(TAG)), "")


def checked(cell: Cell) -> str:
    """The exercise that the cell has checked; empty if none."""
    call = re.fullmatch(r"check\.(\w+)\(\w+\)", text(cell).strip())
    return call[1] if call else ""


def text(cell: Cell) -> str:
    """A cell's source, which may be kept as lines."""
    return "".join(cell["source"])


def _marks(grade_id: str, *, solution: bool = False, points: int | None = None) -> dict[str, Any]:
    """nbgrader's metadata: of an answer's cell, or of one that gives points."""
    marks = {"schema_version": 3, "grade_id": grade_id, "cell_type": "code", "task": False}
    marks |= {"solution": solution, "grade": not solution, "locked": not solution}
    return marks if points is None else marks | {"points": points}
