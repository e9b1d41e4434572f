"""Still figures of "pixels that point".  Lengths in px; object k has the colour and the number k everywhere."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from lab.figures.colours import instance_colour, tint
from lab.figures.still import Still, finish
from lab.figures.style import ACCENT, GOOD, GREY, INK, SMALL, WIDTH
from lab.real import Real

DASHES = ("-", "--", ":", "-.")


def show_touching(
    image: UInt8[np.ndarray, "H W 3"],
    foreground: Bool[np.ndarray, "H W"],
    instances: Int[np.ndarray, "H W"],
    corner: tuple[int, int],
) -> Still:
    """A window of the street three times: as it is, with the class of every pixel, with the objects.

    ``corner`` is the window's (column, row) in the street; ``foreground`` is where the class is the one shown.
    """
    figure = Figure(figsize=(WIDTH, 2.35), layout="constrained")
    panels = figure.subplots(1, 3, sharey=True)
    height, width = instances.shape
    extent = (corner[0] - 0.5, corner[0] + width - 0.5, corner[1] + height - 0.5, corner[1] - 0.5)
    pictures = {
        "the image": image,
        "what class? “car” and “not car”": np.where(foreground[..., None], np.uint8(255), image // 3),
        "which one? the labels": tint(image, instances),
    }
    for axes, (title, picture) in zip(panels, pictures.items(), strict=True):
        axes.imshow(picture, extent=extent, interpolation="nearest")
        axes.set_title(title, fontsize=10)
        _label(axes, "column (px)", "row (px)" if axes is panels[0] else "")
    for number in np.unique(instances[instances > 0]).tolist():
        rows, columns = np.nonzero(instances == number)
        _badge(panels[2], columns.mean() + corner[0], rows.mean() + corner[1], number)
    return finish(figure, "Two touching cars: the image, the map of the class car in which they are one blob, and "
                  "the labels, in which each has its number.", photo=True)  # fmt: skip


def show_reach() -> Still:
    """tanh as it is used: how far a pixel points for each value of the network's channel, and how that changes."""
    figure = Figure(figsize=(WIDTH, 2.6), layout="constrained")
    reach, slope = figure.subplots(1, 2)
    o = np.linspace(-3, 3, 301)
    reach.plot(o, 1024 * o, color=GREY, ls="--", lw=1.5, label="1024·o, without tanh")
    reach.plot(o, 1024 * np.tanh(o), color=GOOD, lw=2.2, label="1024·tanh(o)")
    slope.axhline(1, color=GREY, ls="--", lw=1.5, label="1, without tanh")
    slope.plot(o, 1 - np.tanh(o) ** 2, color=GOOD, lw=2.2, label="1 − tanh²(o)")
    reach.set(ylim=(-1500, 1500), yticks=[-1024, -512, 0, 512, 1024])
    slope.set(ylim=(0, 1.35), yticks=[0, 0.25, 0.5, 0.75, 1])
    reach.set_title("how far a pixel points", fontsize=10)
    slope.set_title("its slope, as a share of 1024 px", fontsize=10)
    for axes in (reach, slope):
        axes.axvspan(-0.1, 0.1, color="#d9d9d9", lw=0, zorder=0)
        axes.grid(color="#d9d9d9", lw=0.6)
        axes.set_xlim(-3, 3)
        axes.legend(fontsize=SMALL, loc="upper left", frameon=False)
        _label(axes, "offset channel o", "px" if axes is reach else "")
    return finish(figure, "1024 times tanh of o over o: a curve that levels off at plus and minus 1024 px. Its "
                  "slope is 1 at zero and falls to almost nothing at plus and minus 3. Grey: |o| up to 0.1, where it "
                  "is nearly the straight line.")  # fmt: skip


