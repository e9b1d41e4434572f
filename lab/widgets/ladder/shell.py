"""The oracle ladder, wired.  Nothing is calculated here."""

from collections.abc import Mapping
from typing import Any, ClassVar

import ipywidgets as widgets
from jaxtyping import Float
from torch import Tensor

from lab.clustering import Thresholds
from lab.datasets.scene import Scene
from lab.figures.still import Still
from lab.figures.vector import draw_svg
from lab.oracle import NAMES, Switches
from lab.widgets.board import Board
from lab.widgets.ladder.compute import Stage, View, look
from lab.widgets.ladder.render import HEIGHT, WIDTH, describe, draw
from lab.widgets.live import LiveFigure, row


class Ladder(LiveFigure):
    """One switch for each part of the prediction: on, it comes from the labels.

    Args:
        scene: an image and its labels.
        output: what a network says of it, [2+S+N, H, W].
        class_names: of classes 1..N.
        bandwidth_channels: S.
        thresholds: of the clustering.
        results: the ladder of a whole data set, as `python -m lab oracle` stores it; None shows the scene alone.

    Attributes:
        view: what is shown.
    """

    name: ClassVar[str] = "ladder"

    def __init__(
        self,
        scene: Scene,
        output: Float[Tensor, "C H W"],
        class_names: tuple[str, ...],
        bandwidth_channels: int,
        thresholds: Thresholds,
        results: Mapping[str, Any] | None = None,
    ) -> None:
        min_region = results["min_region_pixels"] if results else 0
        self._stage = Stage(scene, output, tuple(class_names), bandwidth_channels, thresholds, min_region)
        self._results = results
        self.view: View | None = None
        self.board = Board(WIDTH, HEIGHT)
        boxes = {name: widgets.Checkbox(description=name, indent=False, layout={"width": "auto"}) for name in NAMES}
        told = widgets.HTML("<b>from the labels:</b>")
        super().__init__(boxes, [row(told, *boxes.values()), self.board])

    @property
    def switches(self) -> Switches:
        """What the boxes say now."""
        return Switches(**{name: getattr(self, name).value for name in NAMES})

    def refresh(self) -> None:
        """Cluster and show."""
        self.view = look(self._stage, self.switches)
        self.board.show(draw(self._stage, self.view, self._results), describe(self._stage, self.view, self._results))

    def still(self) -> Still:
        """The drawing as it stands."""
        return draw_svg(self.board.shapes, WIDTH, HEIGHT, self.board.alt, sharpness=1.2)
