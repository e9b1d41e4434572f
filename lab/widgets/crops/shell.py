"""The crop sampler, wired.  Nothing is calculated here."""

from typing import ClassVar

import ipywidgets as widgets

from lab.datasets.cityscapes import INSTANCE_CLASSES
from lab.datasets.sample import street
from lab.figures.still import Still
from lab.figures.vector import draw_svg
from lab.widgets.board import Board
from lab.widgets.board.board import Event
from lab.widgets.crops.compute import COUNTED, DRAWN, DRAWS, SIZES, Choice, View, look, set_stage
from lab.widgets.crops.render import HEIGHT, STREET, WIDTH, describe, draw
from lab.widgets.live import LiveFigure, row

NAMES = tuple(INSTANCE_CLASSES)


class CropSampler(LiveFigure):
    """Draws crops of the street as a training would, one after the other, and counts what they hold.

    The cross in the window's middle can be dragged, or moved with the arrow keys (shift: ten pixels): then the window
    is drawn by hand.

    Attributes:
        view: what is shown.
    """

    name: ClassVar[str] = "crops"

    def __init__(self) -> None:
        self._stage = set_stage(street())
        self._place = Choice().place
        self.view: View | None = None
        self.board = Board(WIDTH, HEIGHT)
        self.again = widgets.Button(description="draw", layout={"width": "90px"}).add_class("lab-crops-again")
        controls = make_controls()
        changes = (controls[name] for name in ("flip", "turns", "scale", "colour"))
        above = [
            row(controls["draw"], controls["size"]),
            row(self.again, controls["number"], *changes),
        ]
        super().__init__(controls, [*above, self.board])
        self.on_click(self.again, self._draw_again)
        self.on_event(self.board, self._move)

    @property
    def choice(self) -> Choice:
        """What the controls say now."""
        return Choice(
            self.draw.value,
            self.size.value,
            self.number.value,
            self.flip.value,
            self.turns.value,
            self.scale.value,
            self.colour.value,
            self._place,
        )

    def refresh(self) -> None:
        """Draw, and show it."""
        self.view = look(self._stage, self.choice)
        self.board.show(draw(self._stage, self.view, NAMES), describe(self.view, NAMES))

    def still(self) -> Still:
        """The drawing as it stands; with fewer dots than other boards, since most of it is photographs."""
        return draw_svg(self.board.shapes, WIDTH, HEIGHT, self.board.alt, sharpness=1.1)

    def _draw_again(self) -> None:
        self.number.value = self.number.value % DRAWN + 1

    def _move(self, event: Event) -> None:
        """Take the window by hand."""
        if event.handle != "middle" or event.kind == "press" or self.view is None:
            return
        row_, column = self.view.asked
        if event.kind == "drag":
            column, row_ = STREET.back(event.x, event.y)
        height, width = self._stage.scene.instances.shape
        limits = ((row_ + event.dy, height), (column + event.dx, width))
        line, place = (int(min(max(round(value), 0), extent - 1)) for value, extent in limits)
        self._place = line, place
        self.draw.value = "by hand"
        self.newest.ask()


def make_controls() -> dict[str, widgets.Widget]:
    """By the names under which the figure has them."""
    changes = {"flip": "flip", "turns": "quarter turns", "scale": "scale", "colour": "colour"}
    boxes = {
        name: widgets.Checkbox(description=words, indent=False, layout={"width": "auto"})
        for name, words in changes.items()
    }
    return {
        "draw": widgets.ToggleButtons(options=DRAWS, value="objects", style={"button_width": "90px"}),
        "size": widgets.SelectionSlider(
            options=SIZES,
            value=96,
            description="size (px)",
            layout={"width": "330px"},
            style={"description_width": "70px"},
        ),
        "number": widgets.IntSlider(
            value=COUNTED,
            min=1,
            max=DRAWN,
            description="number",
            layout={"width": "330px"},
            style={"description_width": "60px"},
        ),
    } | boxes
