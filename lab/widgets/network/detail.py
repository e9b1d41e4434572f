"""The lower half of the figure: the chosen part in numbers, its activations and its filters."""

import numpy as np

from lab.anatomy import Layer, Part
from lab.figures.colours import scalar_colours
from lab.figures.style import ACCENT, GOOD, GREY, INK, RULE
from lab.real import Real
from lab.widgets.network.compute import (
    SHEET,
    Anatomy,
    Filter,
    channel_map,
    channel_sheet,
    filters_of,
    middle_window,
    sheet_layout,
    step_of,
)
from lab.widgets.network.drawing import name_of
from lab.widgets.plot import picture, text
from lab.widgets.shapes import rimmed

DETAIL = 374  # px: top of the lower half
MAP = (270, DETAIL + 24, 284, 142)
SHEET_AT = (566, DETAIL + 24)
FILTERS = (270, DETAIL + 214)
CELL = 11  # px of a filter's weight


def draw_words(anatomy: Anatomy, index: int) -> str:
    """The chosen part's numbers."""
    part, (weights, work) = anatomy.parts[index], anatomy.total()
    lines = [
        (name_of(anatomy, index).split(": ")[0].capitalize(), "bold"),
        (name_of(anatomy, index).split(": ")[1], "bold"),
        (f"in {' x '.join(map(str, part.shape_in))}, out {' x '.join(map(str, part.shape_out))}", "normal"),
        (f"{part.weights:,} weights, {part.weights / weights:.2%} of all", "normal"),
        (f"{part.multiply_adds / 1e6:,.1f} M multiply-adds, {part.multiply_adds / work:.2%}", "normal"),
        (f"units {step_of(anatomy.parts, index)} px apart; each can see", "normal"),
        (f"{_window_words(anatomy, index)}", "normal"),
        ("", "normal"),
        ("its layers: weights, M multiply-adds", "bold"),
    ]
    shapes = [text(0, DETAIL + 14 + 18 * i, words, weight=weight) for i, (words, weight) in enumerate(lines)]
    for i, layer in enumerate(part.layers):
        y = DETAIL + 14 + 18 * (len(lines) + i)
        shapes.append(text(0, y, layer_words(layer), size=12))
        shapes.append(text(190, y, f"{layer.weights:,}", size=12, anchor="end"))
        shapes.append(text(246, y, f"{layer.multiply_adds / 1e6:.1f}", size=12, anchor="end"))
    return "".join(shapes)


def _window_words(anatomy: Anatomy, index: int) -> str:
    (top, bottom), (left, right) = middle_window(anatomy.parts, index)
    return f"{bottom - top + 1} x {right - left + 1} px (the middle one)"


def layer_words(layer: Layer) -> str:
    """What a layer is, in a few words."""
    size = "x".join(map(str, layer.kernel))
    step = f", stride {max(layer.stride)}" if max(layer.stride) > 1 else ""
    holes = f", dilation {max(layer.dilation)}" if any(layer.kernel) and max(layer.dilation) > 1 else ""
    names = {
        "Conv2d": f"{size}{step}{holes}",
        "ConvTranspose2d": f"transposed {size}",
        "MaxPool2d": f"max-pool {size}",
        "BatchNorm2d": "batch norm",
        "Dropout2d": "dropout (training only)",
    }
    return names.get(layer.kind, layer.kind)


def draw_map(anatomy: Anatomy, index: int, channel: int) -> str:
    """One channel's activations, with its colour scale."""
    left, top, width, height = MAP
    values, low, high = channel_map(anatomy.parts[index], channel)
    bar = picture(left, top + height + 6, 90, 8, np.repeat(_ramp(), 4, 0), smooth=True)
    unit = "as put out" if anatomy.parts[index].kind == "output" else "activation"
    return (
        text(left, top - 8, anatomy.channel_name(index, channel), weight="bold")
        + picture(left, top, width, height, scalar_colours(values, low, high))
        + f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="none" stroke="{RULE}"/>'
        + _rim(anatomy, index)
        + bar
        + text(left + 98, top + height + 14, f"{low:.2g} to {high:.2g}, {unit}", size=12)
    )


