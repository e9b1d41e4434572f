"""The figure's two charts: both sides of the pull over σ, and the overlaps of single pixels' masks."""

import math

import numpy as np

from lab.figures.style import ACCENT, GOOD, GREY, INK
from lab.widgets.plot import Panel, text
from lab.widgets.pull.scenery import Scenery

OUT, IN = ACCENT, GOOD


def chart_top(s: Scenery) -> int:
    """The end of the pull's axis; the same for one object at all σ."""
    return math.ceil(max(s.stage.balance.out.max(), s.stage.balance.inward.max()))


def draw_balance(s: Scenery, panel: Panel) -> str:
    """Both sides of the pull over σ, and where this σ stands."""
    b = s.stage.balance
    step = 10 if s.stage.widest > 40 else 5 if s.stage.widest > 20 else 2
    ticks = range(0, math.ceil(s.stage.widest) + 1, step)
    shapes = panel.frame("", "σ of the object (px)", "pull (no unit)", ticks, range(0, int(panel.y[1]) + 1, 2))
    shapes += panel.line(b.sigma, b.out, OUT, 2.6) + panel.line(b.sigma, b.inward, IN, 2.6, "7 4")
    x, low = panel.at(b.level, 0)
    shapes += f'<path d="M{x:.1f} {low}v-{panel.height}" stroke="{GREY}" stroke-dasharray="2 3"/>'
    shapes += text(x, panel.top - 6, f"at rest: σ = {b.level:.1f} px", size=12, anchor="middle", colour=GREY)
    for value, colour in ((s.out, OUT), (s.inward, IN)):
        px, py = panel.at(s.sigma, value)
        shapes += f'<circle cx="{px:.1f}" cy="{py:.1f}" r="5" fill="{colour}" stroke="#ffffff" stroke-width="1.5"/>'
    heading = f"σ {s.sigma:.1f} px, margin {s.margin:.1f} px: {balance_words(s)}"
    return shapes + text(panel.left - 40, panel.top - 28, heading, weight="bold")


def balance_words(s: Scenery) -> str:
    """The two sides of the pull, their sum, and where that takes the margin."""
    net = s.out - s.inward
    if abs(net) < 0.02 * max(s.out, s.inward):
        return f"+{s.out:.2f} − {s.inward:.2f} ≈ 0, at rest"
    total = f"{net:+.2f}".replace("-", "−")
    return f"+{s.out:.2f} − {s.inward:.2f} = {total}, margin goes {'out' if net > 0 else 'in'}"


def draw_overlaps(s: Scenery, panel: Panel) -> str:
    """The IoU of each single pixel's mask as a dot, and that of the mean margin as a line."""
    lowest, median, highest = np.percentile(s.speakers.iou, [0, 50, 100])
    ticks = (0, 0.25, 0.5, 0.75, 1)
    shapes = panel.frame("", "IoU of the mask with the object", "", ticks)
    height = np.random.default_rng(0).uniform(0.15, 0.85, len(s.speakers.iou))
    shapes += panel.dots(s.speakers.iou, height, GREY, 3, 0.8)
    x, low = panel.at(s.iou, 0)
    shapes += f'<path d="M{x:.1f} {low}v-{panel.height + 4}" stroke="{INK}" stroke-width="2.4"/>'
    shapes += text(panel.left, panel.top - 44, f"with means, as in training: IoU {s.iou:.2f} (line)", weight="bold")
    alone = f"one pixel alone, {len(s.speakers.iou)} likely seeds (dots):"
    shapes += text(panel.left, panel.top - 28, alone)
    return shapes + text(panel.left, panel.top - 12, f"lowest {lowest:.2f}, median {median:.2f}, highest {highest:.2f}")
