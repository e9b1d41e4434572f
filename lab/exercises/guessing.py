"""``guess``: a prediction is written down before the outcome is known, and shown beside it afterwards."""

import math
from typing import Any

from lab.exercises.exercise import Note
from lab.exercises.judge import is_missing
from lab.exercises.progress import about_progress, read_progress, write_progress

GREY, BLUE = "#767676", "#0072b2"


class Guess:
    """``guess.keep("NAME", what)`` before, ``guess.reveal("NAME", outcome)`` after."""

    def keep(self, name: str, said: Any) -> Note:
        """Write a guess down; ``...`` leaves what was kept earlier."""
        progress = read_progress()
        trouble = about_progress(progress.trouble)
        if is_missing(said) or (isinstance(said, str) and said == "..."):
            earlier = progress.guesses.get(name)
            if earlier is None:
                words = "write yours in the place of the ... and run this cell."
                return Note("○", GREY, "no guess yet", words + trouble)
            return Note("✎", BLUE, "kept from an earlier time", show(earlier["said"]) + trouble)
        said = plain(said)
        progress.guesses[name] = {"said": said, "outcome": progress.guesses.get(name, {}).get("outcome")}
        trouble = about_progress(write_progress(progress))
        return Note("✎", BLUE, "your guess", f"{show(said)}; the outcome comes further down.{trouble}")

    def reveal(self, name: str, outcome: Any, because: str = "") -> Note:
        """The outcome, beside what was guessed."""
        progress = read_progress()
        kept = progress.guesses.get(name)
        outcome = plain(outcome)
        trouble = progress.trouble
        if kept is None:
            words = f"you made no guess. {because}".strip()
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
