"""What an exercise is, and what may be said of an answer."""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

Kind = Literal["implement", "predict", "repair", "design"]
State = Literal["not tried yet", "right", "wrong", "handed in"]  # the last: a copy for graded work does not judge it

MARKS: dict[str, tuple[str, str]] = {
    "not tried yet": ("○", "#767676"),
    "right": ("✓", "#0072b2"),
    "wrong": ("✗", "#d55e00"),
    "handed in": ("✎", "#0072b2"),
}


PRINTED = "It printed:"
PAGE = 60  # lines of a solution that one reads at once


@dataclass(frozen=True)
class Note:
    """A few words, shown with a mark and a coloured edge; plain text where there is no HTML.

    ``printed``: what the learner's function printed, below.
    """

    mark: str
    colour: str
    heading: str
    words: str = ""
    printed: str = ""

    def __str__(self) -> str:
        printed = f"\n{PRINTED}\n{self.printed}" if self.printed else ""
        return f"{self.mark} {self.heading}" + (f": {self.words}" if self.words else "") + printed

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        words = f": {escape(self.words)}" if self.words else ""
        printed = f'<br>{PRINTED}<pre style="margin:0">{escape(self.printed)}</pre>' if self.printed else ""
        html = (
            f'<div style="border-left:6px solid {self.colour};padding:4px 12px;line-height:1.5">'
            f"<b>{self.mark} {escape(self.heading)}</b>{words}{printed}</div>"
        )
        return {"text/html": html, "text/plain": str(self)}


@dataclass(frozen=True)
class Verdict:
    """What a check says of an answer: a state, the reason in words to the learner, and what the answer printed."""

    state: State
    words: str = ""
    printed: str = ""

    def __bool__(self) -> bool:
        return self.state == "right"

    def __str__(self) -> str:
        return str(self.note())

    def note(self) -> Note:
        """The verdict as it is shown."""
        mark, colour = MARKS[self.state]
        return Note(mark, colour, "wrong, because" if self.state == "wrong" else self.state, self.words, self.printed)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return self.note()._repr_mimebundle_()


def right(words: str = "") -> Verdict:
    """The answer is right; ``words`` may say what it is good for."""
    return Verdict("right", words)


def wrong(words: str) -> Verdict:
    """The answer is wrong, and why."""
    return Verdict("wrong", words)


def untried(words: str = "replace the ... by your answer, run its cell, then this one again.") -> Verdict:
    """There is no answer yet."""
    return Verdict("not tried yet", words)


@dataclass(frozen=True)
class Exercise:
    """One exercise of a notebook.

    Attributes:
        name: of the check, as in ``check.membership``; unique over all notebooks.
        title: for people.
        kind: what is asked for.
        difficulty: 1 to 3.
        minutes: that it takes.
        stub: the name that the notebook's cell gives to the answer.
        judge: answer -> verdict; never raises.
        hints: from a nudge to nearly the answer.
        solution: a function (of the library, where there is one) or, for a prediction, the code of the right value.
        shows_solution: whether a learner may see it; not so in a copy for graded work.
    """

    name: str
    title: str
    kind: Kind
    difficulty: int
    minutes: int
    stub: str
    judge: Callable[[Any], Verdict]
    hints: tuple[str, ...]
    solution: Callable[..., Any] | str
    shows_solution: bool = True

    @property
    def line(self) -> str:
        """What stands under the exercise's heading: kind, difficulty, minutes."""
        dots = "●" * self.difficulty + "○" * (3 - self.difficulty)
        return f"*{self.kind} · {dots} · {self.minutes} minutes*"

    def solution_text(self) -> str:
        """The solution as source code, with the place where it stands, and the lab's functions that it calls."""
        if isinstance(self.solution, str):
            return f"{self.stub} = {self.solution}"
        return "\n\n".join(_source(function) for function in _with_called(self.solution))

    def solved_cell(self) -> str:
        """Code that puts the solution in the place of the stub."""
        if isinstance(self.solution, str):
            return f"{self.stub} = {self.solution}"
        return f"from {self.solution.__module__} import {self.solution.__qualname__} as {self.stub}"


def _source(function: Callable[..., Any]) -> str:
    """The function's lines, below a comment that says where they stand."""
    place = f"# {function.__module__}.{function.__qualname__}\n"
    return place + textwrap.dedent(inspect.getsource(inspect.unwrap(function)))


def _with_called(function: Callable[..., Any]) -> list[Callable[..., Any]]:
    """The function, and after it the lab's functions that it calls, as far as a page goes."""
    found: list[Callable[..., Any]] = []
    waiting, lines = [function], 0
    while waiting:
        now = inspect.unwrap(waiting.pop(0))
        length = len(inspect.getsourcelines(now)[0])
        if now in found or (found and lines + length > PAGE):
            continue
        found.append(now)
        lines += length
        called = (now.__globals__.get(name) for name in now.__code__.co_names)
        waiting += [c for c in called if inspect.isfunction(c) and c.__module__.startswith("lab.")]
    return found
