"""The trial of the grading: with nbgrader, students and the points that they should have."""

import re
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lab.course import trial
from lab.course.__main__ import app
from lab.course.files import ROOT
from lab.course.graded import answered, text
from lab.course.release import read_json, what_lessons_call, write_course
from lab.course.students import STUDENTS, otherwise
from lab.exercises.catalogue import all_exercises
from lab.exercises.own import own_work

LOCK = ROOT / ".ci" / "nbgrader.lock"


@pytest.mark.parametrize(("words", "numbers"), [("", []), ("3", [3]), ("1,3", [1, 3]), ("all", list(range(1, 15)))])
def test_chosen(words: str, numbers: list[int]) -> None:
    assert trial.chosen(words) == numbers


@pytest.mark.parametrize("words", ["0", "15", "three", "3-5"])
def test_notebooks_that_cannot_be_graded(words: str) -> None:
    with pytest.raises(ValueError, match=f"found '{words}', expected \"all\" or numbers from 1 to 14"):
        trial.chosen(words)


def test_without_nbgrader_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "ROOT", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(app, [str(tmp_path / "out"), "--try-grading", "3"])
    assert result.exit_code == 1
    assert "What to do: make nbgrader" in result.output
    assert not (tmp_path / "out").exists()


def test_what_students_hand_in() -> None:
    release = read_json(ROOT / "notebooks" / "03_lovasz_hinge.ipynb")
    answers = {
        student.name: {n: text(c) for c in trial.submission(release, 3, student)["cells"] if (n := answered(c))}
        for student in STUDENTS
    }
    assert answers["blank"] == {name: text(c) for c in release["cells"] if (name := answered(c))}
    assert "def lovasz_hinge" in answers["solved"]["lovasz_hinge"]
    assert "lab.lovasz import lovasz_hinge" not in answers["solved"]["lovasz_hinge"]
    assert answers["imported"]["lovasz_hinge"] == "from lab.lovasz import lovasz_hinge as my_hinge"
    assert "all_exercises" in answers["imported"]["four_pixels"]
    assert "graded.json" in answers["tabled"]["jaccard_increments"]
    assert answers["otherwise"]["four_pixels"] == answers["blank"]["four_pixels"]


def test_what_they_should_have() -> None:
    expected = trial.expected_points(3, what_lessons_call())
    assert expected == {"solved": 8, "otherwise": 2, "blank": 0, "imported": 0, "tabled": 0}


def test_a_second_answer_is_another_and_right() -> None:
    written = [exercise for _, exercise in all_exercises().values() if otherwise(exercise)]
    assert len(written) > 10
    for exercise in written:
        names: dict = {"__name__": "__main__"}
        exec(otherwise(exercise), names)
        assert exercise.judge(own_work(names[exercise.stub], ())).state == "right", exercise.name


def test_nbgrader_is_locked_without_a_host_and_with_the_labs_versions() -> None:
    lock = LOCK.read_text()
    pins, ours = (dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.M)) for text in (lock, _requirements()))
    assert "nbgrader" in pins
    assert "nbgrader" not in ours
    assert "://" not in lock
    assert lock.count("--hash=sha256:") >= len(pins)
    apart = {name: (version, ours[name]) for name, version in pins.items() if ours.get(name, version) != version}
    assert not apart, "run `make lock`"


def _requirements() -> str:
    return (ROOT / "requirements.lock").read_text()


@pytest.mark.slow
def test_graded_by_nbgrader(tmp_path: Path) -> None:
    subprocess.run([ROOT / ".ci" / "nbgrader"], check=True)
    write_course(tmp_path / "course")
    lines = list(trial.try_grading(tmp_path / "course", 3, trial.find_nbgrader()))
    assert lines == [
        "03_lovasz_hinge: blank     0 of 8 points",
        "03_lovasz_hinge: imported  0 of 8 points",
        "03_lovasz_hinge: otherwise 2 of 8 points",
        "03_lovasz_hinge: solved    8 of 8 points",
        "03_lovasz_hinge: tabled    0 of 8 points",
    ]
    assert not (tmp_path / "course" / "graded" / "teacher" / "gradebook.db").exists()  # left as it was
