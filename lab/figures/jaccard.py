"""The Jaccard loss drawn: as a square of two pixels, as an area cut two ways, along a line, and a staircase to mend."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from lab.figures.still import Still, finish
from lab.figures.style import ACCENT, ACCENT_INK, GREY, INK, WIDTH

Pieces = Sequence[tuple[float, float, float]]


def show_square() -> Still:
    """One foreground and one background pixel, each wrong by 0..1: 1 - IoU counted, and its Lovász extension."""
    figure = Figure(figsize=(WIDTH, 4.1), layout="constrained")
    counted, extended = figure.subplots(1, 2, sharey=True)
    axis = np.linspace(0, 1, 241)
    x, y = np.meshgrid(axis, axis)  # x: error of the foreground pixel, y: of the background pixel
    flat = np.where(x > 0.5, 1.0, np.where(y > 0.5, 0.5, 0.0))
    counted.imshow(flat, extent=(0, 1, 0, 1), origin="lower", cmap="cividis", vmin=0, vmax=1, alpha=0.85)
    for (px, py), words, ink in (((0.25, 0.25), "0", "white"), ((0.25, 0.75), "½", "white"), ((0.75, 0.5), "1", INK)):
        counted.text(px, py, words, fontsize=17, ha="center", va="center", color=ink)
    bent = extend_two_pixels(x, y)
    extended.imshow(bent, extent=(0, 1, 0, 1), origin="lower", cmap="cividis", vmin=0, vmax=1, alpha=0.85)
    lines = extended.contour(x, y, bent, np.arange(0.1, 1, 0.1), colors=INK, linewidths=1)
    extended.clabel(lines, fmt="%.1f", fontsize=9)
    extended.plot([0, 1], [0, 1], "--", color="white", lw=2.2)
    extended.text(0.30, 0.38, "equally wrong", color="white", fontsize=10, rotation=45, ha="center", va="center")
    for axes, title in ((counted, "counted (wrong: error > ½)"), (extended, "its Lovász extension, with level lines")):
        axes.set_title(title, fontsize=11)
        axes.set_xlabel("error of the foreground pixel", fontsize=10)
        axes.set(xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
        for corner, value, place in zip(
            ((0, 0), (1, 0), (0, 1), (1, 1)), "01½1", ("lb", "rb", "lt", "rt"), strict=True
        ):
            _corner(axes, corner, value, place)
    counted.set_ylabel("error of the background pixel", fontsize=10)
    return finish(
        figure,
        "Two squares. Left, 1 - IoU counted: flat areas of 0, one half and 1. Right, its Lovász extension: the same "
        "values at the corners, and between them two planes that meet in a fold along the diagonal; level lines are "
        "upright below the diagonal and slanted above it.",
    )


def extend_two_pixels(
    foreground: Float[np.ndarray, "*shape"], background: Float[np.ndarray, "*shape"]
) -> Float[np.ndarray, "*shape"]:
    """The Lovász extension for one pixel of each kind, from their errors.

    The larger error goes first: a miss costs 1 and leaves nothing to pay; a false alarm costs ½, the miss after it ½.
    """
    return np.where(foreground >= background, foreground, (foreground + background) / 2)


def _corner(axes: Axes, corner: tuple[int, int], value: str, place: str) -> None:
    dx, dy = (10 if place[0] == "l" else -10), (10 if place[1] == "b" else -10)
    axes.plot(*corner, "o", color=INK, ms=9, clip_on=False, zorder=5)
    axes.annotate(
        value, corner, (dx, dy), textcoords="offset points", fontsize=12, fontweight="bold", ha="center", va="center",
        bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": INK, "lw": 0.7},
    )  # fmt: skip


def jaccard_steps(errors: Float[np.ndarray, "P"], labels: Bool[np.ndarray, "P"]) -> tuple[list[int], list[Fraction]]:
    """Pixels with an error above 0, the largest first, and 1 - IoU after each of them has turned wrong."""
    order = [int(i) for i in np.argsort(-errors, kind="stable") if errors[i] > 0]
    total, losses = int(labels.sum()), []
    for n in range(1, len(order) + 1):
        alarms = sum(not labels[i] for i in order[:n])
        losses.append(Fraction(n, total + alarms))
    return order, losses


def show_two_cuts(errors: Float[np.ndarray, "P"], labels: Bool[np.ndarray, "P"]) -> Still:
    """The area under J(t), as upright pieces between the errors, and as one flat slab for each pixel."""
    figure = Figure(figsize=(WIDTH, 3.9), layout="constrained")
    upright, lying = figure.subplots(1, 2, sharey=True)
    order, losses = jaccard_steps(errors, labels)
    ends = [*(float(errors[i]) for i in order), 0.0]
    for n, loss in enumerate(losses):
        upright.add_patch(Rectangle((ends[n + 1], 0), ends[n] - ends[n + 1], float(loss), fc="#c9def0", ec=INK))
        wrong = ", ".join(str(i + 1) for i in sorted(order[: n + 1]))
        words = f"{{{wrong}}}\nJ = {loss}"
        turned = 90 if ends[n] - ends[n + 1] < 0.25 else 0
        middle = (ends[n] + ends[n + 1]) / 2
        upright.text(middle, float(loss) / 2, words, ha="center", va="center", fontsize=9, rotation=turned)
    below = Fraction(0)
    for i, loss in zip(order, losses, strict=True):
        _lying(lying, i, float(errors[i]), bool(labels[i]), below, loss)
        below = loss
    upright.set_title("upright: set by set, from one error to the next", fontsize=11)
    lying.set_title("sideways: pixel by pixel, error long and weight thick", fontsize=11)
    for axes in (upright, lying):
        _frame(axes, 0.0, float(max(errors)) * 1.08)
    upright.set_ylabel("J = 1 − IoU", fontsize=10)
    return finish(
        figure,
        "The same staircase twice: J of the pixels whose error is above t, falling from 1 to 0 as t grows. Left, cut "
        "into upright pieces, each labelled with its set of wrong pixels; right, sideways, one slab for each pixel.",
    )


def _lying(axes: Axes, i: int, error: float, foreground: bool, below: Fraction, loss: Fraction) -> None:
    thick = float(loss - below)
    face, hatch = ("#9cc6e3", None) if foreground else ("#ececec", "///")
    axes.add_patch(Rectangle((0, float(below)), error, thick, fc=face, ec=INK, hatch=hatch, lw=1))
    letter = "F" if foreground else "B"
    if thick > 0:
        words, box = f"{i + 1} {letter}: {error:g} × {loss - below}", {"fc": "white", "ec": "none", "pad": 1.2}
        axes.text(min(error / 2, 0.42), float(below) + thick / 2, words, ha="center", va="center", fontsize=9, bbox=box)
    else:
        axes.plot([0, error], [float(loss)] * 2, color=ACCENT, lw=3, clip_on=False)
        axes.text(error + 0.03, 1.03, f"{i + 1} {letter}: {error:g} × 0", fontsize=9, color=ACCENT_INK)


def _frame(axes: Axes, left: float, right: float) -> None:
    axes.set(xlim=(left, right), ylim=(0, 1.1), yticks=(0, 0.5, 1))
    axes.set_xlabel("level t", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)


def show_along_line(
    losses: Mapping[str, Callable[[Tensor], Tensor]], start: Float[Tensor, "P"], end: Float[Tensor, "P"]
) -> Still:
    """Losses on the straight way from one choice of logits to another, each with the chord between its ends."""
    along = np.linspace(0, 1, 201)
    ways = [start + float(s) * (end - start) for s in along]
    curves = {name: np.array([float(loss(logits)) for logits in ways]) for name, loss in losses.items()}
    figure = Figure(figsize=(WIDTH, 3.1), layout="constrained")
    for axes, (name, values) in zip(figure.subplots(1, len(curves)), curves.items(), strict=True):
        axes.plot(along[[0, -1]], values[[0, -1]], "--", color=ACCENT, lw=1.6, label="chord")
        axes.plot(along, values, color=INK, lw=2, label="loss")
        axes.set_title(name, fontsize=10.5)
        axes.set_xlabel("from one choice of logits to another", fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set(xticks=(0, 0.5, 1), ylim=(0, max(v.max() for v in curves.values()) * 1.08))
    figure.axes[0].set_ylabel("loss", fontsize=10)
    figure.axes[0].legend(fontsize=9, frameon=False)
    return finish(
        figure, f"Along one line through the logits: {'; '.join(curves)}. Only the first stays below its chord."
    )


def show_pieces(pieces: Pieces, errors: Float[np.ndarray, "P"], labels: Bool[np.ndarray, "P"], loss: float) -> Still:
    """Pieces (left, right, height) that claim to fill the staircase, over the staircase itself."""
    figure = Figure(figsize=(WIDTH, 3.3), layout="constrained")
    axes = figure.subplots()
    for left, right, height in pieces:
        axes.add_patch(Rectangle((left, 0), right - left, height, fc="#f6d9c4", ec=ACCENT, hatch="..", lw=1.2))
    order, losses = jaccard_steps(errors, labels)
    ends = [*(float(errors[i]) for i in order), 0.0]
    xs = [max(errors) * 1.1, *(end for end in ends for _ in range(2))]
    ys = [0.0, 0.0, *(float(y) for y in losses for _ in range(2))]
    axes.plot(xs[: len(ys)], ys, color=INK, lw=2.4, label=f"J(t): area {loss:.3f}")
    area = sum((right - left) * height for left, right, height in pieces)
    axes.plot([], [], color=ACCENT, lw=6, alpha=0.5, label=f"the pieces: area {area:.3f}")
    _frame(axes, float(min(0, *errors)) - 0.1, float(max(errors)) * 1.1)
    axes.axvline(0, color=GREY, lw=1, ls=":")
    axes.legend(fontsize=10, frameon=False)
    axes.set_ylabel("J = 1 − IoU", fontsize=10)
    return finish(figure, f"Pieces of area {area:.3f} drawn over the Jaccard curve, whose area is the loss {loss:.3f}.")
