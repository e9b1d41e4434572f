"""The figure's shell: controls wired to scenery and render.  Nothing is calculated here."""

import math
from typing import ClassVar

import ipywidgets as widgets

from lab.datasets.sample import street
from lab.figures.still import Still
from lab.widgets.board import Board
from lab.widgets.live import LiveFigure, row
from lab.widgets.pull.render import HEIGHT, WIDTH, describe, draw
from lab.widgets.pull.scenery import OBJECTS, Choice, Scenery, Stage, look, set_stage

SLIDER = {"layout": {"width": "400px"}, "style": {"description_width": "150px"}}


class Pull(LiveFigure):
    """Which pixels pull one object's margin out and which push it in; and what single pixels would say.

    Attributes:
        scenery: what is shown.
    """

    name: ClassVar[str] = "pull"

    def __init__(self) -> None:
        self._scene = street()
        self._stages: dict[int, Stage] = {}
        self.scenery: Scenery | None = None
        self.board = Board(WIDTH, HEIGHT)
        controls = make_controls()
        above = [
            row(controls["object"], controls["smoothness"]),
            row(controls["sigma"], controls["factor"]),
            row(controls["steps"]),
        ]
        super().__init__(controls, [*above, self.board])

    @property
    def choice(self) -> Choice:
        """What the controls say now."""
        return Choice(
            self.object.value, self.sigma.value, self.factor.value, self.steps.value, self.smoothness.value == "on"
        )

    def refresh(self) -> None:
        """Look again, and show it."""
        choice = self.choice
        if choice.number not in self._stages:
            self._stages[choice.number] = set_stage(self._scene, choice.number)
        stage = self._stages[choice.number]
        self.sigma.max = round(math.log10(stage.widest), 2)  # a σ beyond is pulled back by this, to be drawn next
        self.scenery = look(stage, choice)
        self.board.show(draw(self.scenery), describe(self.scenery))

    def still(self) -> Still:
        """The drawing as it stands."""
        return self.board.still()


def make_controls() -> dict[str, widgets.Widget]:
    """By the names under which the figure has them."""
    return {
        "object": widgets.ToggleButtons(options=OBJECTS, value=11, style={"button_width": "100px"}),
        "smoothness": widgets.ToggleButtons(
            options=("off", "on"),
            description="smoothness",
            style={"button_width": "60px", "description_width": "85px"},
        ),
        "sigma": widgets.FloatLogSlider(
            value=10**1.3,  # 20 px: a place that the slider can take
            base=10,
            min=0.31,
            max=1.85,
            step=0.01,
            description="σ at the start (px)",
            readout_format=".1f",
            **SLIDER,
        ),
        "factor": widgets.FloatSlider(
            value=1.5, min=1, max=2, step=0.05, description="pixels' σ off by (×÷)", readout_format=".2f", **SLIDER
        ),
        "steps": widgets.IntSlider(value=0, min=0, max=60, description="descent steps", **SLIDER),
    }
