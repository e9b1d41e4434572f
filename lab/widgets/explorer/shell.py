"""The explorer's shell: controls wired to compute, render and words.  Nothing is calculated here."""

from collections.abc import Mapping
from pathlib import Path

import ipywidgets as widgets
import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from lab.clustering import Instances, Thresholds
from lab.figures.still import Still
from lab.figures.stills import show_instances
from lab.widgets.explorer.compute import LAYERS, Choice, centres_and_margins, read_maps
from lab.widgets.explorer.layers import choose_ranges
from lab.widgets.explorer.legend import legend
from lab.widgets.explorer.models import Given, apply_model, find_models
from lab.widgets.explorer.render import Scenery, draw, look, paint
from lab.widgets.explorer.words import count, describe, headline, tell_pixel
from lab.widgets.live import LiveFigure, row
from lab.widgets.picture import Picture

STYLE = (Path(__file__).parent / "explorer.css").read_text()
SLIDER = {"layout": {"width": "400px"}, "style": {"description_width": "150px"}}
BOX = {"layout": {"width": "150px"}, "style": {"description_width": "60px"}}
GIVEN = "this notebook's"  # the model behind the output that the explorer was given


class Explorer(LiveFigure):
    """Live instances of one image: sliders over σ and the thresholds, layers, and one pixel's story.

    Args:
        image: RGB.
        output: what the network gives for it.
        class_names: of classes 1..N.
        thresholds: where the sliders start; the model's own.
        bandwidth_channels: S of the network.
        pixel: (column, row) chosen at the start; default the seed pixel of the first instance.
        models: name -> file of other models to choose from; default those that ship and one's own.
        model: the name among them to which ``output`` belongs.

    Raises:
        ValueError: if image, output and names do not fit together.
    """

    name = "explorer"

    def __init__(
        self,
        image: UInt8[np.ndarray, "H W 3"],
        output: Float[Tensor, "C _ _"],
        class_names: tuple[str, ...],
        thresholds: Thresholds = Thresholds(),  # noqa: B008  frozen
        bandwidth_channels: int = 2,
        pixel: tuple[int, int] | None = None,
        models: Mapping[str, Path] | None = None,
        model: str = GIVEN,
    ) -> None:
        self.models = dict(find_models() if models is None else models)
        self._shown, self._given = model, {model: Given(output, class_names, thresholds, bandwidth_channels)}
        self._take(image, self._given[model])
        self._following = False  # the boxes follow the picture, and have nothing to tell it
        height, width = image.shape[:2]
        self.picture = Picture(columns=width, rows=height)
        self.count, self.legend, self.reading = (widgets.HTML() for _ in range(3))
        controls = self._make_controls(height, width)
        self.scenery = self._look()
        self._choose_pixel(pixel or self._first_pixel())
        super().__init__(controls, self._arrange())
        self._wire()

    def _make_controls(self, height: int, width: int) -> dict[str, widgets.Widget]:
        t = self._start
        names = [self._shown, *(name for name in self.models if name != self._shown)]
        self.model = widgets.Dropdown(
            options=names, description="model", layout={"width": "400px"}, style={"description_width": "150px"}
        )
        self.sigma_scale = widgets.FloatLogSlider(
            value=1, base=2, min=-2, max=2, step=0.05, description="σ scale (×)", readout_format=".2f", **SLIDER
        )
        self.seed_threshold = widgets.FloatSlider(
            value=t.seed_threshold,
            min=min(0.05, t.seed_threshold),
            max=1,
            step=0.01,
            description="seed threshold",
            **SLIDER,
        )
        self.foreground_threshold = widgets.FloatSlider(
            value=t.foreground_threshold,
            min=min(0.05, t.foreground_threshold),
            max=max(0.95, t.foreground_threshold),
            step=0.01,
            description="foreground threshold",
            **SLIDER,
        )
        self.min_pixels = widgets.IntSlider(
            value=t.min_pixels, min=0, max=max(500, 2 * t.min_pixels), description="min_pixels", **SLIDER
        )
        self.layer = widgets.ToggleButtons(options=LAYERS, value="instances", style={"button_width": "104px"})
        self.column = widgets.BoundedIntText(0, 0, width - 1, description="column", **BOX)
        self.row = widgets.BoundedIntText(0, 0, height - 1, description="row", **BOX)
        self.reset = widgets.Button(
            description="model's own", layout={"width": "130px"}, tooltip="All sliders back to the model's own values"
        )
        followed = ("sigma_scale", "seed_threshold", "foreground_threshold", "min_pixels", "layer")
        return {name: getattr(self, name) for name in followed}

    def _wire(self) -> None:
        for box in (self.column, self.row):
            self.on_change(box, self._box_moved, "value")
        self.on_change(self.picture, self._picture_moved, "pixel")
        self.on_click(self.reset, self._reset)
        self.on_change(self.model, self._model_chosen, "value")
        for name in ("model", "column", "row", "count", "legend", "reading", "reset"):
            getattr(self, name).add_class(f"lab-explorer-{name}")

    def _arrange(self) -> list[widgets.Widget]:
        return [
            widgets.HTML(f"<style>{STYLE}</style>", layout={"display": "none"}),
            row(self.model),
            row(self.sigma_scale, self.seed_threshold),
            row(self.foreground_threshold, self.min_pixels),
            row(self.layer, self.reset),
            self.count,
            self.picture,
            self.legend,
            row(widgets.HTML("<b>Chosen pixel</b>"), self.column, self.row),
            self.reading,
        ]

    @property
    def choice(self) -> Choice:
        """What the controls say now."""
        return Choice(
            self.sigma_scale.value,
            Thresholds(
                self.seed_threshold.value,
                self.foreground_threshold.value,
                self.min_pixels.value,
                self._start.min_unassigned,
            ),
            (self.column.value, self.row.value),
            self.layer.value,
        )

    def _look(self) -> Scenery:
        """The newest scenery; clustered again only if a slider has moved."""
        choice = self.choice
        key = (choice.sigma_scale, choice.thresholds)
        known = self._found[1] if self._found and self._found[0] == key else None
        scenery = look(self.maps, self._ranges, choice, known)
        self._found = (key, scenery.found)
        return scenery

    def refresh(self) -> None:
        """Show what the controls say now."""
        self.scenery = self._look()
        self._show(self.scenery)

    def _show(self, scenery: Scenery) -> None:
        png, drawing = paint(scenery), draw(scenery)
        with self.picture.hold_sync():  # one message, so that picture and drawing change together
            self.picture.png, self.picture.drawing = png, drawing
            self.picture.smooth = scenery.choice.layer in ("image", "instances")
            self.picture.alt = describe(scenery)
        self.count.value = headline(scenery)
        self.legend.value = legend(scenery)
        self.reading.value = tell_pixel(scenery)

    def _first_pixel(self) -> tuple[int, int]:
        accepted = [step for step in self.scenery.found.trace if step.accepted]
        height, width = self.maps.image.shape[:2]
        return (accepted[0].column, accepted[0].row) if accepted else (width // 2, height // 2)

    def _choose_pixel(self, pixel: tuple[int, int]) -> None:
        self.picture.pixel = list(pixel)
        self.column.value, self.row.value = pixel

    def _box_moved(self, _: dict) -> None:
        if not self._following:
            self.picture.pixel = [self.column.value, self.row.value]

    def _picture_moved(self, change: dict) -> None:
        column, row = change["new"]
        # Else the first box to follow would report (new column, old row) back to the picture.
        self._following = True
        try:
            self.column.value, self.row.value = column, row
        finally:
            self._following = False
        self.newest.ask()

    def _take(self, image: UInt8[np.ndarray, "H W 3"], given: Given) -> None:
        """Have what this model says of the image to show."""
        self.maps = read_maps(image, given.output, given.class_names, given.bandwidth_channels)
        self._ranges, self._start = choose_ranges(self.maps), given.thresholds
        self._found: tuple[tuple[float, Thresholds], Instances] | None = None

    def _model_chosen(self, change: dict) -> None:
        name = change["new"]
        if name == self._shown:
            return
        try:
            if name not in self._given:
                self._given[name] = apply_model(self.models[name], self.maps.image)
            self._take(self.maps.image, self._given[name])
        except Exception:
            self.model.value = self._shown  # what cannot be read is not what the picture shows
            raise
        self._shown = name
        self._reset()
        self.newest.ask()

    def _reset(self) -> None:
        """All sliders to the model's own values, their ranges wide enough for these."""
        t = self._start
        self.seed_threshold.min = min(self.seed_threshold.min, t.seed_threshold)
        self.foreground_threshold.min = min(self.foreground_threshold.min, t.foreground_threshold)
        self.foreground_threshold.max = max(self.foreground_threshold.max, t.foreground_threshold)
        self.min_pixels.max = max(self.min_pixels.max, 2 * t.min_pixels)
        self.sigma_scale.value = 1
        self.seed_threshold.value = t.seed_threshold
        self.foreground_threshold.value = t.foreground_threshold
        self.min_pixels.value = t.min_pixels

    def still(self) -> Still:
        """The instances as they stand, whatever layer is chosen."""
        s = self.scenery
        alt = f"The explorer before the first touch: {count(s)}."
        return show_instances(self.maps.image, s.found.labels.numpy(), centres_and_margins(s.found), alt)
