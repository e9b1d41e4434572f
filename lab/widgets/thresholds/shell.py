"""The threshold playground, wired: sliders, one board, sentences.  Nothing is calculated here."""

from collections.abc import Mapping
from typing import Any, ClassVar

import ipywidgets as widgets

from lab.clustering import Thresholds
from lab.figures.still import Still
from lab.widgets.board import Board
from lab.widgets.board.board import Event
from lab.widgets.live import LiveFigure, row
from lab.widgets.thresholds.compute import Choice, View, look, move_threshold
from lab.widgets.thresholds.proposals import LOWEST, Subject, classes_of
from lab.widgets.thresholds.render import WIDTH, draw, height_of, nearest_heard
from lab.widgets.thresholds.words import describe, tell

WIDE = {"layout": {"width": "400px"}, "style": {"description_width": "150px"}}
FOREGROUNDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # few, since each is clustered anew the first time
OVERLAPS = tuple(round(0.5 + 0.05 * i, 2) for i in range(10))


class Playground(LiveFigure):
    """One class of a scene: sliders over the thresholds, verdicts on every detection, the curve, AP.

    Args:
        subjects: name -> scene with a network's output.
        shown: "subject: class" to begin with; default the first class of the first subject.

    Raises:
        ValueError: no subject, a scene without objects, or a ``shown`` that is not among the choices.
    """

    name: ClassVar[str] = "thresholds"

    def __init__(self, subjects: Mapping[str, Subject], shown: str | None = None) -> None:
        self.choices = {
            f"{name}: {subject.class_names[c - 1]}": (subject, c)
            for name, subject in subjects.items()
            for c in classes_of(subject)
        }
        if not self.choices:
            raise ValueError("subjects: found no labelled object in any scene, expected at least one.")
        if shown is not None and shown not in self.choices:
            raise ValueError(f"shown: found '{shown}', expected one of {', '.join(self.choices)}.")
        self.what = widgets.Dropdown(
            options=list(self.choices), value=shown or next(iter(self.choices)), description="detections of", **WIDE
        ).add_class("lab-thresholds-what")
        self.words = widgets.HTML().add_class("lab-thresholds-words")
        self.reset = widgets.Button(description="model's own", layout={"width": "130px"}).add_class(
            "lab-thresholds-reset"
        )
        self.board = Board(WIDTH, height_of(self.subject))
        sliders = self._make_sliders()
        children = [
            row(self.what, self.reset),
            row(sliders["seed_threshold"], sliders["overlap"]),
            row(sliders["min_pixels"], sliders["min_unassigned"]),
            row(sliders["foreground_threshold"]),
            self.words,
            self.board,
        ]
        super().__init__(sliders, children)
        self.on_change(self.what, self._chosen, "value")
        self.on_click(self.reset, self._reset)
        self.on_event(self.board, self._touched)

    def _make_sliders(self) -> dict[str, widgets.Widget]:
        t = self.subject.thresholds
        foregrounds = sorted({*FOREGROUNDS, *(s.thresholds.foreground_threshold for s, _ in self.choices.values())})
        return {
            "seed_threshold": widgets.FloatSlider(
                max(t.seed_threshold, LOWEST), min=LOWEST, max=1, step=0.001, readout_format=".3f",
                description="seed threshold", **WIDE,
            ),
            "overlap": widgets.SelectionSlider(options=OVERLAPS, description="overlap above (IoU)", **WIDE),
            "min_pixels": widgets.IntSlider(
                t.min_pixels, min=0, max=max(600, 2 * t.min_pixels), description="min_pixels", **WIDE
            ),
            "min_unassigned": widgets.FloatSlider(
                t.min_unassigned, min=0, max=1, step=0.01, description="min_unassigned", **WIDE
            ),
            "foreground_threshold": widgets.SelectionSlider(
                options=foregrounds, value=t.foreground_threshold, description="foreground threshold", **WIDE
            ),
        }  # fmt: skip

    @property
    def subject(self) -> Subject:
        """The scene that is shown."""
        return self.choices[self.what.value][0]

    @property
    def choice(self) -> Choice:
        """What the controls say now."""
        thresholds = Thresholds(
            self.seed_threshold.value, self.foreground_threshold.value, self.min_pixels.value, self.min_unassigned.value
        )
        return Choice(self.choices[self.what.value][1], thresholds, self.overlap.value)

    def refresh(self) -> None:
        """Show what the controls say now."""
        self.view: View = look(self.subject, self.choice)
        self.words.value = tell(self.view)
        self.board.height = height_of(self.subject)
        self.board.show(draw(self.subject, self.view), describe(self.subject, self.view), tell(self.view))

    def still(self) -> Still:
        """The board as it stands."""
        return self.board.still()

    def _chosen(self, _: dict[str, Any]) -> None:
        """Another class or scene begins at its own model's thresholds; the overlap stays."""
        self._reset()
        self.newest.ask()

    def _reset(self) -> None:
        t = self.subject.thresholds
        self.min_pixels.max = max(self.min_pixels.max, 2 * t.min_pixels)
        self.seed_threshold.value = max(t.seed_threshold, LOWEST)
        self.foreground_threshold.value = t.foreground_threshold
        self.min_pixels.value = t.min_pixels
        self.min_unassigned.value = t.min_unassigned

    def _touched(self, event: Event) -> None:
        """The ring on the curve was dragged or moved by key: the seed threshold follows."""
        if event.handle != "heard":
            return
        if event.kind == "drag":
            heard = nearest_heard(self.subject, self.view, event.x, event.y)
        else:
            heard = len(self.view.detections) + event.dx - event.dy
        self.seed_threshold.value = move_threshold(self.view, heard)
