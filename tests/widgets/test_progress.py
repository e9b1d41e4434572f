"""The picture of one's progress: what it shows, and that beginning anew asks first."""

from pathlib import Path

import pytest

from lab.exercises.exercise import Exercise, right
from lab.exercises.progress import Progress, note_verdict, read_progress, write_progress
from lab.widgets.progress import Overview, shell
from lab.widgets.progress.compute import Standing, compute
from lab.widgets.progress.render import describe, draw, two_lines


def made(name: str) -> Exercise:
    return Exercise(name, f"Title of {name}", "implement", 1, 5, name, lambda _: right(), ("a", "b"), "1")


COURSE = {n: (name, (made(f"one_{n}"), made(f"two_{n}"))) for n, name in ((1, "first_things"), (2, "lovasz_hinge"))}
GUESSES = {"02 b": {"said": 2, "outcome": None}, "01 a": {"said": "more", "outcome": "fewer"}}


def seen(progress: Progress) -> Standing:
    return compute(progress, COURSE)


@pytest.fixture(autouse=True)
def small_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setattr(shell, "NOTEBOOKS", {n: name for n, (name, _) in COURSE.items()})
    monkeypatch.setattr(shell, "exercises_of", lambda n: COURSE[n][1])


def test_states() -> None:
    standing = seen(Progress({"one_1": {"state": "wrong", "solved": "2026-01-01"}, "two_1": {"state": "wrong"}}))
    assert [mark.state for row in standing.rows for mark in row.marks] == ["solved", "wrong", "untried", "untried"]
    assert "1 of 4 exercises solved" in draw(standing)
    assert "02 Lovász hinge" in draw(standing)
    assert describe(standing) == "Progress: notebook 01: 1 of 2 solved, notebook 02: 0 of 2 solved."


def test_guesses_beside_outcomes_in_the_notebooks_order() -> None:
    standing = seen(Progress(guesses=GUESSES))
    assert "→ you said “more”; outcome “fewer”" in draw(standing)
    assert describe(standing).endswith(
        " Guesses: 01 a: you said “more”, outcome “fewer”; 02 b: you said 2, outcome not seen yet."
    )
    assert "Your guesses" not in draw(seen(Progress()))


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


@pytest.mark.parametrize("way_back", ["keep", "again"])
def test_there_is_a_way_back(way_back: str) -> None:
    note_verdict("one_1", "right")
    figure = Overview()
    figure.forget.click()
    assert (figure.sure.layout.display, figure.keep.layout.display) == ("", "")
    getattr(figure, way_back).click()
    assert (figure.sure.layout.display, figure.keep.layout.display) == ("none", "none")
    assert figure.said.value == ""
    assert read_progress().exercises


def test_a_file_that_cannot_be_removed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise PermissionError("not <yours>")

    monkeypatch.setattr(shell, "reset_progress", fail)
    figure = Overview()
    figure.forget.click()
    figure.sure.click()
    assert "cannot be removed, so nothing is forgotten: not &lt;yours&gt;" in figure.said.value


def test_guesses_make_it_higher() -> None:
    low = Overview().board.height
    write_progress(Progress(guesses=GUESSES))
    assert Overview().board.height > low


def test_a_title_takes_two_lines_at_most() -> None:
    assert two_lines("Membership", 100) == ["Membership"]
    assert two_lines("Who is pulled hardest?", 100) == ["Who is pulled", "hardest?"]
    assert len(two_lines("A scene that defeats every single margin of all", 100)) == 2


def test_the_lab_s_own_titles_are_whole() -> None:
    from lab.exercises.catalogue import NOTEBOOKS, exercises_of

    course = {number: (name, exercises_of(number)) for number, name in NOTEBOOKS.items()}
    assert "…" not in draw(compute(Progress(), course))
