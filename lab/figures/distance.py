"""How far readable and fast versions are from the floor, case by case, as `lab.speed.record` measured them."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.figures.speed_cases import (
    add_conditions,
    add_legend,
    case_words,
    cases_of,
    clock_of,
    look_of,
    names_of,
    plain,
    reason,
)
from lab.figures.still import Still, finish
from lab.figures.style import GREY, INK, SMALL, WIDTH

ROW = 0.27  # inches


def show_distance(found: Mapping[str, Any], device: str | None = None) -> Still:
    """Times the floor, on a line for each case.

    Args:
        found: the content of a data/results/speed_*.json of any subject.
        device: as the file names it; None: the first that it names.

    Raises:
        ValueError: the file has no case on that device.
    """
    cases = cases_of(found, device)
    figure = Figure(figsize=(WIDTH, 1.15 + ROW * len(cases)), layout="constrained")
    ax = figure.subplots()
    for row, case in enumerate(cases):
        _draw(ax, row, case["ways"])
    ax.set_yticks(range(len(cases)), _row_names(cases), fontsize=SMALL)
    ax.set(xscale="log", ylim=(len(cases) - 0.4, -0.6))
    clock = "processor time" if clock_of(cases[0]) == "processor" else "time"
    ax.set_xlabel(f"{clock}, in times the floor: 1 is the least that memory and arithmetic allow", fontsize=SMALL)
    low, high = ax.get_xlim()
    ax.set_xlim(min(low / 1.6, 0.7), high * 2.2)
    ax.axvline(1, color=INK, lw=1)
    plain(ax)
    add_legend(figure, names_of(cases))
    add_conditions(figure, found, cases)
    return finish(figure, _alt(cases))


def _row_names(cases: Sequence[Mapping[str, Any]]) -> list[str]:
    """The number of classes is said only where it differs."""
    alike = len({case["num_classes"] for case in cases}) == 1
    return [case_words(case).rpartition(",")[0] if alike else case_words(case) for case in cases]


def _draw(ax: Axes, row: int, ways: Mapping[str, Mapping[str, Any]]) -> None:
    """A mark with its number for each version, the slowest's to the right, the others' to the left."""
    values = {name: way["times_floor"] for name, way in ways.items() if "refused" not in way}
    ax.plot(list(values.values()), [row] * len(values), color=GREY, lw=1, zorder=1)
    for name, value in values.items():
        colour, mark = look_of(name)
        ax.plot(value, row, mark, color=colour, ms=6, zorder=2)
        right = value == max(values.values())
        style: dict[str, Any] = {"ha": "left" if right else "right", "va": "center", "fontsize": SMALL, "color": colour}
        ax.annotate(_number(value), (value, row), (7 if right else -7, 0), textcoords="offset points", **style)
    words = "; ".join(f"{name} {reason(way)}" for name, way in ways.items() if "refused" in way)
    ax.annotate(
        words, (1, row), xycoords=("axes fraction", "data"), ha="right", va="center", fontsize=SMALL, color=GREY
    )


def _number(value: float) -> str:
    return f"{value:.2g}" if value < 10 else f"{value:.0f}"


def _alt(cases: Sequence[Mapping[str, Any]]) -> str:
    """What is to be seen, in words."""
    told = []
    for case in cases:
        words = [f"{n} {reason(w) if 'refused' in w else _number(w['times_floor'])}" for n, w in case["ways"].items()]
        told.append(f"{case_words(case)}: {', '.join(words)}")
    return f"How many times the floor each version takes. {'; '.join(told)}."
