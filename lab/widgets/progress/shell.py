"""The overview as a figure: look again, or begin anew."""

from html import escape

import ipywidgets as widgets

from lab.exercises.catalogue import NOTEBOOKS, exercises_of
from lab.exercises.progress import progress_file, read_progress, reset_progress
from lab.figures.still import Still
from lab.widgets.board import Board
from lab.widgets.live import LiveFigure, row
from lab.widgets.progress.compute import compute
from lab.widgets.progress.render import WIDTH, describe, draw, height_of


class Overview(LiveFigure):
    """Exercises solved, tried and untouched, and guesses beside their outcomes; with a way to begin anew."""

    name = "progress"

    def __init__(self) -> None:
        self.board = Board(WIDTH)
        self.again = self._button("again", "look again", "read the progress file anew")
        self.forget = self._button("forget", "begin anew …", "forget all answers and guesses")
        self.sure = self._button("sure", "forget everything", "this cannot be undone", button_style="danger")
        self.keep = self._button("keep", "keep everything", "change nothing")
        self.said = widgets.HTML().add_class("lab-progress-said")
        self.on_click(self.again, self._look)
        self.on_click(self.keep, self._look)
        self.on_click(self.forget, self._ask)
        self.on_click(self.sure, self._reset)
        self._offer(False)
        super().__init__({}, [self.board, row(self.again, self.forget, self.sure, self.keep), self.said])

    def _button(self, label: str, words: str, tooltip: str, **looks: str) -> widgets.Button:
        return widgets.Button(description=words, tooltip=tooltip, **looks).add_class(f"lab-{self.name}-{label}")

    def refresh(self) -> None:
        """Read the file and draw it."""
        progress = read_progress()
        standing = compute(progress, {number: (name, exercises_of(number)) for number, name in NOTEBOOKS.items()})
        self.board.height = height_of(standing)
        self.board.show(draw(standing), describe(standing))
        self.said.value = escape(progress.trouble)

    def still(self) -> Still:
        """The picture as it stands."""
        return self.board.still()

    def _offer(self, offered: bool) -> None:
        """Show or hide what answers the question whether to begin anew."""
        for button in (self.sure, self.keep):
            button.layout.display = "" if offered else "none"

    def _look(self) -> None:
        self._offer(False)
        self.newest.ask()

    def _ask(self) -> None:
        self._offer(True)
        self.said.value = escape(f"This removes {progress_file()}: all answers and guesses noted so far.")

    def _reset(self) -> None:
        self._offer(False)
        try:
            reset_progress()
        except OSError as error:
            self.said.value = escape(f"{progress_file()} cannot be removed, so nothing is forgotten: {error}")
        else:
            self.newest.ask()