def _rim(anatomy: Anatomy, index: int) -> str:
    """The window of the unit in the middle; nothing where it does not fit into the picture."""
    left, top, width, height = MAP
    rows, columns = anatomy.image.shape[:2]
    (first_row, last_row), (first, last) = middle_window(anatomy.parts, index)
    if min(first, first_row) < 0 or last >= columns or last_row >= rows:
        return text(left + width, top - 8, "window: more than the picture", size=12, anchor="end", colour=GREY)
    x, y = left + first / columns * width, top + first_row / rows * height
    wide, high = (last - first + 1) / columns * width, (last_row - first_row + 1) / rows * height
    frame = f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" {{}}/>'
    return rimmed(frame, "#ffffff", 1.6) + text(
        left + width, top - 8, "framed: the middle one's window", size=12, anchor="end", colour=GREY
    )


def _ramp() -> np.ndarray:
    return scalar_colours(np.linspace(0, 1, 90, dtype=np.float32)[None], 0.0, 1.0)


def draw_sheet(part: Part, channel: int) -> str:
    """All channels, the chosen one framed."""
    left, top = SHEET_AT
    count = part.shape_out[0]
    columns, wide, high = sheet_layout(count)
    rows = -(-count // columns)
    x, y = left + channel % columns * wide, top + channel // columns * high
    frame = f'<rect x="{x - 1:.1f}" y="{y - 1:.1f}" width="{wide + 1:.1f}" height="{high + 1:.1f}" fill="none" '
    return (
        text(left, top - 8, f"all {count} channels, each on a scale of its own", size=12)
        + picture(left, top, SHEET[0], rows * high, channel_sheet(part), smooth=True)
        + frame + f'stroke="{INK}" stroke-width="5"/>' + frame + 'stroke="#ffffff" stroke-width="2"/>'
    )  # fmt: skip


def draw_filters(anatomy: Anatomy, index: int, channel: int) -> str:
    """A row of kernels for each convolution of the part."""
    left, top = FILTERS
    found = filters_of(anatomy, index, channel)
    legend = f"filters of channel {channel}: the inputs with the largest weights first"
    shapes = [text(left, top - 12, legend, weight="bold")]
    y = float(top)
    for filter_ in found:
        shapes.append(_filter_row(filter_, left, y))
        y += max(filter_.layer.kernel[0] * CELL, 14) + 9
    if any(len(f.inputs) for f in found):
        shapes.append(_signs(left, y + 10))
    return "".join(shapes)


def _signs(left: Real, y: Real) -> str:
    plus = f'<rect x="{left}" y="{y - 10}" width="{CELL}" height="{CELL}" fill="{GOOD}"/>'
    minus = f'<g transform="translate({left + 190} {y - 10})">{_weight(0, 0, -1.0)}</g>'
    return (
        plus + text(left + 18, y, "positive, full: the largest", size=12, colour=GREY)
        + minus + text(left + 208, y, "negative", size=12, colour=GREY)
    )  # fmt: skip


def _filter_row(filter_: Filter, left: Real, y: Real) -> str:
    if filter_.pooled >= 0:
        return text(left, y + 12, f"no filter: input channel {filter_.pooled}, max-pooled, is handed on", size=12)
    largest = float(np.abs(filter_.kernels).max()) or 1.0
    shapes = [text(left, y + 12, layer_words(filter_.layer), size=12)]
    for k, kernel in enumerate(filter_.kernels / largest):
        x = left + 128 + k * 38
        cells = "".join(_weight(x + j * CELL, y + i * CELL, float(v)) for (i, j), v in np.ndenumerate(kernel))
        high, wide = kernel.shape
        edge = f'<rect x="{x}" y="{y}" width="{wide * CELL}" height="{high * CELL}" fill="none" stroke="{GREY}"/>'
        shapes.append(cells + edge)
    return "".join(shapes)


def _weight(x: Real, y: Real, value: float) -> str:
    """One weight as a square: blue or orange by its sign, strong by its size; a dash says negative."""
    colour, strength = (GOOD if value > 0 else ACCENT), min(abs(value), 1)
    shape = f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" fill="{colour}" fill-opacity="{strength:.2f}"/>'
    if value < -0.15:
        shape += f'<path d="M{x + 3} {y + CELL / 2}h{CELL - 6}" stroke="{INK}"/>'
    return shape
