"""The seed trajectories' shell: controls wired to compute, render and words.  Nothing is calculated here."""

from typing import ClassVar

import ipywidgets as widgets

from lab.datasets.sample import corner
from lab.datasets.scene import Scene
from lab.figures.still import Still
from lab.widgets.board import Board
from lab.widgets.board.board import Event
from lab.widgets.live import LiveFigure, row
from lab.widgets.trajectories.compute import (
    LAYERS,
    TARGET_NAMES,
    Choice,
    View,
    kept_index,
    look,
    step_on,
    typical_pixels,
)
from lab.widgets.trajectories.record import Run, load
from lab.widgets.trajectories.render import HEIGHT, LETTERS, WIDTH, draw, pixel_at
from lab.widgets.trajectories.words import describe, tell


class Trajectories(LiveFigure):
    """Every pixel's way through a real, short training: how good it is, and how good the seed map says it is.

    Args:
        runs: by seed target; default the recorded ones.
        scene: that they were trained on.
        step: shown at first.

    Attributes:
        view: what is shown.

    Raises:
        ValueError: the runs were made on another scene.
    """

    name: ClassVar[str] = "trajectories"

    def __init__(self, runs: dict[str, Run] | None = None, scene: Scene | None = None, step: int = 60) -> None:
        self.runs = load().runs if runs is None else runs
        self.scene = corner() if scene is None else scene
        first = next(iter(self.runs.values()))
        found, expected = first.phi.shape[1], int((self.scene.classes > 0).sum())
        if found != expected:
            raise ValueError(
                f"the runs follow {found} pixels, the scene has {expected} on objects; expected one scene."
            )
        self.pixels, self.active = typical_pixels(self.runs, self.scene), 0
        self.view: View | None = None
        self.board, self.words = Board(WIDTH, HEIGHT), widgets.HTML().add_class("lab-trajectories-words")
        self.on_event(self.board, self._touched)
        self.steps, last = first.steps, len(first.steps) - 1
        controls = make_controls([t for t in TARGET_NAMES if t in self.runs], last, kept_index(first.steps, step))
        play = widgets.Play(min=0, max=last, interval=200, value=controls["step"].value)
        widgets.jslink((play, "value"), (controls["step"], "value"))
        above = [row(controls["target"]), row(play, controls["step"], controls["layer"])]
        super().__init__(controls, [*above, self.board, self.words])

    @property
    def choice(self) -> Choice:
        """What the controls say now; beside the shown run stands the method's, and beside that the first other."""
        others = [t for t in self.runs if t != self.target.value] or [self.target.value]
        beside = "membership" if "membership" in others else others[0]
        step = int(self.steps[self.step.value])
        return Choice(self.target.value, beside, step, self.layer.value, self.pixels, self.active)

    def refresh(self) -> None:
        """Look again, and show it."""
        self.view = look(self.runs, self.scene, self.choice)
        self.pixels = self.view.choice.pixels
        self.words.value = tell(self.view)
        self.board.show(draw(self.view, self.scene), describe(self.view), self.words.value)

    def still(self) -> Still:
        """The drawing as it stands."""
        return self.board.still()

    def _touched(self, event: Event) -> None:
        """A pixel was dragged, moved by key or merely chosen; or the picture was clicked for the active one."""
        index = LETTERS.index(event.handle) if event.handle else self.active
        pixel = self.pixels[index]
        if event.kind == "key":
            pixel = step_on(self.scene.classes > 0, pixel, event.dx, event.dy)
        elif event.kind == "drag" or not event.handle:
            pixel = pixel_at(self.scene, event.x, event.y) or pixel
        self.active = index
        self.pixels = (*self.pixels[:index], pixel, *self.pixels[index + 1 :])
        self.newest.ask()


def make_controls(targets: list[str], last: int, place: int) -> dict[str, widgets.Widget]:
    """By the names under which the figure has them; the slider goes through the kept steps, one after the other."""
    return {
        "target": widgets.ToggleButtons(
            options=[(TARGET_NAMES[t], t) for t in targets],
            description="the seed's target",
            style={"button_width": "170px", "description_width": "120px"},
        ),
        "step": widgets.IntSlider(
            value=place, min=0, max=last, description="step", readout=False, layout={"width": "300px"}
        ),
        "layer": widgets.ToggleButtons(options=LAYERS, style={"button_width": "70px"}),
    }
