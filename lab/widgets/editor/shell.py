"""The editor's shell: controls wired to compute, editing, render and words.  Nothing is calculated here."""

from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import ipywidgets as widgets
from jaxtyping import Float
from torch import Tensor

from lab.checkpoints import Model
from lab.evaluation.predict import network_output, thresholds_of
from lab.figures.still import Still
from lab.figures.vector import draw_svg
from lab.widgets.board import Board
from lab.widgets.board.board import Event
from lab.widgets.editor import editing
from lab.widgets.editor.compute import Drawn, Limits, View, draw_scene, find_limits, look, look_ideally
from lab.widgets.editor.ideal import Ideal
from lab.widgets.editor.presets import PRESETS, START, load_preset
from lab.widgets.editor.render import HEIGHT, WIDTH, draw, draw_answer
from lab.widgets.editor.scene import SCENE, knob_places, on_scene
from lab.widgets.editor.things import KINDS, LONGEST, MOST, SHORTEST, SIDE, Thing, Things
from lab.widgets.editor.words import describe, say, tell
from lab.widgets.live import LiveFigure, row

MODEL, CENTROIDS, LEARNED = "the model", "ideal, centroids", "ideal, learned centres"
_SLIDER = {"layout": {"width": "330px"}, "style": {"description_width": "100px"}, "readout_format": ".0f"}


