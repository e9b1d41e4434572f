"""Stills of notebook 07: what a clustering found, and how two objects merge or break up."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from torch import Tensor

from lab.clustering import Candidates, Step, Thresholds, grow
from lab.figures.colours import instance_colour
from lab.figures.still import Still, finish
from lab.figures.style import ACCENT_INK, GOOD, GREY, INK, SMALL, WIDTH

PHOTOS = 7.4  # inches on the page: several photographs in one notebook have to stay small
NO_OBJECT = (150, 150, 150)
BADGED = 150  # px; on a smaller mask a badge would hide it
Masks = Bool[np.ndarray, "_ H W"] | Sequence[Bool[np.ndarray, "H W"]]


def show_masks(
    image: UInt8[np.ndarray, "H W 3"],
    instances: Int[np.ndarray, "H W"],
    masks: Mapping[str, Masks],
    alt: str,
    window: tuple[int, int, int, int] | None = None,
    columns: int = 2,
    width: float = PHOTOS,
) -> Still:
    """One panel for each title, with all its masks: outlined, and in colour and number of the object they hold.

    ``instances``: the labels, 0 where no object is; ``window``: left, top, right, bottom of what is shown, in px,
    default the whole image; ``width``: of the figure, in inches.
    """
    left, top, right, bottom = window or (0, 0, image.shape[1], image.shape[0])
    lines = -(-len(masks) // columns)
    high = width / columns * (bottom - top) / (right - left) + 0.45
    figure = Figure(figsize=(width, lines * high + 0.2), layout="constrained")
    for ax, (title, those) in zip(figure.subplots(lines, columns, squeeze=False).flat, masks.items(), strict=False):
        ax.imshow(image, interpolation="bilinear")
        for mask in map(np.asarray, those):
            draw_mask(ax, mask, held_object(mask, instances), (left, top, right, bottom))
        ax.set(xlim=(left - 0.5, right - 0.5), ylim=(bottom - 0.5, top - 0.5))
        ax.set_title(title, fontsize=9, loc="left")
        ax.tick_params(labelsize=SMALL)
        ax.set_xlabel("column (px)", fontsize=SMALL)
        ax.set_ylabel("row (px)", fontsize=SMALL)
    return finish(figure, alt, photo=True)


def held_object(mask: Bool[np.ndarray, "H W"], instances: Int[np.ndarray, "H W"]) -> int:
    """Number of the labelled object that has most pixels in the mask; 0 if none has any."""
    counts = np.bincount(instances[mask], minlength=2)
    counts[0] = 0
    return int(counts.argmax())


def draw_mask(ax: Axes, mask: Bool[np.ndarray, "H W"], number: int, window: tuple[int, int, int, int]) -> None:
    """Tint, outline with a dark rim, and at the middle of what is not too small the number; 0 is grey, without one."""
    if not mask.any() or mask.all():
        return
    colour = np.divide(instance_colour(number) if number else NO_OBJECT, 255)
    # Of the whole image a hundred masks would take a gigabyte.
    rows, columns = (_reach(places, size) for places, size in zip(np.nonzero(mask), mask.shape, strict=True))
    near = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    tint = np.zeros((*near.shape, 4), np.float32)
    tint[near] = (*colour, 0.45)
    ax.imshow(
        tint, interpolation="nearest", extent=(columns[0] - 0.5, columns[-1] + 0.5, rows[-1] + 0.5, rows[0] - 0.5)
    )
    for ink, thick in ((INK, 1.8), (tuple(colour), 0.9)):
        ax.contour(columns, rows, near.astype(float), [0.5], colors=[ink], linewidths=thick)
    row, column = (float(np.median(place)) for place in np.nonzero(mask))
    left, top, right, bottom = window
    if number and mask.sum() > BADGED and left <= column < right and top <= row < bottom:
        draw_badge(ax, column, row, number)


def _reach(places: Int[np.ndarray, " P"], size: int) -> Int[np.ndarray, " N"]:
    """From one before the first place to one after the last, inside the image."""
    return np.arange(max(places.min() - 1, 0), min(places.max() + 2, size))


def two_objects(
    margin: float, apart: float = 12.0
) -> tuple[Float[Tensor, "2 P"], list[tuple[Step, Bool[Tensor, "P"]]]]:
    """Embeddings (px) of two objects of 30 pixels each, and the accepted proposals if all pixels had this margin (px).

    A pixel's score falls with its distance from its object's centre, as a seed map is trained to.
    """
    of, generator = torch.arange(60) % 2, torch.Generator().manual_seed(7)
    spread = (1.3 * torch.randn(2, 60, generator=generator)).clamp(-2.5, 2.5)
    points = torch.tensor([[24.0, 24.0 + apart], [20.0, 20.0]])[:, of] + spread
    nowhere = torch.zeros(60, dtype=torch.int64)
    sharpness = torch.full((1, 60), math.log(2) / margin**2)
    candidates = Candidates(points, sharpness, 1 - spread.norm(dim=0) / 20, nowhere, nowhere)
    proposals = grow(candidates, 1, Thresholds(seed_threshold=0.6, min_pixels=2))
    return points, [(step, taken) for step, taken in proposals if step.accepted]


def show_two_objects(margins: Sequence[float], apart: float = 12.0) -> Still:
    """Two objects clustered with margins too small, right and too large: each instance has its own mark and number."""
    lines = -(-len(margins) // 2)
    figure = Figure(figsize=(PHOTOS, 2.6 * lines + 0.15), layout="constrained")
    titles = []
    rows = figure.subplots(lines, 2, sharex=True, sharey=True, squeeze=False)
    for ax, margin in zip(rows.flat, margins, strict=False):
        points, accepted = two_objects(margin, apart)
        free = ~torch.stack([taken for _, taken in accepted]).any(0)
        ax.plot(*points[:, free].numpy(), "x", color=GREY, ms=6)
        for k, (step, taken) in enumerate(accepted, start=1):
            colour = np.divide(instance_colour(k), 255)
            ax.plot(*points[:, taken].numpy(), "os^Dv"[(k - 1) % 5], color=colour, ms=6, mec=INK, mew=0.5)
            ax.add_patch(Ellipse(step.centre, 2 * margin, 2 * margin, fill=False, ec=INK, lw=2.6))
            ax.add_patch(Ellipse(step.centre, 2 * margin, 2 * margin, fill=False, ec=colour, lw=1.4))
        draw_numbers_above(ax, [step.centre for step, _ in accepted], float(points[1].min()))
        titles.append(f"margin {margin:g} px: {len(accepted)} found")
        ax.set_title(titles[-1] + (f", {int(free.sum())} pixels in none" if free.any() else ""), fontsize=9, loc="left")
        ax.set(aspect="equal", xlim=(18, 42), ylim=(27, 13))
        ax.tick_params(labelsize=SMALL)
    for ax in rows[-1]:
        ax.set_xlabel("column pointed to (px)", fontsize=SMALL)
    for ax in rows[:, 0]:
        ax.set_ylabel("row pointed to (px)", fontsize=SMALL)
    return finish(
        figure,
        f"Embeddings of two objects {apart:g} px apart with the margins that the clustering opened; pixels in no "
        f"instance are crosses. {'; '.join(titles)}.",
    )


def draw_numbers_above(ax: Axes, centres: Sequence[tuple[float, float]], top: float) -> None:
    """A badge for each centre, in a row above ``top``, where it hides no point; a thin line leads to its centre."""
    right_end = -np.inf
    for k in sorted(range(len(centres)), key=lambda k: centres[k][0]):
        x, y = centres[k]
        right_end = max(x, right_end + 1.4)
        ax.plot([right_end, x], [top - 2, y], color=INK, lw=0.8)
        draw_badge(ax, right_end, top - 2, k + 1, size=8)


def draw_badge(ax: Axes, x: float, y: float, number: int, size: int = 6) -> None:
    """An instance's number on a dark badge with a rim of its colour."""
    rim = np.divide(instance_colour(number), 255)
    badge = {"boxstyle": "round,pad=0.15", "fc": INK, "ec": rim}
    ax.text(x, y, str(number), color="white", fontsize=size, ha="center", va="center", clip_on=True, bbox=badge)


