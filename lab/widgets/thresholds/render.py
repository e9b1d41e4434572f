"""The playground as a drawing: the scene, the detections by score, the curve.  Pure: a subject and a view in, SVG out.

Right, wrong and missed differ by colour, by line and by sign: blue, solid, ✓; orange, dashed, ✗; white, dotted, "?".
"""

from functools import lru_cache

import numpy as np

from lab.figures.style import ACCENT, ACCENT_INK, GOOD, GREY, INK, RULE
from lab.real import Real
from lab.widgets.plot import Panel, handle, picture, text
from lab.widgets.shapes import border_path, rimmed_path
from lab.widgets.thresholds.compute import Detection, View
from lab.widgets.thresholds.proposals import Subject, cluster_once
from lab.widgets.thresholds.signs import Inner, Sign, badge, draw_signs, innermost

WIDTH = 860
SCENE = (4, 26, 556)  # left, top, width; the height is the scene's
LIST_LEFT, LINE, ROWS = 578, 19, 14
CURVE_HEIGHT = 190
SOLID, DASHED, DOTTED, SPARSE = "", "7 4", "0.1 4.5", "2 5"
# Verdict -> colour and dashes of the border, sign, and its colour where it is behind or is itself a word.
LOOKS = {
    "right": (GOOD, SOLID, "✓", GOOD),
    "wrong": (ACCENT, DASHED, "✗", ACCENT_INK),
    "forgiven": (GREY, SPARSE, "–", GREY),
}
MISSED = "#ffffff"


def scene_height(subject: Subject) -> float:
    """On the board, px."""
    rows, columns = subject.scene.image.shape[:2]
    return SCENE[2] * rows / columns


def curve_top(subject: Subject) -> float:
    """Where the curve's panel begins."""
    return 46.0 + SCENE[1] + max(scene_height(subject), LINE * (ROWS + 1))


def height_of(subject: Subject) -> int:
    """Of the whole board."""
    return round(curve_top(subject) + CURVE_HEIGHT + 48)


def curve_panel(subject: Subject) -> Panel:
    """Precision over recall."""
    return Panel(48, round(curve_top(subject)), 512, CURVE_HEIGHT, (0, 1), (0, 1.04))


def draw(subject: Subject, view: View) -> str:
    """The whole board."""
    return draw_scene(subject, view) + draw_list(view) + draw_curve(subject, view) + draw_legend(subject)


def draw_scene(subject: Subject, view: View) -> str:
    """The image with every detection's border, and those of the objects that nobody found."""
    left, top, width = SCENE
    scale = width / subject.scene.image.shape[1]
    paths = mask_paths(subject, view.choice.class_index, view.choice.thresholds.foreground_threshold)
    missed = (_outline(object_path(subject, k), MISSED, DOTTED, scale, 2.2) for k in view.missed)
    found = (_outline(paths[d.round], *LOOKS[d.verdict][:2], scale) for d in view.detections)
    lines = (
        f'<g transform="translate({left} {top}) scale({scale:.4f}) translate(.5 .5)">{"".join((*missed, *found))}</g>'
    )
    title = text(left, top - 9, "The scene: detections numbered by score, missed objects with a ?", weight="bold")
    return title + _image(subject) + lines + _signs(subject, view, scale)


def _outline(path: str, colour: str, dashes: str, scale: Real, width: Real = 2.0) -> str:
    dashed = " ".join(f"{float(d) / scale:.2f}" for d in dashes.split())
    more = f'stroke-linecap="round" stroke-dasharray="{dashed}"' if dashes else ""
    return rimmed_path(path, colour, width / scale, rim=1.6 / scale, more=more)


def _signs(subject: Subject, view: View, scale: Real) -> str:
    """One for each detection, the best scores first, and for each missed object."""
    inner = _inner_of_masks(subject, view.choice.class_index, view.choice.thresholds.foreground_threshold)
    signs = [
        Sign(inner[d.round], f"{number}{LOOKS[d.verdict][2]}", MISSED, LOOKS[d.verdict][3])
        for number, d in enumerate(view.detections, start=1)
    ]
    signs += [Sign(_inner_of_object(subject, k), "?", INK, MISSED) for k in view.missed]
    left, top, width = SCENE
    return draw_signs(signs, (left, top, left + width, top + scene_height(subject)), scale)


@lru_cache(maxsize=8)
def _image(subject: Subject) -> str:
    left, top, width = SCENE
    return picture(left, top, width, scene_height(subject), subject.scene.image, smooth=True)


def _masks(subject: Subject, class_index: int, foreground: Real) -> list[np.ndarray]:
    masks = []
    for pixels in cluster_once(subject, class_index, foreground).pixels:
        mask = np.zeros(subject.scene.instances.shape, bool)
        mask.ravel()[pixels] = True
        masks.append(mask)
    return masks


@lru_cache(maxsize=32)
def mask_paths(subject: Subject, class_index: int, foreground: float | int) -> tuple[str, ...]:
    """The border of every proposal."""
    return tuple(border_path(mask) for mask in _masks(subject, class_index, foreground))


@lru_cache(maxsize=32)
def _inner_of_masks(subject: Subject, class_index: int, foreground: float | int) -> tuple[Inner, ...]:
    return tuple(innermost(mask) for mask in _masks(subject, class_index, foreground))


@lru_cache(maxsize=1024)
def object_path(subject: Subject, number: int) -> str:
    """The border of a true object."""
    return border_path(subject.scene.instances == number)


@lru_cache(maxsize=1024)
def _inner_of_object(subject: Subject, number: int) -> Inner:
    return innermost(subject.scene.instances == number)


