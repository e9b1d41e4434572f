"""The charts beside the pictures: how many pixels, what the cut costs, what the cells' size trades.  Pure, SVG out."""

from math import log10

import numpy as np

from lab.figures.style import ACCENT, ACCENT_INK, GOOD, GREY, INK, RULE
from lab.widgets.plot import Panel, text
from lab.widgets.reach.compute import EPSILONS, SIZES, View

LEFT, ACROSS = 570, 276  # px
BARS_TOP, LINE = 30, 35
LEAST = -9  # the power of ten under which a cost is not drawn
COST = Panel(LEFT + 36, 296, ACROSS - 40, 112, (-6, -1), (LEAST, 0))
TRADE = Panel(LEFT + 36, 536, ACROSS - 40, 100, (2, 8), (0, 5.2))
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
STRIPES, SPOTS = "url(#reach-stripes)", "url(#reach-spots)"
PATTERNS = (
    '<defs><pattern id="reach-stripes" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="6" height="6" fill="#e9e9e9"/>'
    '<rect width="2" height="6" fill="#5a5a5a"/></pattern>'
    '<pattern id="reach-spots" width="6" height="6" patternUnits="userSpaceOnUse">'
    f'<rect width="6" height="6" fill="{GOOD}"/><rect x="2" y="2" width="2" height="2" fill="#ffffff"/></pattern>'
    "</defs>"
)


def draw_charts(view: View) -> str:
    """All three."""
    return PATTERNS + draw_counts(view) + draw_cost(view) + draw_trade(view)


def draw_counts(view: View) -> str:
    """From all pixels to those that matter, each a bar on a logarithmic scale; the fills are the pictures'."""
    cells = f"{view.cells.number:,} cell{'s' * (view.cells.number != 1)}"
    every = view.matter_count == view.pixels
    share = "all there are" if every else f"one in {view.pixels / view.matter_count:.3g}"
    rows = (
        (view.pixels, "#d9d9d9", f"{view.pixels:,} in the image, void left out"),
        (view.looked_count, STRIPES, f"{view.looked_count:,} looked at, in {cells}"),
        (view.reaching_count, SPOTS, f"{view.reaching_count:,} strangers reach it"),
        (view.own_count, "#e69f00", f"{view.own_count:,} its own: photo above, orange below"),
        (view.matter_count, INK, f"{view.matter_count:,} matter: these two, {share}"),
    )
    parts = [text(LEFT, BARS_TOP - 9, "How many pixels? (logarithmic)", weight="bold")]
    for k, (count, fill, words) in enumerate(rows):
        y = BARS_TOP + LINE * k
        long = ACROSS * log10(max(count, 1)) / log10(max(view.pixels, 2))
        parts.append(text(LEFT, y + 14, words, size=12, weight="bold" if fill == INK else "normal"))
        parts.append(f'<rect x="{LEFT}" y="{y + 19}" width="{long:.1f}" height="10" fill="{fill}" stroke="{INK}"/>')
    return "".join(parts)


def draw_cost(view: View) -> str:
    """By how much a cut lowers the hinge, against the bound; left of the upright line it costs nothing."""
    x = np.log10(EPSILONS[1:])
    drawn = view.costs >= 10.0**LEAST
    costs = np.log10(view.costs[drawn])
    return (
        text(LEFT, COST.top - 56, "Lovász hinge: what a cut costs", weight="bold")
        + _hinges(view)
        + "".join(_power(COST, y) for y in (-9, -6, -3, 0))
        + "".join(_power_below(COST, power) for power in range(-6, 0))
        + COST.frame()
        + text(
            COST.left + COST.width / 2,
            COST.top + COST.height + 35,
            "cut ε on the membership φ",
            size=12,
            anchor="middle",
        )
        + COST.line(x, x + log10(2), ACCENT, 1.8, "6 4")
        + _free(view)
        + _bound()
        + COST.line(x[drawn], costs, GOOD, 2)
        + COST.dots(x[drawn], costs, GOOD, 2.4)
        + _here(view)
    )


def _hinges(view: View) -> str:
    """The four numbers."""
    rows = (
        f"all pixels {view.gaussian.hinge:.6f}, with the cut {view.with_cut:.6f}",
        f"difference {tell_small(view.difference)}, bound 2ε = {tell_small(view.bound)}",
    )
    return "".join(text(LEFT, COST.top - 37 + 18 * k, words, size=12) for k, words in enumerate(rows))


def tell_small(value: float) -> str:
    """Two digits, with a power of ten if the value is very small; what is only rounding is 0."""
    if abs(value) < 1e-12:
        return "0"
    digits, _, power = f"{value:.2g}".partition("e")
    return f"{digits} · 10{str(int(power)).translate(RAISED)}" if power else digits


