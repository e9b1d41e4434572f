"""The failure gallery: small pictures of what went wrong, kind by kind, truth beside prediction."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.evaluation.failures import Case, Gallery
from lab.figures.colours import instance_colour
from lab.figures.still import Still, finish
from lab.figures.style import ACCENT, GREY, INK, SMALL, WIDTH

ROW, HEAD = 2.55, 0.5  # inches: a row of cases, the sheet's title
PICTURE = 1.62  # inches that a picture may be wide and high
GAP = 0.1
MEANS = {
    "merged": "one for two or more",
    "split": "several for one",
    "missed": "nothing there that fits",
    "false alarm": "something where nothing is",
    "ragged": "found, IoU .5 to .7",
}


def show_failures(gallery: Gallery, what: str = "") -> Still:
    """Two cases a row, each as truth (left) and prediction (right), with the parts that would mend it.

    Args:
        what: model and data, for the title.

    Raises:
        ValueError: there is no failure to show.
    """
    if not gallery.cases:
        raise ValueError(f"gallery: found no failure in {gallery.images} images, expected one or more to be shown.")
    rows = [gallery.cases[k : k + 2] for k in range(0, len(gallery.cases), 2)]
    height = ROW * len(rows) + HEAD
    figure = Figure(figsize=(WIDTH, height))
    figure.text(0.012, 1 - 0.12 / height, counted(gallery, what), fontsize=10, color=INK, va="top", linespacing=1.4)
    for line, row in enumerate(rows):
        for column, case in enumerate(row):
            _draw_case(figure, case, column * WIDTH / 2 + GAP, HEAD + line * ROW)
    return finish(figure, describe(gallery, what), photo=True)


def counted(gallery: Gallery, what: str) -> str:
    """How many of each kind in how many images."""
    counts = ", ".join(f"{number} {kind}" for kind, number in gallery.counts.items())
    left = "Left of each pair the truth (dashed), right what was found (letters)."
    return f"{what}{': ' * bool(what)}in {gallery.images} images {counts}\n{left}"


def describe(gallery: Gallery, what: str) -> str:
    """The sheet in words."""
    cases = "; ".join(f"{title(case)} in {case.scene} ({mending(case)})" for case in gallery.cases)
    return f"Failures{' of ' * bool(what)}{what}, {len(gallery.cases)} of {sum(gallery.counts.values())}: {cases}."


def title(case: Case) -> str:
    """'merged: car and car (one for two or more)', without the brackets."""
    objects = [f"{count} {name}" if count > 1 else name for name, count in Counter(case.objects).items()]
    if case.failure.kind == "false alarm":
        objects = [case.predictions[0]]
    if case.failure.kind == "split":
        objects.append(f"into {len(case.predictions)}")
    return f"{case.failure.kind}: {' '.join(objects) if case.failure.kind == 'split' else ' and '.join(objects)}"


def mending(case: Case) -> str:
    """Which part's truth alone would mend it."""
    if case.mended is None:
        return "not asked what would mend it"
    if not case.mended:
        return "no single part's truth mends it"
    return f"true {' or '.join(case.mended)} would mend it"


def _draw_case(figure: Figure, case: Case, left: float, top: float) -> None:
    """``left`` and ``top`` in inches from the sheet's corner."""
    width, height = figure.get_size_inches()
    high, wide = case.truth.shape
    scale = PICTURE / max(high, wide)
    figure.text(left / width, 1 - (top + 0.12) / height, title(case), fontsize=10, color=ACCENT, va="top")
    figure.text(
        left / width, 1 - (top + 0.31) / height, f"{MEANS[case.failure.kind]}; {mending(case)}", fontsize=SMALL,
        color=INK, va="top",
    )  # fmt: skip
    for column, draw in enumerate((_draw_truth, _draw_found)):
        x, y = left + column * (PICTURE + GAP), top + 0.5
        place = (x / width, 1 - (y + high * scale) / height, wide * scale / width, high * scale / height)
        axes = figure.add_axes(place)
        axes.imshow(case.image, interpolation="bilinear", aspect="auto")
        draw(axes, case)
        axes.set(xlim=(-0.5, wide - 0.5), ylim=(high - 0.5, -0.5), xticks=[], yticks=[])
    note = f"{case.scene[:34]}\n{wide} x {high} px, best IoU {case.failure.iou:.2f}"
    x = left + 2 * (PICTURE + GAP)
    figure.text(x / width, 1 - (top + 0.5) / height, _folded(note), fontsize=SMALL, color=GREY, va="top")


def _folded(words: str, characters: int = 12) -> str:
    """Broken hard, since names have no spaces."""
    lines = [part for line in words.split("\n") for part in _pieces(line, characters)]
    return "\n".join(lines)


def _pieces(line: str, characters: int) -> Sequence[str]:
    import textwrap

    return textwrap.wrap(line, characters, break_long_words=True)


def _draw_truth(axes: Axes, case: Case) -> None:
    for k in np.unique(case.truth[case.truth > 0]).tolist():
        concerned = k - 1 in case.failure.objects
        _contour(axes, case.truth == k, "white", 1.4 if concerned else 0.8, "--")
        if concerned:
            _name(axes, case.truth == k, str(case.failure.objects.index(k - 1) + 1), "white")


def _draw_found(axes: Axes, case: Case) -> None:
    for d, mask in enumerate(case.masks):
        if not mask.any():
            continue
        concerned = d in case.failure.predictions
        place = case.failure.predictions.index(d) if concerned else 0
        colour = tuple(np.divide(instance_colour(place + 1), 255)) if concerned else (0.6, 0.6, 0.6)
        tint = np.zeros((*mask.shape, 4))
        tint[mask] = (*colour, 0.45 if concerned else 0.25)
        axes.imshow(tint, interpolation="nearest", aspect="auto")
        _contour(axes, mask, colour, 1.2 if concerned else 0.6, "-")
        if concerned:
            _name(axes, mask, chr(ord("A") + place % 26), colour)


def _contour(axes: Axes, mask: Bool[np.ndarray, "h w"], colour: str | tuple, width: float, dashes: str) -> None:
    """A line round a mask, on a dark rim; padded, so that it also runs along the picture's edge."""
    padded = np.pad(mask, 1).astype(float)
    rows, columns = (np.arange(-1, size + 1) for size in mask.shape)
    axes.contour(columns, rows, padded, [0.5], colors=[INK], linewidths=width + 1)
    axes.contour(columns, rows, padded, [0.5], colors=[colour], linewidths=width, linestyles=dashes)


def _name(axes: Axes, mask: Bool[np.ndarray, "h w"], words: str, colour: str | tuple) -> None:
    """At the mask's top."""
    rows, columns = np.nonzero(mask)
    axes.text(
        float(np.median(columns[rows == rows[0]])), float(rows[0]), words, color="white", fontsize=7.5, ha="center",
        va="center", clip_on=True, bbox={"boxstyle": "round,pad=0.15", "fc": INK, "ec": colour},
    )  # fmt: skip
