"""Stills of notebook 04: how strongly a pixel pulls, what single pixels make of an object, a training with and without
the smoothness term."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from lab.embedding import MARGIN_PER_SIGMA
from lab.figures.colours import instance_colour
from lab.figures.still import Still, finish
from lab.figures.style import ACCENT, GOOD, GREY, INK, SMALL, WIDTH


def show_slope(distance: Float[np.ndarray, "P"], phi: Float[np.ndarray, "P"], pull: Float[np.ndarray, "P"]) -> Still:
    """Membership and the strength of a pixel's pull over its distance in units of σ."""
    figure = Figure(figsize=(WIDTH, 3.0), layout="constrained")
    axes = figure.subplots()
    axes.plot(distance, phi, color=GREY, ls="--", label="φ, membership")
    axes.plot(distance, pull, color=INK, lw=2, label="κd² φ, how hard it pulls")
    top = distance[pull.argmax()]
    for place, words, y in ((MARGIN_PER_SIGMA, "margin\nφ = ½", 0.8), (top, "strongest\nd = σ√2", 0.62)):
        axes.axvline(place, color=INK, lw=0.8, ls=":")
        axes.annotate(words, (place, y), (5 if place == top else -5, 0), textcoords="offset points", fontsize=9,
                      ha="left" if place == top else "right", va="center")  # fmt: skip
    axes.plot(top, pull.max(), "o", color=INK)
    axes.set(xlabel="distance of the embedding from the centre (in σ)", ylabel="no unit", ylim=(0, 1.03))
    axes.set_xlim(distance[0], distance[-1])
    _plain(axes)
    axes.legend(frameon=False, fontsize=9, loc="upper right")
    return finish(
        figure,
        "Membership falls with the distance from 1 to 0. The pull is 0 at the centre, is strongest at the distance "
        "sigma times the square root of 2, a little outside the margin, and falls to 0 again.",
    )


def show_alone(factors: Sequence[float], ious: Sequence[Float[np.ndarray, "_"]], together: float, number: int) -> Still:
    """IoU of the masks that single pixels make: a strip of dots for each spread, and their median in black."""
    figure = Figure(figsize=(WIDTH, 0.62 * len(factors) + 0.9), layout="constrained")
    axes = figure.subplots()
    random = np.random.default_rng(0)
    for place, values in enumerate(ious):
        height = place + random.uniform(-0.26, 0.26, len(values))
        axes.plot(values, height, "o", ms=4.5, color=[c / 255 for c in instance_colour(number)], mec=INK, mew=0.6)
        axes.plot([np.median(values)] * 2, [place - 0.4, place + 0.4], color=INK, lw=2)
    axes.axvline(together, color=GOOD, ls="--")
    axes.annotate("with means,\nas in training", (together, len(ious) - 0.5), (4, 0), textcoords="offset points",
                  color=GOOD, fontsize=9, va="bottom", annotation_clip=False)  # fmt: skip
    axes.set_yticks(range(len(factors)), [f"×÷ {f:.2f}" for f in factors])
    words = "IoU of one pixel's mask with the object (black: their median; dashed: with means)"
    axes.set(xlim=(0, 1.0), xlabel=words, ylabel="σ typically off by")
    axes.set_ylim(len(factors) - 0.4, -0.6)
    _plain(axes)
    told = "; ".join(
        f"off by {factor:.2f}: from {values.min():.2f} to {values.max():.2f}, median {np.median(values):.2f}"
        for factor, values in zip(factors, ious, strict=True)
    )
    return finish(figure, f"For each spread of sigma the overlaps of {len(ious[0])} seed pixels as dots. Sigma {told}.")


