"""The dashboard as SVG: a strip of points for every arm, the curves, the scene.  Pure: a view in, shapes out."""

from collections.abc import Mapping
from itertools import groupby

import numpy as np

from lab.comparison.words import as_fraction
from lab.figures.style import ACCENT_INK, GOOD, GREY, INK
from lab.real import Real
from lab.widgets.curves.render import spread as apart
from lab.widgets.curves.render import step_ticks, top_of, value_ticks
from lab.widgets.dashboard.compute import Curve, Key, Row, View
from lab.widgets.dashboard.paint import TRUTH
from lab.widgets.plot import Panel, text

WIDTH = 860
STRIP = 262, 300  # where the points begin, and how wide their axis is
ROW = 26
CURVES_HEIGHT = 150
THUMB = 204, 102
GAP = 12
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#a05a9e", "#8a6a00")
DASHES = ("", "7 4", "2 3")


def pen(place: int) -> tuple[str, str]:
    """Colour and dashes of the arm at this place in the file: no two of fifteen are the same."""
    return COLOURS[place % len(COLOURS)], DASHES[place // len(COLOURS) % len(DASHES)]


def height_of(view: View, *, curves: bool = True) -> int:
    """Of the whole board."""
    return _thumbs_top(view, curves) + -(-(1 + len(view.cells)) // 4) * (THUMB[1] + 34) + 4


def draw(view: View, pictures: Mapping[Key, str], *, curves: bool = True) -> str:
    """The whole board, or that without the curves; ``pictures`` are the scenes as addresses of images."""
    shapes = draw_strip(view) + (draw_curves(view) if curves else "")
    return shapes + draw_scenes(view, pictures, _thumbs_top(view, curves))


def _strip_bottom(view: View) -> int:
    return 52 + ROW * max(len(view.rows), 1)


def _thumbs_top(view: View, curves: bool) -> int:
    return _strip_bottom(view) + (84 + CURVES_HEIGHT if curves else 0) + 106


def draw_strip(view: View) -> str:
    """A row for every arm: its seeds as points, their mean and range; behind all, the range of the arm held against."""
    panel = Panel(STRIP[0], 52, STRIP[1], _strip_bottom(view) - 52, limits(view), (len(view.rows) or 1, 0))
    measure = f"{view.choice.measure} (points), {view.choice.seeds} seeds"
    shapes = _band(panel, view) + panel.frame("", measure, "", axis_ticks(*panel.x), ())
    shapes += text(4, 22, "every seed a point, and the mean", weight="bold")
    shapes += text(262, 22, f"grey: from the lowest to the highest of {view.against.arm.label}", size=12, colour=GREY)
    right = STRIP[0] + STRIP[1] + 16
    shapes += text(right, 42, "mean (lowest – highest)", size=12, colour=GREY)
    shapes += text(right + 152, 42, "diff., one-sided p", size=12, colour=GREY)
    return shapes + "".join(_row(panel, i, row, view) for i, row in enumerate(view.rows))


def limits(view: View) -> tuple[float, float]:
    """Of the axis: all chosen points and those held against, with a margin."""
    values = np.concatenate([row.values for row in (*view.rows, view.against)])
    if not len(values):
        return 0.0, 100.0
    margin = max(1.0, 0.06 * float(np.ptp(values)))
    low = float(values.min()) - margin
    return max(low, -0.4 * margin), float(values.max()) + margin  # a point at 0 is seen whole


def axis_ticks(low: Real, high: Real) -> list[float]:
    """Some five round numbers between the ends."""
    step = next(s for s in (0.5, 1, 2, 5, 10, 20) if (high - low) / s <= 7)
    return [float(v) + 0.0 for v in np.arange(np.ceil(low / step) * step, high, step)]  # + 0.0: no tick says -0


def _band(panel: Panel, view: View) -> str:
    spread = view.against.spread
    if not spread.count:
        return ""
    left, right = (panel.at(v, 0)[0] for v in (spread.lowest, spread.highest))
    return (
        f'<rect x="{left:.1f}" y="{panel.top}" width="{max(right - left, 1):.1f}" height="{panel.height}" '
        'fill="#e8e8e8"/>'
    )


def _row(panel: Panel, i: int, row: Row, view: View) -> str:
    colour, dashes = pen(row.place)
    y = panel.top + ROW * (i + 0.5)
    shapes = _key(4, y, colour, dashes) + text(28, y + 4, row.arm.label)
    right = STRIP[0] + STRIP[1] + 16
    if not row.spread.count:
        return shapes + text(right, y + 4, "not recorded", colour=ACCENT_INK)
    low, mean, high = (panel.at(v, 0)[0] for v in (row.spread.lowest, row.spread.mean, row.spread.highest))
    shapes += f'<path d="M{low:.1f} {y:.1f}H{high:.1f}" stroke="{colour}" stroke-width="2"/>'
    shapes += f'<path d="M{mean:.1f} {y - 9:.1f}v18" stroke="{INK}" stroke-width="3"/>'
    for value in row.values:
        x = panel.at(float(value), 0)[0]
        shapes += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{colour}" fill-opacity=".75" stroke="white"/>'
    told = f"{row.spread.mean:.1f} ({row.spread.lowest:.1f} – {row.spread.highest:.1f})"
    shapes += text(right, y + 4, told)
    return shapes + text(right + 152, y + 4, tell_difference(row), colour=GREY if row.difference is None else INK)


def tell_difference(row: Row) -> str:
    """The difference of the means with its sign, and p as a fraction."""
    if row.difference is None or row.p is None:
        return "–"
    return f"{row.difference:+.1f}, {as_fraction(row.p)}".replace("-", "−")


def _key(x: Real, y: Real, colour: str, dashes: str) -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path d="M{x:.1f} {y:.1f}h18" stroke="{colour}" stroke-width="3"{dashed}/>'


def draw_curves(view: View) -> str:
    """The term over the steps: a thin line for every training, the arm's name at the right."""
    top = _strip_bottom(view) + 84
    values = np.concatenate([c.values for c in view.curves]) if view.curves else np.zeros(0)
    last = max((float(c.steps[-1]) for c in view.curves), default=1.0)
    panel = Panel(62, top, 540, CURVES_HEIGHT, (0, max(last, 1)), (0, _top(values)))
    title = f"loss while training: {view.choice.term}"
    shapes = panel.frame(title, "step", view.choice.term, step_ticks(int(panel.x[1])), _ticks(panel.y[1]))
    if not view.curves:
        return shapes + text(panel.left + 12, top + 24, "no curve recorded", colour=ACCENT_INK)
    lines = "".join(_line(panel, curve) for curve in view.curves)
    return shapes + panel.clip(lines, "dashboard-curves") + _names(panel, view.curves)


def _top(values: np.ndarray) -> float:
    return top_of(values) if not len(values) or np.quantile(values, 0.98) > 0.2 else 1.2 * float(values.max()) or 1.0


def _ticks(top: Real) -> list[float]:
    return value_ticks(top) if top >= 0.3 else [0.0, float(f"{top / 1.2:.2g}")]


def _line(panel: Panel, curve: Curve) -> str:
    return panel.line(curve.steps, curve.values, *(pen(curve.place)[0], 1.3, pen(curve.place)[1]))


def _names(panel: Panel, curves: tuple[Curve, ...]) -> str:
    """At the right end, where the arm's curves end on average."""
    arms = [(place, list(group)) for place, group in groupby(curves, lambda curve: curve.place)]
    ends = [float(np.mean([c.values[-1] for c in group])) for _, group in arms]
    lowest = panel.top + panel.height + 24
    heights = apart([float(panel.at(0, min(end, panel.y[1]))[1]) for end in ends], lowest, 16)
    return "".join(
        _key(panel.left + panel.width + 16, y, *pen(place))
        + text(panel.left + panel.width + 40, y + 4, f"{group[0].label} {end:.3g}", size=12)
        for y, (place, group), end in zip(heights, arms, ends, strict=True)
    )


def draw_scenes(view: View, pictures: Mapping[Key, str], top: int) -> str:
    """The labels, then the scene by every arm, from ``top`` downward."""
    scene = view.choice.scene
    shapes = text(4, top - 44, f"one scene of the validation, {view.choice.seeds} seeds, first seed", weight="bold")
    words = "white outlines: the labelled objects · colour: found · grey with a cross: overlaps none by more than half"
    shapes += text(4, top - 26, words, size=12, colour=GREY)
    titles = [("the labels", f"{view.objects} objects", pictures.get((TRUTH, "", scene)))]
    titles += [
        (cell.label, f"{cell.found} found, {cell.wrong} wrong", pictures[cell.key])
        if cell.key
        else (cell.label, "not recorded", None)
        for cell in view.cells
    ]
    for i, (label, count, address) in enumerate(titles):
        left, up = 4 + (i % 4) * (THUMB[0] + GAP), top + (i // 4) * (THUMB[1] + 34)
        shapes += _thumb(left, up, label, count, address)
    return shapes


def _thumb(left: Real, top: Real, label: str, count: str, address: str | None) -> str:
    width, height = THUMB
    box = f'x="{left:.1f}" y="{top:.1f}" width="{width}" height="{height}"'
    image = (
        f'<image {box} preserveAspectRatio="none" image-rendering="optimizeQuality" href="{address}"/>'
        if address
        else f'<rect {box} fill="#f0f0f0" stroke="{GREY}"/>'
    )
    colour = GOOD if address else ACCENT_INK
    return (
        text(left, top - 4, label, size=12)
        + image
        + text(left + width, top + height + 14, count, size=12, anchor="end", colour=colour)
    )


def describe(view: View, *, curves: bool = True) -> str:
    """The board in words."""
    choice = view.choice
    if not view.rows:
        return "No arm is chosen: tick one above the board to see its seeds, its curves and a scene."
    told = "; ".join(
        f"{row.arm.label}: {row.spread.mean:.1f} ({row.spread.lowest:.1f} to {row.spread.highest:.1f}, "
        f"{row.spread.count} seeds)"
        if row.spread.count
        else f"{row.arm.label}: not recorded"
        for row in view.rows
    )
    between = f"the curves of the {choice.term} loss, and " if curves else ""
    scene = ", ".join(f"{cell.label} {cell.found}" for cell in view.cells if cell.key)
    return (
        f"{choice.measure} in points with {choice.seeds} seeds, every training a point, beside the range of "
        f"{view.against.arm.label}: {told}. Below, {between}a scene with "
        f"{view.objects} labelled objects, of which are found by {scene or 'nobody, as nothing is recorded'}."
    )
