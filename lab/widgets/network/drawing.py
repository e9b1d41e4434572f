"""The upper half of the figure: the network as boxes, with a number under every part."""

from lab.anatomy import Part
from lab.figures.style import GOOD, GREY, INK
from lab.widgets.network.compute import Anatomy, Measure, values_of
from lab.widgets.network.layout import ROW, TALLEST, Box, boxes
from lab.widgets.plot import handle, picture, text

FILLS = {"downsampler": "#c4c4c4", "block": "#ffffff", "upsampler": "#e2e2e2", "output": INK}
KIND_NAMES = {
    "downsampler": "downsampler",
    "block": "non-bottleneck-1D block",
    "upsampler": "upsampler",
    "output": "output convolution",
}


def draw_network(anatomy: Anatomy, index: int, measure: Measure) -> str:
    """All parts; the chosen one has a thick blue edge and a triangle above."""
    parts, placed = anatomy.parts, boxes(anatomy.parts)
    values = values_of(anatomy, measure)
    largest = max(values)
    shapes = [_stem(placed, parts), _picture_in(anatomy), _titles(anatomy)]
    for i, (part, box, value) in enumerate(zip(parts, placed, values, strict=True)):
        drawn = _slab(part, box, i == index) + _bar(box, value, largest, measure)
        if i == index:
            drawn = handle("part", drawn, "part of the network", name_of(anatomy, i), (0, i, len(parts) - 1))
        shapes.append(drawn)
    return "".join(shapes)


def name_of(anatomy: Anatomy, index: int) -> str:
    """A part in words: "encoder 9: non-bottleneck-1D block, dilation 2"."""
    part = anatomy.parts[index]
    first = [p.branch for p in anatomy.parts].index(part.branch)
    dilated = f", dilation {part.dilation}" if part.kind == "block" else ""
    return f"{part.branch}, part {index - first + 1}: {KIND_NAMES[part.kind]}{dilated}"


def _stem(placed: tuple[Box, ...], parts: tuple[Part, ...]) -> str:
    """The way through: from the picture to the fork and out of both decoders."""
    last = max(i for i, p in enumerate(parts) if p.branch == "encoder")
    fork = placed[last].x + 17
    lines = [f"M10 {placed[0].y}H{fork}"]
    for name in ("decoder 1", "decoder 2"):
        own = [b for b, p in zip(placed, parts, strict=True) if p.branch == name]
        lines.append(f"M{fork} {placed[0].y}V{own[0].y}H{own[-1].x + 20}")
    return f'<path d="{"".join(lines)}" fill="none" stroke="{GREY}" stroke-width="2"/>'


def _picture_in(anatomy: Anatomy) -> str:
    """The image, where it goes in."""
    y = ROW["encoder"]
    return picture(2, y - TALLEST / 2, 20, TALLEST, anatomy.image[:, 120:200][::2, ::2], smooth=True)


def _titles(anatomy: Anatomy) -> str:
    words = {
        "encoder": (8, ROW["encoder"] - TALLEST / 2 - 30, "Encoder"),
        "decoder 1": (594, ROW["decoder 1"] - 74, "Decoder 1: offset, bandwidth"),
        "decoder 2": (594, ROW["decoder 2"] - 74, "Decoder 2: seed maps"),
    }
    shapes = ""
    for branch, (x, y, name) in words.items():
        weights, work = anatomy.total(branch)
        shapes += text(x, y, name, weight="bold")
        shapes += text(x, y + 16, f"{weights:,} weights, {work / 1e9:.2f} G multiply-adds", size=12)
    weights, work = anatomy.total()
    height, width = anatomy.image.shape[:2]
    legend = (
        "↓: downsampler. ↑: upsampler. White, with a number: block and its dilation.",
        "Black, with a number: the last layer and its channels.",
        "A box's height goes with the root of the rows, its width with the root of the channels.",
    )
    return (
        shapes
        + text(8, 14, f"The whole: {weights:,} weights, {work / 1e9:.2f} G multiply-adds for {height} x {width}")
        + "".join(text(8, 282 + 18 * i, line, size=12, colour=GREY) for i, line in enumerate(legend))
    )  # fmt: skip


def _slab(part: Part, box: Box, chosen: bool) -> str:
    left, top = box.x - box.width / 2, box.y - box.height / 2
    edge, width = (GOOD, 4) if chosen else (INK, 1)
    shape = (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" '
        f'fill="{FILLS[part.kind]}" stroke="{edge}" stroke-width="{width}"/>'
    )
    sign = {"downsampler": "↓", "upsampler": "↑", "output": str(part.shape_out[0])}.get(part.kind, str(part.dilation))
    ink = "#ffffff" if part.kind == "output" else INK
    shape += text(box.x, box.y + 4.5, sign, size=12, anchor="middle", colour=ink)
    if chosen:
        y = top - 5
        shape += f'<path d="M{box.x - 7:.1f} {y - 9:.1f}h14l-7 9z" fill="{GOOD}"/>'
    return shape


def _bar(box: Box, value: int, largest: int, measure: Measure) -> str:
    """The measure as a bar on the row's floor and as a number."""
    tall = 26 * value / largest
    return (
        f'<rect x="{box.x - 9:.1f}" y="{box.floor - tall:.1f}" width="18" height="{tall:.1f}" fill="{GREY}"/>'
        + text(box.x, box.floor + 13, short(value, measure), size=12, anchor="middle")
    )


def short(value: int, measure: Measure) -> str:
    """A number in four letters."""
    if measure == "multiply-adds (millions)":
        return f"{value / 1e6:.0f}"
    return f"{value / 1e3:.0f}k" if measure == "weights" and value >= 1000 else f"{value}"
