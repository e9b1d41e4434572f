"""``check``: what a notebook's cells call."""

from pathlib import Path

import pytest

from lab.exercises import catalogue, check, checking
from lab.exercises.exercise import Exercise, Verdict, right, wrong
from lab.exercises.judge import Case, compare


def double(x):
    """A solution."""
    return 2 * x


def yes(answer) -> Verdict:
    return right() if answer == "yes" else wrong(f"look again at {answer}")


FUNCTION = Exercise(
    "double", "Twice", "implement", 2, 3, "my_double", lambda answer: right(), ("a nudge", "a push"), double
)
WORD = Exercise("word", "A word", "predict", 1, 1, "my_word", yes, ("think",), '"yes"')
BREAKS = Exercise("breaks", "Breaks", "repair", 3, 9, "my_break", lambda answer: 1 / 0, ("none",), double)

TRIES = Exercise(
    "tries", "Tries", "implement", 1, 1, "my_try", compare([Case("two", (2,))], lambda x: 2 * x, []), ("none",), double
)


@pytest.fixture(autouse=True)
def own_exercises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_PROGRESS", str(tmp_path / "progress.json"))
    known = {e.name: (f"9.{i}", e) for i, e in enumerate((FUNCTION, WORD, BREAKS, TRIES), start=1)}
    monkeypatch.setattr(checking, "all_exercises", lambda: known)


def test_verdict_on_the_page() -> None:
    verdict = check.word("no")
    assert str(verdict) == "✗ wrong, because: look again at no"
    html = verdict._repr_mimebundle_()["text/html"]
    assert "wrong, because" in html
    assert "look again" in html
    assert not verdict
    assert check.word("yes")


def test_words_from_answers_cannot_become_html() -> None:
    assert "<b>x" not in check.word("<b>x").note()._repr_mimebundle_()["text/html"]


def test_a_check_that_fails_is_words() -> None:
    assert "could not make sense of it (ZeroDivisionError" in check.breaks(1).words


def test_hints_come_one_by_one_and_begin_again() -> None:
    told = [str(check.hint("double")) for _ in range(3)]
    assert told[0] == "? hint 1 of 2: a nudge (call it again for the next.)"
    assert told[1] == '? hint 2 of 2: a push (check.solution("double") shows the solution.)'
    assert told[2] == told[0]


def test_hints_go_on_where_nothing_can_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    for impossible in (tmp_path, tmp_path / "file" / "progress.json"):  # a folder; and below what is none
        monkeypatch.setenv("LAB_PROGRESS", str(impossible))
        told = [str(check.hint("double")) for _ in range(3)]
        assert [words[:13] for words in told] == ["? hint 1 of 2", "? hint 2 of 2", "? hint 1 of 2"]
        assert all("[About your progress: " in words for words in told)
        check.hint("double")


def test_a_broken_progress_file_is_told(tmp_path: Path) -> None:
    for ask in (lambda: check.hint("double"), lambda: check.solution("double"), lambda: check.word("yes")):
        (tmp_path / "progress.json").write_text("{")
        assert "[About your progress: " in str(ask())
        assert "About your progress" not in str(ask())


def test_solution_is_source() -> None:
    assert "return 2 * x" in str(check.solution("double"))
    assert str(check.solution("word")) == 'my_word = "yes"'
    assert FUNCTION.solved_cell() == f"from {__name__} import double as my_double"


def test_misspelt_names() -> None:
    with pytest.raises(AttributeError, match="did you mean double"):
        check.doubel(1)
    with pytest.raises(ValueError, match="there are double, word, breaks"):
        check.hint("zzz")
    assert "double" in dir(check)


def test_hint_and_solution_take_what_one_has_just_typed() -> None:
    assert "a nudge" in str(check.hint(check.double))
    assert "a push" in str(check.hint("double")), "the same exercise's hints go on"
    assert "def double" in str(check.solution(check.double))


def test_what_is_no_name_is_told() -> None:
    for asked in (check.hint, check.solution):
        with pytest.raises(
            ValueError, match=r'found function, expected an exercise\'s name, as in check.hint\("double"\)'
        ):
            asked(double)


def test_a_check_without_an_answer_is_not_tried_yet() -> None:
    assert check.tries().state == "not tried yet"


def test_what_an_answer_prints_stands_below_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    def says(x):
        print("<b>", x)
        return x

    verdict = check.tries(says)
    assert str(verdict).endswith("yours gave 2.\nIt printed:\n<b> 2")
    assert "&lt;b&gt; 2</pre>" in verdict._repr_mimebundle_()["text/html"]
    assert "printed" not in str(check.tries(lambda x: x))
    assert capsys.readouterr().out == ""


def test_of_much_that_is_printed_the_first_lines_are_shown() -> None:
    def talks(x):
        for line in range(50):
            print("line", line, "x" * 10**3 * (line > 6))
        raise OSError("no more")

    verdict = check.tries(talks)
    assert "no more" in verdict.words
    assert verdict.printed.startswith("line 0 \nline 1 \n")
    assert verdict.printed.endswith("xxx\n…")
    assert len(verdict.printed) < 700


def test_line_under_the_heading() -> None:
    assert FUNCTION.line == "*implement · ●●○ · 3 minutes*"


def test_headings_are_numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "all_exercises", lambda: {"word": ("9.2", WORD)})
    assert catalogue.heading("word") == "### Exercise 9.2 · A word"


def test_a_solution_brings_the_labs_functions_that_it_calls() -> None:
    """Else the answer would be one line that names the answer."""
    from lab.embedding import membership

    calls = Exercise("m", "M", "implement", 1, 1, "my_m", lambda answer: right(), ("a",), membership)
    assert "difference.square()" in calls.solution_text()
