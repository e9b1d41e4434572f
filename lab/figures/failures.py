"""The failure gallery: small pictures of what went wrong, kind by kind, truth beside prediction."""

from collections import Counter
from typing import Any

import numpy as np
from jaxtyping import Bool
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.evaluation.failures import Case, Gallery
from lab.figures.colours import instance_colour
from lab.figures.still import Still, finish
from lab.figures.style import ACCENT_INK, GREY, INK, SMALL, WIDTH
from lab.oracle import NAMES
from lab.real import Real

GAP = 0.12  # inches
PICTURE = (WIDTH - 6 * GAP) / 4  # inches that a picture may be wide, and high
HEAD, TITLE, NOTE = 0.72, 0.44, 0.34  # inches: the sheet's title, a case's title, the line below its pictures
KEY = "Of each pair left the truth, dashed, with numbers; right what was found, with letters. Grey: not concerned."
PLURAL = {"merged": "merged", "split": "split", "missed": "missed", "false alarm": "false alarms", "ragged": "ragged"}
CHARACTERS = 58  # of a line below two pictures


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
    heights = [TITLE + NOTE + max(_inches(case)[0] for case in row) for row in rows]
    figure = Figure(figsize=(WIDTH, HEAD + sum(heights)))
    head = f"{counted(gallery, what)}\n{KEY}"
    figure.text(GAP / WIDTH, 1 - 0.1 / (HEAD + sum(heights)), head, fontsize=10, color=INK, va="top", linespacing=1.4)
    for line, row in enumerate(rows):
        for column, case in enumerate(row):
            _draw_case(figure, case, GAP + column * WIDTH / 2, HEAD + sum(heights[:line]))
    return finish(figure, describe(gallery, what), photo=True)


def counted(gallery: Gallery, what: str) -> str:
    """How many of each kind in how many images."""
    counts = ", ".join(f"{number} {PLURAL[kind] if number != 1 else kind}" for kind, number in gallery.counts.items())
    return f"{what}{': ' * bool(what)}{gallery.images} images, {counts}"


def describe(gallery: Gallery, what: str) -> str:
    """The sheet in words."""
    cases = "; ".join(f"{title(case)} in {case.scene} ({mending(case)})" for case in gallery.cases)
    return f"Failures{' of ' * bool(what)}{what}, {len(gallery.cases)} of {sum(gallery.counts.values())}: {cases}."


def title(case: Case) -> str:
    """'merged: car + car'; 'missed: train, found as truck'."""
    kind = case.failure.kind
    if kind == "false alarm":
        return f"false alarm: {case.predictions[0]}" + f", where a {case.confused} is" * bool(case.confused)
    objects = [name if count == 1 else f"{count} x {name}" for name, count in Counter(case.objects).items()]
    into = f" into {len(case.predictions)}" if kind == "split" else ""
    return f"{kind}: {' + '.join(objects)}{into}" + f", found as {case.confused}" * bool(case.confused)


def mending(case: Case) -> str:
    """Which part's truth alone would mend it."""
    if case.mended is None:
        return "not asked what would mend it"
    if not case.mended:
        return "no single part's truth mends it"
    if len(case.mended) == len(NAMES):
        return "the truth of any one part would mend it"  # five names would not fit beside the next case
    return f"true {' or '.join(case.mended)} would mend it"


def _inches(case: Case) -> tuple[float, float]:
    """Of one of a case's pictures, high and wide."""
    high, wide = case.truth.shape
    scale = PICTURE / max(high, wide)
    return high * scale, wide * scale


def _draw_case(figure: Figure, case: Case, left: Real, top: Real) -> None:
    """``left`` and ``top`` in inches from the sheet's corner."""
    width, height = figure.get_size_inches()
    high, wide = _inches(case)

    def write(inches: Real, words: str, size: Real, colour: str) -> None:
        figure.text(left / width, 1 - (top + inches) / height, words, fontsize=size, color=colour, va="top")

    write(0.04, title(case), 10, ACCENT_INK)
    write(0.22, mending(case), SMALL, INK)
    for column, draw in enumerate((_draw_truth, _draw_found)):
        x, y = left + column * (wide + GAP), top + TITLE + high
        axes = figure.add_axes((x / width, 1 - y / height, wide / width, high / height))
        axes.imshow(case.image, interpolation="bilinear", aspect="auto")
        draw(axes, case)
        axes.set(xlim=(-0.5, case.truth.shape[1] - 0.5), ylim=(case.truth.shape[0] - 0.5, -0.5), xticks=[], yticks=[])
    rows, columns = case.truth.shape
    best = f", best IoU {case.failure.iou:.2f}" if case.failure.objects else ""
    write(TITLE + high + 0.04, f"{case.scene}: {columns} x {rows} px{best}"[-CHARACTERS:], SMALL, GREY)


def _draw_truth(axes: Axes, case: Case) -> None:
    for k in np.unique(case.truth[case.truth > 0]).tolist():
        concerned = k - 1 in case.failure.objects
        _contour(axes, case.truth == k, "white", 1.4 if concerned else 0.8, "--")
        if concerned:
            _name(axes, case.truth == k, str(case.failure.objects.index(k - 1) + 1), "white")


def _draw_found(axes: Axes, case: Case) -> None:
    for d, mask in zip(case.places, case.masks, strict=True):
        concerned = d in case.failure.predictions
        place = case.failure.predictions.index(d) if concerned else 0
        colour = tuple(np.divide(instance_colour(place + 1), 255)) if concerned else (0.6, 0.6, 0.6)
        tint = np.zeros((*mask.shape, 4))
        tint[mask] = (*colour, 0.45 if concerned else 0.25)
        axes.imshow(tint, interpolation="nearest", aspect="auto")
        _contour(axes, mask, colour, 1.2 if concerned else 0.6, "-")
        if concerned:
            _name(axes, mask, chr(ord("A") + place % 26), colour)


def _contour(
    axes: Axes, mask: Bool[np.ndarray, "h w"], colour: str | tuple[Any, ...], width: float, dashes: str
) -> None:
    """A line round a mask, a thick one on a dark rim; padded, so that it also runs along the picture's edge."""
    padded = np.pad(mask, 1).astype(float)
    rows, columns = (np.arange(-1, size + 1) for size in mask.shape)
    if width > 1:
        axes.contour(columns, rows, padded, [0.5], colors=[INK], linewidths=width + 1)
    axes.contour(columns, rows, padded, [0.5], colors=[colour], linewidths=width, linestyles=dashes)


def _name(axes: Axes, mask: Bool[np.ndarray, "h w"], words: str, colour: str | tuple[Any, ...]) -> None:
    """At the mask's top."""
    rows, columns = np.nonzero(mask)
    axes.text(
        float(np.median(columns[rows == rows[0]])), float(rows[0]), words, color="white", fontsize=7.5, ha="center",
        va="center", clip_on=True, bbox={"boxstyle": "round,pad=0.15", "fc": INK, "ec": colour},
    )  # fmt: skip
