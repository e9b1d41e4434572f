"""Stills of notebook 02: how wide a Gaussian is, under which name, and what a width of one's own is worth."""

import math
from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.embedding import BANDWIDTH_GAIN, MARGIN_PER_SIGMA, PIXELS_PER_UNIT
from lab.figures.colours import instance_colour
from lab.figures.still import Still, finish
from lab.figures.style import ACCENT, INK, SMALL, WIDTH


def show_sweep(margins: Float[np.ndarray, "D"], iou: Float[np.ndarray, "K D"], objects: Mapping[int, str]) -> Still:
    """IoU of every object with the pixels that land within a margin (px) of its centre, for many margins."""
    figure, axes = _panel(2.7)
    for (k, name), curve, dashes in zip(objects.items(), iou, ("-", "--"), strict=True):
        best = int(curve.argmax())
        axes.plot(margins, curve, dashes, color=INK, lw=3.6)
        axes.plot(margins, curve, dashes, color=_rgb(k), lw=2)
        axes.plot(margins[best], curve[best], "o", color=_rgb(k), mec=INK, ms=7)
        axes.annotate(
            f"{k} {name}: best at {margins[best]:.1f} px",
            (margins[best], curve[best]), xytext=(0, 9), textcoords="offset points", ha="center", fontsize=9,
        )  # fmt: skip
    _label(axes, "margin, the same for both (px)", "IoU")
    axes.set(xlim=(0, margins[-1]), ylim=(0, 1.18), yticks=[0, 0.5, 1])
    return finish(figure, "Overlap of a person and of a car over one margin for both: where one is at its best, the "
                  "other is far from it.")  # fmt: skip


def show_gaussians(sigmas: tuple[float, ...] = (4, 8, 16), delta: float = 10) -> Still:
    """A step beside Gaussians of several σ (px), each with its margin on the line at one half."""
    figure = Figure(figsize=(WIDTH, 2.7), layout="constrained")
    step, gauss = figure.subplots(1, 2, sharey=True)
    d = np.linspace(0, 30, 601)
    step.plot(d, d < delta, color=INK, lw=2)
    step.annotate(f"δ = {delta:g} px", (delta, 0.75), xytext=(6, 0), textcoords="offset points", fontsize=9)
    step.set_title("a step: member or not", fontsize=10)
    for sigma, dashes in zip(sigmas, ("-", "--", ":"), strict=True):
        margin = sigma * MARGIN_PER_SIGMA
        words = f"σ {sigma:g} px: margin {margin:.1f} px"
        gauss.plot(d, np.exp(-(d**2) / (2 * sigma**2)), dashes, color=INK, lw=2, label=words)
        gauss.plot([margin, margin], [0, 0.5], color=ACCENT, lw=1)
        gauss.plot(margin, 0.5, "o", color=ACCENT, ms=5)
    gauss.legend(fontsize=9, frameon=False, loc="upper right")
    gauss.set_title("Gaussians: φ, and where it is one half", fontsize=10)
    for axes in (step, gauss):
        axes.axhline(0.5, color=ACCENT, lw=1, ls=(0, (2, 3)))
        _label(axes, "distance from the centre (px)", "membership" if axes is step else "")
        axes.set(xlim=(0, 30), ylim=(0, 1.05), yticks=[0, 0.5, 1])
    return finish(figure, "Left a step that falls from 1 to 0 at 10 px; right three Gaussians that cross one half at "
                  "1.18 times their σ.")  # fmt: skip


def show_bandwidths(marks: Mapping[str, float]) -> Still:
    """Margin in px over b, with some margins marked by name; beside it the region that three values of b claim."""
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    curve, rings = figure.subplots(1, 2, width_ratios=(2.1, 1))
    b = np.linspace(0.2, 1.3, 200)
    curve.semilogy(b, margin_of(b), color=INK, lw=2)
    for name, margin in marks.items():
        at = -np.log((margin / PIXELS_PER_UNIT) ** 2 / math.log(2)) / BANDWIDTH_GAIN
        curve.plot(at, margin, "o", color=ACCENT, ms=6)
        curve.annotate(
            f"{name}: {margin:.3g} px, b = {at:.2f}",
            (at, margin),
            xytext=(7, 3),
            textcoords="offset points",
            fontsize=9,
        )
    _label(curve, "bandwidth b, what the network puts out", "margin (px)")
    curve.set(xlim=(0.2, 1.3), yticks=[1, 2, 5, 10, 20, 50, 100, 200], yticklabels=[1, 2, 5, 10, 20, 50, 100, 200])
    curve.minorticks_off()
    turn = np.linspace(0, 2 * np.pi, 200)
    for value, dashes in ((0.6, ":"), (0.7, "--"), (0.8, "-")):
        r = float(margin_of(np.array([value]))[0])
        rings.plot(r * np.cos(turn), r * np.sin(turn), dashes, color=INK, lw=2)
        rings.text(0, r, f"b = {value}", fontsize=SMALL, ha="center", va="center", bbox={"fc": "white", "ec": "none"})
    rings.set(aspect="equal", title="a larger b is a smaller region")
    rings.title.set_fontsize(10)
    _label(rings, "px", "")
    return finish(figure, "Margin over bandwidth on a logarithmic scale: a straight line that falls. Beside it three "
                  "circles: 0.6 is the widest, 0.8 the narrowest.")  # fmt: skip


