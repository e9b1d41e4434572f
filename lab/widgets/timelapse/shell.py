"""The time-lapse's shell: controls wired to compute, render and words.  Nothing is calculated here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import ipywidgets as widgets

from lab.figures.still import Still
from lab.training.recorder import read_record
from lab.widgets.board import Board
from lab.widgets.board.board import Event
from lab.widgets.live import LiveFigure, row
from lab.widgets.timelapse.compute import View, look
from lab.widgets.timelapse.render import HEIGHT, WIDTH, draw, nearest_frame, set_stage
from lab.widgets.timelapse.runs import find_records
from lab.widgets.timelapse.words import describe, tell, tell_origin

INTERVAL = 250  # ms between frames while it plays


class Timelapse(LiveFigure):
    """What a network said of one picture while it was trained: about 40 frames, and the terms of the loss.

    Args:
        records: name -> record.npz; default those that ship and one's own.
        run: the name to begin with; default the first.

    Raises:
        FileNotFoundError: there is no record at all.
        ValueError: a name that is not among them, or a file that is no record.
    """

    name: ClassVar[str] = "timelapse"

    def __init__(self, records: Mapping[str, Path] | None = None, run: str | None = None) -> None:
        self.records = dict(find_records() if records is None else records)
        if not self.records:
            raise FileNotFoundError(
                "found no recorded run, expected one in data/recordings or in the folder of runs. "
                "`python -m lab train --preset tiny` makes one."
            )
        if run is not None and run not in self.records:
            raise ValueError(
                f"run: found '{run}', expected one of {', '.join(self.records)}. A run of yours is there once it has "
                "begun: start its training first."
            )
        self.board, self.words = Board(WIDTH, HEIGHT), widgets.HTML().add_class("lab-timelapse-words")
        self.choose = widgets.Dropdown(
            options=list(self.records), value=run or next(iter(self.records)), description="run",
            layout={"width": "300px"}, style={"description_width": "40px"},
        ).add_class("lab-timelapse-run")  # fmt: skip
        self._views: dict[int, View] = {}
        self._take(self.choose.value)
        last = len(self.record.steps) - 1
        place = widgets.IntSlider(last, 0, last, description="frame", readout=False, layout={"width": "330px"})
        self.play = widgets.Play(min=0, max=last, value=last, interval=INTERVAL).add_class("lab-timelapse-play")
        widgets.jslink((self.play, "value"), (place, "value"))
        self.on_event(self.board, self._touched)
        super().__init__({"place": place}, [row(self.choose, self.play, place), self.board, self.words])
        self.on_change(self.choose, self._chosen, "value")

    def refresh(self) -> None:
        """Show the frame at the slider's place."""
        place = min(self.place.value, len(self.record.steps) - 1)
        view = self.view(place)
        self.words.value = f"{tell(self.record, view)}<br><small>{tell_origin(self.record)}</small>"
        self.board.show(draw(self.record, self.stage, view), describe(self.record, view, self.choose.value))

    def view(self, place: int) -> View:
        """The frame, computed once."""
        if place not in self._views:
            self._views[place] = look(self.record, place)
        return self._views[place]

    def still(self) -> Still:
        """The board as it stands."""
        return self.board.still()

    def _take(self, name: str) -> None:
        record = read_record(self.records[name])
        # Only now, so that a file that cannot be read leaves the figure as it is.
        self.record, self.stage, self._views, self._shown = record, set_stage(record), {}, name

    def _chosen(self, change: dict[str, Any]) -> None:
        if change["new"] == self._shown:
            return
        try:
            self._take(change["new"])
        except Exception:
            self.choose.value = self._shown  # what cannot be read is not what the picture shows
            raise
        last = len(self.record.steps) - 1
        for control in (self.play, self.place):
            control.max = last
        self.play.value = self.place.value = last
        self.newest.ask()

    def _touched(self, event: Event) -> None:
        """The cursor was dragged or moved by key, or the curves were clicked."""
        last = len(self.record.steps) - 1
        if event.kind == "key":
            self.place.value = min(max(self.place.value + event.dx - event.dy, 0), last)
        elif event.handle or event.y > 500:
            self.place.value = nearest_frame(self.record, event.x)
