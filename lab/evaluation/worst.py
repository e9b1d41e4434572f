"""The worst images of an evaluation, as pictures: what a number cannot say is seen at a glance."""

import csv
import io
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import UInt8

from lab.evaluation.predict import Found
from lab.metrics import ImageRecord, Truth
from lab.metrics.verdicts import Verdicts, verdicts_at

OVERLAP = 0.5  # IoU to be exceeded: at a higher one a picture would call wrong what the eye calls right
WORST = 8  # pictures on a sheet


@dataclass(frozen=True)
class Tally:
    """One image's score, TP / (TP + FP + FN), by AP's rules and over all classes."""

    name: str
    right: int
    false: int
    missed: int
    score: float

    @property
    def badness(self) -> tuple[float, int]:
        """To sort by: the lower score first; of equal scores that with more errors."""
        return self.score, -self.false - self.missed


@dataclass
class WorstImages:
    """Looks at every image of an evaluation, keeps its tally, and pictures of the ``most`` worst so far.

    An image that is among the worst so far is drawn at once, small enough to keep; no image is kept.

    Attributes:
        class_names: of the classes 1..N, for captions.
        min_region: pixels; smaller true instances are not judged.
        most: pictures to keep; 0: tallies only.
        tallies: of all images so far, in their order.
    """

    class_names: tuple[str, ...]
    min_region: int
    most: int = WORST
    tallies: list[Tally] = field(default_factory=list)
    _tiles: dict[int, UInt8[np.ndarray, "h w 3"]] = field(default_factory=dict)

    def consider(
        self, name: str, image: UInt8[np.ndarray, "H W 3"], found: Found, truth: Truth, record: ImageRecord
    ) -> None:
        """Look at the next image."""
        verdicts = verdicts_at(record, OVERLAP, self.min_region)
        tally = Tally(name, verdicts.right, verdicts.false, verdicts.missed, verdicts.score)
        self.tallies.append(tally)
        worst = self._worst()
        if len(self.tallies) - 1 in worst:
            self._tiles[len(self.tallies) - 1] = self._draw(tally, image, found, truth, verdicts)
        self._tiles = {index: tile for index, tile in self._tiles.items() if index in worst}

    def _worst(self) -> list[int]:
        """Numbers of the worst images so far, the worst first; those without an error are not among them."""
        wrong = [k for k, tally in enumerate(self.tallies) if tally.false + tally.missed]
        return sorted(wrong, key=lambda k: self.tallies[k].badness)[: self.most]

    def _draw(
        self, tally: Tally, image: UInt8[np.ndarray, "H W 3"], found: Found, truth: Truth, verdicts: Verdicts
    ) -> UInt8[np.ndarray, "h w 3"]:
        from lab.figures.errors import draw_errors, shrunk

        full = np.array([mask.any() for mask in found.masks], dtype=bool)  # empty masks have no verdict
        numbers = np.arange(1, len(truth.classes) + 1)
        several = len(self.class_names) > 1
        names = [self.class_names[c - 1] if several else "" for c in truth.classes]
        pairs = zip(found.classes[full], found.scores[full], strict=True)
        found_names = [f"{self.class_names[c - 1]} {score:.2f}" if several else "" for c, score in pairs]
        words = (
            f"{tally.name}: score {tally.score:.2f}: {tally.right} right, {tally.missed} missed, {tally.false} false"
        )
        # One mask after the other: of a large image with many objects all together would not fit.
        regions = shrunk(truth.regions)
        there = (regions == number for number in numbers), verdicts.regions, names
        masks = (mask for mask, is_full in zip(found.masks, full, strict=True) if is_full)
        return draw_errors(image, there, (masks, verdicts.detections, found_names), words)

    def sheet(self) -> UInt8[np.ndarray, "h w 3"] | None:
        """A contact sheet, the worst first; None where no image has an error."""
        from lab.figures.errors import stack

        tiles = [self._tiles[index] for index in self._worst()]
        return stack(tiles) if tiles else None

    def table(self) -> str:
        """All images as CSV, the worst first."""
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(("image", "score", "right", "false", "missed"))
        for tally in sorted(self.tallies, key=lambda tally: tally.badness):
            rows.writerow((tally.name, f"{tally.score:.6f}", tally.right, tally.false, tally.missed))
        return text.getvalue()
