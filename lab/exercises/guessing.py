"""``guess``: a prediction is written down before the outcome is known, and shown beside it afterwards."""

from typing import Any

from lab.exercises.exercise import Note
from lab.exercises.judge import is_missing
from lab.exercises.progress import read_progress, write_progress

GREY, BLUE = "#767676", "#0072b2"


class Guess:
    """``guess.keep("NAME", what)`` before, ``guess.reveal("NAME", outcome)`` after."""

    def keep(self, name: str, said: Any) -> Note:
        """Write a guess down; ``...`` leaves what was kept earlier."""
        progress = read_progress()
        if is_missing(said) or said == "...":
            earlier = progress.guesses.get(name)
            if earlier is None:
                return Note("○", GREY, "no guess yet", "write yours in the place of the ... and run this cell.")
            return Note("✎", BLUE, "kept from an earlier time", show(earlier["said"]))
        said = plain(said)
        progress.guesses[name] = {"said": said, "outcome": progress.guesses.get(name, {}).get("outcome")}
        trouble = progress.trouble or write_progress(progress)
        words = f"{show(said)}; the outcome comes further down."
        return Note("✎", BLUE, "your guess", words + (f" [It is not kept: {trouble}]" if trouble else ""))

    def reveal(self, name: str, outcome: Any, because: str = "") -> Note:
        """The outcome, beside what was guessed."""
        progress = read_progress()
        kept = progress.guesses.get(name)
        outcome = plain(outcome)
        if kept is None:
            return Note("○", GREY, f"the outcome is {show(outcome)}", f"you made no guess. {because}".strip())
        if kept["outcome"] != outcome:
            kept["outcome"] = outcome
            write_progress(progress)
        hit = agree(kept["said"], outcome)
        return Note(
            "✓" if hit else "→", BLUE, f"you said {show(kept['said'])}; the outcome is {show(outcome)}", because
        )


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
    return int(number) if number.is_integer() else round(number, 6)


def show(value: Any) -> str:
    """Words in quotes, numbers as they are."""
    return f"“{value}”" if isinstance(value, str) else f"{value:g}"


guess = Guess()
