"""What a learner has done so far, kept in one small file on their own machine."""

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab.folders import typed_path, user_folder, write_whole

LOCK_SECONDS = 2.0  # another notebook writes within milliseconds


def progress_file() -> Path:
    """Where progress is kept: LAB_PROGRESS, or progress.json in the user's data folder of this system.

    Raises:
        OSError: the account has no such folder.
    """
    named = os.environ.get("LAB_PROGRESS")
    return typed_path(named) if named else user_folder() / "progress.json"


@dataclass
class Progress:
    """Exercises and guesses by name.

    Attributes:
        exercises: {"state": last verdict, "solved": time of the first right one, "tries": number of checks with an
            answer, "hints": number of hints seen, "solution": True if it was looked at}; what has not happened yet is
            absent.
        guesses: {"said": a word or a number, "outcome": the same, or None before it is known}.
        trouble: what is wrong with the file, in words; empty if all is well.
        readable: False for a file that may hold something and cannot be read: it must not be written over.
    """

    exercises: dict[str, dict[str, Any]] = field(default_factory=dict)
    guesses: dict[str, dict[str, Any]] = field(default_factory=dict)
    trouble: str = ""
    readable: bool = True


def read_progress() -> Progress:
    """What the file says; a file that cannot be understood is put aside, not overwritten."""
    try:
        path = progress_file()
    except OSError as error:
        return Progress(trouble=f"nothing is kept, {error.strerror}", readable=False)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Progress()
    except (OSError, UnicodeDecodeError) as error:
        return Progress(trouble=f"nothing is kept, {path} cannot be read: {error}", readable=False)
    try:
        known = json.loads(text)
        exercises, guesses = _entries(known["exercises"]), _entries(known["guesses"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return _put_aside(path)
    sound = {name: _fields_of(entry) for name, entry in exercises.items()}
    return Progress(sound, {name: said for name, entry in guesses.items() if (said := _guess_of(entry))})


def _entries(value: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(value, dict) or not all(isinstance(v, dict) for v in value.values()):
        raise TypeError("expected a dictionary of dictionaries")
    return value


def _fields_of(entry: dict[str, Any]) -> dict[str, Any]:
    """An exercise's entry without what is not of its kind."""
    kinds = {"state": str, "solved": str, "tries": int, "hints": int}
    return {key: value for key, value in entry.items() if isinstance(value, kinds.get(key, object))}


def _guess_of(entry: dict[str, Any]) -> dict[str, Any]:
    """A guess with its outcome; empty if nothing was said."""
    said, outcome = (entry.get(key) for key in ("said", "outcome"))
    if not isinstance(said, str | int | float):
        return {}
    return {"said": said, "outcome": outcome if isinstance(outcome, str | int | float) else None}


def _put_aside(path: Path) -> Progress:
    names = (f"{path.name}.unreadable{number}" for number in ("", *(f"-{n}" for n in range(2, 1000))))
    aside = next(place for name in names if not (place := path.with_name(name)).exists())
    try:
        os.replace(path, aside)
    except OSError as error:
        trouble = f"nothing is kept, {path} is not a progress file, and cannot be moved: {error}"
        return Progress(trouble=trouble, readable=False)
    return Progress(trouble=f"{path} was not a progress file; it now lies in {aside}, and progress starts anew")


def write_progress(progress: Progress) -> str:
    """Keep it; says in words what is wrong, else nothing: a lesson goes on without."""
    if not progress.readable:
        return progress.trouble
    content = {"exercises": progress.exercises, "guesses": progress.guesses}
    try:
        write_whole(progress_file(), (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        return f"it is not kept: {error}"
    return progress.trouble


def about_progress(trouble: str) -> str:
    """Trouble with the progress file, as it is added to what a cell says; empty if there is none."""
    return f" [About your progress: {trouble}]" if trouble else ""


@contextlib.contextmanager
def changing() -> Iterator[Progress]:
    """The progress to be changed and written: two notebooks that keep something at once do so one after the other.

    Where there can be no lock, or it is not had in time, the block runs without: a lesson goes on.
    """
    import filelock

    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError, NotImplementedError):  # filelock's own Timeout is an OSError
            path = progress_file()
            held.enter_context(filelock.FileLock(path.with_name(f".{path.name}.lock"), timeout=LOCK_SECONDS))
        yield read_progress()


def note_verdict(name: str, state: str) -> str:
    """Keep a verdict.  What was once solved stays solved.  Returns trouble in words."""
    with changing() as progress:
        entry = progress.exercises.setdefault(name, {})
        if state != "not tried yet":
            entry["tries"] = entry.get("tries", 0) + 1
            entry["state"] = state
        if state == "right":
            entry.setdefault("solved", datetime.now(UTC).isoformat(timespec="seconds"))
        return write_progress(progress) if entry else progress.trouble


def note_help(name: str, key: str, value: Any) -> str:
    """Keep how many hints were seen, or that the solution was.  Returns trouble in words."""
    with changing() as progress:
        progress.exercises.setdefault(name, {})[key] = value
        return write_progress(progress)


def reset_progress() -> None:
    """Forget everything.

    Raises:
        OSError: the file cannot be removed.
    """
    progress_file().unlink(missing_ok=True)
