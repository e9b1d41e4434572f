"""Sixty seconds to sigma: a recorded run to look through, and a real one at the press of a button."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import ipywidgets as widgets

from lab.figures.still import Still
from lab.overfit import Snapshot
from lab.widgets.board import Board
from lab.widgets.live import LiveFigure, row
from lab.widgets.sixty.render import HEIGHT, WIDTH, describe, draw
from lab.widgets.sixty.run import STEPS, read_run, recording, take_frame, train, widest

# Between two steps the kernel attends to everything else: buttons, other cells.
REST = 0.02
TRAIN, PAUSE = "train it now", "pause"


class Sixty(LiveFigure):
    """Overfits one small scene before your eyes, in the notebook's own kernel.

    Nothing is trained before the button is pressed; until then the slider goes through a recorded run.

    Attributes:
        frames: the run that is shown.
        live: whether it is one of this kernel, not the recorded one.
        running: whether it is being trained right now.
    """

    name = "sixty"

    def __init__(self) -> None:
        self.frames = read_run(recording())
        self.live = self.running = False
        self._snapshots: Iterator[Snapshot] | None = None
        self._task: asyncio.Task[Any] | None = None
        self._took: list[float] = []
        self.board = Board(WIDTH, HEIGHT)
        self.status = widgets.HTML().add_class("lab-sixty-status")
        self.start = widgets.Button(description=TRAIN, icon="play", button_style="primary")
        self.on_click(self.start.add_class("lab-sixty-start"), self.toggle)
        self.again = widgets.Button(description="start over", disabled=True, tooltip="A new network, untrained")
        self.on_click(self.again.add_class("lab-sixty-again"), self.start_over)
        self.seed = widgets.BoundedIntText(
            0, 0, 999, description="seed", layout={"width": "130px"}, style={"description_width": "40px"}
        ).add_class("lab-sixty-seed")
        place = widgets.IntSlider(
            widest(self.frames), 0, len(self.frames) - 1, description="look through the run", readout=False,
            layout={"width": "420px"}, style={"description_width": "150px"},
        )  # fmt: skip
        bar = row(self.start, self.again, self.seed)
        super().__init__({"place": place}, [bar, row(place, self.status), self.board])

    def refresh(self) -> None:
        """Show the frame at the slider's place."""
        place = min(self.place.value, len(self.frames) - 1)
        self.board.show(draw(self.frames, place), describe(self.frames, place))
        self.status.value = self._tell(self.frames[place].step)

    def still(self) -> Still:
        """The board as it stands."""
        return self.board.still()

    def _tell(self, step: int) -> str:
        if not self.live:
            return f"<b>Recorded</b> run, step {step} of {self.frames[-1].step}"
        doing = "training" if self.running else "finished" if self.frames[-1].step == STEPS else "paused"
        each = f", {1000 * sum(self._took) / len(self._took):.0f} ms a step" if self._took else ""
        return f"<b>Live</b>, {doing}: step {step} of {STEPS}{each}"

    def toggle(self) -> None:
        """Train on, or pause."""
        if self.running:
            self.running = False  # the task sees it after its step
            return
        if self._snapshots is None or self.frames[-1].step == STEPS:
            self.start_over()
        self._resume()

    def start_over(self) -> None:
        """A new network; whatever was trained is given up."""
        snapshots, begin = train(self.seed.value), time.perf_counter()
        first = take_frame(next(snapshots))
        # Only now, so that after a failure the figure shows on what it showed.
        self._snapshots, self._took = snapshots, [time.perf_counter() - begin]
        self.live, self.frames = True, [first]
        self._show_newest()

    def _resume(self) -> None:
        if self._task is not None and not self._task.done():
            self.running = True  # pressed again before the task had stopped
            return
        self._task = asyncio.get_running_loop().create_task(self._train())

    async def _train(self) -> None:
        self.running = True
        self._show_buttons()
        with self.guarded():  # nobody would see the task's exception
            try:
                while self.running and self._take_step():
                    await asyncio.sleep(REST)
            except Exception:
                self._snapshots = None  # what has failed does not go on: the next press starts over
                raise
            finally:
                self.running = False
                self._show_buttons()
                self._show_newest()

    def _take_step(self) -> bool:
        """One update and its frame; False at the run's end."""
        begin = time.perf_counter()
        snapshot = next(self._snapshots, None) if self._snapshots else None
        if snapshot is None:
            return False
        self._took = [*self._took[-19:], time.perf_counter() - begin]
        self.frames = [*self.frames, take_frame(snapshot)]
        self._show_newest()
        return True

    def _show_newest(self) -> None:
        last = len(self.frames) - 1
        self.place.max = max(last, 1)
        if self.place.value == last:
            self.newest.ask()
        self.place.value = last

    def _show_buttons(self) -> None:
        self.start.description, self.start.icon = (PAUSE, "pause") if self.running else (TRAIN, "play")
        if not self.running and self._snapshots is not None and self.frames[-1].step < STEPS:
            self.start.description = "train on"
        self.place.disabled = self.seed.disabled = self.again.disabled = self.running
