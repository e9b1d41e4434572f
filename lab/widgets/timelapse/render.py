"""The time-lapse as SVG: picture, embeddings, seed map, instances, and the curves with a cursor."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import UInt8

from lab.figures.colours import scalar_colours, tint
from lab.figures.style import INK
from lab.real import Real
from lab.training.recorder import Record
from lab.widgets.curves.compute import TERMS
from lab.widgets.curves.render import draw_terms, mark_stages, top_of, value_ticks
from lab.widgets.plot import Panel, colour_of, handle, picture, text
from lab.widgets.shapes import borders, rimmed, rimmed_path
from lab.widgets.timelapse.compute import View

WIDTH, HEIGHT = 860, 704
CELL = 412, 206  # the largest picture
COLUMNS, ROWS = (10, 438), (28, 268)  # where pictures begin
CURVES = (52, 526, 630, 130)
DOTS = 1600  # of the objects' embeddings at most so many are drawn


@dataclass(frozen=True)
class Stage:
    """What is the same in all frames of a record.

    Attributes:
        panels: of the four pictures, in px of the picture.
        still: the first picture, drawn.
        dim: the ground of the second.
        probe: the picture at the probe's pixels.
        drawn: rows and columns of the probe whose embeddings are drawn.
        numbers: the labelled objects.
    """

    panels: tuple[Panel, ...]
    still: str
    dim: str
    probe: UInt8[np.ndarray, "h w 3"]
    drawn: tuple[np.ndarray, np.ndarray]
    numbers: tuple[int, ...]


def set_stage(record: Record) -> Stage:
    """Draw what does not change."""
    panels = tuple(_panel(record, left, top) for top in ROWS for left in COLUMNS)
    rows, columns = np.nonzero(record.instances)
    every = max(1, -(-len(rows) // DOTS))
    numbers = tuple(np.unique(record.instances[record.instances > 0]).tolist())
    return Stage(
        panels=panels,
        still=_ground(panels[0], record.image) + _outlines(panels[0], record, numbers),
        dim=_ground(panels[1], record.image // 3),
        probe=record.image[:: record.stride, :: record.stride],
        drawn=(rows[::every], columns[::every]),
        numbers=numbers,
    )


def draw(record: Record, stage: Stage, view: View) -> str:
    """The whole board."""
    return (
        _titled(stage.panels[0], "the picture, and its labels", stage.still)
        + _titled(stage.panels[1], "where the objects' pixels point, and each margin", _embeddings(record, stage, view))
        + _titled(stage.panels[2], "seed map, dark blue 0 to yellow 1; + seeds", _seed_map(record, stage, view))
        + _titled(stage.panels[3], "instances that the clustering finds", _instances(stage, view))
        + draw_curves(record, view)
    )


def _panel(record: Record, left: int, top: int) -> Panel:
    height, width = record.image.shape[:2]
    scale = min(CELL[0] / width, CELL[1] / height)
    x = left + (CELL[0] - width * scale) / 2
    return Panel(round(x), top, round(width * scale), round(height * scale), (-0.5, width - 0.5), (height - 0.5, -0.5))


def _titled(panel: Panel, title: str, shapes: str) -> str:
    return text(panel.left, panel.top - 9, title, weight="bold") + shapes


@lru_cache(maxsize=8)
def _packed(panel: Panel, data: bytes, shape: tuple[int, ...]) -> str:
    rgb = np.frombuffer(data, np.uint8).reshape(shape)
    return picture(panel.left, panel.top, panel.width, panel.height, rgb, smooth=True)


def _ground(panel: Panel, image: UInt8[np.ndarray, "H W 3"]) -> str:
    return _packed(panel, image.tobytes(), image.shape)


def _outlines(panel: Panel, record: Record, numbers: tuple[int, ...]) -> str:
    shapes = ""
    for number in numbers:
        mask = record.instances == number
        path = "".join(panel.path(*(corners.T * record.stride)) + "z" for corners in borders(mask))
        shapes += rimmed_path(path, colour_of(number), 1.2)
        if mask.sum() * record.stride**2 >= 150:
            depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
            row, column = np.unravel_index(depth.argmax(), depth.shape)
            shapes += _badge(*panel.at(int(column) * record.stride, int(row) * record.stride), number)
    return panel.clip(shapes, "lapse-labels")


def _badge(x: Real, y: Real, number: int) -> str:
    box = f'<rect x="{x - 9:.1f}" y="{y - 8:.1f}" width="18" height="16" rx="4" fill="{INK}" fill-opacity=".8"/>'
    return box + text(x, y + 4.5, str(number), size=12, anchor="middle", colour="white")


def _embeddings(record: Record, stage: Stage, view: View) -> str:
    """A dot for each drawn pixel's embedding in its object's colour, each object's margin, a cross at its centre."""
    panel, (rows, columns) = stage.panels[1], stage.drawn
    owner, points = record.instances[rows, columns], view.embedding[:, rows, columns]
    shapes = ""
    for k in stage.numbers:
        x, y = points[:, owner == k]
        shapes += panel.dots(x, y, colour_of(k), 1.3, 0.75)
    scale = panel.width / record.image.shape[1]
    for thing in view.things:
        x, y = panel.at(*thing.centre)
        rx, ry = (m * scale for m in thing.margin)
        ring = f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" {{}}/>'
        cross = f'<path d="M{x - 4:.1f} {y:.1f}h8M{x:.1f} {y - 4:.1f}v8" {{}}/>'
        shapes += rimmed(ring, colour_of(thing.number), 1.6) + rimmed(cross, "#ffffff", 1.4)
    return stage.dim + panel.clip(shapes, "lapse-cloud")


