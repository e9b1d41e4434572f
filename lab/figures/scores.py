"""Still of notebook 14: the nuclei score against the overlap that is asked for, beside what others have published."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from lab.figures.still import Still, finish
from lab.figures.style import ACCENT, GOOD, GREY, INK, SMALL, WIDTH

# Told apart by colour, dashes and marks, so that a print in grey does.
LINES = ((INK, "-", "o"), (GOOD, "--", "s"), (ACCENT, "-.", "^"), (GREY, ":", "v"))
OTHERS = "DPX*"
ASIDE = 0.016  # of the overlap


def show_scores(
    overlaps: Sequence[float],
    curves: Mapping[str, Sequence[float] | Float[np.ndarray, " T"]],
    published: Mapping[str, tuple[float, float]],
) -> Still:
    """A line for each of our scores, a lone mark for each published one: (overlap, score), by the words for it.

    The marks stand a little to the left of their overlap, side by side, so that none hides another.

    Raises:
        ValueError: more lines or marks than can be told apart.
    """
    if len(curves) > len(LINES) or len(published) > len(OTHERS):
        raise ValueError(
            f"found {len(curves)} curves and {len(published)} published scores, expected at most {len(LINES)} and "
            f"{len(OTHERS)}: more cannot be told apart. Leave some out."
        )
    figure = Figure(figsize=(WIDTH, 3.1), layout="constrained")
    ax = figure.subplots()
    for (words, values), (colour, dashes, mark) in zip(curves.items(), LINES, strict=False):
        ax.plot(overlaps, values, dashes, color=colour, lw=1.8, marker=mark, ms=5, label=words)
    for place, ((words, (overlap, score)), mark) in enumerate(zip(published.items(), OTHERS, strict=False), start=1):
        ax.plot([overlap - ASIDE * place], [score], mark, ms=9, mfc="white", mec=INK, mew=1.4, ls="none", label=words)
    ax.set(xlabel="IoU asked for", ylabel="TP / (TP + FP + FN)", ylim=(0, 1.02))
    ax.set_xticks(list(overlaps))
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=SMALL)
    ax.grid(axis="y", color="#e5e5e5", lw=0.6)
    figure.legend(loc="outside right center", fontsize=SMALL, frameon=False)
    return finish(figure, _alt(overlaps, curves, published))


def _alt(
    overlaps: Sequence[float],
    curves: Mapping[str, Sequence[float] | Float[np.ndarray, " T"]],
    published: Mapping[str, tuple[float, float]],
) -> str:
    ends = f"at {overlaps[0]:g}", f"at {overlaps[-1]:g}"
    told = [f"{words}: from {v[0]:.2f} {ends[0]} to {v[-1]:.2f} {ends[1]}" for words, v in curves.items()]
    others = [f"{words}: {score:g} at {overlap:g}" for words, (overlap, score) in published.items()]
    return f"The nuclei score falls as the overlap asked for rises. {'; '.join([*told, *others])}."
