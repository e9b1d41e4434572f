"""What a learner has done so far, kept in one small file on their own machine."""

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import platformdirs

from lab.folders import write_whole


def progress_file() -> Path:
    """Where progress is kept: LAB_PROGRESS, or progress.json in the user's data folder of this system."""
    named = os.environ.get("LAB_PROGRESS")
    return Path(named).expanduser() if named else platformdirs.user_data_path("spatial-embedding-lab") / "progress.json"


@dataclass
class Progress:
    """Exercises and guesses by name.

    Attributes:
        exercises: {"state": last verdict, "solved": time of the first right one or "", "tries": number of checks with
            an answer, "hints": number of hints seen, "solution": whether it was looked at}.
        guesses: {"said": ..., "outcome": ... or None}.
        trouble: why the file could not be read or written, in words; empty if all is well.
    """

    exercises: dict[str, dict[str, Any]] = field(default_factory=dict)
    guesses: dict[str, dict[str, Any]] = field(default_factory=dict)
    trouble: str = ""


def read_progress() -> Progress:
    """What the file says; a file that cannot be understood is put aside, not overwritten."""
    path = progress_file()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Progress()
    except (OSError, UnicodeDecodeError) as error:
        return Progress(trouble=f"{path} cannot be read: {error}")
    try:
        known = json.loads(text)
        return Progress(_entries(known["exercises"]), _entries(known["guesses"]))
    except (ValueError, TypeError, KeyError):
        return Progress(trouble=_put_aside(path))


def _entries(value: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(value, dict) or not all(isinstance(v, dict) for v in value.values()):
        raise TypeError("expected a dictionary of dictionaries")
    return value


def _put_aside(path: Path) -> str:
    aside = path.with_name(path.name + ".unreadable")
    try:
        os.replace(path, aside)
    except OSError as error:
        return f"{path} is not a progress file, and cannot be moved: {error}"
    return f"{path} was not a progress file; it now lies in {aside}, and progress starts anew"


def write_progress(progress: Progress) -> str:
    """Keep it; says in words why it could not be kept, else nothing: a lesson goes on without."""
    content = {"exercises": progress.exercises, "guesses": progress.guesses}
    try:
        write_whole(progress_file(), (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        return str(error)
    return ""


def note_verdict(name: str, state: str) -> str:
    """Keep a verdict.  What was once solved stays solved.  Returns trouble in words."""
    progress = read_progress()
    entry = progress.exercises.setdefault(name, {})
    if state != "not tried yet":
        entry["tries"] = entry.get("tries", 0) + 1
        entry["state"] = state
    if state == "right":
        entry.setdefault("solved", datetime.now(UTC).isoformat(timespec="seconds"))
    return progress.trouble or (write_progress(progress) if entry else "")


def note_help(name: str, key: str, value: Any) -> str:
    """Keep how many hints were seen, or that the solution was.  Returns trouble in words."""
    progress = read_progress()
    progress.exercises.setdefault(name, {})[key] = value
    return progress.trouble or write_progress(progress)


def reset_progress() -> None:
    """Forget everything.

    Raises:
        OSError: the file cannot be removed.
    """
    progress_file().unlink(missing_ok=True)
