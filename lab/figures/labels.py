"""Stills of notebook 09: label files, what windows show, what becomes of labels under transforms and in files."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lab.datasets.intensity import PERCENTILES
from lab.datasets.scene import VOID
from lab.figures.colours import instance_colour
from lab.figures.proposals import draw_badge
from lab.figures.still import Still, finish
from lab.figures.style import ACCENT, GOOD, INK, SMALL, WIDTH

PHOTOS, SMALLER, SMALLEST = 6.6, 5.8, 5.0  # inches on the page: many photographs in one notebook have to stay small
NOTHING = 217  # grey of no object
BADGED = 60  # px on the page, about; on a smaller object a number would hide it
MOST_BADGES = 60  # objects; on more, numbers would hide everything
Window = tuple[int, int, int, int]  # left, top, right, bottom, px


def paint(labels: Int[np.ndarray, "H W"], classes: Int[np.ndarray, "H W"] | None = None) -> UInt8[np.ndarray, "H W 3"]:
    """A colour for each number, grey for none; void in black and white stripes."""
    numbers, place = np.unique(labels, return_inverse=True)
    table = np.array([instance_colour(k) if k else (NOTHING,) * 3 for k in numbers.tolist()], np.uint8)
    painted = table[place.reshape(labels.shape)]
    if classes is not None:
        stripes = np.indices(labels.shape).sum(0) // 2 % 2 * np.uint8(255)
        painted = np.where((classes == VOID)[..., None], stripes.astype(np.uint8)[..., None], painted)
    return painted


def show_label_file(
    image: UInt8[np.ndarray, "H W 3"],
    instances: Int[np.ndarray, "H W"],
    classes: Int[np.ndarray, "H W"],
    window: Window,
) -> Still:
    """The street with its labels, and a window of it, photograph and labels, in which groups are void."""
    left, top, right, bottom = window
    inside = np.s_[top:bottom, left:right]
    figure = Figure(figsize=(PHOTOS, 4.5), layout="constrained")
    rows = figure.subplot_mosaic([["all", "all"], ["photo", "labels"]], height_ratios=(1.9, 1))
    blend = np.where((instances > 0)[..., None], image // 2 + paint(instances) // 2, image // 2 + 90)
    rows["all"].imshow(blend)
    rows["all"].add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, ec="white", lw=2.4))
    rows["all"].add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, ec=INK, lw=1))
    extent = (left - 0.5, right - 0.5, bottom - 0.5, top - 0.5)
    rows["photo"].imshow(image[inside], extent=extent)
    rows["labels"].imshow(paint(instances[inside], classes[inside]), extent=extent, interpolation="nearest")
    _badges(rows["all"], instances, 150)
    _badges(rows["labels"], instances[inside], 20, (left, top))
    titles = {"all": "objects", "photo": "the far end", "labels": "its labels; stripes: void"}
    for name, title in titles.items():
        rows[name].set_title(title, fontsize=10, loc="left")
        _axes(rows[name])
    return finish(
        figure,
        "The street with its twenty objects in colours with numbers, and its far end enlarged: between the objects lie "
        "a few pixels that are void, the groups of persons and cars too far away to be told apart.",
        photo=True,
    )


def show_light(maps: Mapping[str, Float[np.ndarray, "H W"]], centres: Int[np.ndarray, "K 2"]) -> Still:
    """For each way of drawing windows, in what share of them every pixel lies; dots are the objects' middles."""
    figure = Figure(figsize=(WIDTH, 1.95), layout="constrained")
    axes = figure.subplots(1, len(maps), sharey=True)
    highest = max(float(values.max()) for values in maps.values())
    for ax, (title, values) in zip(axes, maps.items(), strict=True):
        drawn = ax.imshow(values, vmin=0, vmax=highest, cmap="cividis")
        ax.plot(*centres[:, ::-1].T, "o", ms=3.2, mfc="white", mec=INK, mew=0.6)
        ax.set_title(title, fontsize=10)
        _axes(ax)
        ax.set_ylabel("row (px)" if ax is axes[0] else "", fontsize=SMALL)
    figure.colorbar(drawn, ax=axes, label="share of windows", pad=0.01, aspect=12)
    peaks = "; ".join(f"{title}: at most {values.max():.2f}" for title, values in maps.items())
    return finish(
        figure,
        f"How often each pixel of the street lies in a window, from dark blue for never to yellow. {peaks}. Windows "
        "anywhere light the street's middle evenly; windows on objects light the far end, where most objects stand.",
    )


