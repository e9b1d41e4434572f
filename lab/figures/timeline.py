"""The readable loss under the profiler, moment by moment, as `lab.speed.profile` recorded it."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.figures.still import Still, finish
from lab.figures.style import ACCENT, GOOD, INK, SMALL, WIDTH

WAITS = "a GPU is waited for"


def show_timeline(found: Mapping[str, Any]) -> Still:
    """A row for each kind of work; ``found`` is the content of data/results/speed_profile.json."""
    kinds, total = found["kinds"], found["total_ms"]
    figure = Figure(figsize=(WIDTH, 0.95 + 0.4 * len(kinds)), layout="constrained")
    ax = figure.subplots()
    for row, kind in enumerate(kinds):
        _draw(ax, row, kind, total)
    ax.axvline(found["backward_ms"], color=INK, lw=1, ls=":")
    for x, words, align in ((-4, "value", "right"), (4, "gradient", "left")):
        place: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "ha": align}
        ax.annotate(words, (found["backward_ms"], 1), (x, 3), fontsize=SMALL, color=INK, **place)
    ax.set_yticks(range(len(kinds)), [kind["name"] for kind in kinds], fontsize=SMALL)
    ax.set(xlim=(0, total), ylim=(len(kinds) - 0.4, -0.6))
    ax.set_xlabel("ms from the start, by the clock, under the profiler", fontsize=SMALL)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=SMALL, colors=INK)
    told = "; ".join(f"{kind['name']} {_words(kind, total, ', ')}" for kind in kinds)
    return finish(figure, f"The readable loss, moment by moment, {total:.0f} ms in all. {told}.")


def _draw(ax: Axes, row: int, kind: Mapping[str, Any], total: float) -> None:
    """Its stretches, and beside them share and calls."""
    colour = ACCENT if kind["waits"] else GOOD
    # An edge, so that what takes a thousandth of the time is seen, too.
    ax.broken_barh([tuple(span) for span in kind["spans"]], (row - 0.36, 0.72), color=colour, lw=0.6)
    style: dict[str, Any] = {"va": "center", "fontsize": SMALL, "color": ACCENT if kind["waits"] else INK}
    place: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "annotation_clip": False}
    ax.annotate(_words(kind, total, "\n"), (1.01, row), **place, **style)


def _words(kind: Mapping[str, Any], total: float, between: str) -> str:
    calls = f", {kind['calls']} calls" if kind["calls"] else ""
    share = kind["ms"] / total
    return ("under 1%" if share < 0.005 else f"{share:.0%}") + calls + (between + WAITS if kind["waits"] else "")