def show_training(
    steps: Int[np.ndarray, "T"],
    numbers: Sequence[int],
    factor: Float[np.ndarray, "2 Q T K"],
    alone: Float[np.ndarray, "2 Q T K"],
    means: Float[np.ndarray, "2 Q T K"],
) -> Still:
    """Per object, over the steps and with weight 10 (blue) and 0 (dashed): spread of σ, IoU alone, IoU with means."""
    figure = Figure(figsize=(WIDTH, 5.6), layout="constrained")
    grid = figure.subplots(3, len(numbers), sharex=True, sharey="row", squeeze=False)
    labels = ("σ of its pixels\noff by ×÷", "IoU, one pixel alone\n(5th percentile)", "IoU with means,\nas in training")
    for row, values, label in zip(grid, (factor, alone, means), labels, strict=True):
        row[0].set_ylabel(label, fontsize=9)
        for place, axes in enumerate(row):
            for kind, colour, style in ((0, GOOD, "-"), (1, ACCENT, "--")):
                axes.plot(steps, values[kind, :, :, place].T, color=colour, ls=style, lw=1.2)
            _plain(axes)
    for axes, number in zip(grid[0], numbers, strict=True):
        axes.set_title(f"object {number}", fontsize=10)
        axes.set_ylim(1, 2.6)
    for axes in grid[1:].flat:
        axes.set_ylim(0, 1.03)
    for axes in grid[-1]:
        axes.set_xlabel("steps", fontsize=9)
    lines = [grid[0, 0].plot([], [], color=c, ls=s)[0] for c, s in ((GOOD, "-"), (ACCENT, "--"))]
    figure.legend(lines, ["with smoothness (weight 10)", "without (weight 0)"], ncols=2, frameon=False, fontsize=9,
                  loc="outside upper center")  # fmt: skip
    return finish(
        figure,
        "Three rows of curves over the training steps, three trainings of each kind. With the smoothness term the "
        "spread of sigma shrinks, without it the spread grows. The worst single pixels do worse without it. The "
        "overlap with means is the same with and without.",
    )


def show_fields(
    sigma: Sequence[Float[np.ndarray, "H W"]],
    foreground: Bool[np.ndarray, "H W"],
    mask: Bool[np.ndarray, "H W"],
    seeds: Int[np.ndarray, "P 2"],
    masks: Sequence[Sequence[Bool[np.ndarray, "H W"]]],
    names: Sequence[str],
) -> Still:
    """A row for each training: σ of every pixel, and what some seed pixels (row, column) make of one object alone."""
    figure = Figure(figsize=(WIDTH, 4.4), layout="constrained")
    grid = figure.subplots(len(sigma), 1 + len(seeds))
    everything = np.concatenate([s[foreground] for s in sigma])
    norm = LogNorm(*np.percentile(everything, [1, 99]))
    for row, field, made, name in zip(grid, sigma, masks, names, strict=True):
        row[0].set_facecolor("#d9d9d9")
        row[0].imshow(np.ma.masked_where(~foreground, field), norm=norm, cmap="cividis")
        row[0].set_ylabel(name, fontsize=9)
        for axes, (r, c), found in zip(row[1:], seeds.tolist(), made, strict=True):
            _show_mask(axes, found, mask, (c, r))
    for axes in grid.flat:
        axes.set(xticks=[], yticks=[])
    grid[0, 0].set_title("σ of each pixel", fontsize=9)
    bar = figure.colorbar(
        ScalarMappable(norm, "cividis"),
        ax=grid,
        location="bottom",
        shrink=0.3,
        anchor=(0, 1),
        aspect=18,
        label="σ (px)",
    )
    least, most = norm.vmin or 0, norm.vmax or 0
    ticks = [t for t in (1, 2, 5, 10, 20, 50) if least <= t <= most]
    bar.set_ticks(ticks, labels=[str(t) for t in ticks])
    bar.minorticks_off()
    return finish(
        figure,
        "Two rows, with and without the smoothness term. Left: sigma of every pixel, nearly even within an object "
        "with the term and patchy without. Right: the masks that the same few seed pixels of the car make alone.",
    )


def _show_mask(
    axes: Axes, found: Bool[np.ndarray, "H W"], mask: Bool[np.ndarray, "H W"], seed: tuple[Any, ...]
) -> None:
    """Right pixels blue, missing ones white, wrongly claimed ones vermilion; the outline, and a + at the seed."""
    picture = np.full((*mask.shape, 3), 255, np.uint8)
    picture[found & mask] = (86, 150, 200)
    picture[found & ~mask] = (213, 94, 0)
    axes.imshow(picture, interpolation="nearest")
    axes.contour(mask.astype(float), [0.5], colors=[INK], linewidths=1)
    axes.plot(*seed, "P", ms=9, mfc="white", mec=INK, mew=1.2)
    iou = (found & mask).sum() / (found | mask).sum()
    axes.set_title(f"IoU {iou:.2f}", fontsize=9)


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=SMALL)
    axes.grid(color="#e6e6e6")
    axes.set_axisbelow(True)
