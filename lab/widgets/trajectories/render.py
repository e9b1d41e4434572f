"""The seed trajectories as SVG: the picture with three pixels, the φ-s plane, and one pixel over time."""

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from lab.datasets.scene import Scene
from lab.figures.colours import fade, scalar_colours
from lab.figures.style import GREY, INK
from lab.widgets.plot import Panel, colour_of, handle, picture, text
from lab.widgets.shapes import borders, rgb, rimmed_path
from lab.widgets.trajectories.compute import Curve, PixelPlace, View

WIDTH, HEIGHT = 860, 548
TOO_LOW, TOO_HIGH = "#762a83", "#1b7837"  # of no object, and of neither training
LETTERS = "ABC"
TICKS = (0, 0.25, 0.5, 0.75, 1)
PICTURE = (46.0, 34.0, 310.0)  # left, top and width of the picture on the board
PLANE = Panel(450, 34, 310, 310, (0, 1), (0, 1))
SCALES = {
    "image": "",
    "φ": "dark blue: φ = 0, yellow: φ = 1; grey: no object",
    "s": "dark blue: s = 0, yellow: s = 1; grey: no object",
    "s - φ": "purple: s too low, green: s too high, by ½ or more",
}


def draw(view: View, scene: Scene) -> str:
    """The whole drawing."""
    time = Panel(PICTURE[0], 428, 714, 72, (0, float(view.steps[-1])), (0, 1))
    return draw_picture(view, scene) + draw_plane(view) + draw_time(view, time)


def picture_panel(scene: Scene) -> Panel:
    """The picture in its own coordinates: the middle of pixel (column, row) at (column, row)."""
    height, width = scene.classes.shape
    left, top, size = PICTURE
    return Panel(left, top, size, size * height / width, (-0.5, width - 0.5), (height - 0.5, -0.5))


def pixel_at(scene: Scene, x: float | int, y: float | int) -> PixelPlace | None:
    """The pixel (column, row) at a place of the board; None outside of the picture."""
    column, row = (round(v) for v in picture_panel(scene).back(x, y))
    height, width = scene.classes.shape
    return (column, row) if 0 <= column < width and 0 <= row < height else None


def draw_picture(view: View, scene: Scene) -> str:
    """The layer, the objects' outlines and numbers, and the three pixels to be moved."""
    panel, layer = picture_panel(scene), view.choice.layer
    shapes = picture(panel.left, panel.top, panel.width, panel.height, paint(view, scene))
    for k in np.unique(scene.instances[scene.classes > 0]).tolist():
        shapes += outline(panel, scene.instances == k, k)
    shapes += "".join(pin(panel, i, curve, view) for i, curve in enumerate(view.curves))
    title = {"image": "the scene", "φ": "membership φ", "s": "seed score s", "s - φ": "s - φ"}[layer]
    bottom = panel.top + panel.height
    return (
        text(panel.left, panel.top - 10, f"{title}, step {view.steps[view.now]}", weight="bold")
        + shapes
        + text(panel.left, bottom + 18, SCALES[layer] or "drag A, B, C, or click a pixel", size=12, colour=GREY)
    )


def paint(view: View, scene: Scene) -> UInt8[np.ndarray, "H W 3"]:
    """The layer in the scene's own pixels."""
    phi, score = np.nan_to_num(view.maps)
    foreground, layer = scene.classes > 0, view.choice.layer
    if layer == "image":
        return scene.image
    if layer == "s - φ":
        return fade(difference_colours(score - phi), foreground)
    return fade(scalar_colours(phi if layer == "φ" else score, 0.0, 1.0), foreground)


def difference_colours(values: Float[np.ndarray, "H W"]) -> UInt8[np.ndarray, "H W 3"]:
    """White at 0, full purple at -½ and below, full green at ½ and above."""
    strength = np.clip(np.abs(values) * 2, 0, 1)[..., None]
    ends = np.where(values[..., None] < 0, rgb(TOO_LOW), rgb(TOO_HIGH))
    return (255 + (ends - 255) * strength).round().astype(np.uint8)


def outline(panel: Panel, mask: Bool[np.ndarray, "H W"], number: int) -> str:
    """An object's border, and its number where it is thickest."""
    path = "".join(panel.path(*corners.T) + "z" for corners in borders(mask))
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    row, column = np.unravel_index(depth.argmax(), depth.shape)
    x, y = panel.at(float(column), float(row))
    badge = f'<rect x="{x - 12:.1f}" y="{y - 9:.1f}" width="24" height="18" rx="4" fill="{INK}" fill-opacity=".8"/>'
    return (
        rimmed_line(path, colour_of(number), 1.4)
        + badge
        + text(x, y + 4.5, str(number), anchor="middle", colour="white")
    )


def rimmed_line(path: str, colour: str, width: float | int) -> str:
    """A line with a dark rim, to be seen on any ground, round at its corners."""
    return rimmed_path(path, colour, width, more='stroke-linejoin="round"')


