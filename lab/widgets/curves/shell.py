"""The live curves' shell: looks into the log of a run now and then, and shows what is new."""

import time
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import ipywidgets as widgets

from lab.figures.still import Still
from lab.json_text import from_json
from lab.widgets.board import Board
from lab.widgets.curves.compute import read_log
from lab.widgets.curves.render import HEIGHT, WIDTH, describe, draw
from lab.widgets.live import LiveFigure, row


class Curves(LiveFigure):
    """The terms of a run's log.csv, whoever writes it.

    In a notebook, beside a training in the same kernel:

        with Curves(folder) as curves:
            train(settings, source, folder, options, watch=curves.watch)

    ``with`` shows the figure at once and, when the training has ended in whatever way, leaves the curves behind as a
    still.  A run that another process trains is looked at with the button.

    Args:
        folder: of the run.  Nothing need be in it yet.
        planned: the steps (counted through) at which the stages are to end; default what settings.json says.
        seconds: least time between two looks during a training.
    """

    name: ClassVar[str] = "curves"

    def __init__(self, folder: Path | str, planned: tuple[int, ...] = (), seconds: float = 0.5) -> None:
        self.folder, self.seconds = Path(folder), seconds
        self._planned, self._looked, self._shown = planned, 0.0, None
        self.board = Board(WIDTH, HEIGHT)
        self.status = widgets.HTML().add_class("lab-curves-status")
        self.again = widgets.Button(description="look again", icon="refresh", tooltip="Read the run's log once more")
        self.on_click(self.again.add_class("lab-curves-again"), self.newest_look)
        super().__init__({}, [row(self.again, self.status), self.board])

    def newest_look(self) -> None:
        """Read the log anew."""
        self.newest.ask()

    def refresh(self) -> None:
        """Show the log as it stands."""
        self._looked = time.monotonic()
        path = self.folder / "log.csv"
        if not path.exists():
            self.board.show("", f"No curves yet: there is no {path.name} in the run's folder.")
            self.status.value = f"<b>{escape(self.folder.name)}</b>: nothing logged yet"
            return
        log = read_log(path)
        self.board.show(draw(log, self.planned), describe(log))
        steps = f"step {log.steps[-1]}" if len(log) else "no step logged yet"
        whole = f" of {self.planned[-1]}" if self.planned and len(log) else ""
        self.status.value = f"<b>{escape(self.folder.name)}</b>: {steps}{whole}"

    @property
    def planned(self) -> tuple[int, ...]:
        """Where the stages are to end, as far as it is known."""
        if not self._planned:
            try:
                found = from_json((self.folder / "settings.json").read_text())
                first, second = int(found["pretrain_steps"]), int(found["finetune_steps"])
                self._planned = (first, first + second)
            except (OSError, ValueError, KeyError, TypeError):
                return ()
        return self._planned

    def watch(self, report: Any = None) -> None:
        """For a training to call after every step; looks into the log at most every ``seconds``."""
        if time.monotonic() - self._looked >= self.seconds:
            self._update()

    def still(self) -> Still:
        """The curves as they stand."""
        return self.board.still()

    def __enter__(self) -> "Curves":
        from IPython.display import display

        self._shown = display(self, display_id=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._update()
        if self._shown is not None:  # outside of a notebook nothing was shown
            self._shown.update(self)
