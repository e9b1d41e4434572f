"""Ctrl-C and termination finish the running step first, so that it is saved."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Yields a function that tells whether to stop.  A second signal acts at once, as without this.

    Outside the main thread (a notebook's worker) signals cannot be caught: the function then says False.
    """
    asked: list[int] = []
    usual = {}

    def remember(number: int, frame: object) -> None:
        asked.append(number)
        signal.signal(number, usual[number])

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            usual[number] = signal.signal(number, remember)
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
