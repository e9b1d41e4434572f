"""The figure as a drawing: image and embedding plane on the left, the charts on the right.  Pure: SVG out."""

from functools import lru_cache
from math import ceil, floor, isfinite

import numpy as np

from lab.figures.style import INK
from lab.real import Real
from lab.widgets.plot import Panel, picture, text
from lab.widgets.reach.cells import Pair
from lab.widgets.reach.charts import draw_charts
from lab.widgets.reach.compute import View
from lab.widgets.reach.paint import draw_crowd, draw_layer, paint_image, paint_plane
from lab.widgets.reach.subject import Subject, extent
from lab.widgets.shapes import border_path, rimmed, rimmed_path
from lab.widgets.thresholds.signs import badge

WIDTH = 860
LEFT, TOP, ACROSS = 48, 30, 486  # of the image's panel, px
BETWEEN = 68  # the image's ticks, the plane's title and what its ellipses are
FARTHEST = 64  # px around the image that the plane shows at most
LOWEST = 682  # px, the charts' lower end
FINEST = 5  # px of the board; narrower cells are not drawn one by one


@lru_cache(maxsize=4)
def panels(subject: Subject) -> tuple[Panel, Panel]:
    """Image and plane, on one scale and with one column axis; the plane shows what points beyond the image, too."""
    rows, columns = subject.scene.image.shape[:2]
    found = np.array([extent(subject, name) for name in subject.outputs])
    (left, top), (right, bottom) = found[..., 0].min(0), found[..., 1].max(0)
    left, top = floor(max(left - 4, -FARTHEST)), floor(max(top - 4, -FARTHEST))
    right, bottom = ceil(min(right + 4, columns + FARTHEST)), ceil(min(bottom + 4, rows + FARTHEST))
    scale = ACROSS / (right - left)
    image = Panel(LEFT, TOP, ACROSS, rows * scale, (left, right), (rows - 0.5, -0.5))
    under = round(TOP + image.height + BETWEEN)
    return image, Panel(LEFT, under, ACROSS, round((bottom - top) * scale), (left, right), (bottom, top))


def height_of(subject: Subject) -> int:
    """Of the whole board."""
    plane = panels(subject)[1]
    return max(round(plane.top + plane.height) + 42, LOWEST)


def draw(subject: Subject, view: View) -> str:
    """The whole board."""
    return draw_image(subject, view) + draw_plane(subject, view) + draw_charts(view)


def draw_image(subject: Subject, view: View) -> str:
    """The image: borders of all objects, and that of the chosen one with its number."""
    panel = panels(subject)[0]
    rows, columns = subject.scene.image.shape[:2]
    (left, top), (right, bottom) = panel.at(-0.5, -0.5), panel.at(columns - 0.5, rows - 0.5)
    place = Panel(left, top, right - left, bottom - top, (0, 1), (0, 1))
    layers = _photograph(subject, place) + draw_layer(place, paint_image(view))
    title = f"The image: who matters to {subject.name(view.choice.number)} {view.choice.number}?"
    axes = panel.frame(title, "", "row (px)", ticks(panel.x), ticks(panel.y), grid=False)
    hint = text(panel.left + panel.width, panel.top - 9, "press another one to choose it", size=12, anchor="end")
    return layers + _borders(subject, view.choice.number) + axes + hint


@lru_cache(maxsize=4)
def _photograph(subject: Subject, place: Panel) -> str:
    return picture(place.left, place.top, place.width, place.height, subject.scene.image, smooth=True)


@lru_cache(maxsize=64)
def _borders(subject: Subject, chosen: int) -> str:
    panel = panels(subject)[0]
    x, y = panel.at(0, 0)
    scale = panel.width / (panel.x[1] - panel.x[0])
    masks = {k: subject.valid & (subject.scene.instances == k) for k in subject.numbers}
    others = "".join(border_path(mask) for k, mask in masks.items() if k != chosen)
    thin = f'<path d="{others}" fill="none" stroke="{INK}" stroke-width="{0.7 / scale:.2f}" stroke-opacity="0.6"/>'
    thick = rimmed_path(border_path(masks[chosen]), "#ffffff", 1.8 / scale, rim=2 / scale)
    rows, columns = np.nonzero(masks[chosen])
    over = panel.at(columns.mean(), rows.min())
    place = [over[0], max(over[1] - 11, panel.top + 9)]
    return f'<g transform="translate({x:.2f} {y:.2f}) scale({scale:.4f})">{thin}{thick}</g>' + badge(
        place, str(chosen), INK, "#ffffff"
    )


