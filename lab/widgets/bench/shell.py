"""The bandwidth bench: controls, the board, and their wires."""

import math

import ipywidgets as widgets

from lab.figures.still import Still
from lab.widgets.bench.compute import LARGEST_SIGMA, SLIDER_STEP, SMALLEST_SIGMA, State, best, look
from lab.widgets.bench.render import HEIGHT, WIDTH, describe, draw, sigma_from_drag
from lab.widgets.bench.sample import OBJECTS, load_sample
from lab.widgets.board import Board
from lab.widgets.board.board import Event
from lab.widgets.live import LiveFigure, row

KEY_STEP = 10**SLIDER_STEP  # an arrow key changes a margin by 2.3 %
SHARED, EACH = "one for both", "one for each"
CIRCLE, ELLIPSE = "circle", "ellipse"
NAMES = {1: "person 1", 9: "car 9"}


class Bench(LiveFigure):
    """One small and one large object, noisy offsets, and the width of their Gaussians in your hand.

    Drag a margin's knob, or focus it and use the arrow keys; or use the sliders.
    """

    name = "bench"

    def __init__(self) -> None:
        self.sample = load_sample()
        self.board = Board(WIDTH, HEIGHT)
        self.on_event(self.board, self._move_rim)
        start = State()
        self._sliders = {
            (k, axis): self._slider(start.sigma[i]["xy".index(axis)]) for i, k in enumerate(OBJECTS) for axis in "xy"
        }
        noise = widgets.FloatSlider(
            value=start.noise, min=0, max=1, step=0.05, description="offset error", readout_format=".2f",
            layout={"width": "330px"}, style={"description_width": "90px"},
        )  # fmt: skip
        bandwidths = widgets.ToggleButtons(options=[SHARED, EACH], description="σ", style=_BUTTONS)
        shape = widgets.ToggleButtons(options=[CIRCLE, ELLIPSE], description="margin", style=_BUTTONS)
        self.fit = widgets.Button(description="best σ", tooltip="The σ of the highest mean IoU that the switches allow")
        self.on_click(self.fit.add_class("lab-bench-best"), self._fit)
        controls = {"noise": noise, "bandwidths": bandwidths, "shape": shape}
        controls |= {f"sigma_{k}_{axis}": slider for (k, axis), slider in self._sliders.items()}
        pairs = [row(*(self._sliders[k, axis] for axis in "xy")) for k in OBJECTS]
        super().__init__(controls, [row(noise, self.fit), row(bandwidths, shape), *pairs, self.board])

    @staticmethod
    def _slider(sigma: float) -> widgets.FloatLogSlider:
        return widgets.FloatLogSlider(
            value=sigma, base=10, min=math.log10(SMALLEST_SIGMA), max=math.log10(LARGEST_SIGMA), step=SLIDER_STEP,
            readout_format=".1f", layout={"width": "400px"}, style={"description_width": "140px"},
        )  # fmt: skip

    @property
    def state(self) -> State:
        """What the controls say now."""
        return State(
            self.noise.value,
            self.bandwidths.value == SHARED,
            self.shape.value == ELLIPSE,
            tuple(tuple(self._sliders[k, axis].value for axis in "xy") for k in OBJECTS),
        )

    def refresh(self) -> None:
        """Show what the margins claim."""
        state = self.state
        self._arrange(state)
        self.bench = look(self.sample, state)
        self.board.show(draw(self.sample, self.bench), describe(self.bench))

    def still(self) -> Still:
        """The board as it stands."""
        return self.board.still()

    def _arrange(self, state: State) -> None:
        """Only the sliders that count are there, each under its name."""
        for (k, axis), slider in self._sliders.items():
            there = not (state.shared and k != OBJECTS[0]) and (state.ellipse or axis == "x")
            slider.layout.display = "flex" if there else "none"
            whose = "both" if state.shared else NAMES[k]
            slider.description = f"σ{f'_{axis}' if state.ellipse else ''}, {whose} (px)"

    def _move_rim(self, event: Event) -> None:
        if not event.handle or event.kind == "press":
            return
        k, axis = event.handle.split("-")
        slider = self._sliders[OBJECTS[0] if self.state.shared else int(k), axis]
        if event.kind == "drag":
            sigma = sigma_from_drag(self.sample, event.handle, event.x, event.y)
        else:  # right and down, away from the centre, are wider, as are their opposites narrower
            sigma = slider.value * KEY_STEP ** (event.dx + event.dy if axis == "y" else event.dx - event.dy)
        slider.value = min(max(sigma, SMALLEST_SIGMA), LARGEST_SIGMA)

    def _fit(self) -> None:
        for k, sigma in zip(OBJECTS, best(self.sample, self.state).sigma, strict=True):
            for axis, value in zip("xy", sigma, strict=True):
                self._sliders[k, axis].value = value


_BUTTONS = {"button_width": "110px", "description_width": "60px"}
