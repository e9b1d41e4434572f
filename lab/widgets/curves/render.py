"""The terms' curves as SVG.  Pure: arrays in, shapes out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from lab.figures.still import Still
from lab.figures.style import GREY, INK
from lab.figures.vector import draw_svg
from lab.real import Real
from lab.widgets.curves.compute import TERMS, Log, stage_spans
from lab.widgets.plot import Panel, text

WIDTH, HEIGHT = 860, 336
STAGES = ("stage 1: crops around objects", "stage 2: larger crops")


@dataclass(frozen=True)
class Pen:
    """How a curve is drawn: colour, dashes, and how many times its value it is drawn."""

    colour: str
    dashes: str
    factor: int
    label: str


PENS = {
    "total": Pen(INK, "", 1, "total"),
    "instance": Pen("#0072b2", "", 1, "instance"),
    "smoothness": Pen("#a05a9e", "2 3", 10, "10 × smoothness"),
    "seed": Pen("#d55e00", "7 4", 1, "seed"),
}


def draw(log: Log, planned: Sequence[int] = ()) -> str:
    """Terms above, learning rate below, over the steps; ``planned`` are the steps at which the stages are to end."""
    ends = tuple(planned) or log.ends
    last = max((*ends, *log.steps[-1:].tolist(), 1))
    above = Panel(52, 34, 640, 190, (0, last), (0, top_of(log.total)))
    below = Panel(52, 258, 640, 36, (0, last), (0, float(log.rate.max()) if len(log) else 1))
    ticks = step_ticks(last)
    frame = above.frame("", "", "term", (), value_ticks(above.y[1]), grid=True)
    rates = [0.0, below.y[1]] if len(log) else []
    lower = below.frame("", "step", "", ticks, (), grid=False)
    lower += text(below.left + below.width + 8, below.top + 14, "learning rate", size=12)
    for rate in rates:
        words = f"{rate:.0e}" if rate else "0"
        lower += text(below.left - 6, below.at(0, rate)[1] + 4, words, size=12, anchor="end")
    return (
        mark_stages(above, ends, lambda step: step)
        + frame
        + draw_terms(above, log.steps, log.terms, log.total)
        + lower
        + below.line(log.steps, log.rate, GREY, 2)
    )


def draw_terms(panel: Panel, places: np.ndarray, terms: Float[np.ndarray, "L 3"], total: Float[np.ndarray, "L"]) -> str:
    """All four curves at ``places`` on the x axis, each with its name at its right end."""
    values = {"total": total, **dict(zip(TERMS, terms.T, strict=True))}
    drawn = {name: np.minimum(PENS[name].factor * v, panel.y[1]) for name, v in values.items()}
    lines = "".join(panel.line(places, drawn[name], pen.colour, 2, pen.dashes) for name, pen in PENS.items())
    if not len(places):
        return lines
    heights = spread([float(panel.at(0, drawn[name][-1])[1]) for name in PENS], panel.top + panel.height)
    right = panel.left + panel.width + 8
    return lines + "".join(
        _key(right, y, pen, float(values[name][-1])) for y, (name, pen) in zip(heights, PENS.items(), strict=True)
    )


def _key(x: Real, y: Real, pen: Pen, value: float) -> str:
    dashes = f' stroke-dasharray="{pen.dashes}"' if pen.dashes else ""
    return f'<path d="M{x:.1f} {y:.1f}h16" stroke="{pen.colour}" stroke-width="2.5"{dashes}/>' + text(
        x + 20, y + 4, f"{pen.label} {pen.factor * value:.2f}", size=12
    )


def mark_stages(panel: Panel, ends: Sequence[int], place: Callable[[Real], Real]) -> str:
    """Where the stages lie: the second on grey, each named above; ``place`` puts a step on the x axis."""
    shapes = ""
    for (first, last), name in zip(stage_spans(tuple(ends)), STAGES, strict=False):
        left, right = panel.at(place(first), 0)[0], panel.at(place(last), 0)[0]
        if name == STAGES[1]:
            shapes += (
                f'<rect x="{left:.1f}" y="{panel.top}" width="{right - left:.1f}" height="{panel.height}" '
                f'fill="#f0f0f0"/><path d="M{left:.1f} {panel.top}v{panel.height}" stroke="{INK}" '
                'stroke-dasharray="4 3"/>'
            )
        wide = right - left > 190
        words = name if wide else name.partition(":")[0]
        if right - left > 44:
            shapes += text((left + right) / 2, panel.top - 10, words, size=12, anchor="middle", colour=GREY)
    return shapes


def spread(heights: Sequence[Real], lowest: Real, least: Real = 15) -> list[float]:
    """Heights for labels: in the order of the curves' ends, ``least`` apart, none below ``lowest``."""
    order = np.argsort(heights)
    places = np.array(heights, float)[order]
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + least)
    places -= max(places[-1] - lowest, 0)
    for i in range(len(places) - 2, -1, -1):
        places[i] = min(places[i], places[i + 1] - least)
    back = np.empty_like(places)
    back[order] = places
    return back.tolist()


def top_of(total: Float[np.ndarray, "L"]) -> float:
    """Where the axis of the terms ends: above all but the one row in fifty that jumps highest."""
    if not len(total):
        return 4.0
    return max(0.5, float(np.ceil(2.2 * np.quantile(total, 0.98)) / 2))


def value_ticks(top: Real) -> list[float]:
    """Some four of them from 0."""
    step = next(s for s in (0.1, 0.25, 0.5, 1, 2, 5, 10, 50, 1e9) if top / s <= 5)
    return [float(v) for v in np.arange(0, top + 1e-9, step)]


def step_ticks(last: int) -> list[int]:
    """Some five round numbers from 0."""
    step = next(s * 10**e for e in range(9) for s in (1, 2, 5) if last / (s * 10**e) <= 6)
    return list(range(0, last + 1, step))


def describe(log: Log) -> str:
    """The curves in words."""
    if not len(log):
        return "Axes for the terms of the loss and the learning rate over the steps; no step has been logged yet."
    first, last = ([log.total[i], *log.terms[i]] for i in (0, -1))
    told = ", ".join(
        f"{name} from {a:.3f} to {b:.3f}" for name, a, b in zip(("total", *TERMS), first, last, strict=True)
    )
    return f"Curves of the loss's terms over {log.steps[-1]} steps, with the learning rate below them: {told}."


def show_log(log: Log, planned: Sequence[int] = ()) -> Still:
    """The curves of a finished training as a picture."""
    return draw_svg(draw(log, planned), WIDTH, HEIGHT, describe(log))
