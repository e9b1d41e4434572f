"""Terms: choose a part of the loss, an object and a view; see its pixels, its line of code and its size."""

import ipywidgets as widgets
import torch
from jaxtyping import Float
from torch import Tensor

from lab.datasets.scene import Scene
from lab.figures.still import Still
from lab.widgets.board import Board
from lab.widgets.board.board import Event
from lab.widgets.live import LiveFigure, row
from lab.widgets.terms.compute import PARTS, VIEWS, Choice, Street, look
from lab.widgets.terms.render import HEIGHT, PLACE, WIDTH, describe, draw

BUTTONS = {"button_width": "158px", "description_width": "60px"}


class Terms(LiveFigure):
    """Each term of the loss beside its line of code and its pixels.

    Args:
        scene: the image and its labels.
        output: what a network says of it, [2+2+N, H, W].
        class_names: of classes 1..N.
        number: the object chosen at the start.
    """

    name = "terms"

    def __init__(
        self, scene: Scene, output: Float[Tensor, "C H W"], class_names: tuple[str, ...], number: int = 11
    ) -> None:
        instances, classes = (torch.from_numpy(array).long() for array in (scene.instances, scene.classes))
        self.street = Street(scene.image, instances, classes, class_names, output)
        self.board = Board(WIDTH, HEIGHT)
        self.on_event(self.board, self._pressed)
        objects = [(f"{k}, {self.street.name(k)}", k) for k in self.street.numbers]
        part = widgets.ToggleButtons(options=PARTS, description="term", style=BUTTONS)
        view = widgets.ToggleButtons(
            options=[("its pixels", "share"), *((f"pull on {name}", name) for name in VIEWS[1:])],
            description="show",
            style=BUTTONS,
        )
        # A slider, not a list: JupyterLab takes the arrow keys from a list.
        chosen = widgets.SelectionSlider(
            options=objects,
            value=number,
            description="object",
            layout={"width": "520px"},
            style={"description_width": "60px"},
        )
        controls = {"part": part, "view": view, "number": chosen}
        super().__init__(controls, [row(part), row(view), row(chosen), self.board])

    @property
    def choice(self) -> Choice:
        """What the controls say now."""
        return Choice(self.part.value, self.number.value, self.view.value)

    def refresh(self) -> None:
        """Compute and show."""
        seen = look(self.street, self.choice)
        self.board.show(draw(self.street, seen), describe(self.street, seen))

    def still(self) -> Still:
        """The figure as it stands."""
        return self.board.still()

    def _pressed(self, event: Event) -> None:
        """A press on the picture chooses the object there, if there is one."""
        left, top, width, height = PLACE
        across, down = (event.x - left) / width, (event.y - top) / height
        if event.kind == "press" and 0 <= across < 1 and 0 <= down < 1:
            rows, columns = self.street.instances.shape
            number = int(self.street.instances[int(down * rows), int(across * columns)])
            if number in self.street.numbers:
                self.number.value = number
