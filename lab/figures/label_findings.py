"""Findings of the label doctor side by side, each with its kind and its words."""

import textwrap
from collections import Counter
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.datasets.label_doctor import KINDS, Finding, picture
from lab.datasets.scene import SceneSource
from lab.figures.still import Still, finish
from lab.figures.style import ACCENT, INK, SMALL, WIDTH

COLUMNS = 3
ROW_HEIGHT = 3.9  # inches: a picture and its words
CHARACTERS = 44  # of a line of words under a picture
MOST_LINES = 6


def show_findings(findings: Sequence[Finding], source: SceneSource, most: int = 12) -> Still:
    """A contact sheet of at most ``most`` findings, every kind in turn; the count of all is said in its title.

    Raises:
        ValueError: nothing to show.
    """
    if not findings:
        raise ValueError("findings: found none, expected one or more to be shown.")
    chosen = every_kind_in_turn(findings, most)
    rows = -(-len(chosen) // COLUMNS)
    figure = Figure(figsize=(WIDTH, 0.6 + ROW_HEIGHT * rows), layout="constrained")
    axes = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for ax in axes:
        ax.axis("off")
    for ax, finding in zip(axes, chosen, strict=False):
        _one(ax, finding, source)
    counts = Counter(finding.kind for finding in findings)
    title = ", ".join(f"{kind} {counts[kind]}" for kind in KINDS if counts[kind])
    figure.suptitle(f"{len(findings)} finding{'s' * (len(findings) > 1)}: {title}", fontsize=10, color=INK)
    return finish(figure, alt_text(chosen, len(findings)), photo=True)


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


def _one(axes: Axes, finding: Finding, source: SceneSource) -> None:
    axes.imshow(picture(finding, source))
    axes.set_anchor("N")
    colour = ACCENT if finding.severity == "error" else INK
    axes.set_title(f"{finding.severity}: {finding.kind}\n{finding.scene[:CHARACTERS]}", fontsize=SMALL, color=colour)
    # Without the path, which the title's scene stands for.
    words = finding.words.replace(str(finding.path), finding.path.name)
    lines = textwrap.wrap(words, CHARACTERS)
    shortened = [*lines[: MOST_LINES - 1], "…"] if len(lines) > MOST_LINES else lines
    axes.text(0.5, -0.02, "\n".join(shortened), transform=axes.transAxes, fontsize=SMALL, ha="center", va="top")
