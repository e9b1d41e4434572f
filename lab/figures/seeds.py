"""Stills of the notebook on seed maps: what the map says, who is pulled, what other targets give."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from lab.figures.still import Still, finish
from lab.figures.style import ACCENT, GOOD, GREY, INK, SMALL, WIDTH

NO_OBJECT = "#d9d9d9"
TARGET_PHI, TARGET_MASK = INK, "#a05a9e"  # blue and orange are with and without the stop-gradient


def show_phi_and_score(
    image: UInt8[np.ndarray, "H W 3"],
    phi: Float[np.ndarray, "H W"],
    score: Float[np.ndarray, "H W"],
    foreground: Bool[np.ndarray, "H W"],
    corner: tuple[int, int],
) -> Still:
    """A window of the scene, beside it the true membership and the seed score of every object pixel in it.

    ``corner`` is the (row, column) of the window's first pixel.
    """
    figure = Figure(figsize=(WIDTH, 2.15), layout="constrained")
    axes = figure.subplots(1, 3, sharey=True)
    (top, left), (height, width) = corner, foreground.shape
    extent = (left - 0.5, left + width - 0.5, top + height - 0.5, top - 0.5)
    axes[0].imshow(image, extent=extent)
    for ax, values, title in ((axes[1], phi, "what is true: φ"), (axes[2], score, "what the network says: s")):
        ax.set_facecolor(NO_OBJECT)
        drawn = ax.imshow(np.ma.masked_where(~foreground, values), vmin=0, vmax=1, cmap="cividis", extent=extent)
        ax.set_title(title, fontsize=10)
    axes[0].set_title("the scene", fontsize=10)
    axes[0].set_ylabel("row (px)")
    for ax in axes:
        ax.set_xlabel("column (px)")
    figure.colorbar(drawn, ax=axes, label="φ or s", pad=0.01, aspect=14, shrink=0.9, ticks=[0, 0.5, 1])
    return finish(
        figure,
        "A window of the street, and in it the membership and the seed score of every object pixel, both on a scale "
        "from dark blue for 0 to yellow for 1: high inside of objects, low along their borders.",
        photo=True,
    )


def show_pull(phi: float, score: float) -> Still:
    """Where one step of descent on (s - φ)² takes a pixel in the φ-s plane, with the stop-gradient and without."""
    figure = Figure(figsize=(WIDTH, 3.9), layout="constrained")
    grid = np.stack(np.meshgrid(np.linspace(0.08, 0.92, 7), np.linspace(0.08, 0.92, 7)))
    for ax, attached in zip(figure.subplots(1, 2, sharey=True), (False, True), strict=True):
        ax.plot([0, 1], [0, 1], "--", color=GREY, lw=1)
        _arrows(ax, grid[0], grid[1], 0.2, attached, GREY)
        _arrows(ax, phi, score, 0.5, attached, ACCENT if attached else GOOD, width=0.012)
        ax.plot(phi, score, "o", color=INK, ms=8)
        ax.set_title(
            "without: both move, and meet half-way" if attached else "with the stop-gradient: only s moves", fontsize=10
        )
        ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="membership φ of a pixel")
    figure.axes[0].set_ylabel("its seed score s")
    figure.axes[0].text(0.1, 0.15, "s = φ", color=GREY, rotation=45, fontsize=9)
    return finish(
        figure,
        "Two planes, membership across and seed score upward, with arrows of descent. With the stop-gradient they are "
        "upright; without it they point diagonally at the line where both are equal, and a good pixel's φ falls.",
    )


def _arrows(ax: Axes, phi: Any, score: Any, length: float, attached: bool, colour: str, width: float = 0.006) -> None:
    """Descent on the squared difference: s goes by -(s - φ), and φ, if attached, by the opposite."""
    difference = np.subtract(phi, score)
    across = -length * difference if attached else 0 * difference
    ax.quiver(
        phi,
        score,
        across,
        length * difference,
        angles="xy",
        scale_units="xy",
        scale=1,
        color=colour,
        width=width,
        zorder=3,
    )


def show_runs(
    steps: np.ndarray,
    kept: Float[np.ndarray, "R T C"],
    pulled: Float[np.ndarray, "R T C"],
    columns: tuple[str, ...],
    last: int,
) -> Still:
    """All runs with and without the stop-gradient: mean φ, the objects' mean IoU, and the seed term."""
    titles = {"phi": "mean φ of object pixels", "iou": "mean IoU of the objects", "seed": "seed term of the loss"}
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    until = steps <= last
    for ax, (name, title) in zip(figure.subplots(1, 3), titles.items(), strict=True):
        column = columns.index(name)
        for runs, colour, line, label in ((kept, GOOD, "-", "with"), (pulled, ACCENT, "--", "without")):
            for i, run in enumerate(runs[:, until, column]):
                ax.plot(
                    steps[until], run, line, color=colour, lw=1.2, label=f"{label} stop-gradient" if i == 0 else None
                )
        ax.set_title(title, fontsize=10)
        ax.set(xlabel="step of training", ylim=(0, None))
        ax.grid(color=NO_OBJECT, lw=0.6)
    figure.axes[0].legend(fontsize=SMALL, loc="lower right")
    return finish(
        figure,
        "Three charts over the steps of training, five lines with the stop-gradient and five dashed ones without. "
        "Without it membership and IoU lag behind at first, while the seed term is the lower one.",
    )