def _seed_map(record: Record, stage: Stage, view: View) -> str:
    panel = stage.panels[2]
    shapes = picture(panel.left, panel.top, panel.width, panel.height, scalar_colours(view.best_seed, 0.0, 1.0))
    for row, column in view.seeds:
        x, y = panel.at(column * record.stride, row * record.stride)
        shapes += rimmed(f'<path d="M{x - 5:.1f} {y:.1f}h10M{x:.1f} {y - 5:.1f}v10" {{}}/>', "#ffffff", 1.6)
    return shapes


def _instances(stage: Stage, view: View) -> str:
    panel = stage.panels[3]
    shapes = picture(panel.left, panel.top, panel.width, panel.height, tint(stage.probe, view.labels))
    factor = panel.width / view.labels.shape[1]
    for number in np.unique(view.labels[view.labels > 0]).tolist():
        rows, columns = np.nonzero(view.labels == number)
        x, y = panel.left + (columns.mean() + 0.5) * factor, panel.top + (rows.mean() + 0.5) * factor
        shapes += _badge(x, y, number)
    return shapes


def place_of_step(step: Real) -> float:
    """Where a step lies on the axis: even steps of the logarithm, as the frames are."""
    return float(np.log10(1 + step))


def curve_panel(record: Record) -> Panel:
    """Of the curves."""
    last = max(int(record.steps[-1]), 1)
    return Panel(*CURVES, (0, place_of_step(last)), (0, top_of(record.terms[:, 5])))


def draw_curves(record: Record, view: View) -> str:
    """The terms over the steps, with the cursor at the frame, to be dragged."""
    panel, terms = curve_panel(record), record.terms
    places = np.log10(1 + terms[:, 0])
    ticks = [t for e in range(7) for t in (10**e,) if t <= record.steps[-1]]
    shapes = mark_stages(panel, stage_ends(record), place_of_step)
    shapes += panel.frame("", "", "term", (), value_ticks(panel.y[1]))
    for tick in (0, *ticks):
        x, bottom = panel.at(place_of_step(tick), 0)
        shapes += f'<path d="M{x:.1f} {bottom:.1f}v5" stroke="{INK}"/>'
        shapes += text(x, bottom + 18, str(tick), size=12, anchor="middle")
    x, y = panel.left + panel.width / 2, panel.top + panel.height + 36
    shapes += text(x, y, "step (on a logarithmic scale)", size=12, anchor="middle")
    shapes += draw_terms(panel, places, terms[:, 2:5], terms[:, 5])
    return shapes + _cursor(record, panel, view)


def _cursor(record: Record, panel: Panel, view: View) -> str:
    x, top = panel.at(place_of_step(view.step), panel.y[1])
    shape = (
        f'<path d="M{x:.1f} {top:.1f}v{panel.height}" stroke="{INK}" stroke-width="2"/>'
        f'<circle cx="{x:.1f}" cy="{top + panel.height:.1f}" r="7" fill="white" stroke="{INK}" stroke-width="2.5"/>'
    )
    return handle("frame", shape, "frame", f"step {view.step}", (0, view.place, len(record.steps) - 1))


def stage_ends(record: Record) -> tuple[int, ...]:
    """The steps at which the stages end, by the log and the frames."""
    logged = [(int(row[0]), int(row[1])) for row in record.terms] + list(
        zip(record.steps.tolist(), np.asarray(record.stage).tolist(), strict=True)
    )
    return tuple(max(step for step, stage in logged if stage == s) for s in sorted({stage for _, stage in logged}))


def nearest_frame(record: Record, x: Real) -> int:
    """The frame whose place on the curves' axis is nearest to ``x`` of the board."""
    wanted, _ = curve_panel(record).back(x, 0)
    return int(np.abs(np.log10(1 + record.steps) - wanted).argmin())


def term_values(record: Record, step: int) -> dict[str, float] | None:
    """The row of the log that holds this step; None before the first step."""
    rows = record.terms[record.terms[:, 0] >= max(step, 1)]
    if step == 0 or not len(rows):
        return None
    return dict(zip((*TERMS, "total", "learning rate"), rows[0, 2:].tolist(), strict=True))
