"""The picture of one's progress: what it shows, and that beginning anew asks first."""

from pathlib import Path

import pytest

from lab.exercises import overview
from lab.exercises.exercise import Exercise, right
from lab.exercises.overview import Overview, describe, draw, state_of
from lab.exercises.progress import Progress, note_verdict, read_progress, write_progress


def made(name: str) -> Exercise:
    return Exercise(name, f"Title of {name}", "implement", 1, 5, name, lambda _: right(), ("a", "b"), "1")


@pytest.fixture(autouse=True)
def small_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setattr(overview, "NOTEBOOKS", {1: "first_things", 2: "second_things"})
    monkeypatch.setattr(overview, "exercises_of", lambda n: (made(f"one_{n}"), made(f"two_{n}")))


def test_states() -> None:
    progress = Progress({"one_1": {"state": "wrong", "solved": "2026-01-01"}, "two_1": {"state": "wrong"}})
    found = [state_of(made(name), progress) for name in ("one_1", "two_1", "one_2")]
    assert found == ["solved", "wrong", "untried"]
    assert "1 of 4 exercises solved" in draw(progress)
    assert describe(progress) == "Progress: notebook 01: 1 of 2 solved, notebook 02: 0 of 2 solved."


def test_guesses_beside_outcomes() -> None:
    guesses = {"a": {"said": "more", "outcome": "fewer"}, "b": {"said": 2, "outcome": None}}
    drawn = draw(Progress(guesses=guesses))
    assert "→ you said “more”; outcome “fewer”" in drawn
    assert "you said 2; outcome not seen yet" in drawn
    assert "Your guesses" not in draw(Progress())


def test_looking_again_and_beginning_anew() -> None:
    figure = Overview()
    assert "0 of 4" in figure.board.shapes
    note_verdict("one_1", "right")
    figure.again.click()
    assert "1 of 4" in figure.board.shapes
    figure.forget.click()
    assert "removes" in figure.said.value
    assert read_progress().exercises, "nothing is forgotten before the second button"
    figure.sure.click()
    assert "0 of 4" in figure.board.shapes
    assert not read_progress().exercises
    assert figure.sure.layout.display == "none"


def test_guesses_make_it_higher() -> None:
    low = Overview().board.height
    write_progress(Progress(guesses={"a": {"said": "x", "outcome": None}}))
    assert Overview().board.height > low


def test_long_titles_fit() -> None:
    assert overview._two_lines("Membership") == ["Membership"]
    assert overview._two_lines("The fixed-margin hinge") == ["The", "fixed-margin h…"]
    assert overview._two_lines("Lovász increments") == ["Lovász", "increments"]
    assert overview._two_lines("Incomprehensibilities") == ["Incomprehensib…"]
