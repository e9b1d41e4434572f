"""Where the time of a computation goes: bars in place of a profiler's table."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from lab.figures.still import Still, finish
from lab.figures.style import ACCENT, GREY, INK, SMALL, WIDTH

REST = "everything else"


class Cost(NamedTuple):
    """One kind of work: its share of the time, and how many calls it took."""

    share: float
    calls: int


def group_costs(events: Sequence[tuple[str, float | int, int]], kinds: Mapping[str, Sequence[str]]) -> dict[str, Cost]:
    """Share and calls of every kind of work, the largest first, `REST` last.

    Args:
        events: an operation's name, its own time in any unit, its calls.
        kinds: the operations of each kind by their names, without "aten::".

    Raises:
        ValueError: no time was spent.
    """
    total = sum(time for _, time, _ in events)
    if total <= 0:
        raise ValueError(f"found a total time of {total:g} in {len(events)} operations, expected more than 0.")
    kind_of = {name: kind for kind, names in kinds.items() for name in names}
    found = dict.fromkeys([*kinds, REST], Cost(0.0, 0))
    for name, time, calls in events:
        kind = kind_of.get(name.removeprefix("aten::"), REST)
        found[kind] = Cost(found[kind].share + time / total, found[kind].calls + calls)
    rest = found.pop(REST)
    return dict(sorted(found.items(), key=lambda item: -item[1].share)) | {REST: rest}


def show_costs(costs: Mapping[str, Cost], title: str) -> Still:
    """A bar for each kind of work, the largest marked."""
    figure = Figure(figsize=(WIDTH, 0.9 + 0.36 * len(costs)), layout="constrained")
    ax = figure.subplots()
    shares = np.array([cost.share for cost in costs.values()])
    places = range(len(shares))
    largest = max((name for name in costs if name != REST), key=lambda name: costs[name].share)
    colours = [ACCENT if name == largest else GREY for name in costs]
    ax.barh(places, shares, color=colours, height=0.62)
    for place, cost in zip(places, costs.values(), strict=True):
        words = f" {cost.share:.0%}, {cost.calls} calls"
        ax.text(cost.share, place, words, va="center", fontsize=SMALL, color=INK)
    ax.set(yticks=places, yticklabels=list(costs), xlim=(0, 1.28 * shares.max()))
    ax.set_xlabel("share of the time", fontsize=SMALL)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    ax.invert_yaxis()
    ax.set_title(title, fontsize=10, loc="left")
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=SMALL, colors=INK)
    told = "; ".join(f"{name} {cost.share:.0%} in {cost.calls} calls" for name, cost in costs.items())
    return finish(figure, f"{title}. {told}.")