def draw_list(view: View) -> str:
    """The detections by falling score: number, score, overlap, and what became of it."""
    left, top = LIST_LEFT, SCENE[1]
    parts = [text(left, top - 9, "Detections by score", weight="bold")]
    heads = ((left + 62, "score", "end"), (left + 120, "overlap", "end"), (left + 134, "with object", "start"))
    parts += [text(x, top + 10, name, size=12, anchor=anchor, colour=GREY) for x, name, anchor in heads]
    for line, d in enumerate(view.detections[:ROWS], start=1):
        parts.append(_row(line, d, view, top + 10 + LINE * line))
    more = len(view.detections) - ROWS
    if more > 0:
        parts.append(text(left, top + 10 + LINE * (ROWS + 1), f"and {more} more", size=12, colour=GREY))
    return "".join(parts)


def _row(number: int, d: Detection, view: View, y: Real) -> str:
    *_, sign, colour = LOOKS[d.verdict]
    left = LIST_LEFT
    cells = [(left + 18, str(number)), (left + 62, f"{d.score:.3f}"), (left + 120, f"{d.overlap:.2f}")]
    cells += [(left + 157, str(d.object or "none"))]
    line = f'<path d="M{left} {y + 5:.1f}H{WIDTH - 4}" stroke="{RULE}"/>'
    words = text(left + 170, y, f"{sign} {tell_verdict(d, view)}", size=12, colour=colour, weight="bold")
    return line + "".join(text(x, y, cell, size=12, anchor="end") for x, cell in cells) + words


def tell_verdict(d: Detection, view: View) -> str:
    """Right, or what it lacks."""
    if d.verdict != "wrong":
        return {"right": "right", "forgiven": "on void"}[d.verdict]
    return "found twice" if d.overlap > view.choice.overlap else "too little"


def draw_curve(subject: Subject, view: View) -> str:
    """Precision over recall: solid and filled as far as the seed threshold listens, dashed beyond."""
    panel, ticks = curve_panel(subject), (0, 0.2, 0.4, 0.6, 0.8, 1)
    shapes = panel.frame("", "recall: right detections / objects", "precision: right / heard", ticks, ticks)
    shapes += text(panel.left, panel.top - 10, _title(view), weight="bold")
    if not view.count:
        return shapes + text(panel.left + 20, panel.top + 40, "There is no object of this class to be found.")
    precision, recall = view.whole
    shapes += panel.line(recall, precision, GREY, 1.5, "4 4") + panel.dots(recall[1:], precision[1:], GREY, 2.2)
    shapes += panel.area(view.recall, view.precision, GOOD, 0.2) + panel.line(view.recall, view.precision, INK, 2)
    shapes += panel.dots(view.recall[1:], view.precision[1:], INK, 3.2)
    return shapes + _here(panel, view)


def _title(view: View) -> str:
    ap = "AP is not defined" if not view.count else f"AP = {view.ap:.3f}, the blue area"
    return f"At an overlap of more than {view.choice.overlap:.2f}: {ap}"


def _here(panel: Panel, view: View) -> str:
    """The place on the curve at which the seed threshold stops, to be dragged."""
    x, y = panel.at(float(view.recall[-1]), float(view.precision[-1]))
    ring = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="#ffffff" fill-opacity="0.6" stroke="{INK}" stroke-width="4.4"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="none" stroke="#f0e442" stroke-width="2.4"/>'
    )
    words = f"precision {view.precision[-1]:.2f}, recall {view.recall[-1]:.2f}"
    return handle("heard", ring, "detections heard", words, (0, len(view.detections), len(view.whole[0]) - 1))


def draw_legend(subject: Subject) -> str:
    """What the lines mean."""
    left, top = LIST_LEFT, curve_top(subject)
    lines = (
        (GOOD, SOLID, "1✓", MISSED, GOOD, "true positive: right"),
        (ACCENT, DASHED, "2✗", MISSED, ACCENT_INK, "false positive: wrong"),
        (MISSED, DOTTED, "?", INK, MISSED, "false negative: missed"),
    )
    parts = []
    for line, (colour, dashes, sign, ink, ground, words) in enumerate(lines):
        y = top + 14 + 28 * line
        parts.append(_outline(f"M{left + 2} {y}h44", colour, dashes, 1.0))
        parts.append(badge((left + 64, y), sign, ink, ground) + text(left + 86, y + 4.5, words))
    parts.append(_ringed(left + 24, top + 98) + text(left + 86, top + 102.5, "seed threshold: drag it,"))
    parts.append(text(left + 86, top + 120, "or use the arrow keys"))
    parts.append(f'<path d="M{left + 2} {top + 144}h44" stroke="{GREY}" stroke-width="1.5" stroke-dasharray="4 4"/>')
    parts.append(text(left + 86, top + 148.5, "how the curve would go on"))
    return "".join(parts)


def _ringed(x: Real, y: Real) -> str:
    rings = ((INK, 4.4), ("#f0e442", 2.4))
    return "".join(f'<circle cx="{x}" cy="{y}" r="8" fill="none" stroke="{c}" stroke-width="{w}"/>' for c, w in rings)


def nearest_heard(subject: Subject, view: View, x: Real, y: Real) -> int:
    """How many detections are heard at the point of the curve nearest to (x, y) on the board."""
    panel = curve_panel(subject)
    places = np.array([panel.at(float(r), float(p)) for p, r in zip(*view.whole, strict=True)])
    point = int(np.hypot(*(places - (x, y)).T).argmin())
    # A point is a score, which several detections may share.
    judged = np.unique(view.scores)[::-1]
    return int((view.scores >= judged[min(point, len(judged)) - 1]).sum()) if point else 0
