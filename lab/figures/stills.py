"""One still figure for each thing that the network says.  Each returns a ``Still``; nothing uses pyplot's state."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse

from lab.figures.colours import colour_wheel, direction_colours, fade, instance_colour, round_up
from lab.figures.still import Still, finish
from lab.figures.style import INK, SMALL, WIDTH
from lab.real import Real


def show_image(image: UInt8[np.ndarray, "H W 3"], alt: str) -> Still:
    """The image with its pixel coordinates, which all later figures share."""
    figure, axes = _one_axes(image.shape)
    axes.imshow(image)
    return finish(figure, alt, photo=True)


def show_offsets(
    offset: Float[np.ndarray, "2 H W"],
    foreground: Bool[np.ndarray, "H W"],
    spacing: int = 12,
    badges: Mapping[int, tuple[Real, Real]] | None = None,
) -> Still:
    """Offsets in px as colours and as arrows; pixels that are not foreground are greyed out.

    ``badges`` puts the number of an object at a place (column, row).
    """
    longest = round_up(float(np.percentile(np.hypot(*offset)[foreground], 98))) if foreground.any() else 1.0
    figure, axes = _one_axes(foreground.shape, beside=0.17)
    axes.imshow(fade(direction_colours(offset, longest), foreground))
    half = spacing // 2
    rows, columns = np.nonzero(foreground[half::spacing, half::spacing])
    rows, columns = rows * spacing + half, columns * spacing + half
    x, y = offset[:, rows, columns]
    axes.quiver(columns, rows, x, y, angles="xy", scale_units="xy", scale=1, width=0.0014, color=INK)
    for k, (x, y) in (badges or {}).items():
        _badge(axes, x, y, k)
    _add_wheel(axes, longest)
    return finish(
        figure,
        "Offset of every pixel: a colour for the direction, its strength for the length, and thin arrows on a "
        "grid. Within one object the arrows run together towards a point near its middle.",
        photo=True,
    )


def show_sigma(sigma: Float[np.ndarray, "S H W"], foreground: Bool[np.ndarray, "H W"]) -> Still:
    """σ in px, one picture for each axis, on one logarithmic scale; background greyed out."""
    shown = sigma[:, foreground] if foreground.any() else sigma
    low, high = (float(v) for v in np.percentile(shown, [2, 98]))
    norm = LogNorm(low * 0.99, high * 1.01)
    figure = Figure(figsize=(WIDTH, 2.75 if len(sigma) == 2 else 4.4), layout="constrained")
    axes = figure.subplots(1, len(sigma), sharey=True, squeeze=False)[0]
    names = ("across, σ$_x$", "upright, σ$_y$") if len(sigma) == 2 else ("σ",)
    for ax, values, name in zip(axes, sigma, names, strict=True):
        ax.set_facecolor("#d9d9d9")
        masked = np.ma.masked_where(~foreground, values)
        picture = ax.imshow(masked, norm=norm, cmap="cividis", interpolation="nearest")
        ax.set_title(name, fontsize=10)
        _label(ax)
    if len(axes) == 2:
        axes[1].set_ylabel("")
    bar = figure.colorbar(picture, ax=axes, label="σ (px)", extend="both", pad=0.01, aspect=16)
    ticks = [t for t in (1, 2, 3, 5, 10, 20, 30, 50, 100, 200) if low <= t <= high]
    bar.set_ticks(ticks, labels=[str(t) for t in ticks])
    bar.minorticks_off()
    return finish(
        figure,
        "Sigma of every foreground pixel in pixels, on a logarithmic scale from dark blue (small) to yellow "
        "(large); background is grey.",
    )


def show_seed_map(seed_map: Float[np.ndarray, "H W"], seeds: Float[np.ndarray, "K 2"], alt: str) -> Still:
    """Highest seed score over the classes, with the seed pixels (column, row) of the accepted instances."""
    figure, axes = _one_axes(seed_map.shape, beside=0.1)
    picture = axes.imshow(seed_map, norm=Normalize(0, 1), cmap="cividis", interpolation="nearest")
    columns, rows = seeds.T
    axes.scatter(columns, rows, marker="+", s=70, linewidths=3.2, color=INK)
    axes.scatter(columns, rows, marker="+", s=60, linewidths=1.4, color="white")
    figure.colorbar(picture, ax=axes, label="seed score", pad=0.01, aspect=22)
    return finish(figure, alt, photo=True)


def show_instances(
    image: UInt8[np.ndarray, "H W 3"],
    labels: Int[np.ndarray, "H W"],
    centres_and_margins: Float[np.ndarray, "K 4"],
    alt: str,
) -> Still:
    """Instances over the image: colour, outline and number, and the ellipse at whose rim membership is one half."""
    figure, axes = _one_axes(labels.shape)
    axes.imshow(image)
    tints = [(0, 0, 0, 0), *((*instance_colour(k), 102) for k in range(1, len(centres_and_margins) + 1))]
    axes.imshow(np.array(tints, np.uint8)[labels], interpolation="nearest")
    for k, (x, y, radius_x, radius_y) in enumerate(centres_and_margins.tolist(), start=1):
        _outline(axes, labels == k, np.divide(instance_colour(k), 255))
        for colour, width in ((INK, 2.6), (np.divide(instance_colour(k), 255), 1.4)):
            axes.add_patch(Ellipse((x, y), 2 * radius_x, 2 * radius_y, fill=False, ec=colour, lw=width))
    for k, (x, y, *_) in enumerate(centres_and_margins.tolist(), start=1):
        _badge(axes, x, y, k)
    height, width = labels.shape
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    return finish(figure, alt, photo=True)


def _outline(axes: Axes, mask: Bool[np.ndarray, "H W"], colour: np.ndarray) -> None:
    if not mask.any() or mask.all():
        return
    # Only about the mask: the whole of a large picture would take seconds for each instance.
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    top, left = max(rows[0] - 1, 0), max(columns[0] - 1, 0)
    part = mask[top : rows[-1] + 2, left : columns[-1] + 2].astype(float)
    if min(part.shape) < 2:  # a picture of one row or column has no outlines
        return
    places = np.arange(part.shape[1]) + left, np.arange(part.shape[0]) + top
    axes.contour(*places, part, [0.5], colors=[INK], linewidths=1.6)
    axes.contour(*places, part, [0.5], colors=[tuple(colour)], linewidths=0.8)


def _badge(axes: Axes, x: float, y: float, k: int) -> None:
    axes.text(
        x, y, str(k), color="white", fontsize=7, ha="center", va="center", clip_on=True,
        bbox={"boxstyle": "round,pad=0.15", "fc": INK, "ec": np.divide(instance_colour(k), 255)},
    )  # fmt: skip


def _one_axes(shape: tuple[int, ...], beside: float = 0.0) -> tuple[Figure, Axes]:
    """A page-wide figure just high enough for its picture; ``beside`` is the legend's share of the width."""
    height, width = shape[:2]
    # 0.7 inch beside and 0.6 below for the axes' labels.
    picture_height = (WIDTH * (1 - beside) - 0.7) * height / width
    figure = Figure(figsize=(WIDTH, picture_height + 0.6), layout="constrained")
    axes = figure.subplots()
    _label(axes)
    return figure, axes


def _label(axes: Axes) -> None:
    axes.set_xlabel("column (px)", fontsize=9)
    axes.set_ylabel("row (px)", fontsize=9)
    axes.tick_params(labelsize=SMALL)


def _add_wheel(axes: Axes, longest: float) -> None:
    """The colour wheel as a legend to the right, its rim labelled with the length in px."""
    side = axes.inset_axes((1.03, 0.42, 0.16, 0.36))
    side.imshow(colour_wheel(160), extent=(-1, 1, 1, -1))
    side.set(xlim=(-1.05, 1.05), ylim=(1.05, -1.05), aspect="equal")
    side.axis("off")
    side.set_title("points this way", fontsize=SMALL)
    side.text(0, 1.15, f"centre: 0 px\nrim: {longest:g} px or more", fontsize=SMALL, ha="center", va="top")
