"""What a learner has done so far, as a picture: one row a notebook, one mark an exercise, and their guesses below."""

from numbers import Real

import ipywidgets as widgets

from lab.exercises.catalogue import NOTEBOOKS, exercises_of
from lab.exercises.exercise import Exercise
from lab.exercises.guessing import agree, show
from lab.exercises.progress import Progress, progress_file, read_progress, reset_progress
from lab.figures.still import Still
from lab.widgets.board import Board
from lab.widgets.live import LiveFigure, row
from lab.widgets.plot import ACCENT, GOOD, GREY, INK, RULE, SMALLEST, text

WIDTH, ROW, TOP, LEFT, CHIP = 860, 42, 34, 236, 118
# State -> mark, colour of the edge, ground: told apart by the mark alone, too.
LOOKS = {"solved": ("✓", GOOD, "#e6f1f8"), "wrong": ("✗", ACCENT, "#fbeee6"), "untried": ("○", GREY, "#ffffff")}


class Overview(LiveFigure):
    """Exercises solved, tried and untouched, and guesses beside their outcomes; with a way to begin anew."""

    name = "progress"

    def __init__(self) -> None:
        self.board = Board(WIDTH, height_of(read_progress()))
        self.again = widgets.Button(description="look again", tooltip="read the progress file anew")
        self.forget = widgets.Button(description="begin anew …", tooltip="forget all answers and guesses")
        self.sure = widgets.Button(description="forget everything", button_style="danger", layout={"display": "none"})
        self.said = widgets.HTML()
        self.again.on_click(lambda _: self.newest.ask())
        self.forget.on_click(lambda _: self._ask())
        self.sure.on_click(lambda _: self._reset())
        for name in ("again", "forget", "sure"):
            getattr(self, name).add_class(f"lab-progress-{name}")
        super().__init__({}, [self.board, row(self.again, self.forget, self.sure), self.said])

    def refresh(self) -> None:
        """Read the file and draw it."""
        progress = read_progress()
        self.board.height = height_of(progress)
        self.board.show(draw(progress), describe(progress))
        self.said.value = progress.trouble

    def still(self) -> Still:
        """The picture as it stands."""
        return self.board.still()

    def _ask(self) -> None:
        self.sure.layout.display = ""
        self.said.value = f"This removes {progress_file()}: all answers and guesses noted so far."

    def _reset(self) -> None:
        reset_progress()
        self.sure.layout.display = "none"
        self.newest.ask()


def state_of(exercise: Exercise, progress: Progress) -> str:
    """One of ``LOOKS``; what was once solved stays solved."""
    entry = progress.exercises.get(exercise.name, {})
    return "solved" if "solved" in entry else "wrong" if entry.get("state") == "wrong" else "untried"


def height_of(progress: Progress) -> int:
    """Of the drawing, in px: a row for every notebook and a line for every guess."""
    guesses = 42 + 22 * len(progress.guesses) if progress.guesses else 0
    return TOP + ROW * len(NOTEBOOKS) + guesses + 12


def draw(progress: Progress) -> str:
    """The picture's shapes."""
    total = [state_of(e, progress) for n in NOTEBOOKS for e in exercises_of(n)]
    words = f"{total.count('solved')} of {len(total)} exercises solved"
    shapes = [text(8, 20, words, size=15, weight="bold"), *_legend()]
    for place, (number, name) in enumerate(NOTEBOOKS.items()):
        y = TOP + place * ROW
        shapes.append(f'<path d="M8 {y}H{WIDTH - 8}" stroke="{RULE}"/>')
        title = name.replace("_", " ").replace("lovasz", "Lovász")  # files have no accents, people do
        shapes.append(text(8, y + 26, f"{number:02} {title}"))
        for i, exercise in enumerate(exercises_of(number)):
            shapes.append(_chip(LEFT + i * (CHIP + 6), y + 6, exercise.title, state_of(exercise, progress)))
    return "".join(shapes) + _guesses(progress, TOP + len(NOTEBOOKS) * ROW)


def _legend() -> list[str]:
    """The marks in words, at the upper right."""
    words = {"solved": "solved", "wrong": "not right yet", "untried": "not tried yet"}
    return [
        text(470 + 130 * i, 20, f"{LOOKS[state][0]} {word}", size=SMALLEST, colour=LOOKS[state][1])
        for i, (state, word) in enumerate(words.items())
    ]


def _chip(x: Real, y: Real, title: str, state: str) -> str:
    mark, edge, ground = LOOKS[state]
    lines = _two_lines(title)
    words = "".join(
        text(x + 24, y + (19 if len(lines) == 1 else 13 + 13 * i), line, size=11) for i, line in enumerate(lines)
    )
    return (
        f'<rect x="{x}" y="{y}" width="{CHIP}" height="{ROW - 12}" rx="5" fill="{ground}" stroke="{edge}" '
        f'stroke-width="{1 if state == "untried" else 2}"/>{text(x + 7, y + 20, mark, size=14, colour=edge)}{words}'
    )


def _two_lines(title: str) -> list[str]:
    """A title in at most two lines of about 15 letters."""
    if len(title) <= 15:
        return [title]
    words, first = title.split(), ""
    while words and len(f"{first} {words[0]}".strip()) <= 15:
        first = f"{first} {words.pop(0)}".strip()
    rest = " ".join(words)
    return [first, rest if len(rest) <= 15 else rest[:14] + "…"] if first else [title[:14] + "…"]


def _guesses(progress: Progress, y: Real) -> str:
    """Every guess beside its outcome."""
    if not progress.guesses:
        return ""
    shapes = [f'<path d="M8 {y}H{WIDTH - 8}" stroke="{RULE}"/>', text(8, y + 24, "Your guesses", weight="bold")]
    for i, (name, kept) in enumerate(progress.guesses.items()):
        outcome = kept.get("outcome")
        told = "outcome not seen yet" if outcome is None else f"outcome {show(outcome)}"
        hit = "✓" if outcome is not None and agree(kept["said"], outcome) else "→"
        line = y + 46 + 22 * i
        shapes.append(text(8, line, name, size=SMALLEST, colour=INK))
        shapes.append(text(430, line, f"{hit} you said {show(kept['said'])}; {told}", size=SMALLEST))
    return "".join(shapes)


def describe(progress: Progress) -> str:
    """The picture in words."""
    parts = []
    for number in NOTEBOOKS:
        states = [state_of(e, progress) for e in exercises_of(number)]
        parts.append(f"notebook {number:02}: {states.count('solved')} of {len(states)} solved")
    return "Progress: " + ", ".join(parts) + "."
