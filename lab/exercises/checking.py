"""``check``: what the notebooks call to have an answer judged, to get a hint, to see a solution."""

import difflib
from collections.abc import Callable
from contextlib import redirect_stdout
from html import escape
from typing import Any

from lab.exercises.catalogue import all_exercises
from lab.exercises.exercise import Exercise, Note, Verdict, wrong
from lab.exercises.guard import Printed
from lab.exercises.progress import about_progress, note_help, note_verdict, read_progress


class Check:
    """``check.NAME(answer)`` judges, ``check.hint("NAME")`` helps a little, ``check.solution("NAME")`` tells."""

    def __init__(self) -> None:
        self._unkept: dict[str, int] = {}  # hints seen that the progress file could not take

    def __getattr__(self, name: str) -> Callable[[Any], Verdict]:
        if name.startswith("_"):  # asked by Python and IPython, never an exercise
            raise AttributeError(name)
        return Judge(_find(name, AttributeError))

    def __dir__(self) -> list[str]:
        return ["hint", "solution", *all_exercises()]

    def hint(self, name: Any) -> Note:
        """The next hint; after the last one they begin again.  ``check.NAME`` does for the name."""
        exercise = _named(name)
        name = exercise.name
        progress = read_progress()
        seen = max(progress.exercises.get(name, {}).get("hints", 0), self._unkept.pop(name, 0))
        place = seen % len(exercise.hints)
        unkept = note_help(name, "hints", seen + 1)
        if unkept:
            self._unkept[name] = seen + 1
        more = _after_the_last(exercise) if place + 1 == len(exercise.hints) else "call it again for the next"
        heading = f"hint {place + 1} of {len(exercise.hints)}"
        words = f"{exercise.hints[place]} ({more}.)"
        return Note("?", "#0072b2", heading, words + about_progress(unkept or progress.trouble))

    def solution(self, name: Any) -> "Solution":
        """The solution as code, where there is one the library's own.  ``check.NAME`` does for the name."""
        exercise = _named(name)
        trouble = note_help(exercise.name, "solution", True)
        return Solution(exercise.title, exercise.solution_text() + (f"\n#{about_progress(trouble)}" if trouble else ""))


class Judge:
    """``check.NAME``: called with an answer it judges it; `Check.hint` and `Check.solution` take it for the name."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self.__doc__ = f"Judge an answer to “{exercise.title}”."

    def __call__(self, answer: Any = ...) -> Verdict:
        """The verdict; without an answer there is none to judge."""
        return _judge(self.exercise, answer)


class Solution:
    """Code to read."""

    def __init__(self, title: str, code: str) -> None:
        self.title, self.code = title, code

    def __str__(self) -> str:
        return self.code

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        html = f'<pre style="line-height:1.4">{escape(self.code)}</pre>'
        return {"text/html": html, "text/plain": self.code}


def _judge(exercise: Exercise, answer: Any) -> Verdict:
    printed = Printed()
    try:
        with redirect_stdout(printed):
            verdict = exercise.judge(answer)
    except Exception as problem:  # a gap in the check must not stop a lesson
        verdict = wrong(f"the check could not make sense of it ({type(problem).__name__}: {problem}).")
    trouble = note_verdict(exercise.name, verdict.state)
    return Verdict(verdict.state, verdict.words + about_progress(trouble), printed.begin())


def _after_the_last(exercise: Exercise) -> str:
    if exercise.shows_solution:
        return f'check.solution("{exercise.name}") shows the solution'
    return "that was the last: in graded work the rest is yours"


def _named(name: Any) -> Exercise:
    """The exercise that is meant.

    Raises:
        ValueError: none is.
    """
    if isinstance(name, Judge):
        return name.exercise
    if not isinstance(name, str):
        words = f"found {type(name).__name__}, expected an exercise's name, as in"
        raise ValueError(f'{words} check.hint("{next(iter(all_exercises()))}").')
    return _find(name, ValueError)


def _find(name: str, error: type[Exception]) -> Exercise:
    known = all_exercises()
    if name in known:
        return known[name][1]
    near = difflib.get_close_matches(name, known, n=3)
    advice = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}."
    raise error(f"there is no exercise {name!r}; {advice}")


check = Check()
