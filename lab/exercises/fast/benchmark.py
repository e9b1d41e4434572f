"""Mending a benchmark: it is run on a made-up machine, and judged by what it asked of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from statistics import fmean, geometric_mean, median
from typing import Any

from lab.exercises.exercise import Verdict, right, untried, wrong
from lab.exercises.fast.machine import COSTS, SECONDS, Event, Machine
from lab.exercises.guard import Trouble, attempt
from lab.exercises.judge import is_missing, to_numpy

INPUTS = list(range(len(COSTS)))
FEWEST_TURNS = 4  # changes from one to the other; a warm-up, then all of one and all of the other make three
STATISTICS: dict[str, Callable[[list[float]], float]] = {"median": median, "mean": fmean, "least": min, "most": max}

MESSAGES = {
    "busy": "the clock is read while work is still under way: a call returns before the device is done, so you have "
    "timed how long it takes to *ask*. wait() before you read the clock, at the start and at the end.",
    "inputs": "the two do not get the same inputs.",
    "turns": "first all of the one, then all of the other: the machine grows slower all the while, and the second "
    "pays for it. Let them take turns.",
    "first": "the first call is among the timings: it compiles and fetches memory, once. Call both before you time.",
    "statistics": "one is told by another statistic than the other: the least of one against the mean of the other is "
    "no comparison. Take the same of both; the median bears an outlier.",
    "inverse": "that is how many times as *slow* the fast one is. Asked is the readable one's time over "
    "the fast one's.",
    "number": "what is returned is not the ratio of what was measured. Is it the median of the readable one's "
    "seconds over the median of the fast one's?",
}
WARM = "warm, in turns, on equal inputs, and the clock is read when the work is done."
COLD = (
    "in turns, on equal inputs, and the clock is read when the work is done. But you did not warm up: the first calls "
    "are timed, too, and here the statistic hides it. Call both once before you look at the clock."
)
AS_GIVEN = frozenset({"busy", "inputs", "turns", "first", "statistics"})


@dataclass(frozen=True)
class Timing:
    """One stretch between two looks at the clock that held calls of one function: seconds for each of them."""

    what: str
    given: tuple[int, ...]
    seconds: float
    first: bool


def judge_benchmark(answer: Any) -> Verdict:
    """By what was called when, and by the number that came out.  Never raises."""
    if is_missing(answer):
        return untried()
    if not callable(answer):
        return wrong(f"the check takes your function itself, not its result; found {type(answer).__name__}.")
    try:
        faults, warm = run_through(answer)
    except Trouble as trouble:
        return wrong(str(trouble))
    if faults is None:
        return untried("your function calls nothing and returns nothing.")
    if not faults:
        return right(WARM if warm else COLD)
    if set(faults) == AS_GIVEN:
        return untried("this still does what the lying benchmark does: five faults are in it.")
    more = f" (There {'is' if len(faults) == 2 else 'are'} {len(faults) - 1} more after this.)" if faults[1:] else ""
    return wrong(MESSAGES[faults[0]] + more)


def examine(benchmark: Callable[..., Any]) -> list[str] | None:
    """The faults of a benchmark by the names of ``MESSAGES``, in their order; None if it does nothing.

    Raises:
        Trouble: as `run_through`.
    """
    return run_through(benchmark)[0]


def run_through(benchmark: Callable[..., Any]) -> tuple[list[str] | None, bool]:
    """As `examine`, and whether the first calls are kept out of the number.

    Raises:
        Trouble: it does not run through, gives no number, or does not time both functions.
    """
    machine = Machine()
    told = attempt(benchmark, machine.readable, machine.fast, list(INPUTS), machine.clock, machine.wait, read=to_numpy)
    if not any(machine.calls.values()) and is_missing(told):
        return None, False
    try:
        ratio = float(told)
    except (TypeError, ValueError):
        raise Trouble(f"one number was expected, how many times as fast it is; yours gave {told!r}.") from None
    timings: dict[str, list[Timing]] = {
        name: [t for t in read_timings(machine.events) if t.what == name] for name in SECONDS
    }
    if not all(timings.values()):
        missing = next(name for name, found in timings.items() if not found)
        raise Trouble(f"yours never times {missing} by itself: read the clock before a call and after it.")
    faults = list(_of_asking(machine.events, timings))
    value = _of_telling(ratio, *timings.values())
    warm = _is_warm(ratio, *timings.values())
    return faults + [fault for fault in value if fault != "number" or not faults], warm


def read_timings(events: Sequence[Event]) -> Iterator[Timing]:
    """Whatever lies between two neighbouring looks at the clock and holds calls of one function only."""
    looks = [place for place, event in enumerate(events) if event.what == "clock"]
    seen: set[str] = {event.what for event in events[: looks[0] if looks else 0]}
    for start, end in pairwise(looks):
        calls = [event for event in events[start:end] if event.what in SECONDS]
        names = {event.what for event in calls}
        if len(names) == 1:
            seconds = (events[end].time - events[start].time) / len(calls)
            yield Timing(calls[0].what, tuple(c.given for c in calls), seconds, not names <= seen)
        seen |= names


def _of_asking(events: Sequence[Event], timings: dict[str, list[Timing]]) -> Iterator[str]:
    if any(event.busy for event in events if event.what == "clock"):
        yield "busy"
    slow, quick = ({given for timing in found for given in timing.given} for found in timings.values())
    if slow != quick:
        yield "inputs"
    order = [event.what for event in events if event.what in SECONDS]
    if sum(a != b for a, b in pairwise(order)) < FEWEST_TURNS:
        yield "turns"


def _of_telling(ratio: float, slow: list[Timing], quick: list[Timing]) -> list[str]:
    """What is wrong with the number, judged by the timings that it was made of; the least wrong explanation counts."""
    explanations = []
    for ways in product(STATISTICS, (False, True), STATISTICS, (False, True)):
        a, b = _tell(slow, *ways[:2]), _tell(quick, *ways[2:])
        if a is None or b is None:
            continue
        faults = ["first"] * _suffers(slow, quick, ways) + ["statistics"] * (ways[0] != ways[2])
        explanations += [faults] * _near(ratio, a / b) + [[*faults, "inverse"]] * _near(ratio, b / a)
    explanations += [[] for mean in (median, fmean, geometric_mean) if _near(ratio, mean(_ratios(slow, quick)))]
    explanations += [[]] * _near(ratio, median(_ratios(slow, quick, warm=False)))
    return min(explanations, key=len, default=["number"])


def _tell(timings: list[Timing], statistic: str, warm: bool) -> float | None:
    """A statistic of the seconds, with ``warm`` without those of a first call."""
    seconds = [timing.seconds for timing in timings if not (warm and timing.first)]
    return STATISTICS[statistic](seconds) if seconds else None


def _suffers(slow: list[Timing], quick: list[Timing], ways: tuple[Any, ...]) -> bool:
    """Whether a first call is in a mean; a median or the least of several is not moved by it."""
    pairs = ((slow, ways[0], ways[1]), (quick, ways[2], ways[3]))
    moved = (not warm and how in ("mean", "most") and any(t.first for t in found) for found, how, warm in pairs)
    return any(moved)


def _is_warm(ratio: float, slow: list[Timing], quick: list[Timing]) -> bool:
    """Whether no first call was timed, or the number is one that changes if they are taken in."""
    if not any(timing.first for timing in slow + quick):
        return True
    both = [(_tell(slow, how, False), _tell(quick, how, False)) for how in STATISTICS]
    with_first = [a / b for a, b in both if a is not None and b is not None]
    return not any(_near(ratio, told) for told in (*with_first, median(_ratios(slow, quick, warm=False))))


def _ratios(slow: list[Timing], quick: list[Timing], *, warm: bool = True) -> list[float]:
    """Of the timings in their order, first calls left out if ``warm``."""
    seconds = ([t.seconds for t in found if not (warm and t.first)] for found in (slow, quick))
    return [a / b for a, b in zip(*seconds, strict=False)] or [float("nan")]


def _near(given: float, value: float) -> bool:
    return abs(given - value) <= 1e-6 * abs(value)
