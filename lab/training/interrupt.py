"""Ctrl-C, termination and a terminal that is closed finish the running step first, so that it is saved."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

INSISTENT = (signal.SIGINT, signal.SIGTERM)
# A terminal that is closed, or a lost connection, sends SIGHUP, and both its shell and the system do: the second one
# insists on nothing.  Windows has none.
SIGNALS = (*INSISTENT, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))

ANSWER = (
    "\nStopping after this step, and saving it. Ctrl-C again stops at once, and loses what came since the last save."
)


@contextmanager
def interruptible(tell: Callable[[str], object] = lambda words: None) -> Iterator[Callable[[], bool]]:
    """Yields a function that tells whether to stop.  A second Ctrl-C or termination acts at once.

    The first is answered at once, by ``tell``: a step may take long.

    A signal that the process was told to ignore (``nohup``, a background job of a script) stays ignored.
    Outside the main thread (a notebook's worker) signals cannot be caught: the function then says False.
    """
    asked: list[int] = []
    usual: dict[int, Any] = {}  # what the signals did before

    def remember(number: int, frame: object) -> None:
        asked.append(number)
        if number in INSISTENT:
            signal.signal(number, usual[number])
            with suppress(OSError, RuntimeError):  # nobody reads any more, or a line is just being written
                tell(ANSWER)

    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                usual[number] = signal.signal(number, remember)
    try:
        yield lambda: bool(asked)
    finally:
        for caught, handler in usual.items():
            signal.signal(caught, handler)
