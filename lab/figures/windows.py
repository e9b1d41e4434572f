"""How the receptive field grows from part to part, drawn."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from lab.figures.still import Still, finish
from lab.figures.style import ACCENT, GOOD, GREY, INK, WIDTH


def show_windows(
    names: Sequence[str], windows: Sequence[int], undilated: Sequence[int], sizes: Mapping[str, int]
) -> Still:
    """The window (px) behind each part of the encoder, as it is and as it would be without dilation.

    Args:
        names: under the axis.
        windows, undilated: one for each part.
        sizes: lengths in px to compare with, drawn as lines with these words.
    """
    figure = Figure(figsize=(WIDTH, 3.3), layout="constrained")
    axes = figure.subplots()
    places = range(len(names))
    axes.plot(places, windows, "o-", color=GOOD, label="as it is")
    axes.plot(places, undilated, "s--", color=ACCENT, mfc="white", label="with every dilation 1")
    for words, size in sizes.items():
        axes.axhline(size, color=GREY, lw=1, ls=":")
        axes.text(0, size * 1.05, words, fontsize=9, color=INK)
    for place in (0, len(names) - 1):
        axes.annotate(f"{windows[place]} px", (place, windows[place]), (0, 8), textcoords="offset points", ha="center")
    axes.set(yscale="log", ylim=(2, 2400), ylabel="window (px)", xticks=places, xlabel="parts of the encoder")
    axes.set_xticks(places, names)
    axes.set_yticks([3, 10, 30, 100, 300, 1000], ["3", "10", "30", "100", "300", "1000"])
    axes.minorticks_off()
    axes.legend(loc="lower right", fontsize=9, frameon=False)
    return finish(
        figure,
        f"The theoretical window behind every part of the encoder, on a logarithmic scale: from {windows[0]} px after "
        f"the first downsampler to {windows[-1]} px at the end. Without dilation it would end at {undilated[-1]} px.",
    )
