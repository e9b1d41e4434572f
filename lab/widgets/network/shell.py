"""The figure's shell: board, sliders and buttons wired to compute and render.  Nothing is calculated here."""

from collections.abc import Sequence

import ipywidgets as widgets
import numpy as np
from jaxtyping import UInt8
from torch import nn

from lab.figures.still import Still
from lab.real import Real
from lab.widgets.board import Board
from lab.widgets.board.board import Event
from lab.widgets.live import LiveFigure, row
from lab.widgets.network.compute import MEASURES, build, neighbour, sheet_layout
from lab.widgets.network.detail import SHEET_AT
from lab.widgets.network.drawing import name_of
from lab.widgets.network.layout import part_at
from lab.widgets.network.render import BOARD, describe, render


class Network(LiveFigure):
    """The network as it is: press a part, or walk along with the arrow keys; press or slide to one of its channels.

    Args:
        network: drawn in evaluation mode.
        image: that goes through it.
        class_names: of classes 1..N.
        part: chosen at the start, counted from 0 in the order of the calls.
    """

    name = "network"

    def __init__(
        self, network: nn.Module, image: UInt8[np.ndarray, "H W 3"], class_names: Sequence[str], part: int = 0
    ) -> None:
        self.anatomy = build(network, image, class_names)
        parts = self.anatomy.parts
        self.board = Board(*BOARD)
        self.on_event(self.board, self._moved)
        wide = {"layout": {"width": "720px"}, "style": {"description_width": "60px"}}
        chosen = widgets.SelectionSlider(
            options=[(name_of(self.anatomy, i), i) for i in range(len(parts))], value=part, description="part", **wide
        )
        channel = widgets.IntSlider(min=0, max=parts[part].shape_out[0] - 1, description="channel", **wide)
        measure = widgets.ToggleButtons(
            options=MEASURES, description="numbers", style={"description_width": "60px", "button_width": "190px"}
        )
        super().__init__(
            controls={"part": chosen, "channel": channel, "measure": measure},
            children=[row(chosen), row(channel), row(measure), self.board],
        )

    def refresh(self) -> None:
        """Compute and show."""
        index = self.part.value
        # The slider cuts its own value off where the new part has fewer channels.
        self.channel.max = self.anatomy.parts[index].shape_out[0] - 1
        state = self.anatomy, index, self.channel.value, self.measure.value
        self.board.show(render(*state), describe(*state))

    def still(self) -> Still:
        """The board as it stands."""
        return self.board.still()

    def _moved(self, event: Event) -> None:
        """A press chooses a part or a channel; arrow keys on the chosen part go to the next."""
        if event.kind == "key":
            self.part.value = neighbour(self.anatomy.parts, self.part.value, event.dx, event.dy)
        elif event.kind == "press" and (event.x, event.y) != (0, 0):
            index = part_at(self.anatomy.parts, event.x, event.y)
            if index is not None:
                self.part.value = index
            else:
                self._choose_channel(event.x - SHEET_AT[0], event.y - SHEET_AT[1])

    def _choose_channel(self, x: Real, y: Real) -> None:
        count = self.channel.max + 1
        columns, wide, high = sheet_layout(count)
        channel = int(y // high) * columns + int(x // wide)
        if 0 <= x < columns * wide and y >= 0 and channel < count:
            self.channel.value = channel
