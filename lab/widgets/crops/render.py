"""The crop sampler as a drawing.  Pure: a stage and a view in, SVG out."""

from functools import lru_cache

import numpy as np
from jaxtyping import UInt8

from lab.datasets.scene import VOID
from lab.figures.colours import instance_colour
from lab.figures.style import ACCENT, GREY, INK
from lab.widgets.crops.compute import DRAWN, Stage, View
from lab.widgets.plot import Panel, colour_of, handle, picture, text
from lab.widgets.shapes import ink_on, rimmed_path

WIDTH, HEIGHT = 860, 540
AROUND = 28  # px of nothing around the street, for windows that stick out
STREET = Panel(
    44, 34, 556, 556 * (256 + 2 * AROUND) / (512 + 2 * AROUND), (-AROUND, 512 + AROUND), (256 + AROUND, -AROUND)
)
BARS = Panel(44, 392, 556, 92, (0.4, 20.6), (0, 1.02))
CROP, LABELS = (634, 34, 218), (634, 288, 218)  # left, top, side
NUMBERED = 400  # px on the board; a number would hide a smaller object
NOTHING, PALE = (235, 235, 235), (217, 217, 217)


def draw(stage: Stage, view: View, names: tuple[str, ...]) -> str:
    """The whole board."""
    return draw_street(stage, view) + draw_crop(view) + draw_labels(view) + draw_bars(stage, view, names)


def draw_street(stage: Stage, view: View) -> str:
    """The street, the middle of every object's box, and the window; a dot marks the crop's upper left corner."""
    ground = (
        f'<rect x="{STREET.left}" y="{STREET.top}" width="{STREET.width}" height="{STREET.height:.1f}" fill="#ebebeb"/>'
    )
    path = STREET.path(*view.corners.T) + "z"
    x, y = STREET.at(*view.corners[0])
    corner = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{ACCENT}" stroke="#ffffff" stroke-width="1.5"/>'
    window = "your window" if view.choice.draw == "by hand" else f"the window of draw {view.choice.number}"
    title = text(STREET.left, STREET.top - 9, f"The street, and {window}", weight="bold")
    window = STREET.clip(rimmed_path(path, "#ffffff", 2.6, rim=2.6) + corner, "crops-window")
    return title + ground + _street_picture(stage) + _centres(stage, view.drawn) + window + draw_asked(view)


@lru_cache(maxsize=4)  # at every move the same
def _street_picture(stage: Stage) -> str:
    (left, top), (right, bottom) = STREET.at(-0.5, -0.5), STREET.at(511.5, 255.5)
    return picture(left, top, right - left, bottom - top, stage.scene.image, smooth=True)


@lru_cache(maxsize=64)
def _centres(stage: Stage, drawn: int) -> str:
    """A dot at the middle of every object's box, with the number of those that are large or drawn."""
    areas = np.bincount(stage.scene.instances.ravel())[1:]
    parts = []
    for k in sorted(range(1, len(areas) + 1), key=lambda k: (k == drawn, areas[k - 1])):
        x, y = STREET.at(*stage.objects.centres[k - 1][::-1])
        dot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour_of(k)}" stroke="{INK}" stroke-width="1"/>'
        parts.append(badge(k, x, y) if k == drawn or areas[k - 1] > NUMBERED else dot)
    return "".join(parts)


def badge(number: int, x: float, y: float) -> str:
    """A disc in the object's colour with its number."""
    ground = colour_of(number)
    disc = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="{ground}" stroke="{INK}" stroke-width="1"/>'
    return disc + text(x, y + 4.3, str(number), size=12, anchor="middle", weight="bold", colour=ink_on(ground))


def draw_asked(view: View) -> str:
    """The place that is to be the window's middle: a cross that can be dragged."""
    row, column = view.asked
    x, y = STREET.at(column, row)
    cross = "".join(
        f"M{x + 11 * a:.1f} {y + 11 * b:.1f}l{9 * a} {9 * b}" for a, b in ((1, 0), (0, 1), (-1, 0), (0, -1))
    )
    ground = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="18" fill="#ffffff" fill-opacity="0.01"/>'
    shape = ground + rimmed_path(cross, "#ffffff", 2.4, rim=2.4)
    return handle("middle", shape, "middle asked for", f"column {column:.0f}, row {row:.0f}")


def draw_crop(view: View) -> str:
    """The image as training gets it."""
    left, top, side = CROP
    size = view.choice.size
    title = text(left, top - 9, f"The crop, {size} x {size} px", weight="bold")
    corner = f'<circle cx="{left}" cy="{top}" r="5" fill="{ACCENT}" stroke="#ffffff" stroke-width="1.5"/>'
    return title + picture(left, top, side, side, view.image, smooth=True) + _frame(CROP) + corner


