"""A learner's code is run so that whatever it does becomes a sentence."""

import contextlib
import io
import signal
import sys
import sysconfig
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

SECONDS = 10.0
MOST_LINES, MOST_SHOWN, MOST_KEPT = 8, 600, 2000  # of what an answer prints: lines, and characters
AGAIN = 1.0  # s after which the alarm rings anew, for code that swallowed it
# Whose lines are nobody's own: the lab's, Python's and those of what is installed.
FOREIGN = (Path(__file__).parents[1], *(Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")))


class Printed(io.TextIOBase):
    """Takes the place of stdout while an answer is judged, and keeps the beginning of what is printed."""

    def __init__(self) -> None:
        self.kept = ""

    def write(self, text: str) -> int:
        """Keep what there is room for; a loop may print for ever."""
        self.kept += text[: MOST_KEPT - len(self.kept)]
        return len(text)

    def begin(self) -> str:
        """The first lines; an ellipsis where there were more."""
        whole = self.kept.rstrip()
        first = "\n".join(whole.splitlines()[:MOST_LINES])[:MOST_SHOWN]
        return first if first == whole else f"{first}\n…"


class Trouble(Exception):
    """What went wrong in a learner's code, in words to the learner."""


class OutOfTime(BaseException):
    """Not an Exception, so that a learner's ``except Exception`` does not swallow it."""


def attempt(
    answer: Callable[..., Any],
    *arguments: Any,
    read: Callable[[Any], Any] = lambda result: result,
    seconds: float = SECONDS,
) -> Any:
    """What ``read`` makes of ``answer(*arguments)``; what it prints goes to a `Printed` in stdout's place, or nowhere.

    Going through a result may run the learner's code as well (a generator, an object with methods of its own), so it
    is read in here, under the same guard.

    Raises:
        Trouble: it raised an exception or took longer than ``seconds``; or ``read`` says so.
    """
    try:
        with _limit(seconds), _caught():
            return read(answer(*arguments))
    except Trouble:
        raise
    except OutOfTime:
        raise Trouble(f"it was still running after {seconds:g} seconds. Does your loop come to an end?") from None
    except Exception as problem:
        raise Trouble(_tell(problem)) from problem


def _caught() -> contextlib.AbstractContextManager[object]:
    """What is printed goes on to whoever catches it already; else it is dropped."""
    return contextlib.nullcontext() if isinstance(sys.stdout, Printed) else contextlib.redirect_stdout(Printed())


@contextlib.contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Interrupt what runs longer; without effect where there is no alarm clock (Windows, other threads)."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    tracer, before = sys.gettrace(), signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        sys.settrace(tracer)


def _ring(_: int, frame: FrameType | None) -> None:
    """Raise OutOfTime now, and at the next line once more: a bare ``except:`` may have swallowed the first."""

    def insist(_: FrameType, event: str, __: object) -> Callable[..., Any]:
        if event == "line":
            raise OutOfTime
        return insist

    while frame and frame.f_code is not attempt.__code__:
        frame.f_trace = insist
        frame = frame.f_back
    sys.settrace(lambda *_: None)  # turns tracing on, for these frames only; Python ends it when insist raises
    raise OutOfTime


def _tell(problem: Exception) -> str:
    """The exception and the line of the learner's own code that it came from."""
    words = f"it raised {type(problem).__name__}: {problem}".rstrip(": ")
    # Outermost first: the judge, then the learner's function, then whatever that called.
    frames = (f for f in traceback.extract_tb(problem.__traceback__) if not _within(f.filename, FOREIGN[0]))
    own = next(frames, None)
    if own and own.line and not any(_within(own.filename, folder) for folder in FOREIGN):
        return f"{words} (line {own.lineno} of your cell: {own.line.strip()})"
    return words


def _within(file: str, folder: Path) -> bool:
    return Path(file).is_relative_to(folder)
