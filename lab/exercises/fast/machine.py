"""A made-up machine with a clock of its own, on which a benchmark lies in the same way each time it is run."""

from dataclasses import dataclass, field
from typing import Literal

Name = Literal["readable", "fast"]
SECONDS: dict[Name, float] = {"readable": 0.8, "fast": 0.1}  # of work, for an input of cost 1
FIRST: dict[Name, float] = {"readable": 1.5, "fast": 6.0}  # more, in the first call: memory, a compiler
COSTS = (1.0, 1.7, 0.7, 2.3, 1.2)  # of the inputs 0, 1, …
WARMING = 0.03  # how much slower it gets with every call
HOST = 0.1  # the share of the work that the host does itself before it goes on
TICK = 1e-6  # s that a look at the clock takes


@dataclass(frozen=True)
class Event:
    """Something that was asked of the machine.

    Attributes:
        what: "readable" or "fast", "clock" or "wait".
        given: the input of a call, -1 for others.
        time: that the clock showed, or when it was called, in s.
        busy: whether work was under way that nobody had waited for.
    """

    what: str
    given: int
    time: float
    busy: bool


@dataclass
class Machine:
    """Two functions, a clock and a wait; a call returns before its work is done, as on a GPU."""

    now: float = 0.0
    ahead: float = 0.0  # s of work that is under way
    calls: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SECONDS, 0))
    events: list[Event] = field(default_factory=list)

    def readable(self, given: int) -> None:
        """The slow one."""
        self._run("readable", given)

    def fast(self, given: int) -> None:
        """The fast one."""
        self._run("fast", given)

    def clock(self) -> float:
        """Seconds."""
        self.now += TICK
        self._note("clock")
        return self.now

    def wait(self) -> None:
        """Until all work is done."""
        self._note("wait")
        self.now += self.ahead
        self.ahead = 0.0

    def _run(self, name: Name, given: int) -> None:
        if given not in range(len(COSTS)):
            raise ValueError(f"{name}: found {given!r}, expected one of the inputs")
        self._note(name, given)
        work = SECONDS[name] * COSTS[given] * (1 + WARMING * sum(self.calls.values()))
        work += 0 if self.calls[name] else FIRST[name]
        self.calls[name] += 1
        self.now += HOST * work
        self.ahead += (1 - HOST) * work

    def _note(self, what: str, given: int = -1) -> None:
        self.events.append(Event(what, given, self.now, self.ahead > 0))