def show_pairs(pairs: Mapping[str, tuple[UInt8[np.ndarray, "_ _ 3"], Int[np.ndarray, "_ _"]]], alt: str) -> Still:
    """Above each image, below its labels, one column for each title; all of the same height."""
    ratios = [image.shape[1] / image.shape[0] for image, _ in pairs.values()]
    figure = Figure(figsize=(SMALLEST, 2 * SMALLEST / sum(ratios) + 0.35), layout="constrained")
    axes = figure.subplots(2, len(pairs), width_ratios=ratios)
    for (above, below), (title, (image, labels)) in zip(axes.T, pairs.items(), strict=True):
        above.imshow(image)
        below.imshow(paint(labels), interpolation="nearest")
        _badges(below, labels, 90)
        above.set_title(title, fontsize=10)
        for ax in (above, below):
            ax.set(xticks=[], yticks=[])
    return finish(figure, alt, photo=True)


def show_label_maps(
    maps: Mapping[str, Int[np.ndarray, "_ _"]],
    alt: str,
    image: UInt8[np.ndarray, "_ _ 3"] | None = None,
    columns: int = 3,
    numbers: bool = True,
) -> Still:
    """Labels under their titles, over the dimmed photograph if there is one."""
    lines = -(-len(maps) // columns)
    height, width = next(iter(maps.values())).shape
    high = PHOTOS / columns * height / width + 0.3
    figure = Figure(figsize=(PHOTOS, lines * high + 0.1), layout="constrained")
    for ax, (title, labels) in zip(figure.subplots(lines, columns, squeeze=False).flat, maps.items(), strict=False):
        painted = paint(labels)
        if image is not None:
            painted = np.where((labels > 0)[..., None], painted // 2 + image // 2, image)
        ax.imshow(painted, interpolation="nearest")
        if numbers:
            _badges(ax, labels, BADGED, pieces=True)
        ax.set_title(title, fontsize=10, loc="left")
        ax.set(xticks=[], yticks=[])
    return finish(figure, alt, photo=True)


def show_pictures(pictures: Mapping[str, UInt8[np.ndarray, "_ _ 3"]], alt: str, columns: int = 3) -> Still:
    """Pictures of unequal sizes under their titles."""
    lines = -(-len(pictures) // columns)
    figure = Figure(figsize=(SMALLER, lines * SMALLER / columns * 0.62), layout="constrained")
    places = figure.subplots(lines, columns, squeeze=False).ravel()
    for ax in places:
        ax.axis("off")
    for ax, (title, pixels) in zip(places, pictures.items(), strict=False):
        ax.imshow(pixels)
        ax.set_title(title, fontsize=9)
    return finish(figure, alt, photo=True)


def show_stretch(pictures: Mapping[str, tuple[UInt8[np.ndarray, "H W"], UInt8[np.ndarray, "H W"]]], alt: str) -> Still:
    """For each title a grey picture as stored, as stretched, and its values with the two percentiles."""
    figure = Figure(figsize=(SMALLER, 1.8 * len(pictures)), layout="constrained")
    rows = figure.subplots(len(pictures), 3, width_ratios=(1, 1, 1.2), squeeze=False)
    for (before, after, values), (title, (stored, stretched)) in zip(rows, pictures.items(), strict=True):
        for ax, pixels, words in ((before, stored, title), (after, stretched, "stretched")):
            ax.imshow(pixels, cmap="gray", vmin=0, vmax=255)
            ax.set_title(words, fontsize=10)
            ax.set(xticks=[], yticks=[])
        values.hist(stored.ravel(), bins=np.arange(257), color=GOOD)
        for limit in np.percentile(stored, PERCENTILES):
            values.axvline(limit, color=ACCENT, lw=1.6, ls="--")
        values.set(yscale="log", xlim=(0, 256), ylabel="pixels")
        values.set_title("values; the percentiles", fontsize=10)
        values.tick_params(labelsize=SMALL)
    rows[-1, 2].set_xlabel("value in the file", fontsize=SMALL)
    return finish(figure, alt, photo=True)


def _badges(
    ax: Axes, labels: Int[np.ndarray, "_ _"], smallest: int, corner: tuple[int, int] = (0, 0), pieces: bool = False
) -> None:
    """The number of every object, or of every piece of it, that is large enough, on a pixel of its own."""
    import cv2

    numbers = np.unique(labels[labels > 0]).tolist()
    for k in numbers if len(numbers) <= MOST_BADGES else ():
        mask = (labels == k).astype(np.uint8)
        count, parts = cv2.connectedComponents(mask) if pieces else (2, mask)
        for part in range(1, count):
            own = np.pad(parts == part, 1).astype(np.uint8)
            if own.sum() >= smallest:
                depth = cv2.distanceTransform(own, cv2.DIST_L2, 3)[1:-1, 1:-1]
                row, column = np.unravel_index(int(depth.argmax()), depth.shape)
                draw_badge(ax, float(column + corner[0]), float(row + corner[1]), k)


def _axes(ax: Axes) -> None:
    ax.tick_params(labelsize=SMALL)
    ax.set_xlabel("column (px)", fontsize=SMALL)
    ax.set_ylabel("row (px)", fontsize=SMALL)
