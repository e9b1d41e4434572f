"""The strip as SVG: bars and errors, labels to flip, gradients, numbers.  The curve is in curve.py."""

from lab.figures.style import ACCENT, GOOD, GREY, INK, RULE
from lab.widgets.plot import handle, text
from lab.widgets.strip import layout
from lab.widgets.strip.compute import Reading
from lab.widgets.strip.curve import draw_curve, draw_sums
from lab.widgets.strip.pixels import FARTHEST
from lab.widgets.strip.words import fraction, signed

HATCH = (
    '<pattern id="strip-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="6" height="6" fill="#ececec"/><path d="M0 0V6" stroke="{GREY}" stroke-width="2.4"/></pattern>'
)
BAR = 26  # width of a bar


def fill_of(foreground: bool) -> str:
    """Foreground is plain blue, background grey and hatched."""
    return GOOD if foreground else "url(#strip-hatch)"


def draw(reading: Reading) -> str:
    """Everything."""
    count = len(reading.errors)
    return "".join(
        [
            f"<defs>{HATCH}</defs>",
            draw_chosen(reading),
            layout.bars(count).frame(
                "logit of each pixel, and its target (thick line); dashed: the error", y_ticks=(-2, -1, 0, 1, 2)
            ),
            "".join(draw_bar(reading, i) for i in range(count)),
            "".join(draw_badge(reading, i) for i in range(count)),
            draw_pulls(reading),
            draw_table(reading),
            draw_curve(reading),
            draw_sums(reading),
        ]
    )


def draw_chosen(reading: Reading) -> str:
    """A pale ground under the column of the pixel that was touched last."""
    x = layout.LEFT + layout.COLUMN * reading.pixels.chosen
    height = layout.HEIGHT - layout.BARS_TOP - 8
    return f'<rect x="{x}" y="{layout.BARS_TOP}" width="{layout.COLUMN}" height="{height}" fill="#fdf1e7"/>'


def draw_bar(reading: Reading, i: int) -> str:
    """The logit as a bar, its target at +1 or -1, and the error: the way from the one to the other."""
    label, logit = reading.pixels.labels[i], reading.pixels.logits[i]
    panel, x = layout.bars(len(reading.errors)), layout.middle(i)
    _, end = panel.at(0, logit)
    _, zero = panel.at(0, 0)
    _, target = panel.at(0, 1 if label else -1)
    top, height = min(end, zero), max(abs(end - zero), 1.5)
    parts = [
        f'<rect x="{x - layout.COLUMN / 2:.1f}" y="{panel.top}" width="{layout.COLUMN}" height="{panel.height}" '
        'fill="transparent"/>',
        f'<rect x="{x - BAR / 2:.1f}" y="{top:.1f}" width="{BAR}" height="{height:.1f}" fill="{fill_of(label)}" '
        f'stroke="{INK}"/>',
        f'<path d="M{x - 20:.1f} {target:.1f}h40" stroke="{INK}" stroke-width="2.5"/>',
    ]
    if reading.errors[i] > 0:
        aside = x + BAR / 2 + 5
        parts.append(
            f'<path d="M{aside:.1f} {end:.1f}V{target:.1f}" stroke="{ACCENT}" stroke-width="3" stroke-dasharray="4 2"/>'
        )
    parts.append(f'<circle cx="{x:.1f}" cy="{end:.1f}" r="6" fill="white" stroke="{INK}" stroke-width="2"/>')
    kind = "foreground" if label else "background"
    value = f"logit {signed(logit, 2)}, error {signed(reading.errors[i], 2)}"
    scale = (-FARTHEST, logit, FARTHEST)
    return handle(f"bar{i}", "".join(parts), f"pixel {i + 1}, {kind}", value, scale)


def draw_badge(reading: Reading, i: int) -> str:
    """Number and letter of a pixel, ringed if its error is above t; pressing it flips the label."""
    label, x, y = reading.pixels.labels[i], layout.middle(i), layout.BADGES
    ground, ink = (GOOD, "white") if label else ("#ececec", INK)
    edge, width = (ACCENT, 4) if reading.errors[i] > reading.pixels.level else (INK, 1)
    shapes = (
        f'<rect x="{x - 21:.1f}" y="{y - 12}" width="42" height="24" rx="5" fill="{ground}" stroke="{edge}" '
        f'stroke-width="{width}"/>'
        + text(x, y + 5, f"{i + 1} {'F' if label else 'B'}", anchor="middle", colour=ink, weight="bold")
    )
    words = f"label of pixel {i + 1}: foreground; press Enter to flip it"
    return (
        f'<g data-handle="label{i}" role="switch" aria-checked="{str(label).lower()}" aria-label="{words}">{shapes}</g>'
    )


def draw_pulls(reading: Reading) -> str:
    """Size of each logit's gradient, Lovász beside cross-entropy, on one scale."""
    sizes = [[abs(float(g)) for g in each] for each in (reading.gradient, reading.cross_entropy_gradient)]
    highest = 1.0 if max(sizes[0]) > 0.5 else 0.5
    panel = layout.pulls(len(reading.errors), highest)
    parts = [panel.frame(y_ticks=(0, highest))]
    for shift, each, fill in ((-15, sizes[0], INK), (1, sizes[1], "url(#strip-hatch)")):
        for i, size in enumerate(each):
            _, y = panel.at(0, min(size, highest))
            x, height = layout.middle(i) + shift, panel.top + panel.height - y
            parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="14" height="{height:.1f}" fill="{fill}" stroke="{INK}"/>'
            )
    parts.append(text(4, panel.top + 16, "|gradient|", size=12))
    for y, name, fill in ((28, "Lovász", INK), (48, "cross-ent.", "url(#strip-hatch)")):
        parts.append(f'<rect x="4" y="{panel.top + y}" width="12" height="12" fill="{fill}" stroke="{INK}"/>')
        parts.append(text(21, panel.top + y + 11, name, size=12))
    return "".join(parts)


def draw_table(reading: Reading) -> str:
    """The numbers, a line for each quantity and a column for each pixel."""
    ranks = [str(rank) if rank else "–" for rank in reading.ranks]
    weights = [fraction(w) if rank else "–" for w, rank in zip(reading.weights, reading.ranks, strict=True)]
    lines = [
        ("error m", [signed(e, 2) for e in reading.errors]),
        ("rank", ranks),
        ("weight ΔJ", weights),
        ("m · ΔJ", [signed(c) for c in reading.contributions]),
        ("gradient: rule", [fraction(g) for g in reading.gradient]),
        ("by autograd", [signed(g) for g in reading.autograd]),
        ("cross-entropy", [signed(g) for g in reading.cross_entropy_gradient]),
    ]
    parts = []
    for row, (name, numbers) in enumerate(lines):
        y = layout.TABLE + layout.LINE * row
        end = layout.LEFT + layout.COLUMN * len(reading.errors)
        if row:
            parts.append(f'<path d="M4 {y - 16.5}H{end}" stroke="{RULE}"/>')
        parts.append(text(4, y, name, size=12))
        for i, number in enumerate(numbers):
            weight = "bold" if i == reading.pixels.chosen else "normal"
            parts.append(text(layout.middle(i), y, number, anchor="middle", weight=weight))
    return "".join(parts)
