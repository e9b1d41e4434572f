"""The overview as a drawing: one row a notebook, one chip an exercise, the guesses below."""

import re
from functools import cache
from pathlib import Path

from lab.figures.style import ACCENT_INK, GOOD, GREY, RULE
from lab.real import Real
from lab.widgets.plot import SMALLEST, text
from lab.widgets.progress.compute import Guessed, Mark, Row, Standing

WIDTH, EDGE, TOP, ROW, GAP = 860, 8, 34, 48, 4
LEFT = 214  # where the chips begin, right of the notebooks' names
LINE = 22  # from one guess to the next
SIGN = 20  # px of a chip before its words
# State -> mark, colour of the edge, ground: told apart by the mark alone, too.
LOOKS = {"solved": ("✓", GOOD, "#e6f1f8"), "wrong": ("✗", ACCENT_INK, "#fbeee6"), "untried": ("○", GREY, "#ffffff")}
WORDS = {"solved": "solved", "wrong": "not right yet", "untried": "not tried yet"}


def height_of(standing: Standing) -> int:
    """Of the drawing, in px: a row for every notebook and a line for every guess."""
    guesses = 42 + LINE * len(standing.guesses) if standing.guesses else 0
    return TOP + ROW * len(standing.rows) + guesses + 12


def draw(standing: Standing) -> str:
    """The picture's shapes."""
    rows = "".join(_row(row, TOP + place * ROW) for place, row in enumerate(standing.rows))
    total = sum(len(row.marks) for row in standing.rows)
    words = f"{sum(row.solved() for row in standing.rows)} of {total} exercises solved"
    heading = text(EDGE, 20, words, size=15, weight="bold")
    return heading + _legend() + rows + _guesses(standing.guesses, TOP + len(standing.rows) * ROW)


def _legend() -> str:
    """The marks in words, at the upper right."""
    return "".join(
        text(470 + 130 * i, 20, f"{LOOKS[state][0]} {words}", size=SMALLEST, colour=LOOKS[state][1])
        for i, (state, words) in enumerate(WORDS.items())
    )


def _row(row: Row, y: Real) -> str:
    width = (WIDTH - EDGE - LEFT + GAP) / max(len(row.marks), 1) - GAP
    chips = (_chip(LEFT + i * (width + GAP), y + 6, width, mark) for i, mark in enumerate(row.marks))
    name = text(EDGE, y + 28, f"{row.number:02} {row.title}")
    return _rule(y) + name + "".join(chips)


def _chip(x: Real, y: Real, width: Real, mark: Mark) -> str:
    sign, edge, ground = LOOKS[mark.state]
    lines = two_lines(mark.title, width - SIGN - 2)
    first = 22 if len(lines) == 1 else 15
    words = "".join(text(x + SIGN, y + first + 14 * i, line, size=SMALLEST) for i, line in enumerate(lines))
    words += text(x + 4, y + 23, sign, size=14, colour=edge)
    return (
        f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 12}" rx="5" fill="{ground}" stroke="{edge}" '
        f'stroke-width="{1 if mark.state == "untried" else 2}"/>{words}'
    )


def two_lines(title: str, width: Real) -> list[str]:
    """A title in at most two lines of so many px; of the second no more than there is room for."""
    lines = [""]
    for piece in re.split(r"(?<=[\s-])", title):
        if lines[-1] and width_of((lines[-1] + piece).rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    first, second = lines[0].rstrip(), "".join(lines[1:])
    while second and width_of(second) > width:
        second = f"{second.rstrip('…')[:-1]}…"
    return [first, second] if second else [first]


@cache
def width_of(words: str) -> float:
    """Of words of the smallest size, px."""
    import matplotlib
    from PIL import ImageFont

    font = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(font, 10 * SMALLEST).getlength(words) / 10


def _guesses(guesses: tuple[Guessed, ...], y: Real) -> str:
    """Every guess beside its outcome."""
    if not guesses:
        return ""
    shapes = [_rule(y), text(EDGE, y + 24, "Your guesses", weight="bold")]
    for i, guess in enumerate(guesses):
        line = y + 46 + LINE * i
        shapes.append(text(EDGE, line, guess.name, size=SMALLEST))
        shapes.append(text(430, line, f"{'✓' if guess.hit else '→'} {guess.words}", size=SMALLEST))
    return "".join(shapes)


def _rule(y: Real) -> str:
    return f'<path d="M{EDGE} {y}H{WIDTH - EDGE}" stroke="{RULE}"/>'


def describe(standing: Standing) -> str:
    """The picture in words."""
    rows = ", ".join(f"notebook {row.number:02}: {row.solved()} of {len(row.marks)} solved" for row in standing.rows)
    guesses = "; ".join(f"{guess.name}: {guess.words.replace(';', ',')}" for guess in standing.guesses)
    return f"Progress: {rows}." + (f" Guesses: {guesses}." if guesses else "")