def show_rounds(points_to: Sequence[float], steps: Sequence[Step], margins: Sequence[float]) -> Still:
    """Pixels on a line, round by round: where each points, the seed's margin, who is new, and the verdict.

    ``points_to``: the column that each pixel points to; ``margins``: of each step's seed, in px.
    """
    figure = Figure(figsize=(WIDTH, 0.95 * len(steps) + 0.7), layout="constrained")
    taken: set[int] = set()
    told: list[str] = []
    rows = figure.subplots(len(steps), 1, sharex=True, squeeze=False)[:, 0]
    for ax, step, margin in zip(rows, steps, margins, strict=True):
        seed = step.column
        taken.add(seed)
        inside = {k for k, place in enumerate(points_to) if abs(place - points_to[seed]) < margin}
        ax.axvspan(points_to[seed] - margin, points_to[seed] + margin, fc="#eef4fa", ec=GOOD, lw=1.2, ls=(0, (4, 2)))
        for k, place in enumerate(points_to):
            state = "seed" if k == seed else "taken" if k in taken else "new" if k in inside else "free"
            draw_pixel(ax, place, k, state)
        taken |= inside
        told.append(f"round {len(told) + 1}, seed {seed}: {step.reason}")
        ax.set_title(told[-1], fontsize=9, loc="left", color=GOOD if step.accepted else ACCENT_INK)
        ax.set(ylim=(-0.6, 1.0), yticks=[])
        ax.tick_params(labelsize=SMALL)
    key = "Thick ring: seed; filled: new; thin ring: unassigned, outside; cross: taken before"
    rows[-1].set_xlabel(f"column pointed to (px).  {key}", fontsize=SMALL)
    return finish(figure, f"Pixels on a line with the margin of each round's seed. {'; '.join(told)}.")


def draw_pixel(ax: Axes, place: float, number: int, state: str) -> None:
    """A mark for the pixel's state, with its number above."""
    mark, face, edge, size = {
        "seed": ("o", "white", GOOD, 11),
        "new": ("o", GOOD, GOOD, 8),
        "free": ("o", "white", GREY, 8),
        "taken": ("x", GREY, GREY, 8),
    }[state]
    ax.plot([place], [0], mark, mfc=face, mec=edge, ms=size, mew=3 if state == "seed" else 1.6)
    weight = "bold" if state in ("seed", "new") else "normal"
    ax.text(place, 0.45, str(number), ha="center", fontsize=9, fontweight=weight)