def draw_plane(subject: Subject, view: View) -> str:
    """The embeddings, the cells, where φ is one half, and the reach."""
    panel = panels(subject)[1]
    points = draw_crowd(subject, view.choice.prediction, panel) + draw_layer(panel, paint_plane(subject, view, panel))
    inside = points + draw_cells(panel, view) + draw_ellipses(panel, view)
    axes = panel.frame("", "column (px; 1024 px = 1 unit)", "row (px)", ticks(panel.x), ticks(panel.y), grid=False)
    title = text(panel.left, panel.top - 26, "The embedding plane: where every pixel points to", weight="bold")
    ellipses = text(panel.left, panel.top - 9, tell_ellipses(view), size=12)
    return panel.clip(inside, "reach-plane") + axes + title + ellipses


def draw_cells(panel: Panel, view: View) -> str:
    """The grid as far as its cells can be seen, and a frame around the touched ones."""
    size = view.cells.size
    (left, top), (right, bottom) = (panel.at(*corner) for corner in (view.cells.box[:2], view.cells.box[2:]))
    frame = f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" {{}}/>'
    lines = ""
    if size * panel.width / (panel.x[1] - panel.x[0]) >= FINEST:
        for value in [k * size for k in range(ceil(panel.x[0] / size), floor(panel.x[1] / size) + 1)]:
            lines += f"M{panel.at(value, 0)[0]:.1f} {panel.top}v{panel.height}"
        for value in [k * size for k in range(ceil(panel.y[1] / size), floor(panel.y[0] / size) + 1)]:
            lines += f"M{panel.left} {panel.at(0, value)[1]:.1f}h{panel.width}"
    grid = f'<path d="{lines}" stroke="{INK}" stroke-opacity="0.18" stroke-width="0.8"/>'
    return grid + rimmed(frame, "#f0e442", 2, rim=1.6)


def draw_ellipses(panel: Panel, view: View) -> str:
    """Dashed where φ = ½, solid the reach, a cross at the centre."""
    g = view.gaussian
    x, y = panel.at(*g.centre)
    cross = rimmed_path(f"M{x - 5:.1f} {y:.1f}h10M{x:.1f} {y - 5:.1f}v10", "#ffffff", 1.6, rim=2)
    margin = rimmed(_ellipse(panel, g.centre, g.margin), "#ffffff", 1.8, rim=1.8, more='stroke-dasharray="6 4"')
    if in_sight(panel, view):
        return rimmed(_ellipse(panel, g.centre, view.radii), "#ffffff", 2, rim=2.6) + margin + cross
    note = badge([panel.left + panel.width - 148, panel.top + 13], "the reach goes far beyond this", INK, "#ffffff")
    return margin + cross + note


def _ellipse(panel: Panel, centre: Pair, radii: Pair) -> str:
    (x, y), scale = panel.at(*centre), panel.width / (panel.x[1] - panel.x[0])
    rx, ry = (r * scale for r in radii)
    return f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" {{}}/>'


def in_sight(panel: Panel, view: View) -> bool:
    """Whether any of the reach's rim lies on the panel: one of the corners lies outside of it."""
    (cx, cy), (rx, ry) = view.gaussian.centre, view.radii
    corners = [((x - cx) / rx, (y - cy) / ry) for x in panel.x for y in panel.y]
    return isfinite(rx) and any(x * x + y * y > 1 for x, y in corners)


def tell_ellipses(view: View) -> str:
    """What they are and how far they go."""
    return f"Radii: dashed, φ = ½: {tell_radii(view.gaussian.margin)}; solid, reach: {tell_radii(view.radii)}"


def tell_radii(radii: Pair) -> str:
    """'12 x 20 px' across and down; 'without end'."""
    if not isfinite(radii[0]):
        return "without end"
    return " × ".join(f"{r:,.0f}" if r >= 20 else f"{r:.1f}" for r in radii) + " px"


def ticks(ends: tuple[Real, Real]) -> range:
    """Every hundred px between two."""
    least, largest = sorted(ends)
    return range(ceil(least / 100) * 100, floor(largest) + 1, 100)
