"""A learner's code is run so that whatever it does becomes a sentence."""

import contextlib
import io
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

SECONDS = 10.0


class Trouble(Exception):
    """What went wrong in a learner's code, in words to the learner."""


class OutOfTime(BaseException):
    """Not an Exception, so that a learner's ``except Exception`` does not swallow it."""


def attempt(answer: Callable, *arguments: Any, seconds: float = SECONDS) -> Any:
    """What ``answer(*arguments)`` returns; what it prints is dropped.

    Raises:
        Trouble: it raised an exception or took longer than ``seconds``.
    """
    try:
        with _limit(seconds), contextlib.redirect_stdout(io.StringIO()):
            return answer(*arguments)
    except OutOfTime:
        raise Trouble(f"it was still running after {seconds:g} seconds. Does your loop come to an end?") from None
    except Exception as problem:
        raise Trouble(_tell(problem)) from problem


@contextlib.contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Interrupt what runs longer; without effect where there is no alarm clock (Windows, other threads)."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _tell(problem: Exception) -> str:
    """The exception and the line of the learner's own code that it came from."""
    words = f"it raised {type(problem).__name__}: {problem}".rstrip(": ")
    # Frame 0 is ``attempt``; frame 1 is the learner's function, whatever it called further down.
    frames = traceback.extract_tb(problem.__traceback__)[1:]
    if frames and frames[0].line:
        return f"{words} (line {frames[0].lineno} of your cell: {frames[0].line.strip()})"
    return words
