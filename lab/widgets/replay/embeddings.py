"""The replay's view of embedding space: which candidates point into the seed's margin."""

import numpy as np
from jaxtyping import Bool, Float

from lab.clustering import Step
from lab.embedding import PIXELS_PER_UNIT
from lab.figures.style import ACCENT, GOOD, GREY, INK
from lab.widgets.plot import SMALLEST, Panel, text
from lab.widgets.replay.compute import Frame, Inputs, centre_px, margin_px

WIDTH, HEIGHT = 420, 400
SIDE = 280  # px of the panel
MOST_POINTS = 800  # of each kind; more cannot be told apart


def draw_embeddings(inputs: Inputs, frame: Frame) -> str:
    """Embedding space round the seed's embedding; before the first proposal only words."""
    if frame.current is None:
        return text(WIDTH / 2, HEIGHT / 2, "No seed yet: step forward.", anchor="middle", colour=GREY)
    step = frame.current.step
    (x, y), reach = centre_px(step), 2.2 * max(margin_px(step))
    panel = Panel(58, 28, SIDE, SIDE, (x - reach, x + reach), (y + reach, y - reach))
    axes = panel.frame(
        "Where the candidates point", "column (px)", "row (px)", ticks(panel.x), ticks(panel.y[::-1]), grid=False
    )
    points = panel.clip(draw_points(inputs, frame, panel), "lab-replay-embeddings")
    return axes + points + draw_margin(panel, step) + draw_key()


def draw_hidden() -> str:
    """While the game asks, the margin would give the answer away."""
    return text(WIDTH / 2, HEIGHT / 3, "Embedding space: hidden until you have guessed", anchor="middle", colour=GREY)


def draw_points(inputs: Inputs, frame: Frame, panel: Panel) -> str:
    """Crosses for candidates assigned before; dots for the unassigned, blue inside the margin and orange outside."""
    embedding = inputs.prediction.embedding[0].numpy() * PIXELS_PER_UNIT
    before = thin_out(embedding, frame.candidate & (frame.owner > 0), panel)
    x, y = thin_out(embedding, frame.unassigned & ~frame.claim, panel)
    outside = panel.dots(x, y, ACCENT, 1.3)
    x, y = thin_out(embedding, frame.unassigned & frame.claim, panel)
    return crosses(panel, before) + outside + panel.dots(x, y, GOOD, 1.3)


def thin_out(
    embedding: Float[np.ndarray, "2 H W"], where: Bool[np.ndarray, "H W"], panel: Panel
) -> Float[np.ndarray, "2 _"]:
    """Embeddings (px) of these pixels that are in view; every n-th if there are too many."""
    points = embedding[:, where]
    (left, right), (bottom, top) = panel.x, panel.y
    points = points[:, (points[0] > left) & (points[0] < right) & (points[1] > top) & (points[1] < bottom)]
    return points[:, :: 1 + points.shape[1] // MOST_POINTS]


def crosses(panel: Panel, points: Float[np.ndarray, "2 _"]) -> str:
    """Small grey crosses."""
    places = (panel.at(x, y) for x, y in points.T.tolist())
    strokes = "".join(f"M{x - 2:.1f} {y - 2:.1f}l4 4m-4 0l4 -4" for x, y in places)
    return f'<path d="{strokes}" fill="none" stroke="{GREY}" stroke-width=".8"/>'


def draw_margin(panel: Panel, step: Step) -> str:
    """The ellipse at whose rim membership is one half, and the seed's embedding in its middle."""
    (px, py), (radius_x, radius_y) = panel.at(*centre_px(step)), margin_px(step)
    scale = panel.width / (panel.x[1] - panel.x[0])
    return (
        f'<ellipse cx="{px:.1f}" cy="{py:.1f}" rx="{scale * radius_x:.1f}" ry="{scale * radius_y:.1f}" fill="none" '
        f'stroke="{INK}" stroke-width="2" stroke-dasharray="6 5"/>'
        f'<circle cx="{px:.1f}" cy="{py:.1f}" r="4" fill="#ffffff" stroke="{INK}" stroke-width="2"/>'
    )


def draw_key() -> str:
    """What the marks mean."""
    top, left = 28 + SIDE + 54, 58
    cross = f'<path d="M{left - 2} {top + 14}l5 5m-5 0l5 -5" stroke="{GREY}" stroke-width="1.2"/>'
    dot = '<circle cx="{}" cy="{}" r="3.5" fill="{}"/>'
    return (
        dot.format(left, top - 4, GOOD)
        + text(left + 10, top, "unassigned, inside: new", size=SMALLEST)
        + dot.format(left + 190, top - 4, ACCENT)
        + text(left + 200, top, "unassigned, outside", size=SMALLEST)
        + cross
        + text(left + 10, top + 21, "assigned before; dashed: the seed's margin", size=SMALLEST)
    )


def ticks(ends: tuple[float, float]) -> list[float]:
    """A few round values between two."""
    span = ends[1] - ends[0]
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000) if span / s <= 6)
    return [float(v) for v in np.arange(np.ceil(ends[0] / step), np.floor(ends[1] / step) + 1) * step]