def show_targets(score: Float[np.ndarray, "2 P"], quality: Float[np.ndarray, " P"], chosen: dict[str, float]) -> Still:
    """Left: IoU that a pixel's mask would have, by its seed score, for two targets. Right: the chosen pixels' mean."""
    figure = Figure(figsize=(WIDTH, 3.3), layout="constrained")
    curve, bars = figure.subplots(1, 2, width_ratios=(1.25, 1))
    edges = np.linspace(0, 1, 11)
    for values, colour, line, label in zip(score, (TARGET_PHI, TARGET_MASK), ("o-", "s--"), ("φ", "mask"), strict=True):
        bins = np.clip(np.digitize(values, edges) - 1, 0, 9)
        means = [quality[bins == b].mean() if (bins == b).any() else np.nan for b in range(10)]
        curve.plot(edges[:-1] + 0.05, means, line, color=colour, ms=5, label=f"target: {label}")
    curve.set(xlim=(0, 1), ylim=(0, 1), xlabel="seed score s of a pixel", ylabel="mean IoU of the mask it would grow")
    curve.grid(color=NO_OBJECT, lw=0.6)
    curve.legend(fontsize=9, loc="upper left")
    names, values = list(chosen), list(chosen.values())
    drawn = bars.barh(names, values, color=[TARGET_PHI, TARGET_MASK, GREY, GREY], height=0.62)
    for bar, hatch in zip(drawn, ("", "///", "", ""), strict=True):
        bar.set_hatch(hatch)
    bars.bar_label(drawn, fmt="%.3f", padding=3, fontsize=9)
    bars.invert_yaxis()
    bars.set(xlim=(0, 0.78), xlabel="mean IoU with the object")
    bars.set_title("the mask grown from one pixel, which was", fontsize=10, loc="right")
    return finish(
        figure,
        "Left, the IoU of the mask that a pixel would grow, rising with its seed score, steeply where the target was "
        "the membership and less where it was the mask. Right, bars of the mean IoU for four ways to choose the pixel.",
    )


def show_class_maps(
    image: UInt8[np.ndarray, "H W 3"],
    seed_map: Float[np.ndarray, "N H W"],
    names: tuple[str, ...],
    labelled: Bool[np.ndarray, "H W"],
) -> Still:
    """A window of the scene, and the same window in every class's seed map with its highest score.

    The outline of the ``labelled`` object is in all of them.
    """
    figure = Figure(figsize=(WIDTH, 4.1), layout="constrained")
    axes = figure.subplots(3, 3).ravel()
    axes[0].imshow(image)
    axes[0].set_title("the scene", fontsize=9)
    for ax, values, name in zip(axes[1:], seed_map, names, strict=True):
        drawn = ax.imshow(values, vmin=0, vmax=1, cmap="cividis", interpolation="nearest")
        ax.set_title(f"{name}, highest {values.max():.2f}", fontsize=9)
    for ax in axes:
        ax.contour(labelled.astype(float), [0.5], colors=["white"], linewidths=2.4)
        ax.contour(labelled.astype(float), [0.5], colors=[INK], linewidths=1)
        ax.set(xticks=[], yticks=[])
    figure.colorbar(drawn, ax=axes, label="seed score", pad=0.01, aspect=22, ticks=[0, 0.5, 1])
    return finish(
        figure,
        "A small window of the street with one vehicle far away, outlined, and the eight seed maps of that window: "
        "truck, bus and train all light up on the same vehicle.",
    )


def show_trust(phi: Float[np.ndarray, " P"], score: Float[np.ndarray, " P"]) -> Still:
    """How often a pixel of membership φ has seed score s, and the mean φ for every tenth of s."""
    figure = Figure(figsize=(WIDTH * 0.62, 3.9), layout="constrained")
    ax = figure.subplots()
    edges = np.linspace(0, 1, 26)
    drawn = ax.hist2d(phi, score, bins=[edges, edges], norm=LogNorm(1, None), cmap="cividis", cmin=1)[3]
    tenth = np.clip((score * 10).astype(int), 0, 9)
    means = [phi[tenth == b].mean() for b in range(10)]
    middle = np.arange(0.05, 1, 0.1)
    ax.plot([0, 1], [0, 1], "--", color=INK, lw=1.2, label="s = φ")
    ax.plot(means, middle, "o-", color="white", lw=4, ms=8)
    ax.plot(means, middle, "o-", color=INK, lw=2, ms=5, label="mean φ in each tenth of s")
    ax.set(xlabel="membership φ of a pixel", ylabel="its seed score s", xlim=(0, 1), ylim=(0, 1), facecolor=NO_OBJECT)
    ax.legend(fontsize=SMALL, loc="upper left")
    figure.colorbar(drawn, ax=ax, label="pixels", pad=0.01)
    return finish(
        figure,
        "Counts of the street's object pixels, membership across and seed score upward. Most lie at the top right; "
        "the mean membership rises with the seed score.",
    )
