"""The ways in which instances go wrong, told apart by their overlaps with the truth."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from lab.metrics.overlap import match_greedy, to_masks
from lab.metrics.records import numbered

Kind = Literal["merged", "split", "missed", "false alarm", "ragged"]
KINDS: tuple[Kind, ...] = ("merged", "split", "missed", "false alarm", "ragged")
Case = tuple[tuple[int, ...], tuple[int, ...]]  # true objects, predictions
RIGHT, CLEAN = 0.5, 0.7  # IoU: found at all; and found without a ragged border


@dataclass(frozen=True)
class Failure:
    """One thing that went wrong.

    Attributes:
        kind: *merged*: one prediction covers more than half of two objects or more.  *split*: two predictions or
            more lie for the larger part in one object.  *ragged*: found, with an IoU from .5 to .7.  *missed* and
            *false alarm*: an object, a prediction, that has no counterpart and is no part of the others.
        objects: concerned, as places 0.. among the true masks.
        predictions: concerned, as places 0.. among the predicted masks.
        iou: the best overlap of the objects with the predictions, of what is missed with any; 0 of a false alarm.
        pixels: how much is at stake: of all masks concerned together.
    """

    kind: Kind
    objects: tuple[int, ...]
    predictions: tuple[int, ...]
    iou: float
    pixels: int


@dataclass(frozen=True)
class Overlaps:
    """Predictions against objects, in pixels.

    Attributes:
        shared: pixels of both.
        found, true: pixels of each.
    """

    shared: Int[np.ndarray, "D K"]
    found: Int[np.ndarray, " D"]
    true: Int[np.ndarray, " K"]

    @cached_property
    def iou(self) -> Float[np.ndarray, "D K"]:
        """Intersection over union; 0 of two empty masks."""
        return self.shared / np.maximum(self.found[:, None] + self.true - self.shared, 1)

    @cached_property
    def covered(self) -> Float[np.ndarray, "D K"]:
        """What share of an object the prediction covers."""
        return self.shared / np.maximum(self.true, 1)

    @cached_property
    def inside(self) -> Float[np.ndarray, "D K"]:
        """What share of the prediction lies in the object."""
        return self.shared / np.maximum(self.found, 1)[:, None]


def overlaps(
    predictions: Bool[np.ndarray, "D H W"] | Int[np.ndarray, "H W"],
    truth: Bool[np.ndarray, "K H W"] | Int[np.ndarray, "H W"],
) -> Overlaps:
    """Count; label images (0 = none) give a mask per label, in ascending order."""
    places, true = [np.flatnonzero(mask) for mask in to_masks(predictions)], _pixels_of(truth)
    shared, everything = np.array([true(own) for own in places], dtype=int), true(slice(None))
    found = np.array([len(own) for own in places], dtype=int)
    return Overlaps(shared.reshape(len(found), len(everything)), found, everything)


def _pixels_of(
    truth: Bool[np.ndarray, "K H W"] | Int[np.ndarray, "H W"],
) -> Callable[[Int[np.ndarray, "_"] | slice], Int[np.ndarray, " K"]]:
    """How many pixels of each object are at given places; of a label image without a mask for each object."""
    if truth.ndim == 3:
        flat = truth.reshape(len(truth), truth.shape[1] * truth.shape[2])
        return lambda places: flat[:, places].sum(axis=1)
    regions, ids = numbered(truth)
    labels = regions.ravel()
    return lambda places: np.bincount(labels[places], minlength=len(ids) + 1)[1:]


def find_failures(of: Overlaps, scores: Float[np.ndarray, " D"]) -> list[Failure]:
    """All failures of one image, kind by kind in the order of `KINDS`; those of one kind, the most pixels first.

    An object is missed only if it is in no merger and not split; a prediction is a false alarm only if it is the
    cause of neither.
    """
    matched = dict(match_greedy(of.iou, scores, RIGHT))  # prediction -> object
    covering: list[Case] = [(tuple(np.flatnonzero(row > 0.5).tolist()), (d,)) for d, row in enumerate(of.covered)]
    merged = [(objects, by) for objects, by in covering if len(objects) > 1]
    culprits = {d for _, by in merged for d in by}
    parts = [
        [d for d in np.flatnonzero(of.inside[:, k] > 0.5).tolist() if d not in culprits] for k in range(len(of.true))
    ]
    split: list[Case] = [((k,), tuple(those)) for k, those in enumerate(parts) if len(those) > 1]
    lost = {k for objects, _ in [*merged, *split] for k in objects}
    used = {d for _, by in [*merged, *split] for d in by}
    cases: dict[Kind, list[Case]] = {
        "merged": merged,
        "split": split,
        "missed": [((k,), ()) for k in range(len(of.true)) if k not in lost and k not in matched.values()],
        "false alarm": [((), (d,)) for d in range(len(of.found)) if d not in used and d not in matched],
        "ragged": [
            ((k,), (d,)) for d, k in matched.items() if d not in used and k not in lost and of.iou[d, k] < CLEAN
        ],
    }
    failures = [_failure(kind, objects, by, of) for kind in KINDS for objects, by in cases[kind]]
    return sorted(failures, key=lambda failure: (KINDS.index(failure.kind), -failure.pixels))


def _failure(kind: Kind, objects: tuple[int, ...], by: tuple[int, ...], of: Overlaps) -> Failure:
    pairs = of.iou[np.ix_(by, objects)] if by else of.iou[:, list(objects)]
    pixels = of.true[list(objects)].sum() + of.found[list(by)].sum() - of.shared[np.ix_(by, objects)].sum()
    return Failure(kind, objects, by, float(pairs.max(initial=0)), int(pixels))
