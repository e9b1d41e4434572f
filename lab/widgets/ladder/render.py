"""The ladder as a drawing.  Pure: a stage, a view and a stored ladder in, SVG out."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool, Int, UInt8

from lab.figures.colours import instance_colour
from lab.figures.style import ACCENT, GOOD, GREY, INK, RULE
from lab.real import Real
from lab.widgets.badges import apart, leader
from lab.widgets.ladder.compute import RIGHT, Stage, View, true_masks
from lab.widgets.plot import Panel, colour_of, picture, text
from lab.widgets.shapes import border_path, ink_on, rgb, rimmed_path

WIDTH, HEIGHT = 860, 498
PICTURE = (44, 34, 546)  # left, top, width
TALLEST = 290  # px of the picture on the board
LEGEND = 337  # the middle of the line below the picture
BARS_TOP, BARS_HEIGHT = 378, 70
RUNGS_LEFT, RUNGS_TOP, RUNG = 716, 122, 25  # of the bars' base, of the first bar, from bar to bar
RUNGS_WIDTH = 96
CAPTION = 20  # px of room for the words above a group of bars
BADGE = 9  # px, the radius of a number's disc; a thinner object has none, or has it beside
MOST_NUMBERS = 40  # objects; the numbers of more would run into one another
DIM = 0.65  # of the picture's brightness is kept, so that colours can be told


def draw(stage: Stage, view: View, results: Mapping[str, Any] | None) -> str:
    """The whole board."""
    return draw_scene(stage, view) + draw_overlaps(stage, view) + draw_score(stage, view) + draw_rungs(view, results)


def draw_scene(stage: Stage, view: View) -> str:
    """What was found, in the colours of the objects that it is, under the outlines of the truth."""
    left, top, width, height = place_of(stage)
    wrong = len(view.object) - view.right
    title = f"{view.right} of {len(view.iou)} objects found; striped: {wrong} that are no object"
    frame = f'<rect x="{left}" y="{top}" width="{width}" height="{height:.1f}" fill="none" stroke="{GREY}"/>'
    painted = picture(left, top, width, height, paint(stage, view), smooth=True)
    return (
        text(left, top - 9, title, weight="bold")
        + painted
        + frame
        + _outlines(stage)
        + draw_discs(stage, view)
        + draw_legend()
    )


def place_of(stage: Stage) -> tuple[Real, Real, Real, Real]:
    """Left, top, width and height of the picture on the board."""
    left, top, width = PICTURE
    rows, columns = stage.scene.instances.shape
    scale = min(width / columns, TALLEST / rows)
    return left, top, columns * scale, rows * scale


def paint(stage: Stage, view: View) -> UInt8[np.ndarray, "H W 3"]:
    """The image, dimmed; found instances in their object's colour, those that are none in stripes."""
    painted = (DIM * stage.scene.image).astype(np.uint8)
    height, width, _ = painted.shape
    row, column = np.indices((height, width))
    stripes = np.where(((row + column) // 3 % 2)[..., None], np.array(rgb(ACCENT)), 245)
    for index in np.argsort(view.found.scores, kind="stable"):  # the highest score on top
        mask, k = view.found.masks[index], view.object[index]
        colour = np.array(instance_colour(int(k))) if k else stripes[mask]
        painted[mask] = 0.35 * painted[mask] + 0.65 * colour
    return painted


@lru_cache(maxsize=8)  # the same at every move
def _outlines(stage: Stage) -> str:
    """Borders of the true objects."""
    left, top, width, _ = place_of(stage)
    scale = width / stage.scene.instances.shape[1]
    paths = "".join(border_path(mask) for mask in true_masks(stage))
    moved = f"translate({left + scale / 2:.2f} {top + scale / 2:.2f}) scale({scale:.4f})"
    return f'<g transform="{moved}">{rimmed_path(paths, "#ffffff", 1.0 / scale, rim=1.2 / scale)}</g>'


@lru_cache(maxsize=8)
def _inner(stage: Stage) -> tuple[tuple[int, int, float], ...]:
    return tuple(innermost(mask) for mask in true_masks(stage))


def innermost(mask: Bool[np.ndarray, "H W"]) -> tuple[int, int, float]:
    """Row and column of the pixel that is furthest from the mask's border, and how far that is in px."""
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(row), int(column), float(depth[row, column])


def draw_discs(stage: Stage, view: View) -> str:
    """The objects' numbers: filled discs on those that are found, hollow ones on missed objects with room for one.

    A found object that is too thin has its disc beside it, with a line, unless the scene is crowded.
    """
    left, top, width, height = place_of(stage)
    scale = width / stage.scene.instances.shape[1]
    found = {int(k) - 1 for k in view.object if k}
    crowded = len(view.iou) > MOST_NUMBERS
    roomy = {k: depth * scale > BADGE for k, (_, _, depth) in enumerate(_inner(stage))}
    shown = sorted(
        (k for k, room in roomy.items() if room or (k in found and not crowded)), key=lambda k: k not in found
    )
    inner = [(left + (x + 0.5) * scale, top + (y + 0.5) * scale) for y, x, _ in (_inner(stage)[k] for k in shown)]
    wanted = np.array(
        [(x, y - (0 if roomy[k] else 2 * BADGE)) for k, (x, y) in zip(shown, inner, strict=True)], dtype=float
    ).reshape(-1, 2)
    places = apart(wanted, np.full_like(wanted, 2 * BADGE), (left, top, left + width, top + height)).tolist()
    lines, discs = [], []
    for k, (x, y), (to_x, to_y) in zip(shown, inner, places, strict=True):
        if np.hypot(to_x - x, to_y - y) > BADGE:
            lines.append(leader(x, y, to_x, to_y, colour_of(k + 1) if k in found else "#ffffff"))
        discs.append(badge(k + 1, to_x, to_y, k in found))
    return "".join(lines + discs)


def badge(number: int, x: Real, y: Real, found: bool) -> str:
    """A disc with the object's number: in its colour if it is found, hollow with a dashed rim if not."""
    ground, dashes = (colour_of(number), "") if found else ("#ffffff", ' stroke-dasharray="3 2"')
    disc = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{BADGE}" fill="{ground}"{dashes} stroke="{INK}"/>'
    return disc + text(x, y + 4.3, str(number), size=12, anchor="middle", weight="bold", colour=ink_on(ground))


def draw_legend() -> str:
    """What the discs and lines on the scene mean."""
    left, y = PICTURE[0], LEGEND
    small: dict[str, Any] = {"size": 12, "colour": INK}
    return (
        badge(1, left + BADGE, y, True)
        + text(left + 24, y + 4.3, "object found", **small)
        + badge(2, left + 122, y, False)
        + text(left + 137, y + 4.3, "missed (a tiny one has no disc)", **small)
        + f'<path d="M{left + 338} {y}h26" stroke="{INK}" stroke-width="3.4"/>'
        + f'<path d="M{left + 338} {y}h26" stroke="#ffffff" stroke-width="1.6"/>'
        + text(left + 371, y + 4.3, "border of a labelled object", **small)
    )


def draw_overlaps(stage: Stage, view: View) -> str:
    """A bar for each object, class by class; hollow where it is not found."""
    classes = stage.truth.classes
    order = np.argsort(classes, kind="stable")
    left, _, width = PICTURE
    panel = Panel(left, BARS_TOP, width, BARS_HEIGHT, (0.4, max(len(order), 1) + 0.6), (0, 1.02))
    parts = [panel.frame("Best overlap (IoU) of each object with what was found of its class", y_ticks=(0, RIGHT, 1))]
    for column, k in enumerate(order.tolist(), start=1):
        x0, y0 = panel.at(column - 0.38, float(view.iou[k]))
        x1, base = panel.at(column + 0.38, 0)
        found = (view.object == k + 1).any()
        parts.append(
            f'<rect x="{x0:.1f}" y="{y0:.1f}" width="{x1 - x0:.1f}" height="{base - y0:.1f}" '
            f'fill="{colour_of(k + 1) if found else "none"}" stroke="{INK}" stroke-width="0.8"/>'
        )
        if len(order) <= MOST_NUMBERS:
            parts.append(text((x0 + x1) / 2, base + 14, str(k + 1), size=12, anchor="middle"))
    y = panel.at(0, RIGHT)[1]
    parts.append(f'<path d="M{left} {y:.1f}h{width}" stroke="{INK}" stroke-dasharray="5 3"/>')
    return "".join(parts) + _class_names(stage, panel, classes[order])


def _class_names(stage: Stage, panel: Panel, classes: Int[np.ndarray, " K"]) -> str:
    parts = []
    for i, c in enumerate(np.unique(classes).tolist()):
        columns = np.flatnonzero(classes == c) + 1
        (x0, _), (x1, _) = panel.at(columns[0] - 0.4, 0), panel.at(columns[-1] + 0.4, 0)
        y = panel.top + panel.height + 20
        parts.append(f'<path d="M{x0:.1f} {y}H{x1:.1f}" stroke="{GREY}" stroke-width="1.5"/>')
        below = y + 13 + 12 * (i % 2)  # side by side the names of neighbours would run into one another
        parts.append(text((x0 + x1) / 2, below, stage.class_names[c - 1], size=12, anchor="middle"))
    return "".join(parts)


def draw_score(stage: Stage, view: View) -> str:
    """AP of this scene, in figures, and what it leaves out."""
    left = PICTURE[0] + PICTURE[2] + 24
    return (
        text(left, 25, "This scene (%)", weight="bold")
        + text(left, 52, f"AP {_percent(view.ap)}", size=21, weight="bold", colour=GOOD)
        + text(left + 120, 52, f"AP50 {_percent(view.ap50)}", size=15)
        + text(left, 70, _floor(stage).capitalize(), size=12, colour=GREY)
    )


def _floor(stage: Stage) -> str:
    return f"objects under {stage.min_region} px ignored" if stage.min_region else ""


def draw_rungs(view: View, results: Mapping[str, Any] | None) -> str:
    """AP of the whole data set on every stored rung, with a mark at the one that the switches say."""
    left = PICTURE[0] + PICTURE[2] + 24
    if results is None:
        return text(left, RUNGS_TOP, "No ladder of a data set is stored.", size=12, colour=GREY)
    parts = [text(left, RUNGS_TOP - 20, f"AP (%) of {results['images']} images, {results['split']}", weight="bold")]
    rungs = [rung for rung in results["rungs"] if rung["ap"] is not None]
    alone = sum(len(rung["truth"]) == 1 for rung in rungs)
    for row, rung in enumerate(rungs):
        top = RUNGS_TOP + RUNG * row + CAPTION * ((row > 0) + (row > alone))
        if row in (1, alone + 1):
            words = "the truth in place of one part" if row == 1 else "foreground, and one more each time"
            parts.append(text(left, top - 6, words, size=12, colour=GREY))
        parts.append(_rung(rung, top, _short(rung["truth"]), tuple(rung["truth"]) == view.switches.on))
    if not any(tuple(rung["truth"]) == view.switches.on for rung in rungs):
        parts.append(text(left, HEIGHT - 12, "This choice was not measured.", size=12, colour=GREY))
    return "".join(parts)


def _short(truth: list[str]) -> str:
    """ "nothing", the part, or "+ part" below those above it."""
    return "nothing" if not truth else truth[0] if len(truth) == 1 else f"+ {truth[-1]}"


def _rung(rung: Mapping[str, Any], top: Real, words: str, chosen: bool) -> str:
    weight = "bold" if chosen else "normal"
    length = RUNGS_WIDTH * rung["ap"]
    mark = f'<path d="M{RUNGS_LEFT - 96} {top + 4}l7 5l-7 5z" fill="{INK}"/>' if chosen else ""
    fill, stroke = (GOOD, INK) if chosen else (RULE, GREY)
    return (
        text(RUNGS_LEFT - 8, top + 13, words, size=12, anchor="end", weight=weight)
        + f'<rect x="{RUNGS_LEFT}" y="{top}" width="{length:.1f}" height="18" fill="{fill}" stroke="{stroke}"/>'
        + text(RUNGS_LEFT + length + 5, top + 13, f"{100 * rung['ap']:.1f}", size=12, weight=weight)
        + mark
    )


def describe(stage: Stage, view: View, results: Mapping[str, Any] | None) -> str:
    """The board in words."""
    truth = ", ".join(view.switches.on) or "nothing"
    wrong = len(view.object) - view.right
    told = (
        f"Ground truth in place of {truth}: {view.right} of {len(view.iou)} objects of the scene are found, and "
        f"{wrong} thing{'s' * (wrong != 1)} that are no object; AP {_percent(view.ap)} %, AP50 {_percent(view.ap50)} %"
        f"{f' ({_floor(stage)})' if stage.min_region else ''}."
    )
    if results is None:
        return told
    stored = next((rung for rung in results["rungs"] if tuple(rung["truth"]) == view.switches.on), None)
    if stored is None:
        return f"{told} These switches together were not measured on the data set."
    data = f"{results['images']} images of {results['data']} ({results['split']})"
    return f"{told} On {data}: AP {_percent(stored['ap'])} %."


def _percent(value: float | None) -> str:
    return "absent" if value is None or np.isnan(value) else f"{100 * value:.1f}"