class SceneEditor(LiveFigure):
    """Objects of one's own making, and what a model makes of them.

    Drag an object or its knobs, or focus them and use the arrow keys; click or draw on the ground for a new one; or
    use the sliders and buttons.

    Args:
        model: a network with its card; its thresholds are used.
        preset: the scene to begin with, one of ``PRESETS``.

    Raises:
        ValueError: there is no such preset.
    """

    name: ClassVar[str] = "editor"

    def __init__(self, model: Model, preset: str = START) -> None:
        self.model = model
        self.thresholds = thresholds_of(model.card)
        self.board, self.words = Board(WIDTH, HEIGHT), widgets.HTML().add_class("lab-editor-words")
        self.things: Things = load_preset(preset)
        self.selected: int | None = None
        self.view: View | None = None
        self._answer = ""  # the view, drawn
        self._drawn: Drawn = draw_scene(self.things)
        self._known: tuple[Things, Float[Tensor, "C H W"], Limits] | None = None  # the newest output of the network
        self._held: tuple[tuple[Any, ...], Things] | None = None  # a drag, and the objects as it began
        self._following = False  # the sliders follow the picture, and have nothing to tell it
        controls = self._make_controls()
        self.on_event(self.board, self._touched)
        super().__init__(controls, self._arrange())
        self._follow()

    def _make_controls(self) -> dict[str, widgets.Widget]:
        self.length = widgets.FloatSlider(30, min=SHORTEST, max=LONGEST, step=1, description="length (px)", **_SLIDER)
        self.width = widgets.FloatSlider(20, min=SHORTEST, max=LONGEST, step=1, description="width (px)", **_SLIDER)
        self.angle = widgets.FloatSlider(0, min=-90, max=90, step=1, description="angle (°)", **_SLIDER)
        self.brightness = widgets.FloatSlider(
            0.7, min=0.1, max=1, step=0.05, description="brightness", **_SLIDER | {"readout_format": ".2f"}
        )
        for name in ("length", "width", "angle", "brightness"):
            slider = getattr(self, name).add_class(f"lab-editor-{name}")
            self.on_change(slider, self._slid, "value")
        self.kind = widgets.ToggleButtons(options=KINDS, style={"button_width": "80px"})
        self.add, self.remove = (
            widgets.Button(description=words, layout={"width": "90px"}) for words in ("add", "remove")
        )
        self.on_click(self.add.add_class("lab-editor-add"), self._add)
        self.on_click(self.remove.add_class("lab-editor-remove"), self._remove)
        self.scenes = [widgets.Button(description=name, layout={"width": "auto"}) for name in PRESETS]
        for button in self.scenes:
            button.add_class(f"lab-editor-scene-{button.description.replace(' ', '-')}")
            self.on_click(button, partial(self.load, button.description))
        self.network = widgets.ToggleButtons(options=(MODEL, CENTROIDS, LEARNED), style={"button_width": "190px"})
        self.share = widgets.IntSlider(
            100, 0, 100, 5, description="offsets go … % of the way", layout={"width": "450px"},
            style={"description_width": "200px"},
        )  # fmt: skip
        return {"network": self.network, "share": self.share}

    def _arrange(self) -> list[widgets.Widget]:
        return [
            row(widgets.HTML("<b>scenes</b>"), *self.scenes),
            row(widgets.HTML("<b>a new one</b>"), self.kind.add_class("lab-editor-kind"), self.add, self.remove),
            row(self.length, self.width),
            row(self.angle, self.brightness),
            row(widgets.HTML("<b>network</b>"), self.network, self.share),
            self.board,
            self.words,
        ]

    def load(self, preset: str) -> None:
        """Show this scene.

        Raises:
            ValueError: there is no such preset.
        """
        self._held = None
        self._change(load_preset(preset), None)

    @property
    def source(self) -> Ideal | None:
        """Whose output is asked for; None: the model's."""
        if self.network.value == MODEL:
            return None
        return Ideal(self.network.value == LEARNED, self.share.value / 100)

    def refresh(self) -> None:
        """Ask the network, and show what it says of the scene as it stands now."""
        self.share.layout.display = "none" if self.source is None else "flex"
        output, limits = self._ask()
        card, drawn = self.model.card, self._drawn
        if self.source is None:
            self.view = look(drawn, output, card.bandwidth_channels, self.thresholds)
        else:
            channels = card.bandwidth_channels, card.num_classes
            self.view = look_ideally(drawn, self.source, *channels, self.thresholds)
        self._answer = draw_answer(self.view)
        self.words.value = tell(self.view, limits)
        self._show(computing=False)

    def still(self) -> Still:
        """The board as it stands."""
        return draw_svg(self.board.shapes, WIDTH, HEIGHT, self.board.alt, sharpness=1.0)  # noise makes it large

    def _ask(self) -> tuple[Float[Tensor, "C H W"], Limits]:
        """The network's output for the scene and what the method could do; asked once a scene."""
        if self._known is None or self._known[0] != self.things:
            card = self.model.card
            output = network_output(self.model, self._drawn.image, prepared=True)
            limits = find_limits(self._drawn, card.bandwidth_channels, card.num_classes, self.thresholds)
            self._known = self.things, output, limits
        return self._known[1:]

    def _show(self, computing: bool) -> None:
        shapes = draw(self._drawn, self.selected, self._answer, computing)
        said = "" if computing or self.view is None else say(self.view)
        self.board.show(shapes, describe(self._drawn, None if computing else self.view), said)

    def _change(self, things: Things, selected: int | None) -> None:
        """Show other objects at once, and have the network asked soon."""
        new = things != self.things
        self.things, self.selected = things, selected
        if new:
            self._drawn = draw_scene(things)
        self._follow()
        self._show(computing=new)
        if new:
            self.newest.ask()

    def _follow(self) -> None:
        """Sliders and buttons say what is selected."""
        thing = None if self.selected is None else self.things[self.selected]
        self._following = True
        try:
            for name in ("length", "width", "angle", "brightness"):
                slider = getattr(self, name)
                slider.disabled = thing is None
                if thing is not None:
                    slider.value = getattr(thing, name)
        finally:
            self._following = False
        self.remove.disabled, self.add.disabled = thing is None, len(self.things) >= MOST

    def _slid(self, _: dict[str, Any]) -> None:
        if self._following or self.selected is None:
            return
        thing = self.things[self.selected]
        thing = editing.turned(editing.sized(thing, self.length.value, self.width.value), self.angle.value)
        self._exchange(replace(thing, brightness=self.brightness.value))

    def _exchange(self, thing: Thing) -> None:
        if self.selected is not None:
            self._change(editing.exchanged(self.things, self.selected, thing), self.selected)

    def _add(self) -> None:
        things = editing.put(self.things, self.kind.value, SIDE / 2, SIDE / 2)
        self._change(things, len(things) - 1)

    def _remove(self) -> None:
        if self.selected is not None:
            self._held = None
            self._change(editing.removed(self.things, self.selected), None)

    def _touched(self, event: Event) -> None:
        """The board was clicked, dragged on, or moved on by key."""
        if event.handle.startswith("thing-"):
            self._touched_thing(event, int(event.handle.removeprefix("thing-")))
        elif event.handle:
            self._touched_knob(event)
        elif on_scene(event.x, event.y) if event.kind == "press" else on_scene(event.start_x, event.start_y):
            self._touched_ground(event)

    def _began(self, event: Event) -> Things:
        """The objects as they were when this drag began."""
        key = event.handle, event.start_x, event.start_y
        if self._held is None or self._held[0] != key:
            self._held = key, self.things
        return self._held[1]

    def _touched_thing(self, event: Event, k: int) -> None:
        """Select it, and move it with the hand or by key."""
        if event.kind == "press":
            return self._change(self.things, k)
        if event.kind == "drag":
            thing = self._began(event)[k]
            (x, y), (x0, y0) = SCENE.back(event.x, event.y), SCENE.back(event.start_x, event.start_y)
            step = x - x0, y - y0
        else:
            thing, step = self.things[k], (event.dx, event.dy)
        self.selected = k
        self._exchange(editing.moved(thing, thing.x + step[0], thing.y + step[1]))

    def _touched_knob(self, event: Event) -> None:
        """Change the selected object's length and angle, or its width."""
        if self.selected is None or event.kind == "press":
            return
        thing = self.things[self.selected]
        if event.kind == "drag":
            x, y = SCENE.back(event.x, event.y)
        else:
            x, y = knob_places(thing)[event.handle]
            x, y = x + event.dx, y + event.dy
        self._exchange(editing.pulled(thing, event.handle, x, y))

    def _touched_ground(self, event: Event) -> None:
        """A new object: where it was clicked, or along the stroke."""
        if event.kind == "press":
            things = editing.put(self.things, self.kind.value, *SCENE.back(event.x, event.y))
        else:
            ends = SCENE.back(event.start_x, event.start_y), SCENE.back(event.x, event.y)
            things = editing.draw_one(self._began(event), self.kind.value, *ends)
        self._change(things, len(things) - 1)
