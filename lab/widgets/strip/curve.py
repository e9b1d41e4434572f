"""The Jaccard curve: 1 - IoU of the pixels whose error is above t, and the area under it cut into slabs."""

from fractions import Fraction

from lab.figures.style import ACCENT, GOOD, GREY, INK
from lab.widgets.plot import handle, text
from lab.widgets.strip.compute import Reading
from lab.widgets.strip.layout import CURVE
from lab.widgets.strip.words import at_level, fraction, tell_level

ROOM = 13  # px: a slab that is thinner has its number beside it


def draw_curve(reading: Reading) -> str:
    """The slabs, the staircase around them and the level t as a handle."""
    frame = CURVE.frame("J of the errors above t", "t", "J = 1 − IoU", (0, 1, 2, 3), (0, 0.5, 1), grid=False)
    slabs = "".join(draw_slab(reading, n) for n in range(len(reading.active)))
    xs, ys = staircase(reading)
    chosen = reading.ranks[reading.pixels.chosen]
    outline = draw_outline(reading, chosen - 1) if chosen else ""
    return frame + slabs + CURVE.line(xs, ys, INK, 2) + outline + draw_level(reading)


def staircase(reading: Reading) -> tuple[list[float], list[float]]:
    """t and J along the curve, from its right end to t = 0."""
    xs, ys = [CURVE.x[1]], [0.0]
    for i, loss in zip(reading.active, reading.losses, strict=False):
        xs += [reading.errors[i]] * 2
        ys += [ys[-1], float(loss)]
    return [*xs, 0.0], [*ys, ys[-1]]


def slab(reading: Reading, n: int) -> tuple[float, float, float, float]:
    """Left, top, width and height of the slab of the n-th pixel of the order: as long as its error, as thick as its
    weight."""
    below = float(reading.losses[n - 1]) if n else 0.0
    left, bottom = CURVE.at(0, below)
    right, top = CURVE.at(reading.errors[reading.active[n]], float(reading.losses[n]))
    return left, top, right - left, bottom - top


def draw_slab(reading: Reading, n: int) -> str:
    """One pixel's share of the area, with its number."""
    i = reading.active[n]
    left, top, width, height = slab(reading, n)
    if height < 0.5:  # without weight
        return ""
    label = reading.pixels.labels[i]
    fill, opacity = (GOOD, 0.35) if label else ("url(#strip-hatch)", 0.8)
    inside = height >= ROOM and width > 18
    x, middle = (left + 4, top + height / 2) if inside else (left + width + 4, top + height / 2)
    ground = f'<rect x="{x - 2:.1f}" y="{middle - 6:.1f}" width="12" height="12" fill="white" fill-opacity="0.85"/>'
    number = (ground if inside and not label else "") + text(x, middle + 4.5, str(i + 1), size=12, weight="bold")
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}" '
        f'fill-opacity="{opacity}" stroke="{INK}" stroke-width="0.7"/>'
    ) + (number if height >= 7 else "")


def draw_outline(reading: Reading, n: int) -> str:
    """Around the slab of the pixel under the hand."""
    left, top, width, height = slab(reading, n)
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{max(height, 1):.1f}" fill="none" '
        f'stroke="{ACCENT}" stroke-width="3"/>'
    )


def draw_level(reading: Reading) -> str:
    """The level t: a line that can be moved; on the curve a knob, and beside it what 1 - IoU is there."""
    wrong, union = at_level(reading)
    x, y = CURVE.at(reading.pixels.level, wrong / union if union else 0)
    bottom = CURVE.top + CURVE.height
    words = f"{wrong}/{union}" if wrong else "0"
    left, above = x + 9, y - 7 if y > CURVE.top + 12 else y + 17  # never on the title
    if reading.pixels.level > 2.5:
        left -= 46
    shapes = (
        f'<rect x="{x - 9:.1f}" y="{CURVE.top}" width="18" height="{CURVE.height}" fill="transparent"/>'
        f'<path d="M{x:.1f} {CURVE.top}V{bottom}" stroke="{GREY}" stroke-width="1.5" stroke-dasharray="5 3"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="white" stroke="{INK}" stroke-width="2"/>'
    )
    label = (
        f'<rect x="{left - 2:.1f}" y="{above - 12:.1f}" width="{9 * len(words) + 4}" height="16" fill="white" '
        f'fill-opacity="0.9"/>{text(left, above, words)}'
    )
    return label + handle("level", shapes, "level t", tell_level(reading), (0, reading.pixels.level, CURVE.x[1]))


def draw_sums(reading: Reading) -> str:
    """Below the curve: the area, and what else the same pixels are worth."""
    left, top = CURVE.left - 46, CURVE.top + CURVE.height + 62
    total = sum((abs(g) for g in reading.gradient), Fraction(0))
    crisp = as_crisp_mask(reading)
    lines = [
        (f"area = loss = {reading.loss:.3f}", "bold"),
        (f"as a crisp mask: 1 − IoU = {crisp}", "normal"),
        (f"sum of |gradient|: {fraction(total)}" + f" = {float(total):.3f}" * (total.denominator > 1), "normal"),
        ("cross-entropy, mean over pixels:", "normal"),
        (f"{reading.cross_entropy:.3f}, sum of |gradient|: {cross_entropy_pull(reading):.3f}", "normal"),
    ]
    return "".join(text(left, top + 24 * n, words, size=12.5, weight=w) for n, (words, w) in enumerate(lines))


def as_crisp_mask(reading: Reading) -> str:
    """1 - IoU of the mask in which every pixel with a logit above 0 is foreground, not reduced: 2/4."""
    pairs = list(zip(reading.pixels.logits, reading.pixels.labels, strict=True))
    wrong = sum((logit > 0) != label for logit, label in pairs)
    union = sum(logit > 0 or label for logit, label in pairs)
    return f"{wrong}/{union}" if union else "0"


def cross_entropy_pull(reading: Reading) -> float:
    """Sum of the sizes of cross-entropy's gradients."""
    return sum(abs(g) for g in reading.cross_entropy_gradient)
