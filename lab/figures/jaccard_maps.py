"""Masks and what accuracy and IoU make of them; how hard a loss pulls at every pixel; how far a Gaussian reaches."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float, UInt8
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from lab.figures.still import Still, finish
from lab.figures.style import ACCENT, GOOD, GREY, INK, WIDTH

HIT, MISSED, ALARM = (0, 114, 178), (255, 255, 255), (213, 94, 0)  # as GOOD and ACCENT: right and wrong


def show_masks(
    image: UInt8[np.ndarray, "H W 3"],
    pairs: Mapping[str, tuple[Bool[np.ndarray, "H W"], Bool[np.ndarray, "H W"]]],
) -> Still:
    """The image, then for each (mask, truth) which pixels are found, missed and false alarms, with both measures."""
    figure = Figure(figsize=(WIDTH, 3.05), layout="constrained")
    first, *others = figure.subplots(1, len(pairs) + 1)
    first.imshow(image)
    first.set_title("the corner,\n64 x 64 px", fontsize=9.5)
    for axes, (name, (mask, truth)) in zip(others, pairs.items(), strict=True):
        axes.imshow(_verdicts(image, mask, truth), interpolation="nearest")
        for region, hatch in ((truth & ~mask, "////"), (mask & ~truth, "....")):
            if region.any():
                axes.contourf(region.astype(float), [0.5, 1.5], colors="none", hatches=[hatch])
        for drawn in (axes, first):
            drawn.contour(truth.astype(float), [0.5], colors=[INK], linewidths=1.1)
        right, iou = (mask == truth).mean(), (mask & truth).sum() / (mask | truth).sum()
        axes.set_title(f"{name}\naccuracy {right:.1%}, IoU {iou:.2f}", fontsize=9.5)
    for axes in figure.axes:
        axes.set(xticks=[], yticks=[])
    names = (("found", HIT, ""), ("missed", MISSED, "////"), ("false alarm", ALARM, "...."))
    for name, colour, hatch in names:
        others[0].fill_between([], [], fc=np.divide(colour, 255), ec=INK, hatch=hatch, label=name)
    figure.legend(
        *others[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=9, frameon=False
    )
    return finish(
        figure, f"The corner with a car and people, then masks with their accuracy and IoU: {', '.join(pairs)}."
    )


def _verdicts(
    image: UInt8[np.ndarray, "H W 3"], mask: Bool[np.ndarray, "H W"], truth: Bool[np.ndarray, "H W"]
) -> UInt8[np.ndarray, "H W 3"]:
    """The image, pale and grey, under the colours of found, missed and false alarm."""
    grey = image.mean(-1, keepdims=True)
    picture = np.repeat(190 + grey / 4, 3, -1)
    for region, colour in ((mask & truth, HIT), (truth & ~mask, MISSED), (mask & ~truth, ALARM)):
        picture[region] = colour
    return picture.astype(np.uint8)


def show_pulls(
    rows: Mapping[str, Mapping[str, Float[np.ndarray, "H W"]]], masks: list[Bool[np.ndarray, "H W"]]
) -> Still:
    """How hard each loss pulls at φ of every pixel: a row for each object, a column for each map; one scale."""
    columns = len(next(iter(rows.values())))
    figure = Figure(figsize=(WIDTH, 2.95 * len(rows) + 0.1), layout="constrained")
    all_axes = figure.subplots(len(rows), columns, squeeze=False)
    norm = LogNorm(1e-4, 1e-1)
    for line, mask, (name, maps) in zip(all_axes, masks, rows.items(), strict=True):
        for axes, (title, values) in zip(line, maps.items(), strict=True):
            if axes is line[0]:
                shown = axes.imshow(values, vmin=0, vmax=1, cmap="cividis", interpolation="nearest")
            else:
                drawn = _pull(axes, values, norm)
            axes.contour(mask.astype(float), [0.5], colors=["white"], linewidths=2.4)
            axes.contour(mask.astype(float), [0.5], colors=[INK], linewidths=1.1)
            axes.set_title(title, fontsize=9.5)
            axes.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, fontsize=10)
    figure.colorbar(shown, ax=all_axes[:, 0], location="left", aspect=40, pad=0.02, ticks=[0, 0.5, 1]).set_label("φ")
    bar = figure.colorbar(drawn, ax=all_axes[:, 1:], aspect=40, pad=0.01, extend="both")
    bar.set_label("pull at φ (change of the loss for a change of φ); light grey, hatched: exactly 0", fontsize=9)
    return finish(figure, f"Membership and pull at every pixel, for {' and '.join(rows)}; the object outlined.")


def _pull(axes: Axes, values: Float[np.ndarray, "H W"], norm: LogNorm) -> AxesImage:
    axes.set_facecolor("#dedede")
    nothing = values == 0
    if nothing.any():  # hatched, as the middle of the scale is grey too
        filled = axes.contourf(nothing.astype(float), [0.5, 1.5], colors="none", hatches=["\\\\\\"])
        filled.set(edgecolor="#b4b4b4", linewidth=0)
    return axes.imshow(np.ma.masked_where(values == 0, values), norm=norm, cmap="cividis", interpolation="nearest")


def show_reach(sigma: float) -> Still:
    """What a foreground pixel costs, and how hard it is pulled, at each distance of its embedding; σ in px."""
    distance = np.linspace(0, 5 * sigma, 300)
    phi = np.exp(-(distance**2) / (2 * sigma**2))
    curves = {
        "Lovász: error 2 − 2φ": (2 - 2 * phi, 2 * phi * distance / sigma**2),
        "cross-entropy: −ln φ": (distance**2 / (2 * sigma**2), distance / sigma**2),
    }
    figure = Figure(figsize=(WIDTH, 3.1), layout="constrained")
    cost, pull = figure.subplots(1, 2)
    for (name, (error, slope)), (colour, dashes) in zip(curves.items(), ((GOOD, "-"), (ACCENT, "--")), strict=True):
        cost.plot(distance, error, dashes, color=colour, lw=2.2, label=name)
        pull.plot(distance, slope, dashes, color=colour, lw=2.2, label=name)
    for axes, title in ((cost, "what the pixel costs"), (pull, "how hard it is pulled inward (per px)")):
        axes.set_title(title, fontsize=11)
        axes.set_xlabel("distance of the embedding from the centre (px)", fontsize=10)
        axes.axvline(sigma, color=GREY, lw=1, ls=":")
        axes.spines[["top", "right"]].set_visible(False)
        axes.text(sigma + 0.3, axes.get_ylim()[1] * 0.94, f"σ = {sigma:.2f} px", fontsize=9, color=GREY)
    cost.legend(fontsize=9, frameon=False)
    return finish(
        figure,
        "Left, cost of a foreground pixel against the distance of its embedding: 2 - 2φ levels off at 2, cross-entropy "
        "grows as the square. Right, the pull: that of 2 - 2φ is largest at sigma and vanishes beyond three sigma, "
        "that of cross-entropy grows with the distance.",
    )
