"""What a student of graded work gets, and what not."""

import importlib.util
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from lab.course.files import ROOT
from lab.course.graded import text
from lab.course.release import MACHINERY, what_lessons_call, write_course, write_without_answers
from lab.exercises import checking
from lab.exercises.catalogue import NOTEBOOKS, all_exercises

GRADED = """
from lab.exercises import check
from lab.lovasz import jaccard_increments

print(check.jaccard_increments(lambda labels: labels.float()))
print(check.jaccard_increments(jaccard_increments))
print(check.staircase(lambda errors, labels: [0]))
print(check.four_pixels(...))
print(check.solution("jaccard_increments"))
"""


@pytest.fixture(scope="module")
def exercises(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """lab/exercises of the students' copy."""
    folder = tmp_path_factory.mktemp("student") / "exercises"
    folder.mkdir()
    (folder / "old.py").touch()
    write_without_answers(folder, what_lessons_call(), ROOT)
    return folder


def test_machinery_and_what_lessons_call_are_all_there_is(exercises: Path) -> None:
    assert {p.name for p in exercises.glob("*.py")} == {f"{n}.py" for n in ("__init__", "catalogue", *MACHINERY)}
    assert not (exercises / "reference").exists()
    codes = {path: path.read_text() for path in exercises.rglob("*.py")}
    for path, code in codes.items():
        compile(code, str(path), "exec")
        assert "EXERCISES" not in code
        assert "lab.exercises.reference" not in code
    solutions = {
        path.parent.name: re.findall(r"^def (\w+)", codes[path], re.M) for path in exercises.rglob("solution.py")
    }
    assert solutions == {"erfnet": ["receptive_field"], "the_whole_loss": ["whole_loss"]}


def test_what_is_asked_is_there_without_solutions(exercises: Path) -> None:
    asked = json.loads((exercises / "graded.json").read_text())
    assert asked["notebooks"] == {str(number): name for number, name in NOTEBOOKS.items()}
    found = [exercise for each in asked["exercises"].values() for exercise in each]
    assert [exercise["name"] for exercise in found] == list(all_exercises())
    assert not any("solution" in exercise or "judge" in exercise for exercise in found)
    predictions = {name for name, (_, exercise) in all_exercises().items() if exercise.kind == "predict"}
    assert all(exercise["record"] is None for exercise in found if exercise["name"] in predictions)


@pytest.fixture(scope="module")
def catalogue(exercises: Path) -> ModuleType:
    """The students' catalogue; what it imports is the whole lab's."""
    spec = importlib.util.spec_from_file_location("students_catalogue", exercises / "catalogue.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_after_the_last_hint_no_solution_is_promised(catalogue: ModuleType, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LAB_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setattr(checking, "all_exercises", catalogue.all_exercises)
    hints = [str(checking.check.hint("jaccard_increments")) for _ in range(2)]
    assert hints[0].startswith("? hint 1 of 2")
    assert hints[0].endswith("(call it again for the next.)")
    assert hints[1].endswith("(that was the last: in graded work the rest is yours.)")


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("mend_picture", lambda picture: picture + 1, "Of the lab it may call: nothing."),
        ("greedy_clustering", lambda *maps: maps, "Of the lab it may call: lab.embedding.membership."),
        ("one_sort", lambda logits: logits, "it is not judged, and gives no points."),
        ("four_pixels", [1, 2], "it is judged when your work is graded."),
    ],
)
def test_where_nothing_is_tried_one_is_told_what_may_be_called(catalogue: ModuleType, name, answer, words) -> None:
    verdict = catalogue.all_exercises()[name][1].judge(answer)
    assert str(verdict).startswith("✎ handed in: there is an answer; ")
    assert str(verdict).endswith(words)


def links_to_nowhere(release: Path) -> Iterator[tuple[str, str]]:
    """Page or notebook, and where a link or a picture in it leads to."""
    for page in (*release.rglob("*.md"), *release.glob("notebooks/*.ipynb")):
        words = page.read_text()
        if page.suffix == ".ipynb":
            words = "\n".join(text(cell) for cell in json.loads(words)["cells"] if cell["cell_type"] == "markdown")
        for target in re.findall(r"\]\((?![a-z]+:|#)([^)\s#]+)", words):
            if not (page.parent / target).exists():
                yield page.name, target


@pytest.mark.slow
def test_a_whole_course(tmp_path: Path) -> None:
    write_course(tmp_path / "course")
    student = tmp_path / "course" / "graded" / "student"
    with zipfile.ZipFile(student.with_suffix(".zip")) as packed:
        names = packed.namelist()
    assert {"student/START.md", "student/.ci/setup", "student/notebooks/03_lovasz_hinge.ipynb"} <= set(names)
    assert not [name for name in names if "/course/" in name or "reference" in name or "grade.py" in name]
    assert len(list((tmp_path / "course" / "practice" / "notebooks").glob("*.ipynb"))) == 15
    for release in (student, tmp_path / "course" / "practice"):
        assert not list(links_to_nowhere(release))
    command = [sys.executable, "-c", GRADED]
    environment = {"PATH": "", "LAB_PROGRESS": str(tmp_path / "progress.json")}
    said = subprocess.run(command, cwd=student, env=environment, capture_output=True, text=True, check=True).stdout
    wrong, library, handed, untried, solution = said.splitlines()
    assert wrong.startswith("✗ wrong, because:")
    assert "it runs lab.lovasz.jaccard_increments, the lab's own code" in library
    assert handed.startswith("✎ handed in: there is an answer; it is judged when your work is graded.")
    assert handed.endswith("Of the lab it may call: nothing.")
    assert untried.startswith("○ not tried yet")
    assert solution == "my_increments = ...  # your teacher has the solution: this is a copy for graded work"