def dot(x: float, y: float, letter: str, colour: str, *, active: bool) -> str:
    """A letter in a disc of the object's colour; the active one larger."""
    radius = 11 if active else 9
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="white" stroke="{INK}" stroke-width="4"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="white" stroke="{colour}" stroke-width="2.2"/>'
        + text(x, y + 4.5, letter, anchor="middle", weight="bold")
    )


def pin(panel: Panel, index: int, curve: Curve, view: View) -> str:
    """One of the followed pixels, to be dragged; a cross marks the pixel, the letter stands beside it."""
    x, y = panel.at(*curve.pixel)
    right = 1 if x < panel.left + panel.width - 30 else -1
    cross = f'<path d="M{x - 5:.1f} {y:.1f}h10M{x:.1f} {y - 5:.1f}v10" stroke="{{}}" stroke-width="{{}}"/>'
    shape = cross.format("white", 4) + cross.format(INK, 1.8)
    shape += dot(x + 17 * right, y, LETTERS[index], colour_of(curve.instance), active=index == view.choice.active)
    column, row = curve.pixel
    value = f"column {column}, row {row}, object {curve.instance}"
    return handle(LETTERS[index], shape, f"pixel {LETTERS[index]}", value)


def draw_plane(view: View) -> str:
    """Each pixel a point: how good it is across, how good the seed map says it is upward."""
    frame = PLANE.frame(
        "each pixel is a point: what it is, what it is said to be", "membership φ", "seed score s", TICKS, TICKS
    )
    shapes = PLANE.line([0, 1], [0, 1], GREY, 1.2, "5 4") + PLANE.dots(view.phi, view.score, GREY, 1.5, 0.35)
    for curve in view.curves:
        path = PLANE.path(curve.phi[: view.now + 1], curve.score[: view.now + 1])
        shapes += rimmed_line(path, colour_of(curve.instance), 2) + PLANE.dots(curve.phi[:1], curve.score[:1], INK, 3.5)
    shadow = view.shadows[view.choice.active]
    shapes += PLANE.line(shadow.phi[: view.now + 1], shadow.score[: view.now + 1], INK, 1.5, "2 3")
    for i, curve in enumerate(view.curves):
        x, y = PLANE.at(curve.phi[view.now], curve.score[view.now])
        shapes += dot(x, y, LETTERS[i], colour_of(curve.instance), active=i == view.choice.active)
    return frame + shapes + plane_legend(LETTERS[view.choice.active])


def plane_legend(active: str) -> str:
    """What the kinds of line mean; beside the plane."""
    x, y = PLANE.left + PLANE.width + 14, PLANE.top + 12
    rows = [
        ((INK, 1.2, "5 4", GREY), ("diagonal:", "s = φ")),
        ((INK, 4, "", INK), ("this run, from", "the dot on")),
        ((INK, 1.3, "2 3", INK), (f"{active} in the", "run beside it")),
    ]
    shapes = ""
    for i, ((_, width, dashes, colour), lines) in enumerate(rows):
        top = y + 62 * i
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        shapes += f'<path d="M{x} {top}h40" stroke="{colour}" stroke-width="{width}"{dashed}/>'
        shapes += "".join(text(x, top + 18 + 15 * j, line, size=12) for j, line in enumerate(lines))
    top = y + 190
    shapes += f'<circle cx="{x + 4}" cy="{top - 4}" r="2.5" fill="{GREY}"/>'
    return shapes + text(x + 12, top, "all other", size=12) + text(x, top + 15, "object pixels", size=12)


def draw_time(view: View, panel: Panel) -> str:
    """φ and s of the active pixel over the training, up to its end, and where the shown step stands."""
    active = view.choice.active
    curve, shadow, steps = view.curves[active], view.shadows[active], view.steps
    colour = colour_of(curve.instance)
    ticks = [t for t in range(0, int(steps[-1]) + 1, 50)]
    frame = panel.frame(f"pixel {LETTERS[active]} over the training", "step of training", "", ticks, (0, 0.5, 1))
    x, _ = panel.at(float(steps[view.now]), 0)
    marker = f'<path d="M{x:.1f} {panel.top - 4}V{panel.top + panel.height}" stroke="{INK}" stroke-width="1.5"/>'
    lines = panel.line(steps, shadow.phi, INK, 1.3, "2 3") + rimmed_line(panel.path(steps, curve.phi), colour, 2)
    lines += panel.line(steps, curve.score, INK, 2, "8 4")
    return frame + lines + marker + time_legend(panel, colour)


def time_legend(panel: Panel, colour: str) -> str:
    """What the three curves are, on the line of the title."""
    y, right = panel.top - 13, panel.left + panel.width
    thin = '<path d="M{} {}h34" stroke="{}" stroke-width="{}" stroke-dasharray="{}"/>'.format
    return "".join(
        [
            rimmed_line(f"M{right - 388} {y}h34", colour, 2) + text(right - 348, y + 4, "φ", size=12),
            thin(right - 322, y, INK, 2, "8 4") + text(right - 282, y + 4, "s", size=12),
            thin(right - 256, y, INK, 1.3, "2 3") + text(right - 216, y + 4, "φ in the run drawn beside it", size=12),
        ]
    )
