"""The oracle ladder as bars: what each part gains by the truth alone, and how far all of them together reach."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.figures.still import Still, finish
from lab.figures.style import GOOD, GREY, INK, SMALL, WIDTH

PALE = "#9ecae1"  # of the part of a bar that is gained
ROW = 0.29  # inches


def show_ladder(results: Mapping[str, Any]) -> Still:
    """AP of every rung of a stored ladder (the content of an oracle.json): each part alone, and more and more."""
    rungs = [rung for rung in results["rungs"] if rung["ap"] is not None]
    nothing = next(rung for rung in rungs if not rung["truth"])
    alone = [rung for rung in rungs if len(rung["truth"]) == 1]
    together = alone[:1] + [rung for rung in rungs if len(rung["truth"]) > 1]
    height = 2 * 0.55 + ROW * (len(alone) + len(together))
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    ratios = [len(alone), len(together)]
    above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": ratios})
    _bars(above, alone, [rung["truth"][0] for rung in alone], [nothing] * len(alone))
    above.set_title("Ground truth in place of one part", loc="left", fontsize=10)
    _bars(below, together, _steps(together), [nothing, *together[:-1]])
    below.set_title("… of this part and those above it", loc="left", fontsize=10)
    below.set_xlabel(f"AP (%); without any ground truth it is {100 * nothing['ap']:.1f}", fontsize=SMALL)
    return finish(figure, _alt(results, nothing, alone, together))


def _steps(together: Sequence[Mapping[str, Any]]) -> list[str]:
    return [("+ " if row else "") + rung["truth"][-1] for row, rung in enumerate(together)]


def _bars(
    ax: Axes, rungs: Sequence[Mapping[str, Any]], names: Sequence[str], before: Sequence[Mapping[str, Any]]
) -> None:
    """A bar for each rung; pale where it is longer than the bar of the rung before, hatched where it is shorter."""
    for row, (rung, last) in enumerate(zip(rungs, before, strict=True)):
        ap, had = 100 * rung["ap"], 100 * last["ap"]
        ax.barh(row, min(ap, had), color=GOOD, height=0.66)
        if ap >= had:
            ax.barh(row, ap - had, left=had, color=PALE, ec=GOOD, lw=0.8, height=0.66)
        else:
            ax.barh(row, had - ap, left=ap, color="white", ec=GREY, hatch="////", lw=0.8, height=0.66)
        ax.text(max(ap, had) + 1, row, f"{ap:.1f}  ({ap - had:+.1f})", va="center", fontsize=SMALL, color=INK)
    ax.set_yticks(range(len(rungs)), names, fontsize=SMALL)
    ax.set(xlim=(0, 112), ylim=(len(rungs) - 0.4, -0.6), xticks=range(0, 101, 20))
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(axis="x", labelsize=SMALL)


def _alt(
    results: Mapping[str, Any],
    nothing: Mapping[str, Any],
    alone: Sequence[Mapping[str, Any]],
    together: Sequence[Mapping[str, Any]],
) -> str:
    each = ", ".join(f"{rung['truth'][0]} {100 * rung['ap']:.1f}" for rung in alone)
    steps = ", ".join(f"{100 * rung['ap']:.1f}" for rung in together)
    return (
        f"Bars of AP on {results['images']} images of {results['data']} ({results['split']}). With no ground truth "
        f"{100 * nothing['ap']:.1f} %; with the truth in place of one part: {each}; of one after the other, in this "
        f"order: {steps}."
    )
