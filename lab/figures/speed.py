"""Readable and fast versions by the number of instances, as `lab.speed.record` measured them."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from lab.figures.speed_cases import (
    KINDS,
    add_conditions,
    add_legend,
    case_words,
    cases_of,
    clock_of,
    look_of,
    names_of,
    plain,
    reason,
    size_words,
)
from lab.figures.still import Still, finish
from lab.figures.style import GREY, INK, WIDTH

CROSSES = {"trained": 0.98, "random": 0.93}  # of a panel's height, where what was not run is marked
NOT_RUN = "; ×: not run, as it would not fit or take too long"


def show_speed(found: Mapping[str, Any], device: str | None = None) -> Still:
    """Time by the number of instances: readable, fast and floor.

    Args:
        found: the content of data/results/speed_loss.json or speed_clustering.json.
        device: as the file names it; None: the first that it names.

    Raises:
        ValueError: the file has no case with instances on that device.
    """
    cases = [case for case in cases_of(found, device) if case["instances"]]
    if not cases:
        raise ValueError("found no case with instances, expected measurements of the loss or the clustering.")
    groups = [list(group) for _, group in groupby(sorted(cases, key=_panel), key=_panel)]
    figure = Figure(figsize=(WIDTH, 3.7), layout="constrained")
    panels = figure.subplots(1, len(groups), sharey=True, squeeze=False)[0]
    for ax, group in zip(panels, groups, strict=True):
        _fill(ax, group)
    panels[0].set_ylabel(_unit(cases))
    kinds = list(dict.fromkeys(case["kind"] for case in cases))
    add_legend(figure, names_of(cases), kinds)
    crosses = any("refused" in way for case in cases for way in case["ways"].values())
    add_conditions(figure, found, cases, NOT_RUN if crosses else "")
    return finish(figure, _alt(cases))


def _panel(case: Mapping[str, Any]) -> tuple[int, int, int]:
    return (case["height"] * case["width"], case["batch"], -case["num_classes"])


def _fill(ax: Axes, cases: Sequence[Mapping[str, Any]]) -> None:
    """A panel: one size."""
    for kind in dict.fromkeys(case["kind"] for case in cases):
        own = sorted((case for case in cases if case["kind"] == kind), key=lambda case: case["instances"])
        for name in names_of(own):
            _draw(ax, own, kind, name)
        floors = [(case["instances"], case["floor"]["ms"]) for case in own if "floor" in case]
        if floors:
            ax.plot(*zip(*floors, strict=True), color=GREY, lw=1.2, ls=KINDS[kind][0])
    ax.set_title(size_words(cases[0]), loc="left", fontsize=10, color=INK)
    counts = sorted({case["instances"] for case in cases})
    ax.set(xscale="log", yscale="log", xlim=(counts[0] / 1.5, counts[-1] * 1.5), xlabel="instances")
    ax.set_xticks(counts, counts)
    ax.xaxis.set_minor_locator(NullLocator())
    plain(ax)


def _draw(ax: Axes, cases: Sequence[Mapping[str, Any]], kind: str, name: str) -> None:
    """One version on one kind of predictions; crosses at the top where it was not run."""
    colour, mark = look_of(name)
    dashes, filling = KINDS[kind]
    points = [(case["instances"], value) for case in cases if (value := _value(case, name)) is not None]
    if points:
        numbers, values = zip(*points, strict=True)
        ax.plot(numbers, values, dashes, color=colour, marker=mark, ms=5.5, lw=1.8, fillstyle=filling)
    refused = [case["instances"] for case in cases if "refused" in case["ways"][name]]
    ax.plot(refused, [CROSSES[kind]] * len(refused), "x", color=colour, ms=6, transform=ax.get_xaxis_transform())


def _value(case: Mapping[str, Any], name: str) -> float | None:
    """None where it was not run."""
    return case["ways"].get(name, {}).get(f"{clock_of(case)}_ms")


def _unit(cases: Sequence[Mapping[str, Any]]) -> str:
    return "processor time (ms)" if clock_of(cases[0]) == "processor" else "time (ms)"


def _alt(cases: Sequence[Mapping[str, Any]]) -> str:
    """What is to be seen, in words."""
    told = []
    for case in cases:
        values = {name: _value(case, name) for name in case["ways"]}
        words = [f"{n} {v:.3g}" if v is not None else f"{n} {reason(case['ways'][n])}" for n, v in values.items()]
        told.append(f"{case_words(case)}: {', '.join(words)}")
    return f"{_unit(cases)}, by the number of instances. {'; '.join(told)}."
