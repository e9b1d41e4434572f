"""``guess``: a prediction is written down before the outcome is known, and shown beside it afterwards."""

import math
from collections.abc import Sequence
from typing import Any

from lab.exercises.exercise import Note
from lab.exercises.judge import is_missing
from lab.exercises.progress import about_progress, changing, write_progress

GREY, BLUE = "#767676", "#0072b2"
Expected = Sequence[str] | Sequence[float | int]  # words to choose from, or the least and the largest number


class Guess:
    """``guess.keep("NAME", what)`` before, ``guess.reveal("NAME", outcome)`` after."""

    def keep(self, name: str, said: Any, expected: Expected = ()) -> Note:
        """Write a guess down; ``...`` leaves what was kept earlier.

        Args:
            name: of the guess.
            said: the guess.
            expected: the words to choose from, or the least and the largest number that make sense; what is none of
                these is not kept.
        """
        with changing() as progress:
            trouble = about_progress(progress.trouble)
            if is_missing(said) or (isinstance(said, str) and said == "..."):
                earlier = progress.guesses.get(name)
                if earlier is None:
                    words = "write yours in the place of the ... and run this cell."
                    return Note("○", GREY, "no guess yet", words + trouble)
                return Note("✎", BLUE, "kept from an earlier run", show(earlier["said"]) + trouble)
            said = plain(said) if not expected else fitting(said, expected)
            if said is None:
                return Note("○", GREY, "not kept", f"expected {choices(expected)}." + trouble)
            progress.guesses[name] = {"said": said, "outcome": progress.guesses.get(name, {}).get("outcome")}
            trouble = about_progress(write_progress(progress))
            return Note("✎", BLUE, "your guess", f"{show(said)}; the outcome comes further down.{trouble}")

    def reveal(self, name: str, outcome: Any, because: str = "") -> Note:
        """The outcome, beside what was guessed."""
        with changing() as progress:
            kept = progress.guesses.get(name)
            outcome = plain(outcome)
            trouble = progress.trouble
            if kept is None:
                words = f"you made no guess. {because[:1].upper()}{because[1:]}".strip()
                return Note("○", GREY, f"the outcome is {show(outcome)}", words + about_progress(trouble))
            if kept["outcome"] != outcome:
                kept["outcome"] = outcome
                trouble = write_progress(progress)
            mark = "✓" if agree(kept["said"], outcome) else "→"
            heading = f"you said {show(kept['said'])}; the outcome is {show(outcome)}"
            return Note(mark, BLUE, heading, because + about_progress(trouble))


def agree(said: Any, outcome: Any) -> bool:
    """The same word, or a number within a tenth."""
    if isinstance(said, str) or isinstance(outcome, str):
        return str(said).strip().casefold() == str(outcome).strip().casefold()
    return abs(said - outcome) <= 0.1 * abs(outcome)


def fitting(said: Any, expected: Expected) -> Any:
    """The guess as it is kept; None if it is nothing that was expected."""
    if isinstance(expected[0], str):
        same = (word for word in expected if agree(plain(said), word))
        return next(same, None)
    try:
        number = float(said)
    except (TypeError, ValueError, OverflowError):
        return None
    low, high = map(float, expected)
    return plain(number) if low <= number <= high else None


def choices(expected: Expected) -> str:
    """What may be said, in words."""
    if isinstance(expected[0], str):
        return "one of " + ", ".join(map(show, expected))
    return f"a number from {show(plain(expected[0]))} to {show(plain(expected[1]))}"


def plain(value: Any) -> Any:
    """What JSON can keep: numbers stay numbers, whatever else becomes words."""
    if isinstance(value, bool | str):
        return value if isinstance(value, str) else str(value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    except OverflowError:  # a whole number of more than 308 digits
        return math.inf if value > 0 else -math.inf
    return int(number) if number.is_integer() else round(number, 6)


def show(value: Any) -> str:
    """Words in quotes, numbers as they are."""
    if isinstance(value, str):
        return f"“{value}”"
    return str(value) if isinstance(value, int) and abs(value) < 1e15 else f"{value:g}"


guess = Guess()
