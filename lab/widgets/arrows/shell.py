"""The figure's shell: arrows, slider and buttons wired to compute and render.  Nothing is calculated here."""

from functools import partial
from typing import Any, get_args

import ipywidgets as widgets

from lab.figures.still import Still
from lab.widgets.arrows.compute import Attractor, Hand, compute, move, pointing_nowhere, pointing_to_the_middle, stage
from lab.widgets.arrows.render import BOARD, VIEW, describe, render
from lab.widgets.board import Board
from lab.widgets.board.board import Event
from lab.widgets.live import LiveFigure, row

CARELESS = 0.6  # error of the first arrows, as a share of their lengths


class Arrows(LiveFigure):
    """Two touching cars, a handful of arrows to be dragged by their tips, one margin δ for both.

    Attributes:
        hand: what is set; moved by the mouse or, once an arrow has the focus, by the arrow keys.
        outcomes: what came of it.
    """

    name = "arrows"

    def __init__(self) -> None:
        self.image, self.cars = stage()
        self.board = Board(*BOARD)
        self.on_event(self.board, self._moved)
        self.hand = Hand(pointing_to_the_middle(self.cars, CARELESS), delta=12.0)
        delta = widgets.FloatSlider(
            value=self.hand.delta, min=1, max=60, step=0.5, description="δ (px)", readout_format=".1f",
            layout={"width": "400px"}, style={"description_width": "60px"},
        )  # fmt: skip
        attractor = widgets.ToggleButtons(
            options=[(f"centre: {name}", name) for name in get_args(Attractor)], style={"button_width": "190px"}
        )
        super().__init__(
            controls={"delta": delta, "attractor": attractor},
            children=[row(delta, attractor), row(*self._buttons()), self.board],
        )

    def _buttons(self) -> list[widgets.Button]:
        choices = {
            "nowhere": ("all arrows to zero", pointing_nowhere(self.cars)),
            "careless": ("a careless hand", pointing_to_the_middle(self.cars, CARELESS)),
            "middle": ("all to the middle", pointing_to_the_middle(self.cars)),
        }
        buttons = []
        for name, (words, tips) in choices.items():
            button = widgets.Button(description=words, layout={"width": "170px"})
            self.on_click(button, partial(self._set, tips))
            buttons.append(button.add_class(f"lab-arrows-{name}"))
        return buttons

    def _set(self, tips: tuple[Any, ...]) -> None:
        self.hand = Hand(tips, self.hand.delta, self.hand.attractor)
        self.newest.ask()

    def _moved(self, event: Event) -> None:
        if not event.handle or event.kind == "press":
            return
        number, arrow = map(int, event.handle.split("-"))
        car = [c.number for c in self.cars].index(number)
        x, y = self.hand.tips[car][:, arrow]
        place = VIEW.back(event.x, event.y) if event.kind == "drag" else (x + event.dx, y + event.dy)
        self.hand = move(self.hand, car, arrow, place)
        self.newest.ask()

    def refresh(self) -> None:
        """Compute and show."""
        self.hand = Hand(self.hand.tips, self.delta.value, self.attractor.value)
        self.outcomes = compute(self.cars, self.hand)
        self.board.show(
            render(self.image, self.cars, self.hand, self.outcomes), describe(self.cars, self.hand, self.outcomes)
        )

    def still(self) -> Still:
        """The board as it stands."""
        return self.board.still()
