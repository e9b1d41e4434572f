"""Stills of the notebook on ablations: seeds as points, the dealings of a permutation test, two methods and a clock."""

from collections.abc import Mapping, Sequence
from math import isnan

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.figures.still import Still, finish
from lab.figures.style import ACCENT, ACCENT_INK, GOOD, GREY, INK, SMALL, WIDTH

Values = Sequence[float | int] | Float[np.ndarray, "_"]


def show_reported(reported: Mapping[str, float | int], ours: Mapping[str, Values], where: tuple[str, str]) -> Still:
    """What is reported, one number an arm, beside our seeds; ``where`` says of what data each of the two is."""
    figure = Figure(figsize=(WIDTH, 0.9 + 0.42 * len(reported)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    places = range(len(reported))
    left.plot(list(reported.values()), places, "D", color=INK, ms=7)
    for place, (name, value) in zip(places, reported.items(), strict=True):
        left.annotate(f"{value:.1f}", (value, place), (0, 7), textcoords="offset points", ha="center", fontsize=SMALL)
        _strip(right, place, ours.get(name, ()))
    left.set(yticks=list(places), yticklabels=list(reported), ylim=(len(reported) - 0.5, -0.7))
    left.set_xlim(min(reported.values()) - 3, max(reported.values()) + 3)
    for ax, words in zip((left, right), where, strict=True):
        ax.set_xlabel("AP (points)", fontsize=SMALL)
        ax.set_title(words, fontsize=10, loc="left")
        _plain(ax)
    told = "; ".join(
        f"{name}: {value:.1f} reported, ours {tell_values(ours.get(name, ()))}" for name, value in reported.items()
    )
    return finish(figure, f"What is reported, one number an arm, beside our seeds as points. {told}.")


def tell_values(values: Values) -> str:
    """Mean and range in words."""
    if not len(values):
        return "not recorded"
    return f"{np.mean(values):.1f} ({min(values):.1f} to {max(values):.1f})"


def _strip(ax: Axes, place: float | int, values: Values, colour: str = GOOD) -> None:
    """Every value a point, their range a line, their mean a tick."""
    if not len(values):
        ax.text(0.02, place, "not recorded", color=ACCENT_INK, fontsize=SMALL, transform=ax.get_yaxis_transform())
        return
    ax.plot([min(values), max(values)], [place, place], color=colour, lw=1.8)
    ax.plot(values, [place] * len(values), "o", color=colour, mec="white", ms=8, alpha=0.8)
    ax.plot([np.mean(values)], [place], "|", color=INK, ms=17, mew=2.2)


def show_dealings(differences: Float[np.ndarray, "_"], words: str) -> Still:
    """Each dealing's difference of means as a dot, equal ones above each other; the first is the one observed."""
    figure = Figure(figsize=(WIDTH, 2.3), layout="constrained")
    ax = figure.subplots()
    step = max(float(np.ptp(differences)), 1e-9) / 60
    columns = np.round(differences / step).astype(int)
    heights = [int((columns[:i] == column).sum()) for i, column in enumerate(columns.tolist())]
    ahead = differences >= differences[0] - 1e-9
    ax.plot(differences[~ahead], np.array(heights)[~ahead], "o", color=GREY, ms=8)
    ax.plot(differences[ahead], np.array(heights)[ahead], "s", color=ACCENT, ms=8)
    ax.axvline(differences[0], color=ACCENT, lw=1.2, ls="--")
    ax.set(yticks=[], ylim=(-0.7, max(heights) + 1.4), xlabel=words)
    count = f"{ahead.sum()} of {len(differences)} at least so far ahead"
    side = "right" if differences[0] > 0 else "left"
    ax.text(differences[0], max(heights) + 0.8, f"observed: {differences[0]:+.1f} ", ha=side, fontsize=SMALL)
    ax.set_title(f"every way to deal the results: {count} (squares)", fontsize=10, loc="left")
    _plain(ax)
    ax.spines["left"].set_visible(False)
    return finish(
        figure, f"A dot for every dealing, by the difference of means; observed {differences[0]:+.1f}, {count}."
    )


def show_pairs(pairs: Mapping[str, tuple[Values, Values]], words: Mapping[str, str]) -> Still:
    """Small panels, each with two arms' seeds, under their letter and a line of words."""
    columns = 3
    rows = -(-len(pairs) // columns)
    figure = Figure(figsize=(WIDTH, 1.75 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax, (letter, both) in zip(panels, pairs.items(), strict=False):
        for place, (values, colour) in enumerate(zip(both, (ACCENT, GOOD), strict=True)):
            _strip(ax, place, values, colour)
        low, high = min(map(min, both)), max(map(max, both))
        ax.set(yticks=[0, 1], yticklabels=["new", "old"], ylim=(1.6, -0.6), xlim=(low - 1, high + 1))
        ax.set_title(f"{letter} · {words[letter]}", fontsize=SMALL, loc="left")
        _plain(ax)
    for ax in panels[len(pairs) :]:
        ax.set_visible(False)
    told = "; ".join(
        f"{letter} ({words[letter]}): new {tell_values(new)}, old {tell_values(old)}"
        for letter, (new, old) in pairs.items()
    )
    return finish(figure, f"Made-up comparisons of a new arm and an old one, every seed a point. {told}.")


def show_race(minutes: Mapping[str, Values], scores: Mapping[str, Mapping[str, Values]], resolution: str) -> Still:
    """AP and AP50 against minutes of training, a curve for each method."""
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    panels = figure.subplots(1, len(scores))
    for ax, (measure, curves) in zip(np.atleast_1d(panels), scores.items(), strict=True):
        for (name, values), colour, mark in zip(curves.items(), (ACCENT, GOOD, INK), ("o-", "s--", "^:"), strict=False):
            ax.plot(minutes[name], values, mark, color=colour, lw=1.8, ms=5.5, label=name)
        ax.set(ylim=(0, None), xlim=(0, None))
        ax.set_xlabel("training (minutes of the processor)", fontsize=SMALL)
        ax.set_title(f"{measure} (points), {resolution}", fontsize=10, loc="left")
        _plain(ax)
    if minutes:
        np.atleast_1d(panels)[0].legend(fontsize=SMALL, frameon=False)
    told = "; ".join(
        f"{measure} of {name} {_last(values)} after {max(minutes[name], default=0):.0f} minutes"
        for measure, curves in scores.items()
        for name, values in curves.items()
    )
    return finish(
        figure,
        f"Average precision against training time, both from scratch, at {resolution}: {told or 'not recorded'}.",
    )


def _last(values: Values) -> str:
    known = [float(v) for v in values if not isnan(v)]
    return f"{known[-1]:.1f}" if known else "not measured"


def _plain(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=SMALL, colors=INK)
    ax.grid(axis="x", color="#e5e5e5", lw=0.6)
    ax.set_axisbelow(True)
