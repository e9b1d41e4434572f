"""The explorer's shell: the page's traits wired to compute, pack and truth.  Nothing is calculated here."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from lab.clustering import Instances, Thresholds
from lab.figures.still import Still
from lab.figures.stills import show_instances
from lab.widgets.explorer.compute import Choice, centres_and_margins, read_maps, read_pixel
from lab.widgets.explorer.front import Front
from lab.widgets.explorer.labels import Labels, judge
from lab.widgets.explorer.layers import choose_ranges
from lab.widgets.explorer.models import Given, apply_model, find_models
from lab.widgets.explorer.pack import off_steps, pack_fields, pack_instances, pack_labels, pack_scores
from lab.widgets.explorer.render import Scenery, look, paint
from lab.widgets.explorer.words import count, why_none
from lab.widgets.live import LiveFigure

GIVEN = "this notebook's"  # the model behind the output that the explorer was given
CLUSTERED_BY = ("sigma_scale", "seed_threshold", "foreground_threshold", "min_pixels")
SEEN = ("layer", "seed_class", "membership_threshold", "pixel", "pictures")


class Explorer(LiveFigure):
    """One image under a trained network: every layer of its output, live instances, and one pixel's story.

    What the network said goes to the browser once; layers, memberships and masks are painted there, and follow their
    sliders without Python.  Python clusters again when a threshold or σ has moved, and applies another model.

    Args:
        image: RGB.
        output: what the network gives for it.
        class_names: of classes 1..N.
        thresholds: where the sliders start; the model's own.
        bandwidth_channels: S of the network.
        pixel: (column, row) chosen at the start; default the seed pixel of the first instance.
        models: name -> file of other models to choose from; default those that ship and one's own.
        model: the name among them to which ``output`` belongs.
        instances, classes: ground truth, 0 and -1 (void), 0, 1..N where there is none; both or neither.
        prepared: the image as models of an intensity (`lab.datasets.intensity`) take it, by intensity, from a file that
            says more than ``image``; default: ``image``, stretched where a model's intensity asks for it.

    Attributes:
        front: what stands on the page; its traits are the controls.
        scenery: what was last computed, the instances (``scenery.found``) among it.

    Raises:
        ValueError: if image, output, names and labels do not fit together.
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
        instances: Int[np.ndarray, "_ _"] | None = None,
        classes: Int[np.ndarray, "_ _"] | None = None,
        prepared: Mapping[str, UInt8[np.ndarray, "H W 3"]] | None = None,
    ) -> None:
        self.models = dict(find_models() if models is None else models)
        self._given = {model: Given(output, class_names, thresholds, bandwidth_channels)}
        self._prepared = prepared or {}
        self._found: tuple[tuple[float | int, Thresholds], Instances] | None = None
        self._sent: Instances | None = None  # what the page lists
        self._scores_for: float | None = math.nan  # threshold its scores are packed for, see `off_steps`; nan: not yet
        self._labels = Labels.take(instances, classes, tuple(class_names), image.shape[:2])
        height, width = image.shape[:2]
        names = [model, *(name for name in self.models if name != model)]
        self.front = Front(width=width, height=height, image=image.tobytes(), models=names, model_name=model)
        if self._labels:
            self.front.truth = pack_labels(self._labels.instances)
        self._take(image, model)
        self.scenery = self._look()
        self.front.pixel = list(pixel or self._first_pixel())
        super().__init__({}, [self.front])
        self.refresh_on(self.front, *CLUSTERED_BY, *SEEN)
        self.on_change(self.front, self._model_chosen, "model_name")

    @property
    def choice(self) -> Choice:
        """What the controls say now."""
        f = self.front
        min_unassigned = self._given[self._shown].thresholds.min_unassigned
        thresholds = Thresholds(f.seed_threshold, f.foreground_threshold, f.min_pixels, min_unassigned)
        column, row = f.pixel
        return Choice(f.sigma_scale, thresholds, (column, row), f.layer, f.membership_threshold, f.seed_class)

    def _look(self) -> Scenery:
        """The newest scenery; clustered again only if a slider has moved that the clustering hears."""
        choice = self.choice
        key = (choice.sigma_scale, choice.thresholds)
        known = self._found[1] if self._found and self._found[0] == key else None
        scenery = look(self.maps, self._ranges, choice, known)
        self._found = (key, scenery.found)
        return scenery

    def refresh(self) -> None:
        """Send what the controls ask for now."""
        self.scenery = self._look()
        choice = self.scenery.choice
        if self.scenery.found is not self._sent:
            self._send_found(self.scenery)
        self.front.exact = asdict(read_pixel(self.maps, choice.pixel))
        if self.front.pictures:
            self.front.png = paint(self.scenery)

    def _send_found(self, scenery: Scenery) -> None:
        found, t = scenery.found, scenery.choice.thresholds
        truth_words, overlaps = judge(self._labels, found, self.maps.class_names)
        with self.front.hold_sync():  # one message: a list of instances and what it belongs to
            self.front.instances = pack_instances(found, scenery.choice.sigma_scale).tobytes()
            self.front.refused = len(found.trace) - len(found)
            self.front.why_none = "" if len(found) else why_none(found.trace, self.maps.seed_map, t)
            self._send_scores(t.foreground_threshold)
            self.front.truth_words, self.front.overlaps = truth_words, overlaps
            self.front.found_for = [
                scenery.choice.sigma_scale, t.seed_threshold, t.foreground_threshold, float(t.min_pixels)
            ]  # fmt: skip
            self.front.found_by = self._shown
        self._sent = found

    def _send_scores(self, foreground_threshold: float | int) -> None:
        """Again only for a threshold, or after one, that no slider reaches: they are the model's largest bytes."""
        if (between := off_steps(foreground_threshold)) != self._scores_for:
            self.front.seeds = pack_scores(self.maps.seed_map, between).tobytes()
            self._scores_for = between

    def _send_nothing_found(self) -> None:
        self.front.instances, self.front.refused, self.front.found_for = b"", 0, []
        self.front.why_none, self.front.truth_words, self.front.overlaps, self.front.exact = "", "", [], {}

    def _first_pixel(self) -> tuple[int, int]:
        accepted = [step for step in self.scenery.found.trace if step.accepted]
        height, width = self.maps.image.shape[:2]
        return (accepted[0].column, accepted[0].row) if accepted else (width // 2, height // 2)

    def _take(self, image: UInt8[np.ndarray, "H W 3"], name: str) -> None:
        """Have what this model says of the image to show, and the controls at its own values."""
        given = self._given[name]
        maps = read_maps(image, given.output, given.class_names, given.bandwidth_channels)
        ranges, fields, t = choose_ranges(maps), pack_fields(maps), given.thresholds
        own = {name: getattr(t, name) for name in CLUSTERED_BY[1:]}
        self.maps, self._ranges, self._shown = maps, ranges, name
        self._found = self._sent = None
        self._scores_for = math.nan
        with self.front.hold_sync():  # one message: in between, instances would be of classes that are not there
            self._send_nothing_found()
            self.front.fields = fields.numbers
            self.front.field_low, self.front.field_step = list(fields.low), list(fields.step)
            self._send_scores(t.foreground_threshold)
            self.front.class_names, self.front.own = list(maps.class_names), own
            self.front.ranges = [ranges.longest_offset, ranges.least_sigma, ranges.largest_sigma]
            self.front.sigma_scale, self.front.membership_threshold, self.front.seed_class = 1.0, 0.5, 0
            for name, value in own.items():
                setattr(self.front, name, value)

    def _model_chosen(self, change: dict[str, Any]) -> None:
        name = change["new"]
        if name == self._shown:
            return
        try:
            if name not in self._given:
                self._given[name] = apply_model(self.models[name], self.maps.image, self._prepared)
            self._take(self.maps.image, name)
        except Exception:
            self.front.model_name = self._shown  # what cannot be read is not what the picture shows
            raise
        self.newest.ask()

    def still(self) -> Still:
        """The instances as they stand, whatever layer is chosen."""
        s = self.scenery
        alt = f"The explorer before the first touch: {count(s)}."
        return show_instances(self.maps.image, s.found.labels.numpy(), centres_and_margins(s.found), alt)
