"""Sixty seconds to sigma as a drawing.  Pure: frames in, SVG out."""

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
from jaxtyping import Float

from lab.datasets.sample import corner
from lab.figures.style import GREY, INK
from lab.widgets.plot import Panel, colour_of, picture, text
from lab.widgets.sixty.run import Frame, drawn_pixels, round_steps

WIDTH, HEIGHT = 860, 452
SIDE = 64
PLACE = Panel(48, 30, 372, 372, (-0.5, SIDE - 0.5), (SIDE - 0.5, -0.5))
NAMES = {4: "person", 5: "person", 6: "person", 11: "car"}
# The colours of 4 and 11 are the same, as there are only seven: the dashes tell them apart.
DASHES = {4: "7 4", 5: "", 6: "2 3", 11: ""}
ABOVE = (5,)  # whose number stands above its margin
WIDEST = 20.0  # px


def draw(frames: Sequence[Frame], place: int) -> str:
    """The whole board, with the frame at ``place`` of the run."""
    radii, overlaps = (np.stack(rows) for rows in zip(*((f.radius, f.iou) for f in frames), strict=True))
    end = round_steps(frames)
    above = Panel(500, 30, 258, 168, (0, end), (0, WIDEST))
    below = Panel(500, 258, 258, 144, (0, end), (0, 1.02))
    return (
        draw_scene(frames[place])
        + draw_curves(
            frames, place, above, "Margin of each object, √(x · y)", "px", (0.0, 5.0, 10.0, 15.0, 20.0), radii
        )
        + draw_curves(frames, place, below, "IoU of each object", "", (0.0, 0.5, 1.0), overlaps)
    )


def describe(frames: Sequence[Frame], place: int) -> str:
    """The board in words."""
    f = frames[place]
    objects = "; ".join(
        f"{k} {NAMES[k]}: margin {m:.1f} px, IoU {i:.2f}" for k, m, i in zip(_numbers(), f.radius, f.iou, strict=True)
    )
    return (
        f"A white car and three people, 64 x 64 pixels, after {f.step} steps of training on them alone. Left: where "
        "the objects' pixels point, around each centre the rim of its margin; right: each margin and overlap over the "
        f"steps. {objects}."
    )


def draw_scene(frame: Frame) -> str:
    """The dimmed picture, what its pixels point to, and every margin around its centre."""
    _, _, owner = drawn_pixels()
    shapes = [picture(PLACE.left, PLACE.top, PLACE.width, PLACE.height, _dim())]
    for k in _numbers()[::-1]:
        x, y = frame.embedding[:, owner == k]
        shapes.append(PLACE.dots(x, y, colour_of(k), 1.8, 0.75))
    margins = list(zip(_numbers(), _centres(), frame.margins, strict=True))
    shapes += [_rim(*each) for each in margins] + [_number(*each) for each in margins]
    title = f"Where the pixels point · step {frame.step}"
    ticks = range(0, SIDE, 20)
    return PLACE.clip("".join(shapes), "sixty-scene") + PLACE.frame(
        title, "column (px)", "row (px)", ticks, ticks, grid=False
    )


def _rim(k: int, centre: Float[np.ndarray, "2"], margin: Float[np.ndarray, "2"]) -> str:
    x, y = PLACE.at(*centre)
    rx, ry = margin * PLACE.width / SIDE
    shape = f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" fill="none"'
    dashes = f' stroke-dasharray="{DASHES[k]}"' if DASHES[k] else ""
    return f'{shape} stroke="{INK}" stroke-width="5.5"/>{shape} stroke="{colour_of(k)}" stroke-width="2.8"{dashes}/>'


def _number(k: int, centre: Float[np.ndarray, "2"], margin: Float[np.ndarray, "2"]) -> str:
    """Beside the margin, so that a small one stays visible; of the two persons that hide each other, above the one."""
    x, y = PLACE.at(*centre)
    rx, ry = margin * PLACE.width / SIDE
    x, y = (x, y - ry - 14) if k in ABOVE else (x - rx - 14, y)
    disc = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9.5" fill="{INK}" stroke="{colour_of(k)}" stroke-width="2"/>'
    return disc + text(x, y + 4.5, str(k), anchor="middle", colour="#ffffff", weight="bold")


def draw_curves(
    frames: Sequence[Frame],
    place: int,
    panel: Panel,
    title: str,
    unit: str,
    ticks: Sequence[float],
    values: Float[np.ndarray, "T K"],
) -> str:
    """One curve an object: what lies behind the frame shown in full, what lies ahead thin."""
    steps = [f.step for f in frames]
    parts = []
    for k, curve in zip(_numbers(), values.T, strict=True):
        parts.append(panel.line(steps, curve, GREY, 0.8))
        parts.append(panel.line(steps[: place + 1], curve[: place + 1], INK, 4))
        parts.append(panel.line(steps[: place + 1], curve[: place + 1], colour_of(k), 2.4, DASHES[k]))
    now = panel.line([steps[place]] * 2, panel.y, INK, 1, "2 3")
    right = panel.left + panel.width + 8
    heights = _apart([float(panel.at(0, v)[1]) for v in values[place]])
    # Every label in ink: on white not all of the colours can be read.
    labels = [
        text(right, y + 4, f"{k} {NAMES[k]} {v:.{1 if unit else 2}f}", size=12)
        for k, y, v in zip(_numbers(), heights, values[place], strict=True)
    ]
    frame = panel.frame(title, "step", unit, range(0, round_steps(frames) + 1, 100), ticks)
    return frame + panel.clip("".join(parts) + now, f"sixty-{title[:3]}") + "".join(labels)


def _apart(heights: list[float], least: float = 14.0) -> list[float]:
    """The heights moved up and down as little as keeps labels from covering one another."""
    order = np.argsort(heights)
    spread = np.array(heights, float)[order]
    for _ in range(20):
        for i in range(len(spread) - 1):
            push = (least - (spread[i + 1] - spread[i])) / 2
            if push > 0:
                spread[i] -= push
                spread[i + 1] += push
    return [float(spread[list(order).index(i)]) for i in range(len(heights))]


@cache
def _numbers() -> tuple[int, ...]:
    instances = corner().instances
    return tuple(int(k) for k in np.unique(instances[instances > 0]))


@cache
def _centres() -> Float[np.ndarray, "K 2"]:
    """The objects' centroids: column and row in px."""
    instances = corner().instances
    return np.array([[c.mean() for c in np.nonzero(instances == k)[::-1]] for k in _numbers()], np.float32)


@cache
def _dim() -> np.ndarray:
    """The picture darkened, with the labelled outlines of its objects."""
    scene, factor = corner(), 9
    image = (scene.image // 2).repeat(factor, 0).repeat(factor, 1)
    for k in _numbers():
        mask = (scene.instances == k).astype(np.uint8).repeat(factor, 0).repeat(factor, 1)
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(image, contours, -1, (217, 217, 217), 1)
    return image
