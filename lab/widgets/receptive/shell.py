"""The figure's shell: board and buttons wired to compute and render.  Nothing is calculated here."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import ipywidgets as widgets
import numpy as np
from jaxtyping import UInt8

from lab.erfnet import BranchedERFNet
from lab.figures.still import Still
from lab.widgets.board import Board
from lab.widgets.board.board import Event
from lab.widgets.live import LiveFigure, row
from lab.widgets.receptive.compute import Graph, channel_names, look, prepare, seen_at_most
from lab.widgets.receptive.render import BOARD, describe, pixel_at, render

AT_WORK = "<b>working:</b> backwards through the network, once for each map"


@lru_cache(maxsize=1)
def _graphs(figure: "Receptive") -> dict[str, Graph]:
    """Of one figure at a time, for they take some hundred megabytes: a cell that is run again makes a new figure, and
    ipywidgets keeps the old one for ever.  Should that be touched once more, its graphs are made anew.
    """
    return {name: prepare(network, figure.image) for name, network in figure.networks.items()}


class Receptive(LiveFigure):
    """Press an output pixel; see which pixels of the image it listens to, in both branches, with two sets of weights.

    Args:
        networks: two of the same form, by what is said of them ("trained", "untrained").
        image: that goes through both.
        class_names: of classes 1..N.
        pixel: (column, row) at the start.
        chosen: name of the class whose seed map is looked at first.

    Attributes:
        fields: what is shown, by (which weights, which branch).
    """

    name = "receptive"

    def __init__(
        self,
        networks: Mapping[str, BranchedERFNet],
        image: UInt8[np.ndarray, "H W 3"],
        class_names: Sequence[str],
        pixel: tuple[int, int],
        chosen: str,
    ) -> None:
        self.image, self.pixel, self.weights = image, pixel, tuple(networks)
        _graphs.cache_clear()  # before there are new ones: both at once would be twice the memory
        self._network = next(iter(networks.values()))
        self.networks = networks
        self._names = channel_names(self._network.bandwidth_channels, class_names)
        self._field = lru_cache(maxsize=16)(lambda which, *place: look(self.graphs[self.weights[which]], *place))
        self.board = Board(*BOARD)
        self.on_event(self.board, self._moved)
        offset = widgets.ToggleButtons(options=self._names[0], description="decoder 1", style={"button_width": "130px"})
        seed = widgets.SelectionSlider(
            options=self._names[1], value=chosen, description="decoder 2: seed", layout={"width": "480px"},
            style={"description_width": "110px"},
        )  # fmt: skip
        self.note = widgets.HTML("").add_class("lab-receptive-note")
        super().__init__({"offset": offset, "seed": seed}, [row(offset), row(seed, self.note), self.board])
        for control in (offset, seed):
            self.on_change(control, self._busy, "value")

    @property
    def graphs(self) -> dict[str, Graph]:
        """Of the networks, by the same words; of the figure that was asked last only."""
        return _graphs(self)

    @property
    def channels(self) -> tuple[int, int]:
        """The output's channels that are chosen in each branch."""
        first = self._names[0]
        return first.index(self.offset.value), len(first) + self._names[1].index(self.seed.value)

    def refresh(self) -> None:
        """Compute and show."""
        column, line = self.pixel
        said = self.offset.value, f"seed map of {self.seed.value}"
        keys = [(which, branch) for which in (0, 1) for branch in (0, 1)]
        names = {(i, j): f"{self.weights[i]}, {said[j]}" for i, j in keys}
        self.fields = {(i, j): self._field(i, self.channels[j], line, column) for i, j in keys}
        seen = seen_at_most(self._network, 0, line, column)
        words = describe(self.pixel, names, self.fields, seen)
        self.board.show(render(self.image, self.pixel, names, self.fields, seen), words)
        self.note.value = ""

    def still(self) -> Still:
        """The board as it stands."""
        return self.board.still()

    def _busy(self, _: dict[str, Any] | None = None) -> None:
        self.note.value = AT_WORK if self.newest.busy else ""

    def _moved(self, event: Event) -> None:
        if event.kind == "key":
            self._go(self.pixel[0] + event.dx, self.pixel[1] + event.dy)
        elif (event.x, event.y) != (0, 0):
            panel = (int(event.handle[0]), int(event.handle[1])) if event.handle else None
            if place := pixel_at(self.image, event.x, event.y, panel):
                self._go(*place)

    def _go(self, column: int, line: int) -> None:
        rows, columns = self.image.shape[:2]
        self.pixel = min(max(column, 0), columns - 1), min(max(line, 0), rows - 1)
        self.newest.ask()
        self._busy()
