"""The figure as SVG: render(data) -> picture.  Orange and + pull the margin out, blue and − push it in."""

import math
from functools import lru_cache

import numpy as np
from jaxtyping import UInt8

from lab.embedding import MARGIN_PER_SIGMA, PIXELS_PER_UNIT
from lab.figures.style import GREY, INK, RULE
from lab.real import Real
from lab.widgets.plot import Panel, colour_of, picture, text
from lab.widgets.pull.charts import IN, OUT, balance_words, chart_top, draw_balance, draw_overlaps
from lab.widgets.pull.scenery import Scenery, Stage
from lab.widgets.shapes import rgb, rimmed_path

WIDTH, HEIGHT = 860, 500
COLUMN, TOP, MAP_HEIGHT = 272, 30, 226
SIGN_SPACING = 15  # px on the board between the signs on the map
SECTORS = 12
ARROW = 34  # px on the board: the longest arrow at the rim
DOTS = 900  # embeddings drawn at most on each side, drawn at random


def draw(s: Scenery) -> str:
    """The whole drawing."""
    panels = [map_panel(s, left) for left in (2, 2 + COLUMN + 20, 2 + 2 * (COLUMN + 20))]
    balance = Panel(52, 330, 400, 124, (0, math.ceil(s.stage.widest)), (0, chart_top(s)))
    return "".join(
        [
            draw_map(s, panels[0]),
            draw_embeddings(s, panels[1]),
            draw_speakers(s, panels[2]),
            draw_balance(s, balance),
            draw_overlaps(s, Panel(520, 384, 318, 70, (0, 1), (0, 1))),
        ]
    )


def map_panel(s: Scenery, left: Real) -> Panel:
    """A panel in the window's own coordinates; pixel (column, row) has its middle there."""
    w = s.stage.window
    x, y = (w.left - 0.5, w.left + w.width - 0.5), (w.top + w.height - 0.5, w.top - 0.5)
    return Panel(left, TOP, COLUMN, MAP_HEIGHT, x, y)


def draw_map(s: Scenery, panel: Panel) -> str:
    """Who pulls: every pixel where it lies in the image."""
    shapes = picture(panel.left, panel.top, panel.width, panel.height, pull_colours(s)) + outline(s.stage, panel)
    shapes += signs(s, panel)
    return caption(panel, "who pulls: + out, − in") + panel.clip(shapes, "pull-map") + border(panel)


def pull_colours(s: Scenery) -> UInt8[np.ndarray, "_ _ 3"]:
    """The image in pale grey under orange (out) and blue (in), full where a pixel pulls as hard as any."""
    grey = 150 + s.stage.image.mean(axis=2, keepdims=True) * 0.4
    strength = np.sqrt(np.abs(s.parts) / max(np.abs(s.parts).max(), 1e-12))[..., None]
    colours = np.where(s.parts[..., None] > 0, rgb(OUT), rgb(IN))
    return (grey * (1 - strength) + colours * strength).astype(np.uint8)


