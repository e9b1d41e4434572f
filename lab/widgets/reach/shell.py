"""The figure, wired: choose an instance, a prediction, a cut, the cells.  Nothing is calculated here."""

from typing import ClassVar

import ipywidgets as widgets
from jaxtyping import Float
from torch import Tensor

from lab.datasets.scene import Scene
from lab.figures.still import Still
from lab.figures.vector import draw_svg
from lab.widgets.board import Board
from lab.widgets.board.board import Event
from lab.widgets.live import LiveFigure, row
from lab.widgets.reach.compute import EPSILONS, SIZES, Choice, View, look
from lab.widgets.reach.render import WIDTH, draw, height_of, panels
from lab.widgets.reach.subject import Subject, starts
from lab.widgets.reach.words import describe, tell

WIDE = {"layout": {"width": "265px"}, "style": {"description_width": "66px"}}


class Reach(LiveFigure):
    """Which pixels can matter to one instance's loss, of a trained network's prediction and of two untrained ones'.

    Args:
        scene: the image and its labels.
        output: what a trained network says of it, [2+S+N, H, W].
        class_names: of classes 1..N.
        bandwidth_channels: S.
        number: the instance chosen at the start; default the first.

    Attributes:
        view: what is shown.

    Raises:
        ValueError: output, image and names do not fit, or there is no object.
    """

    name: ClassVar[str] = "reach"

    def __init__(
        self,
        scene: Scene,
        output: Float[Tensor, "C _ _"],
        class_names: tuple[str, ...],
        bandwidth_channels: int = 2,
        number: int | None = None,
    ) -> None:
        outputs = {"trained": output, **starts(output, bandwidth_channels)}
        self.subject = Subject(scene, outputs, class_names, bandwidth_channels)
        self.view: View | None = None
        self.board = Board(WIDTH, height_of(self.subject))
        self.words = widgets.HTML().add_class("lab-reach-words")
        self.on_event(self.board, self._pressed)
        c = make_controls(self.subject, number)
        above = [row(c["prediction"]), row(c["number"], c["epsilon"], c["size"])]
        super().__init__(c, [*above, self.board, self.words])

    @property
    def choice(self) -> Choice:
        """What the controls say now."""
        return Choice(self.prediction.value, self.number.value, self.epsilon.value, self.size.value)

    def refresh(self) -> None:
        """Compute and show."""
        self.view = look(self.subject, self.choice)
        self.words.value = tell(self.subject, self.view)
        self.board.show(draw(self.subject, self.view), describe(self.subject, self.view), self.words.value)

    def still(self) -> Still:
        """The drawing as it stands."""
        return draw_svg(self.board.shapes, WIDTH, self.board.height, self.board.alt)

    def _pressed(self, event: Event) -> None:
        """A press on the image chooses the object there, if there is one."""
        if event.kind != "press":
            return
        column, line = (round(value) for value in panels(self.subject)[0].back(event.x, event.y))
        rows, columns = self.subject.scene.instances.shape
        if 0 <= line < rows and 0 <= column < columns:
            number = int(self.subject.scene.instances[line, column])
            if number in self.subject.numbers:
                self.number.value = number


def make_controls(subject: Subject, number: int | None) -> dict[str, widgets.Widget]:
    """By the names under which the figure has them; sliders, since JupyterLab takes the arrow keys from lists."""
    return {
        "prediction": widgets.ToggleButtons(
            options=list(subject.outputs),
            tooltips=["what a trained network says", "as the method's network begins", "as a layer usually begins"],
            style={"button_width": "180px"},
        ),
        "number": widgets.SelectionSlider(
            options=[(f"{k}, {subject.name(k)}", k) for k in subject.numbers],
            value=number or subject.numbers[0],
            description="instance",
            **WIDE,
        ),
        "epsilon": widgets.SelectionSlider(
            options=[("0, exact" if e == 0 else f"{e:g}", e) for e in EPSILONS], description="cut ε", **WIDE
        ),
        "size": widgets.SelectionSlider(options=SIZES, value=32, description="cells (px)", **WIDE),
    }
