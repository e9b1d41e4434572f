"""Stills of the notebook on training: the decay of the rate, the spread of batch statistics."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.figures.still import Still, finish
from lab.figures.style import ACCENT, GOOD, INK, SMALL, WIDTH


def show_decay(rates: Mapping[str, Sequence[float] | Float[np.ndarray, "T"]]) -> Still:
    """Learning rates over the share of a training that is done, by the words for each."""
    figure = Figure(figsize=(WIDTH, 2.5), layout="constrained")
    ax = figure.subplots()
    for (words, values), dashes in zip(rates.items(), ("-", "--", ":", "-."), strict=False):
        ax.plot(np.linspace(0, 1, len(values), endpoint=False), values, dashes, color=INK, lw=2, label=words)
    ax.legend(fontsize=SMALL, frameon=False)
    ax.set(xlabel="step / steps", ylabel="learning rate", xlim=(0, 1), ylim=(0, None))
    _plain(ax)
    return finish(figure, "Learning rates that fall from the start of a training to its end: " + ", ".join(rates) + ".")


def show_spread(spread: Mapping[str, Sequence[float] | Float[np.ndarray, "D"]]) -> Still:
    """Of every batch norm layer, how far the means of batches lie apart, in its own σ; by the words for the batches."""
    figure = Figure(figsize=(WIDTH, 2.6), layout="constrained")
    ax = figure.subplots()
    for (words, values), colour, mark in zip(spread.items(), (ACCENT, GOOD, INK), ("o-", "s--", "^:"), strict=False):
        ax.plot(np.arange(1, len(values) + 1), values, mark, color=colour, lw=1.6, ms=4.5, label=words)
    ax.legend(fontsize=SMALL, frameon=False)
    ax.set(xlabel="batch norm layer, from the picture to the outputs", ylabel="spread of the means (σ)", ylim=(0, None))
    _plain(ax)
    told = "; ".join(f"{words}: {np.mean(values):.2f} on average" for words, values in spread.items())
    return finish(figure, f"The spread of batch means over the layers of the network. {told}.")


def _plain(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=SMALL, colors=INK)
    ax.grid(axis="y", color="#e5e5e5", lw=0.6)
    ax.set_axisbelow(True)