def signs(s: Scenery, panel: Panel) -> str:
    """+ and − on a coarse grid wherever the pull is at least a sixth of the strongest, as colour must not be alone."""
    step = max(1, round(SIGN_SPACING * s.stage.window.width / panel.width))
    parts = s.parts[step // 2 :: step, step // 2 :: step]
    strong = np.abs(parts) > np.abs(s.parts).max() / 6
    paths = {1: "", -1: ""}
    for row, column in np.argwhere(strong):
        x, y = window_point(s, panel, column * step + step // 2, row * step + step // 2)
        sign = int(np.sign(parts[row, column]))
        paths[sign] += f"M{x - 4:.1f} {y:.1f}h8" + ("m-4 -4v8" if sign > 0 else "")
    return "".join(
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
        for path in paths.values()
        for colour, width in (("#ffffff", 3.6), (INK, 1.6))
    )


def window_point(s: Scenery, panel: Panel, column: Real, row: Real) -> tuple[float, float]:
    """Where on the board a pixel of the window lies."""
    return panel.at(column + s.stage.window.left, row + s.stage.window.top)


@lru_cache(maxsize=8)  # at every move the same
def outline(stage: Stage, panel: Panel) -> str:
    """The object's border between pixels, as one path."""
    w = stage.window
    mask = np.pad(stage.cloud.mask.numpy()[w.top : w.top + w.height, w.left : w.left + w.width], 1)
    down, across = f"v{panel.height / w.height:.1f}", f"h{panel.width / w.width:.1f}"
    path = ""
    for stroke, differs in ((down, mask[1:-1, 1:] != mask[1:-1, :-1]), (across, mask[1:, 1:-1] != mask[:-1, 1:-1])):
        for row, column in np.argwhere(differs).tolist():
            x, y = panel.at(column + w.left - 0.5, row + w.top - 0.5)
            path += f"M{x:.1f} {y:.1f}{stroke}"
    return rimmed_path(path, colour_of(stage.cloud.number), 1.6)


def draw_embeddings(s: Scenery, panel: Panel) -> str:
    """Where they point: embeddings, the margin, and at its rim which way each sector is pulled."""
    shapes = draw_points(s.stage, panel)
    shapes += circle(s, panel, s.margin, INK, 2.4) + circle(s, panel, s.sigma * math.sqrt(2), INK, 1, "2 4")
    shapes += rim_arrows(s, panel)
    return caption(panel, "where they point, and the margin") + panel.clip(shapes, "pull-points") + border(panel)


@lru_cache(maxsize=8)  # at every move the same
def draw_points(stage: Stage, panel: Panel) -> str:
    """The embeddings of the window's pixels, the object's as dots, others as dashes."""
    w, cloud = stage.window, stage.cloud
    shown = np.s_[w.top : w.top + w.height, w.left : w.left + w.width]
    x, y = (cloud.embedding.numpy()[:, *shown] * PIXELS_PER_UNIT).reshape(2, -1)
    own = cloud.mask.numpy()[shown].ravel()
    order = np.random.default_rng(0).permutation(len(x))
    others, its = order[~own[order]][:DOTS], order[own[order]][:DOTS]
    return dashes(panel, x[others], y[others]) + panel.dots(x[its], y[its], OUT, 1.5, 0.55)


def dashes(panel: Panel, xs: np.ndarray, ys: np.ndarray) -> str:
    """Pixels that are not the object's, each as a small −."""
    points = (panel.at(float(x), float(y)) for x, y in zip(xs, ys, strict=True))
    path = "".join(f"M{px - 2:.1f} {py:.1f}h4" for px, py in points)
    return f'<path d="{path}" fill="none" stroke="{IN}" stroke-width="1.4" stroke-opacity="0.55"/>'


def circle(s: Scenery, panel: Panel, radius: Real, colour: str, width: Real, dashes: str = "") -> str:
    """A circle of ``radius`` px around the object's centre."""
    x, y = (s.stage.cloud.centre * PIXELS_PER_UNIT).tolist()
    return circle_at(panel, (x, y), radius, colour, width, dashes)


def circle_at(panel: Panel, centre: tuple[Real, Real], radius: Real, colour: str, width: Real, dashes: str = "") -> str:
    """A circle in the panel's coordinates."""
    cx, cy = panel.at(*centre)
    r = radius * panel.width / (panel.x[1] - panel.x[0])
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="{r:.1f}" fill="none" stroke="{colour}" '
        f'stroke-width="{width:g}"{dashed}/>'
    )


def sector_pulls(s: Scenery) -> np.ndarray:
    """Sum of the parts by the direction in which an embedding lies from the centre, SECTORS of them from −π on."""
    w, cloud = s.stage.window, s.stage.cloud
    shown = np.s_[w.top : w.top + w.height, w.left : w.left + w.width]
    x, y = cloud.embedding.numpy()[:, *shown] - cloud.centre.numpy()[:, None, None]
    sector = ((np.arctan2(y, x) + math.pi) / (2 * math.pi) * SECTORS).astype(int) % SECTORS
    return np.bincount(sector.ravel(), s.parts.ravel().astype(float), SECTORS)


def rim_arrows(s: Scenery, panel: Panel) -> str:
    """An arrow for each sector, outward or inward, as long as its sum is large."""
    sums = sector_pulls(s)
    cx, cy = panel.at(*(s.stage.cloud.centre * PIXELS_PER_UNIT).tolist())
    r = s.margin * panel.width / (panel.x[1] - panel.x[0])
    shapes = ""
    for i, value in enumerate(sums):
        angle = -math.pi + (i + 0.5) * 2 * math.pi / SECTORS
        # A pull of 0.8 in one sector is as strong as any gets; longer arrows would leave the panel.
        length = ARROW * max(-1.0, min(1.0, value / 0.8))
        if abs(length) >= 4:
            shapes += arrow(cx, cy, angle, r, r + length, OUT if value > 0 else IN)
    return shapes


def arrow(cx: Real, cy: Real, angle: Real, start: Real, end: Real, colour: str) -> str:
    """A radial arrow from radius ``start`` to ``end`` around (cx, cy)."""
    c, n = math.cos(angle), math.sin(angle)
    back = end - math.copysign(7, end - start)

    def at(radius: Real, aside: Real = 0) -> str:
        return f"{cx + radius * c - aside * n:.1f} {cy + radius * n + aside * c:.1f}"

    path = f"M{at(start)}L{at(end)}M{at(back, 5)}L{at(end)}L{at(back, -5)}"
    return "".join(
        f'<path d="{path}" fill="none" stroke="{stroke}" stroke-width="{width}" stroke-linejoin="round"/>'
        for stroke, width in (("#ffffff", 5.5), (colour, 2.8))
    )


def draw_speakers(s: Scenery, panel: Panel) -> str:
    """What a single pixel would make of it: thin margins of a dozen, each around its own embedding."""
    shapes = outline(s.stage, panel)
    some = slice(0, 12)
    for centre, sigma in zip(s.speakers.centre[some].tolist(), s.speakers.sigma[some].tolist(), strict=True):
        radius = sigma * MARGIN_PER_SIGMA
        shapes += circle_at(panel, tuple(centre), radius, GREY, 1.1) + cross(panel, centre)
    shapes += circle(s, panel, s.margin, INK, 2.4)
    words = f"12 single pixels' margins (σ ×÷ {s.factor:.2f})"
    return caption(panel, words) + panel.clip(shapes, "pull-speakers") + border(panel)


def cross(panel: Panel, centre: list[float]) -> str:
    """A small × at an embedding."""
    x, y = panel.at(*centre)
    return f'<path d="M{x - 2.5:.1f} {y - 2.5:.1f}l5 5m0 -5l-5 5" fill="none" stroke="{GREY}" stroke-width="1.2"/>'


def caption(panel: Panel, words: str) -> str:
    """A panel's title."""
    return text(panel.left, panel.top - 10, words, weight="bold")


def border(panel: Panel) -> str:
    """A thin frame, and the object's scale: a bar of 20 px."""
    length = 20 * panel.width / (panel.x[1] - panel.x[0])
    x, y = panel.left + 8, panel.top + panel.height - 8
    return (
        f'<rect x="{panel.left}" y="{panel.top}" width="{panel.width}" height="{panel.height}" fill="none" '
        f'stroke="{RULE}"/>{rimmed_path(f"M{x} {y}h{length:.1f}", "#ffffff", 2)}' + text(x, y + 24, "20 px", size=12)
    )


def describe(s: Scenery) -> str:
    """The alternative text."""
    alone = s.speakers.iou
    return (
        f"Object {s.choice.number} of the street with σ {s.sigma:.1f} px, margin {s.margin:.1f} px. Pull on its "
        f"bandwidth: {balance_words(s)}. The object's own pixels pull out, all others push in. IoU with means "
        f"{s.iou:.2f}; of {len(alone)} likely seed pixels alone from {alone.min():.2f} to {alone.max():.2f}."
    )
