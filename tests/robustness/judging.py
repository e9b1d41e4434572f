"""Runs what eats a file, and says whether it came out well: done, or refused in words that help."""

import contextlib
import os
import resource
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

TOLD = (ValueError, OSError, FloatingPointError, MemoryError)  # what `lab.cli.app.plain_errors` shows as a message
CANARY = "LAB_CANARY"  # names the file that a pickle would make
MOST_MEMORY = 1 << 30  # bytes that one small bad file may take beyond what was there before


@dataclass(frozen=True)
class Outcome:
    """What came of it: exit code, all words, and what was raised that no command would have told in words."""

    code: int
    text: str
    bare: BaseException | None = None


def command(*words: str | os.PathLike) -> Outcome:
    """``python -m lab WORDS`` in this process."""
    from lab.__main__ import app

    result = CliRunner().invoke(app, [os.fspath(word) for word in words])
    bare = result.exception if result.exception and not isinstance(result.exception, SystemExit) else None
    return Outcome(result.exit_code, result.output, bare)


def call(function: Callable[[], object]) -> Outcome:
    """A function of the library; what commands tell in words counts as told."""
    try:
        function()
    except TOLD as error:
        return Outcome(1, str(error))
    except Exception as error:
        return Outcome(1, "", error)
    return Outcome(0, "")


def trouble(outcome: Outcome, *names: str, told: tuple[str, ...] = ("found", "expected")) -> str:
    """Why it did not come out well; empty if it did: done, or refused by a message with a name and what is wrong."""
    if outcome.bare is not None:
        return f"bare {type(outcome.bare).__name__}: {outcome.bare}"
    if "Traceback" in outcome.text:
        return f"a traceback in its words: {outcome.text}"
    if outcome.code == 0:
        return ""
    if names and not any(name in outcome.text for name in names):
        return f"names none of {names}: {outcome.text}"
    lacking = [word for word in told if word not in outcome.text]
    return f"says nothing of {', '.join(lacking)}: {outcome.text}" if lacking else ""


def sample(names: Iterable[str], every: int) -> list:
    """All names, for a test's parameters: one in so many in `make test`, the others in `make test-all`."""
    return [pytest.param(name, marks=[pytest.mark.slow] * bool(k % every)) for k, name in enumerate(names)]


def listing(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@contextlib.contextmanager
def full_after(size: int) -> Iterator[None]:
    """No file can grow beyond so many bytes, whoever writes it: the system itself refuses (EFBIG)."""
    import signal

    kept, old = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, kept[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)
        signal.signal(signal.SIGXFSZ, old)


@contextlib.contextmanager
def bounded_memory(most: int = MOST_MEMORY) -> Iterator[None]:
    """Fails where the process' memory rose by more; beyond four times as much the system refuses."""
    status = Path("/proc/self/statm")
    if not status.is_file():  # nothing to measure with
        yield
        return
    kept = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (_bytes(status, 5) + 4 * most, kept[1]))
    before, seen, done = _bytes(status, 1), [0], threading.Event()

    def watch() -> None:
        while not done.is_set():
            seen[0] = max(seen[0], _bytes(status, 1))
            time.sleep(0.005)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        resource.setrlimit(resource.RLIMIT_DATA, kept)
    rise = seen[0] - before
    assert rise < most, f"memory rose by {rise / 2**20:.0f} MiB, expected less than {most / 2**20:.0f}"


def _bytes(status: Path, column: int) -> int:
    """Of /proc/self/statm: column 1 is what lies in memory, 5 data and stack."""
    return int(status.read_text().split()[column]) * os.sysconf("SC_PAGE_SIZE")


class Bomb:
    """Makes the file that LAB_CANARY names as soon as it is unpickled."""

    def __reduce__(self) -> tuple:
        return (os.system, (f'touch "${CANARY}"',))