def show_embeddings(
    image: UInt8[np.ndarray, "H W 3"],
    embedding: Float[np.ndarray, "2 P"],
    instances: Int[np.ndarray, "P"],
    alt: str,
    most: int = 400,
) -> Still:
    """Where the pixels of every object point, over the faded street; at most this many dots an object."""
    height, width = image.shape[:2]
    figure = Figure(figsize=(WIDTH, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.imshow(image // 3 + 150)
    for number in np.unique(instances).tolist():
        own = embedding[:, instances == number]
        x, y = own[:, :: max(1, own.shape[1] // most)]
        axes.scatter(x, y, s=5, color=_ink(number), edgecolors=INK, linewidths=0.25)
    for number in np.unique(instances).tolist():
        x, y = embedding[:, instances == number].mean(1)
        _badge(axes, x, y, number, size=6)
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    _label(axes, "column (px)", "row (px)")
    return finish(figure, alt, photo=True)


def show_costs(distances: Mapping[str, Float[np.ndarray, "_"]], numbers: tuple[int, ...], delta: Real) -> Still:
    """Above what a pixel costs at each distance from its centre; below how many pixels of two objects are there."""
    figure = Figure(figsize=(WIDTH, 4.0), layout="constrained")
    cost, share = figure.subplots(2, 1, sharex=True)
    d = np.linspace(0, 30, 301)
    cost.plot(d, d, color=INK, ls="--", lw=2, label="regression: d")
    cost.plot(d, np.maximum(0, d - delta), color=GOOD, lw=2.2, label=f"hinge: max(0, d − {delta:g})")
    cost.legend(fontsize=9, frameon=False)
    for (name, values), number, dashes in zip(distances.items(), numbers, DASHES, strict=False):
        height, edges = np.histogram(values, bins=np.arange(0, 31), density=True)
        share.stairs(100 * height, edges, color=INK, lw=3.4)
        share.stairs(100 * height, edges, color=_ink(number), lw=1.9, ls=dashes, label=name)
    share.legend(fontsize=9, frameon=False)
    for axes in (cost, share):
        axes.axvline(delta, color=GREY, lw=1)
        axes.grid(color="#d9d9d9", lw=0.6)
        axes.set_xlim(0, 30)
    _label(cost, "", "cost of a pixel (px)")
    _label(share, "distance d of the embedding from its centre (px)", "share of pixels (% per px)")
    return finish(figure, f"Cost over distance: regression is a straight line from zero, the hinge is zero up to "
                  f"{delta:g} px and then rises as steeply. Below, how many pixels lie at each distance: those of "
                  f"{' and '.join(distances)}.")  # fmt: skip


def show_sweep(
    deltas: Float[np.ndarray, "D"], panels: Mapping[str, Mapping[int, Float[np.ndarray, "D"]]], names: Mapping[int, str]
) -> Still:
    """IoU over δ of a few objects, their best δ marked; a panel for each way of pointing."""
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    row = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, (title, curves) in zip(row, panels.items(), strict=True):
        for (number, curve), dashes in zip(curves.items(), DASHES, strict=False):
            best = int(curve.argmax())
            axes.plot(deltas, curve, color=INK, lw=3.6)
            axes.plot(deltas, curve, color=_ink(number), lw=2.2, ls=dashes, label=f"{names[number]} ({number})")
            axes.plot(deltas[best], curve[best], "o", color=INK, ms=7)
            _badge(axes, deltas[best], curve[best] + 0.11, number, size=8)
        worse = np.min(list(curves.values()), axis=0)
        both = int(worse.argmax())
        axes.axvline(deltas[both], color=GREY, lw=1)
        axes.plot(deltas[both], worse[both], "X", color=ACCENT, mec=INK, ms=9, label="the best for both")
        axes.grid(color="#d9d9d9", lw=0.6)
        axes.set(ylim=(0, 1.2), yticks=[0, 0.25, 0.5, 0.75, 1], xlim=(0, deltas[-1]))
        axes.set_title(title, fontsize=10)
        _label(axes, "the one margin δ (px)", "IoU" if axes is row[0] else "")
    row[-1].legend(fontsize=SMALL, frameon=False, loc="lower right")
    return finish(figure, f"IoU over the margin δ for {' and '.join(names[n] for n in names)}: the curve of the small "
                  "object is best at a small δ and falls while that of the large one still rises; where they cross, "
                  "both are well under one.")  # fmt: skip


def show_spread(extent: Float[np.ndarray, "K"], spread: Float[np.ndarray, "K"]) -> Still:
    """How far an object's embeddings lie apart, over how far its pixels do; the dashed line is pointing nowhere."""
    figure = Figure(figsize=(WIDTH * 0.62, 3.5), layout="constrained")
    axes = figure.subplots()
    axes.plot([2, 60], [2, 60], color=GREY, ls="--", lw=1.3)
    axes.text(26, 33, "offsets of zero", fontsize=SMALL, color=GREY, rotation=45, rotation_mode="anchor", ha="center")
    places = np.log(np.stack([extent, spread], -1))
    for number, (x, y) in enumerate(np.exp(places).tolist(), start=1):
        hidden = (np.abs(places[number:] - places[number - 1]) < 0.08).all(-1).any()  # under a later number
        if hidden:
            axes.plot([x, 1.14 * x], [y, 0.86 * y], color=INK, lw=0.8)
            axes.plot(x, y, ".", color=INK, ms=5)
        _badge(axes, *((1.14 * x, 0.86 * y) if hidden else (x, y)), number, size=7)
    axes.set(xscale="log", yscale="log", xlim=(2.5, 55), ylim=(3.5, 55))
    ticks = [5, 10, 20, 40]
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(ticks, labels=[str(t) for t in ticks])
        axis.set_minor_formatter(NullFormatter())
    axes.grid(color="#d9d9d9", lw=0.6)
    _label(axes, "extent: rms distance of its pixels from their mean (px)", "the same of its embeddings (px)")
    return finish(figure, "One numbered mark for each of the 20 objects: the further apart its pixels, the further "
                  "apart, by and large, their embeddings; large objects lie far under the dashed line of offsets of "
                  "zero, small ones on or above it.")  # fmt: skip


def _badge(axes: Axes, x: Real, y: Real, number: int, size: Real = 8) -> None:
    box = {"boxstyle": "round,pad=0.2", "fc": INK, "ec": _ink(number), "lw": 1.6}
    axes.text(x, y, str(number), color="white", fontsize=size, ha="center", va="center", bbox=box, clip_on=True)


def _ink(number: int) -> str:
    red, green, blue = instance_colour(number)
    return to_hex((red / 255, green / 255, blue / 255))


def _label(axes: Axes, x_label: str, y_label: str) -> None:
    axes.set_xlabel(x_label, fontsize=9)
    axes.set_ylabel(y_label, fontsize=9)
    axes.tick_params(labelsize=SMALL)