def margin_of(bandwidth: Float[np.ndarray, "P"]) -> Float[np.ndarray, "P"]:
    """Margin in px of these b."""
    return PIXELS_PER_UNIT * np.sqrt(math.log(2) / np.exp(BANDWIDTH_GAIN * bandwidth))


def show_gains(runs: Mapping[int, list[float]], wanted: float) -> Still:
    """Margin (px) over the steps of a training of b alone, for several gains in κ = exp(gain · b)."""
    figure, axes = _panel(2.6)
    for (gain, margins), dashes in zip(runs.items(), ("-", "--", ":"), strict=False):
        axes.plot(margins, dashes, color=INK, lw=2)
        formula = "κ = exp(b)" if gain == 1 else f"κ = exp({gain} b)"
        axes.annotate(
            formula, (len(margins) * 0.6, margins[int(len(margins) * 0.6)]), xytext=(0, 8),
            textcoords="offset points", ha="right", fontsize=9.5,
        )  # fmt: skip
    axes.axhline(wanted, color=ACCENT, lw=1.2, ls=(0, (2, 3)))
    axes.text(4, wanted * 1.02, "where the hinge is lowest", color=ACCENT, fontsize=9, va="bottom")
    _label(axes, "step of Adam, learning rate 0.0005", "margin (px)")
    axes.set(xlim=(0, None), ylim=(0, wanted * 1.25))
    return finish(figure, "Margin over steps: with a gain of ten it reaches its best value, with a gain of one it "
                  "has hardly begun.")  # fmt: skip


def show_turning(
    angles: Float[np.ndarray, "A"], curves: Mapping[str, Float[np.ndarray, "A"]], bar: Bool[np.ndarray, "H W"],
    margin: tuple[float, float],
) -> Still:  # fmt: skip
    """IoU of a bar with its best margin while the bar turns; beside it the bar at 45° with its best ellipse (px)."""
    figure = Figure(figsize=(WIDTH, 2.7), layout="constrained")
    axes, picture = figure.subplots(1, 2, width_ratios=(2.3, 1))
    for (name, curve), dashes in zip(curves.items(), ("-", "-.", "--", ":"), strict=True):
        axes.plot(angles, curve, dashes, color=INK, lw=2, label=name)
    axes.legend(fontsize=9, frameon=False, loc="center", bbox_to_anchor=(0.5, 0.61))
    _label(axes, "angle of the bar (degrees)", "IoU at the best σ")
    axes.set(xlim=(angles[0], angles[-1]), ylim=(0, 1.05), xticks=range(0, 91, 15))
    height, width = bar.shape
    picture.imshow(np.where(bar, 120, 235), cmap="gray", vmin=0, vmax=255)
    turn = np.linspace(0, 2 * np.pi, 200)
    x, y = (width - 1) / 2 + margin[0] * np.cos(turn), (height - 1) / 2 + margin[1] * np.sin(turn)
    picture.plot(x, y, color=ACCENT, lw=2)
    picture.set_title("45°, no offsets: the best ellipse", fontsize=9)
    _label(picture, "column (px)", "row (px)")
    return finish(figure, "Overlap of a bar with its best margin over the bar's angle. Without offsets the ellipse is "
                  "best when the bar lies along an axis and no better than the circle at 45 degrees; with offsets "
                  "both are nearly right at every angle.")  # fmt: skip


def show_each(sizes: Int[np.ndarray, "K"], ious: Mapping[str, Float[np.ndarray, "K"]]) -> Still:
    """IoU of every object of the street, small ones left, for several ways to choose σ."""
    figure, axes = _panel(2.9)
    order = np.argsort(sizes)
    for (name, iou), marker in zip(ious.items(), ("x", "o", "D"), strict=True):
        face = "none" if marker == "o" else INK
        axes.plot(
            range(len(order)), iou[order], marker, color=INK if marker != "x" else ACCENT, mfc=face, ms=6.5,
            label=f"{name}: mean {iou.mean():.2f}",
        )  # fmt: skip
    axes.set_xticks(range(len(order)), [f"{k + 1}\n{sizes[k]}" for k in order], fontsize=SMALL)
    _label(axes, "object's number, and its size in pixels", "IoU")
    axes.tick_params(axis="x", labelsize=SMALL)
    axes.set(ylim=(0, 1.05), yticks=[0, 0.5, 1])
    axes.legend(fontsize=9, frameon=False, loc="upper center", bbox_to_anchor=(0.5, 1.2), ncol=3)
    axes.grid(axis="x", color="#d9d9d9", lw=0.6)
    return finish(figure, "Overlap of each of the street's twenty objects, from small to large, with one σ for all, a "
                  "circle each and an ellipse each.")  # fmt: skip


def _panel(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots()


def _label(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x, fontsize=9)
    axes.set_ylabel(y, fontsize=9)
    axes.tick_params(labelsize=SMALL)
    axes.spines[["top", "right"]].set_visible(False)


def _rgb(k: int) -> tuple[float, ...]:
    return tuple(c / 255 for c in instance_colour(k))
