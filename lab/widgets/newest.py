"""Work that only ever answers the newest question."""

import asyncio
from collections.abc import Callable


class Newest:
    """Runs ``work`` soon after it was asked for, once for all questions that have come in by then.

    A dragged slider sends more positions than can be computed.  The kernel hands them over one by one; if each were
    answered at once, the picture would trail behind the hand.  So a question only sets an alarm, ``settle`` seconds
    ahead: until it rings the kernel reads on, and ``work`` then looks at the controls as they stand.  Where no event
    loop runs (a plain script, a test) the work is done at once.

    Attributes:
        asked, answered: how often, so that one can see what was saved.
    """

    def __init__(self, work: Callable[[], None], settle: float = 0.01) -> None:
        self.asked = 0
        self.answered = 0
        self._work = work
        self._settle = settle
        self._waiting = False
        self._working = False

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        return self._waiting or self._working

    def ask(self) -> None:
        """Have the work done soon."""
        self.asked += 1
        if self._waiting:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._answer()
            return
        self._waiting = True
        loop.call_later(self._settle, self._answer)

    def _answer(self) -> None:
        # Before the work, not after: what is asked while it runs, or if it fails, needs an answer of its own.
        self._waiting, self._working = False, True
        self.answered += 1
        try:
            self._work()
        finally:
            self._working = False
