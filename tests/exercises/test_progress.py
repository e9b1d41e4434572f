"""Progress and guesses outlive a kernel, and nothing about their file can stop a lesson."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lab.exercises import progress
from lab.exercises.guessing import guess


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "deep" / "progress.json"
    monkeypatch.setenv("LAB_PROGRESS", str(path))
    return path


def test_solved_stays_solved(file: Path) -> None:
    progress.note_verdict("membership", "not tried yet")
    assert not file.exists(), "an untouched exercise writes nothing"
    progress.note_verdict("membership", "wrong")
    progress.note_verdict("membership", "right")
    solved = progress.read_progress().exercises["membership"]["solved"]
    progress.note_verdict("membership", "wrong")
    entry = progress.read_progress().exercises["membership"]
    assert "solved" not in progress.read_progress().exercises.get("margin", {})
    assert (entry["state"], entry["tries"], entry["solved"]) == ("wrong", 3, solved)


def test_reset(file: Path) -> None:
    progress.note_verdict("membership", "right")
    progress.reset_progress()
    assert progress.read_progress() == progress.Progress()
    progress.reset_progress()  # nothing there: nothing to complain about


@pytest.mark.parametrize("content", ["{", "[]", '{"exercises": []}', '{"exercises": {"a": 1}, "guesses": {}}', "\x00"])
def test_unreadable_file_is_put_aside(file: Path, content: str) -> None:
    file.parent.mkdir()
    file.write_text(content)
    found = progress.read_progress()
    assert "was not a progress file" in found.trouble
    assert file.with_name("progress.json.unreadable").read_text() == content
    assert progress.note_verdict("membership", "right") == ""
    assert progress.read_progress().exercises["membership"]["state"] == "right"


def test_a_second_unreadable_file_does_not_replace_the_first(file: Path) -> None:
    file.parent.mkdir()
    for content in ("{1", "{2", "{3"):
        file.write_text(content)
        assert "was not a progress file" in progress.note_verdict("membership", "right")
        assert progress.read_progress().exercises["membership"]["state"] == "right", "and it is kept all the same"
    aside = sorted(file.parent.glob("*.unreadable*"))
    assert [path.read_text() for path in aside] == ["{1", "{2", "{3"]


def test_what_makes_no_sense_inside_is_left_out(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(
        '{"exercises": {"a": {"hints": "x", "tries": 2}}, "guesses": {"a": {}, "b": {"said": 1, "outcome": []}}}'
    )
    assert progress.read_progress() == progress.Progress({"a": {"tries": 2}}, {"b": {"said": 1, "outcome": None}})
    assert "you made no guess" in str(guess.reveal("a", "more"))


def test_a_folder_in_the_way_is_told(file: Path) -> None:
    file.mkdir(parents=True)
    assert "cannot be read" in progress.note_verdict("membership", "right")
    assert "cannot be read" in str(guess.keep("x", "more"))
    assert "cannot be read" in str(guess.reveal("x", "more"))
    assert file.is_dir(), "nor is it moved out of the way"


def test_default_place_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAB_PROGRESS")
    assert progress.progress_file().name == "progress.json"
    assert "spatial-embedding-lab" in str(progress.progress_file())


def test_guess_is_kept_and_shown_beside_the_outcome() -> None:
    assert "no guess yet" in str(guess.keep("larger sigma", ...))
    assert "you made no guess" in str(guess.reveal("larger sigma", "fewer"))
    assert "your guess" in str(guess.keep("larger sigma", "More"))
    assert "kept from an earlier run: “More”" in str(guess.keep("larger sigma", ...))
    told = str(guess.reveal("larger sigma", "fewer", "they merge"))
    assert told == "→ you said “More”; the outcome is “fewer”: they merge"
    assert progress.read_progress().guesses["larger sigma"] == {"said": "More", "outcome": "fewer"}
    guess.keep("larger sigma", "FEWER ")
    assert str(guess.reveal("larger sigma", "fewer")).startswith("✓")


def test_guessed_numbers() -> None:
    guess.keep("margin", 5.5)
    assert str(guess.reveal("margin", 5.74)) == "✓ you said 5.5; the outcome is 5.74"
    guess.keep("margin", 4)
    assert str(guess.reveal("margin", 5.74)).startswith("→ you said 4;")


def test_a_guess_that_is_none_of_the_choices_is_not_kept() -> None:
    words = ("fewer", "as many", "more")
    for odd in ("bigger", "six", 6, float("nan"), True):
        assert str(guess.keep("number", odd, words)) == "○ not kept: expected one of “fewer”, “as many”, “more”."
    assert "no guess yet" in str(guess.keep("number", ..., words))
    assert str(guess.keep("number", " As many", words)) == "✎ your guess: “as many”; the outcome comes further down."
    guess.keep("number", "bigger", words)
    assert "kept from an earlier run: “as many”" in str(guess.keep("number", "...", words))


def test_a_guessed_number_that_makes_no_sense_is_not_kept() -> None:
    for odd in ("six", -3, float("nan"), 1.5, 10**400, [0.2], None.__class__):
        assert str(guess.keep("iou", odd, (0, 1))) == "○ not kept: expected a number from 0 to 1."
    for fine in (0.5, "0.5", torch.tensor(0.5), np.float32(0.5)):
        assert "your guess: 0.5" in str(guess.keep("iou", fine, (0, 1)))


def test_the_reason_begins_a_sentence() -> None:
    assert str(guess.reveal("unguessed", 2, because="they merge.")).endswith("you made no guess. They merge.")


def test_any_guess_can_be_kept_and_shown() -> None:
    for odd in (np.array([1, 2]), 10**400, -(10**5000), float("nan"), torch.tensor([1.0]), [1], {"a": 1}, True):
        assert "your guess" in str(guess.keep("odd", odd))
        assert "you said" in str(guess.reveal("odd", odd))
    guess.keep("large", 1310720)
    assert "you said 1310720; the outcome is 1310721" in str(guess.reveal("large", 1310721))


@pytest.mark.usefixtures("homeless")
def test_without_a_home_a_lesson_goes_on_and_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAB_PROGRESS")
    words = "nothing is kept, this account has no home folder: set HOME to a folder that you can write"
    assert progress.note_verdict("membership", "right") == words
    assert words in str(guess.keep("how many", 3))
    assert not Path("~").exists()
