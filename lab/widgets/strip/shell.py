"""The Lovász strip, wired: a board that is touched, a list of beginnings, and sentences."""

import ipywidgets as widgets

from lab.figures.still import Still
from lab.widgets.board import Board
from lab.widgets.board.board import Event
from lab.widgets.live import LiveFigure, row
from lab.widgets.strip import layout
from lab.widgets.strip.compute import Reading, read
from lab.widgets.strip.layout import CURVE
from lab.widgets.strip.pixels import PRESETS, STEP, Pixels
from lab.widgets.strip.render import draw
from lab.widgets.strip.words import describe, tell_event, tell_move, tell_tie


class Strip(LiveFigure):
    """A few pixels whose logits follow the hand: errors, ranks, weights, gradients, and the area that is the loss.

    Bars are dragged, or focused with Tab and moved with the arrow keys (shift: ten steps); a press on a letter flips
    that pixel's label; the level t below the curve moves too.

    Args:
        preset: where it starts, a key of ``PRESETS``.

    Attributes:
        pixels: what the hand has made of it.
        reading: the numbers that are shown.
    """

    name = "strip"

    def __init__(self, preset: str = "eight pixels") -> None:
        self.board = Board(layout.WIDTH, layout.HEIGHT)
        self.words = widgets.HTML().add_class("lab-strip-words")
        # A slider, not a list: JupyterLab takes the arrow keys from a list.
        choice = widgets.SelectionSlider(
            options=list(PRESETS), value=preset, description="start from", layout={"width": "560px"}
        )
        self.again = widgets.Button(description="start again", layout={"width": "120px"}).add_class("lab-strip-again")
        self._begin(preset)
        super().__init__(controls={"preset": choice}, children=[row(choice, self.again), self.words, self.board])
        self.on_click(self.again, self._restart)
        self.on_event(self.board, self.follow)

    def _begin(self, preset: str) -> None:
        self._begun = preset
        self.pixels: Pixels = PRESETS[preset]
        self.reading: Reading = read(self.pixels)
        self._last_event = ""

    def _restart(self) -> None:
        self._begin(self.preset.value)
        self.newest.ask()

    def follow(self, event: Event) -> None:
        """Do to the pixels what the hand did on the board."""
        kind, number = event.handle.rstrip("0123456789"), event.handle.lstrip("abcdefghijklmnopqrstuvwxyz")
        if kind == "bar":
            self.pixels = move_bar(self.pixels, int(number), event)
        elif kind == "label" and event.kind == "press":
            self.pixels = self.pixels.flipped(int(number))
        elif kind == "level":
            self.pixels = move_level(self.pixels, event)
        self.newest.ask()

    def refresh(self) -> None:
        if self.preset.value != self._begun:
            self._begin(self.preset.value)
        before, self.reading = self.reading, read(self.pixels)
        if before.pixels != self.pixels:
            self._last_event = tell_event(before, self.reading) or self._last_event
        lines = (self._last_event, tell_move(before, self.reading), tell_tie(self.reading))
        self.words.value = "<br>".join(f"{line}&nbsp;" for line in lines)
        self.board.show(draw(self.reading), describe(self.reading), " ".join(lines))

    def still(self) -> Still:
        return self.board.still()


def move_bar(pixels: Pixels, index: int, event: Event) -> Pixels:
    """A bar that is dragged follows the pointer; by key it moves in steps; a press only chooses it."""
    logit = pixels.logits[index]
    if event.kind == "drag":
        _, logit = layout.bars(len(pixels.logits)).back(event.x, event.y)
    return pixels.moved(index, logit - STEP * event.dy)


def move_level(pixels: Pixels, event: Event) -> Pixels:
    """The same for the level t, sideways."""
    level = CURVE.back(event.x, event.y)[0] if event.kind == "drag" else pixels.level + STEP * event.dx
    return pixels.cut_at(level)
