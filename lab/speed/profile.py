"""Where the time of the readable loss goes, moment by moment: ``python -m lab.speed.profile`` (seconds).

torch's profiler tells every operation with its begin and end, one inside the other. Here each moment is given to one
kind of work. On a GPU some kinds cost more than their own time: an operation whose result has a size that depends on
the numbers, or whose result Python asks for, cannot be queued; the processor waits until the GPU has caught up.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from lab.folders import data_folder, write_whole
from lab.losses import SpatialEmbeddingLoss, total_loss
from lab.origin import origin_of
from lab.speed.cases import Case
from lab.speed.settings import Setting
from lab.speed.silence import silenced
from lab.speed.ways import READABLE, case_of

RECIPE = "python -m lab.speed.profile"
SHOWN = Setting("loss", 512, 512, "trained", 5)
WAITING = {
    "which pixels? (nonzero, unique)": ("nonzero", "_unique2"),
    "a number for Python (item)": ("item", "_local_scalar_dense", "is_nonzero"),
}
QUEUED = {
    "sort": ("sort",),
    "gather and scatter": ("index", "index_put_", "_index_put_impl_", "gather", "scatter_"),
    "clear and copy": ("fill_", "zero_", "copy_", "clone", "zeros", "zeros_like", "ones_like", "cat"),
}
ARITHMETIC = "arithmetic"
BETWEEN = "between operations (Python, autograd)"
# They compute nothing: whatever they are part of is what takes the time.
TRANSPARENT = ("empty", "empty_strided", "empty_like", "as_strided", "select", "view", "expand", "slice", "detach")
SHORTEST = 1 / 4000  # of the whole: shorter stretches are not kept, as no eye sees them


class Event(NamedTuple):
    """An operation: begin and end in ms."""

    name: str
    begin: float | int
    end: float | int


class Moment(NamedTuple):
    """A stretch of time of one kind of work, in ms."""

    kind: str
    begin: float | int
    end: float | int


def profile_loss(case: Case) -> dict[str, Any]:
    """Value and gradient of the readable loss: of each kind of work ms, calls, and when, in ms from the start.

    The profiler takes time of its own at every operation: many small ones look a little larger than they are.
    """
    from torch.profiler import ProfilerActivity, profile, record_function

    loss, output = SpatialEmbeddingLoss(implementation=READABLE), case.output.detach().requires_grad_()
    total_loss(loss(output, case.instances, case.classes)).backward()  # the first call starts threads, fills caches
    with silenced(), profile(activities=[ProfilerActivity.CPU]) as seen:
        with record_function("forward"):
            value = total_loss(loss(output, case.instances, case.classes))
        with record_function("backward"):
            value.backward()
    events = [Event(e.name, e.time_range.start / 1e3, e.time_range.end / 1e3) for e in seen.events()]
    return summary(events)


def summary(events: Sequence[Event]) -> dict[str, Any]:
    """Of each kind of work, the longest first: ms, calls, whether a GPU would be waited for, and the stretches."""
    moments, calls = moments_of(events)
    start, end = min(e.begin for e in events), max(e.end for e in events)
    kinds = []
    for name in {moment.kind for moment in moments}:
        own = [moment for moment in moments if moment.kind == name]
        long = [m for m in own if m.end - m.begin >= SHORTEST * (end - start) or name in WAITING]
        spans = [[round(m.begin - start, 3), round(m.end - m.begin, 3)] for m in long]
        spent = sum(moment.end - moment.begin for moment in own)
        kinds.append(
            {"name": name, "ms": round(spent, 3), "calls": calls[name], "waits": name in WAITING, "spans": spans}
        )
    backward = min((e.begin for e in events if e.name == "backward"), default=end)
    return {
        "total_ms": round(end - start, 3),
        "backward_ms": round(backward - start, 3),
        "kinds": sorted(kinds, key=lambda kind: -kind["ms"]),
    }


def moments_of(events: Sequence[Event]) -> tuple[list[Moment], Counter[str]]:
    """The whole time in stretches of one kind each, and how many calls of each kind there were."""
    calls: Counter[str] = Counter()
    stretches: list[Moment] = []
    open_events: list[Event] = []
    kinds, now = [BETWEEN], float("-inf")
    for event in [*sorted(events, key=lambda e: (e.begin, -e.end)), Event("", float("inf"), float("inf"))]:
        while open_events and open_events[-1].end <= event.begin:
            stretches.append(Moment(kinds.pop(), now, open_events[-1].end))
            now = open_events.pop().end
        if open_events:
            stretches.append(Moment(kinds[-1], now, event.begin))
        open_events.append(event)
        kind = kind_of([e.name for e in open_events])
        calls[kind] += kind != kinds[-1]
        kinds.append(kind)
        now = event.begin
    return list(_merged(m for m in stretches if m.end > m.begin)), calls


def kind_of(names: Sequence[str]) -> str:
    """The kind of work of the innermost of these operations, each a part of the one before."""
    plain = [name.removeprefix("aten::") for name in names if name.startswith("aten::")]
    for kind, known in WAITING.items():
        if any(name in known for name in plain):
            return kind
    deepest = next((name for name in reversed(plain) if name not in TRANSPARENT), None)
    if deepest is None:
        return BETWEEN
    return next((kind for kind, known in QUEUED.items() if deepest in known), ARITHMETIC)


def _merged(moments: Iterator[Moment]) -> Iterator[Moment]:
    """Neighbours of one kind become one."""
    for kind, group in groupby(moments, key=lambda moment: moment.kind):
        stretches = list(group)
        yield Moment(kind, stretches[0].begin, stretches[-1].end)


def main() -> None:
    """Profile, and write data/results/speed_profile.json."""
    found = profile_loss(case_of(SHOWN))
    content = {
        "what": f"the readable loss, value and gradient, under torch's profiler: {SHOWN.name}; one run by the clock",
        "recipe": RECIPE,
        **origin_of("cpu"),
        **found,
    }
    path = data_folder() / "results" / "speed_profile.json"
    write_whole(path, (json.dumps(content) + "\n").encode())


if __name__ == "__main__":
    main()
