"""Findings of the label doctor side by side, each with its kind and its words."""

import textwrap
from collections import Counter
from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from matplotlib.figure import Figure

from lab.datasets.label_doctor import KINDS, Finding
from lab.datasets.scene import SceneSource
from lab.figures.label_picture import picture
from lab.figures.still import Still, finish
from lab.figures.style import ACCENT_INK, INK, SMALL, WIDTH

Cell = tuple[Finding, np.ndarray, str]  # a finding, its picture (each of a size of its own), its words
COLUMNS = 3
GAP = 0.12  # inches between columns
COLUMN = (WIDTH - (COLUMNS + 1) * GAP) / COLUMNS  # inches that a picture may be wide and high
CHARACTERS = 41  # of a line of words under a picture
MOST_LINES = 7
LINE, TITLE, HEAD = 0.155, 0.5, 0.45  # inches: a line of words, a finding's title with its gap, the sheet's title


def show_findings(findings: Sequence[Finding], source: SceneSource, most: int = 12) -> Still:
    """A contact sheet of at most ``most`` findings, every kind in turn; the count of all is said in its title.

    Raises:
        ValueError: nothing to show.
    """
    if not findings:
        raise ValueError("findings: found none, expected one or more to be shown.")
    chosen = every_kind_in_turn(findings, most)
    cells = [(finding, picture(finding, source), shortened(finding)) for finding in chosen]
    rows = [cells[k : k + COLUMNS] for k in range(0, len(cells), COLUMNS)]
    heights = [_height(row) for row in rows]
    figure = Figure(figsize=(WIDTH, sum(heights) + HEAD))
    head = textwrap.fill(counted(findings), 110)
    figure.text(0.5, 1 - 0.08 / (sum(heights) + HEAD), head, fontsize=10, color=INK, ha="center", va="top")
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            _draw(figure, GAP + column * (COLUMN + GAP), HEAD + sum(heights[:number]), *cell)
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
    """The first finding of each kind, then the second of each, and so on; of each kind one of every scene first.

    Listed kind by kind.
    """
    turns = []
    for kind in KINDS:
        in_scene: Counter[str] = Counter()
        of_kind = []
        for finding in findings:
            if finding.kind == kind:
                of_kind.append((in_scene[finding.scene], finding))
                in_scene[finding.scene] += 1
        of_kind.sort(key=lambda ranked: ranked[0])
        turns += [(turn, finding) for turn, (_, finding) in enumerate(of_kind)]
    chosen = sorted(range(len(turns)), key=lambda k: turns[k][0])[:most]
    return [turns[k][1] for k in sorted(chosen)]


def alt_text(shown: Sequence[Finding], count: int) -> str:
    """The sheet in words."""
    words = "; ".join(f"{finding.kind} in {finding.scene}: {finding.words}" for finding in shown)
    return f"{len(shown)} of {count} findings in labels, each as a picture with the objects concerned hatched. {words}"


def _shape(shown: UInt8[np.ndarray, "h w 3"]) -> tuple[float, float]:
    """Inches of a picture on the sheet, high and wide: the longer side as long as a column is wide."""
    scale = COLUMN / max(shown.shape[:2])
    return shown.shape[0] * scale, shown.shape[1] * scale


def _height(row: Sequence[Cell]) -> float:
    """Inches that a row takes: titles, pictures, words."""
    return TITLE + max(_shape(shown)[0] + LINE * (words.count("\n") + 2) for _, shown, words in row)


def _draw(
    figure: Figure, left: float, top: float, finding: Finding, shown: UInt8[np.ndarray, "h w 3"], words: str
) -> None:
    """One finding; ``left`` and ``top`` in inches from the sheet's corner."""
    width, height = figure.get_size_inches()
    high, wide = _shape(shown)
    place = ((left + (COLUMN - wide) / 2) / width, 1 - (top + TITLE + high) / height, wide / width, high / height)
    axes = figure.add_axes(place)
    axes.axis("off")
    axes.imshow(shown, aspect="auto")
    colour = ACCENT_INK if finding.severity == "error" else INK
    axes.set_title(f"{finding.severity}: {finding.kind}\n{finding.scene[:CHARACTERS]}", fontsize=SMALL, color=colour)
    middle = (left + COLUMN / 2) / width
    figure.text(middle, place[1] - 0.06 / height, words, fontsize=SMALL, ha="center", va="top")
