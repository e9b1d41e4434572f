"""Grades made-up students with nbgrader, to see that who solved it gets the points, and who did not, none."""

import copy
import csv
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lab.course.asked import gives_points
from lab.course.files import ROOT
from lab.course.graded import Notebook, answered, points, text
from lab.course.lesson import Kept
from lab.course.release import read_json, stem, what_lessons_call, write_json
from lab.course.students import STUDENTS, Student
from lab.exercises.catalogue import NOTEBOOKS, exercises_of


def chosen(words: str) -> list[int]:
    """The notebooks that are named, as "3", "1,3,7" or "all".

    Raises:
        ValueError: one of them has no exercises, or the words are none.
    """
    if words == "all":
        return list(NOTEBOOKS)
    try:
        numbers = [int(word) for word in words.split(",") if word]
    except ValueError:
        numbers = [-1]
    if not set(numbers) <= set(NOTEBOOKS):
        raise ValueError(f'notebooks to grade: found {words!r}, expected "all" or numbers from 1 to 14, as "1,3,7".')
    return numbers


def find_nbgrader() -> Path:
    """The program.

    Raises:
        ValueError: it is not there.
    """
    ours = ROOT / ".venv-nbgrader" / "bin" / "nbgrader"
    found = ours if ours.exists() else shutil.which("nbgrader")
    if found is None:
        raise ValueError(
            f"nbgrader: found neither {ours} nor one on the PATH. It is needed only to grade; it has an environment of "
            "its own, so that its menus do not stand in every learner's JupyterLab. What to do: make nbgrader"
        )
    return Path(found)


def submission(release: Notebook, number: int, student: Student) -> Notebook:
    """What the student hands in."""
    notebook = copy.deepcopy(release)
    exercises = {exercise.name: exercise for exercise in exercises_of(number)}
    for cell in notebook["cells"]:
        if name := answered(cell):
            cell["source"] = student.writes(exercises[name]) or cell["source"]
    return notebook


def expected_points(number: int, kept: Kept) -> dict[str, int]:
    """What each student should have."""
    graded = [exercise for exercise in exercises_of(number) if gives_points(exercise, kept)]
    return {student.name: sum(points(e) for e in graded if student.earns(e)) for student in STUDENTS}


def try_grading(course: Path, number: int, nbgrader: Path) -> Iterator[str]:
    """Hand in, grade, and say in lines what came out.

    Args:
        course: written by ``write_course``; it is left as it is.
        number: of the notebook.
        nbgrader: the program.

    Raises:
        ValueError: nbgrader failed, or the points are not what they should be.
    """
    scores = graded(course, number, nbgrader)
    most, expected = scores.pop("most"), expected_points(number, what_lessons_call())
    for student, score in scores.items():
        yield f"{stem(number)}: {student:9} {score:g} of {most:g} points"
    if scores != expected:
        raise ValueError(f"{stem(number)}: found the points {scores}, expected {expected}.")


def graded(course: Path, number: int, nbgrader: Path) -> dict[str, float]:
    """The points of each made-up student, and the most that can be had (``most``)."""
    assignment = stem(number)
    with tempfile.TemporaryDirectory(prefix="lab-trial-") as folder:
        place = Path(folder) / "teacher"
        shutil.copytree(course / "graded" / "teacher", place)
        (Path(folder) / "student").symlink_to((course / "graded" / "student").absolute())
        _run(nbgrader, place, "generate_assignment", assignment)
        release = read_json(course / "graded" / "student" / "notebooks" / f"{assignment}.ipynb")
        theirs = read_json(place / "release" / assignment / f"{assignment}.ipynb")
        if [text(cell) for cell in release["cells"]] != [text(cell) for cell in theirs["cells"]]:
            raise ValueError(f"{assignment}: what nbgrader releases is not what the students have.")
        for student in STUDENTS:
            path = place / "submitted" / student.name / assignment / f"{assignment}.ipynb"
            write_json(path, submission(release, number, student))
        _run(nbgrader, place, "autograde", assignment)
        _run(nbgrader, place, "export")
        with (place / "grades.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
    return {row["student_id"]: float(row["score"]) for row in rows} | {"most": float(rows[0]["max_score"])}


def _run(nbgrader: Path, place: Path, *words: str) -> None:
    # It calls alembic, a program beside it, by name.
    environment = os.environ | {"PATH": os.pathsep.join([str(nbgrader.absolute().parent), os.environ.get("PATH", "")])}
    done = subprocess.run([nbgrader, *words], cwd=place, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise ValueError(f"nbgrader {' '.join(words)} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
