"""Findings of the label doctor side by side, each with its kind and its words."""

import textwrap
from collections import Counter
from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.datasets.label_doctor import KINDS, Finding, picture
from lab.datasets.scene import SceneSource
from lab.figures.still import Still, finish
from lab.figures.style import ACCENT, INK, SMALL, WIDTH

COLUMNS = 3
COLUMN = WIDTH / COLUMNS - 0.1  # inches that a picture may be wide and high
CHARACTERS = 44  # of a line of words under a picture
MOST_LINES = 7
LINE, TITLE = 0.165, 0.5  # inches


def show_findings(findings: Sequence[Finding], source: SceneSource, most: int = 12) -> Still:
    """A contact sheet of at most ``most`` findings, every kind in turn; the count of all is said in its title.

    Raises:
        ValueError: nothing to show.
    """
    if not findings:
        raise ValueError("findings: found none, expected one or more to be shown.")
    chosen = every_kind_in_turn(findings, most)
    pictures = [picture(finding, source) for finding in chosen]
    words = [shortened(finding) for finding in chosen]
    rows = [_height(pictures[k : k + COLUMNS], words[k : k + COLUMNS]) for k in range(0, len(chosen), COLUMNS)]
    figure = Figure(figsize=(WIDTH, sum(rows) + 0.4), layout="constrained")
    axes = figure.subplots(len(rows), COLUMNS, squeeze=False, height_ratios=rows).ravel()
    for ax in axes:
        ax.axis("off")
    for ax, *what in zip(axes, chosen, pictures, words, strict=False):
        _one(ax, *what)
    figure.suptitle(counted(findings), fontsize=10, color=INK)
    return finish(figure, alt_text(chosen, len(findings)), photo=True)


def counted(findings: Sequence[Finding]) -> str:
    """How many of each kind, in the order of `KINDS`."""
    counts = Counter(finding.kind for finding in findings)
    kinds = ", ".join(f"{kind} {counts[kind]}" for kind in KINDS if counts[kind])
    return f"{len(findings)} finding{'s' * (len(findings) > 1)}: {kinds}"


def shortened(finding: Finding) -> str:
    """The finding's words as a few short lines, the file without its folders."""
    words = finding.words.replace(str(finding.path.parent) + "/", "")
    lines = textwrap.wrap(words, CHARACTERS)
    return "\n".join([*lines[: MOST_LINES - 1], "…"] if len(lines) > MOST_LINES else lines)


def every_kind_in_turn(findings: Sequence[Finding], most: int) -> list[Finding]:
    """The first finding of each kind, then the second of each, and so on; shown kind by kind."""
    place = Counter()
    rank = []
    for number, finding in enumerate(findings):
        rank.append((place[finding.kind], list(KINDS).index(finding.kind), number))
        place[finding.kind] += 1
    chosen = sorted(range(len(findings)), key=rank.__getitem__)[:most]
    return [findings[number] for number in sorted(chosen, key=lambda n: rank[n][1:])]


def alt_text(shown: Sequence[Finding], count: int) -> str:
    """The sheet in words."""
    words = "; ".join(f"{finding.kind} in {finding.scene}: {finding.words}" for finding in shown)
    return f"{len(shown)} of {count} findings in labels, each as a picture with the objects concerned hatched. {words}"


def _height(pictures: Sequence[np.ndarray], words: Sequence[str]) -> float:
    """Inches that a row of pictures takes with its titles and words."""
    highest = max(min(shown.shape[0] / shown.shape[1], 1) for shown in pictures)
    return COLUMN * highest + LINE * max(text.count("\n") + 1 for text in words) + TITLE


def _one(axes: Axes, finding: Finding, shown: UInt8[np.ndarray, "h w 3"], words: str) -> None:
    axes.imshow(shown)
    axes.set_anchor("N")
    colour = ACCENT if finding.severity == "error" else INK
    axes.set_title(f"{finding.severity}: {finding.kind}\n{finding.scene[:CHARACTERS]}", fontsize=SMALL, color=colour)
    axes.text(0.5, -0.02, words, transform=axes.transAxes, fontsize=SMALL, ha="center", va="top")
