"""Precision against recall of every class, and AP against the overlap that is asked for."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.evaluation.curves import Curve
from lab.figures.still import Still, finish
from lab.figures.style import GREY, INK, SMALL

# Told apart by colour and by dashes, so that a print in grey does.
LINES = (
    ("#0072b2", "-"),
    ("#d55e00", "--"),
    ("#009e73", "-."),
    ("#cc79a7", ":"),
    ("#e69f00", "-"),
    ("#56b4e9", "--"),
    ("#767676", "-."),
    ("#141414", ":"),
)
SIZE = (11.5, 3.9)  # inches


def show_curves(
    curves: Sequence[Curve], by_overlap: Mapping[str, Float[np.ndarray, " T"]], overlaps: Sequence[float]
) -> Still:
    """A panel of precision against recall for each overlap of the curves, and one of AP against the overlap.

    Args:
        curves: of `lab.evaluation.curves.curves_of`.
        by_overlap: each class's AP at each of ``overlaps``; of many classes the first are drawn.
    """
    at = sorted({curve.overlap for curve in curves})
    styles = dict(zip(by_overlap, LINES, strict=False))
    figure = Figure(figsize=SIZE, layout="constrained")
    *panels, last = figure.subplots(1, len(at) + 1)
    for ax, overlap in zip(panels, at, strict=True):
        _draw_curves(ax, [curve for curve in curves if curve.overlap == overlap and curve.name in styles], styles)
        ax.set(title=f"IoU over {overlap:g}", xlabel="recall: found of what is there")
    panels[0].set_ylabel("precision: right of what was found")
    for name, (colour, dashes) in styles.items():
        values = 100 * by_overlap[name]
        label = f"{name} {values.mean():.1f}"
        last.plot(overlaps, values, dashes, color=colour, lw=1.8, marker="o", ms=3, label=label)
    if len(by_overlap) > 1:
        mean = np.mean(list(by_overlap.values()), axis=0)
        last.plot(overlaps, 100 * mean, color=INK, lw=3, alpha=0.55, label=f"mean {100 * np.mean(mean):.1f}")
    last.set(title="AP by the overlap asked for", xlabel="IoU to be exceeded", ylabel="AP (%)", ylim=(0, 102))
    last.set_xticks(overlaps[::2], [f"{overlap:.1f}" for overlap in overlaps[::2]])
    for ax in (*panels, last):
        _plain(ax)
    figure.legend(
        *last.get_legend_handles_labels(), loc="outside right center", fontsize=SMALL, frameon=False, title="AP"
    )
    return finish(figure, _alt(curves))


def _draw_curves(ax: Axes, curves: Sequence[Curve], styles: Mapping[str, tuple[str, str]]) -> None:
    for curve in curves:
        colour, dashes = styles[curve.name]
        ax.plot(curve.recall, curve.precision, dashes, color=colour, lw=1.8)
        # Where the curve ends: all detections are heard, and nothing more is found.
        ax.plot(curve.recall[-1:], curve.precision[-1:], "o", color=colour, ms=4.5)
        if len(curves) == 1:
            ax.annotate(
                f"AP {100 * curve.ap:.1f}", (0.05, 0.06), xycoords="axes fraction", fontsize=SMALL + 1, color=INK
            )
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.04))


def _plain(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=SMALL, colors=INK)
    ax.title.set_fontsize(SMALL + 2)
    for label in (ax.xaxis.label, ax.yaxis.label):
        label.set(fontsize=SMALL, color=GREY)
    ax.grid(color="#e5e5e5", lw=0.6)
    ax.set_axisbelow(True)


def _alt(curves: Sequence[Curve]) -> str:
    told = ", ".join(f"{c.name} {100 * c.ap:.1f} at {c.overlap:g}" for c in curves)
    return f"Precision against recall, and AP against the overlap. AP: {told}."