def _bound() -> str:
    """The name of the dashed line, on white: the upright line may pass behind it."""
    x, y = COST.at(-3.7, -2.5)
    ground = f'<rect x="{x - 58:.1f}" y="{y - 11:.1f}" width="60" height="14" fill="#ffffff"/>'
    return ground + text(x, y, "bound 2ε", size=12, anchor="end", colour=ACCENT_INK)


def _free(view: View) -> str:
    """The line at 1 - max φ."""
    if not 1e-6 < view.gaussian.slack < 0.1:
        return ""
    x = COST.at(log10(view.gaussian.slack), 0)[0]
    line = f'<path d="M{x:.1f} {COST.top}v{COST.height}" stroke="{INK}" stroke-width="1.5" stroke-dasharray="2 3"/>'
    room = x - COST.left > 40
    return line + (text(x - 5, COST.top + 12, "free", size=12, anchor="end") if room else "")


def _here(view: View) -> str:
    """Where the slider stands; ε = 0 has no place on the axis, and a cost too small is drawn at its foot."""
    if view.choice.epsilon == 0:
        return ""
    return _ring(COST, log10(view.choice.epsilon), log10(max(view.difference, 10.0**LEAST)))


def _ring(panel: Panel, x: float | np.floating, y: float | np.floating) -> str:
    px, py = panel.at(float(x), float(y))
    circle = f'<circle cx="{px:.1f}" cy="{py:.1f}" r="6.5" fill="none" stroke="{{}}" stroke-width="{{}}"/>'
    return circle.format(INK, 4) + circle.format("#f0e442", 2)


def _power(panel: Panel, exponent: int) -> str:
    """A line across with 10 and its exponent on the left."""
    x, y = panel.at(panel.x[0], exponent)
    return f'<path d="M{x:.1f} {y:.1f}h{panel.width}" stroke="{RULE}"/>' + _ten(x - 6, y + 4, exponent, "end")


def _power_below(panel: Panel, exponent: int) -> str:
    """A tick of the lower axis."""
    x, y = panel.at(exponent, panel.y[0])
    return f'<path d="M{x:.1f} {y:.1f}v4" stroke="{INK}"/>' + _ten(x, y + 18, exponent, "middle")


def _ten(x: float, y: float, exponent: int, anchor: str) -> str:
    sign = str(exponent).replace("-", "−")
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" text-anchor="{anchor}" fill="{INK}">10'
        f'<tspan dy="-5" font-size="10">{sign}</tspan></text>'
    )


def draw_trade(view: View) -> str:
    """Cells looked up (dashed) and pixels tested in vain (solid) for every size of a cell."""
    sizes = np.log2(SIZES)
    cells = np.log10([max(t.cells, 1) for t in view.trades])
    in_vain = np.log10([max(t.in_vain, 1) for t in view.trades])
    here = SIZES.index(view.choice.size)
    labels = "".join(
        text(TRADE.at(x, 0)[0], TRADE.top + TRADE.height + 17, str(size), size=12, anchor="middle")
        for size, x in zip(SIZES, sizes.tolist(), strict=True)
    )
    return (
        text(LEFT, TRADE.top - 54, "Large cells or small?", weight="bold")
        + _key(view, here)
        + "".join(_power(TRADE, y) for y in range(6))
        + TRADE.frame()
        + labels
        + text(
            TRADE.left + TRADE.width / 2, TRADE.top + TRADE.height + 34, "side of a cell (px)", size=12, anchor="middle"
        )
        + TRADE.line(sizes, cells, GREY, 2, "6 4")
        + TRADE.line(sizes, in_vain, INK, 2)
        + TRADE.dots(sizes, in_vain, INK, 2.6)
        + _ring(TRADE, sizes[here], cells[here])
        + _ring(TRADE, sizes[here], in_vain[here])
    )


def _key(view: View, here: int) -> str:
    """What the two lines are, with the numbers at the present size."""
    now = view.trades[here]
    rows = (
        (INK, "", f"{now.in_vain:,} pixel{'s' * (now.in_vain != 1)} tested in vain"),
        (GREY, ' stroke-dasharray="6 4"', f"{now.cells:,} cell{'s' * (now.cells != 1)} looked up"),
    )
    parts = []
    for k, (colour, dashes, words) in enumerate(rows):
        y = TRADE.top - 36 + 18 * k
        parts.append(f'<path d="M{LEFT} {y - 4}h26" stroke="{colour}" stroke-width="2"{dashes}/>')
        parts.append(text(LEFT + 34, y, words, size=12))
    return "".join(parts)