def draw_labels(view: View) -> str:
    """Its labels: instances in their colours and numbers, background grey, void in black and white stripes."""
    left, top, side = LABELS
    scale = side / len(view.instances)
    badges = ""
    for k, count in enumerate(np.bincount(view.instances.ravel())):
        if k and count * scale**2 > NUMBERED:
            rows, columns = np.nonzero(view.instances == k)
            middle = np.argsort(np.hypot(rows - rows.mean(), columns - columns.mean()))[0]
            badges += badge(k, left + (columns[middle] + 0.5) * scale, top + (rows[middle] + 0.5) * scale)
    count = len(np.unique(view.instances[view.instances > 0]))
    title = text(left, top - 9, f"Its labels: {count} object{'s' * (count != 1)}", weight="bold")
    void = text(left, top + side + 18, f"grey background, stripes void: {100 * view.void:.0f} %", size=12)
    return title + picture(left, top, side, side, paint_labels(view)) + badges + _frame(LABELS) + void


def paint_labels(view: View) -> UInt8[np.ndarray, "h w 3"]:
    """A colour for every pixel of the labels."""
    instances, classes = view.instances, view.classes
    table = np.array([PALE, *(instance_colour(k) for k in range(1, int(instances.max()) + 1))], np.uint8)
    row, column = np.indices(instances.shape)
    stripes = np.where((row + column) // max(2, len(instances) // 48) % 2, np.uint8(40), np.uint8(250))
    return np.where((classes == VOID)[..., None], stripes[..., None], table[instances])


def _frame(square: tuple[int, int, int]) -> str:
    left, top, side = square
    return f'<rect x="{left}" y="{top}" width="{side}" height="{side}" fill="none" stroke="{GREY}"/>'


def draw_bars(stage: Stage, view: View, names: tuple[str, ...]) -> str:
    """For each object, in what share of the last draws it was in the crop, and a line for all windows there are."""
    line = "" if view.expected is None else "; line: of all windows" + ", unscaled" * view.choice.scale
    title = f"Share of the last {view.counted} crops that hold each object{line}"
    parts = [BARS.frame(title, y_ticks=(0, 0.5, 1))]
    for k, count in enumerate(view.hits.tolist(), start=1):
        x0, y0 = BARS.at(k - 0.36, count / view.counted)
        x1, base = BARS.at(k + 0.36, 0)
        drawn = k == view.drawn
        parts.append(
            f'<rect x="{x0:.1f}" y="{y0:.1f}" width="{x1 - x0:.1f}" height="{max(base - y0, 0):.1f}" '
            f'fill="{colour_of(k)}" stroke="{INK}" stroke-width="{2 if drawn else 0.7}"/>'
        )
        parts.append(
            text((x0 + x1) / 2, base + 15, str(k), size=12, anchor="middle", weight="bold" if drawn else "normal")
        )
        if view.expected is not None:
            y = BARS.at(k, float(view.expected[k - 1]))[1]
            parts.append(rimmed_path(f"M{x0 - 2:.1f} {y:.1f}H{x1 + 2:.1f}", "#ffffff", 2.4, rim=2))
    return "".join(parts) + draw_classes(stage, names)


def draw_classes(stage: Stage, names: tuple[str, ...]) -> str:
    """Below the numbers, the classes that they belong to."""
    parts = []
    for i, c in enumerate(np.unique(stage.objects.classes).tolist()):
        members = np.flatnonzero(stage.objects.classes == c) + 1
        left, right = BARS.at(members[0] - 0.4, 0)[0], BARS.at(members[-1] + 0.4, 0)[0]
        y = BARS.top + BARS.height + 21
        parts.append(f'<path d="M{left:.1f} {y}H{right:.1f}" stroke="{GREY}" stroke-width="1.5"/>')
        place = y + 14 + 13 * (i % 2)  # side by side the names of neighbours would run into one another
        parts.append(text((left + right) / 2, place, names[c - 1], size=12, anchor="middle"))
    return "".join(parts)


def describe(view: View, names: tuple[str, ...]) -> str:
    """The board in words."""
    choice = view.choice
    why = {"anywhere": "anywhere", "by hand": "by hand"}.get(choice.draw) or f"on object {view.drawn}"
    inside = np.unique(view.instances[view.instances > 0]).tolist()
    objects = f"objects {', '.join(map(str, inside))}" if inside else "no object"
    top, bottom = view.corners[:, 1].min() + 0.5, view.corners[:, 1].max() - 0.5
    left, right = view.corners[:, 0].min() + 0.5, view.corners[:, 0].max() - 0.5
    return (
        f"Draw {choice.number} of {DRAWN}, {why}: a window over rows {top:.0f} to {bottom:.0f} and columns "
        f"{left:.0f} to {right:.0f} of the street. The crop of {choice.size} px holds {objects}; "
        f"{100 * view.void:.0f} % of it is void. Bars: how many of the last {view.counted} crops hold each object."
    )
