"""What the time-lapse shows of one frame: where pixels point, margins, seeds, and what the clustering finds."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from lab.clustering import Step, Thresholds, candidates_of, grow
from lab.embedding import BANDWIDTH_GAIN, LARGEST_EXPONENT, PIXELS_PER_UNIT, Prediction
from lab.metrics import iou_matrix
from lab.training.recorder import Record

# An untrained network may open hundreds of crumbs a class; nobody could tell more of them apart.
MOST_PROPOSALS = 60


@dataclass(frozen=True)
class Thing:
    """A labelled object in one frame; lengths in px of the picture.

    Attributes:
        number: in the labels.
        centre: mean of what its pixels point to, x then y.
        margin: by the mean of its pixels' b, across and upright.
        iou: of its pixels with those whose membership in it is above one half.
    """

    number: int
    centre: tuple[float, float]
    margin: tuple[float, float]
    iou: float


@dataclass(frozen=True)
class View:
    """One frame, ready to be drawn.

    Attributes:
        place: of the frame in its record.
        step: counted through both stages.  stage: 0 or 1.
        embedding: x then y in px of the picture, of every probe pixel.
        best_seed: highest seed score over the classes.
        things: the labelled objects.
        labels: what the clustering finds: 0, or the number of the instance.
        seeds: row and column (of the probe) of each instance's seed pixel.
        right: how many of the labelled objects are found.
    """

    place: int
    step: int
    stage: int
    embedding: Float[np.ndarray, "2 h w"]
    best_seed: Float[np.ndarray, "h w"]
    things: tuple[Thing, ...]
    labels: Int[np.ndarray, "h w"]
    seeds: tuple[tuple[int, int], ...]
    right: int

    @property
    def mean_iou(self) -> float:
        """Over the labelled objects; no clustering in it."""
        return float(np.mean([t.iou for t in self.things])) if self.things else 0.0


def look(record: Record, place: int) -> View:
    """Everything about one frame."""
    frame, channels = record.frame(place), record.bandwidth_channels
    embedding = frame[:2] + pixel_grid(frame.shape[1:], record.stride)
    sharpness = to_sharpness(frame[2 : 2 + channels])
    seed_map = frame[2 + channels :]
    found = list(find_instances(embedding, sharpness, seed_map, record))
    masks = np.array([mask for _, mask in found], bool).reshape(-1, *frame.shape[1:])
    return View(
        place=place,
        step=int(record.steps[place]),
        stage=int(record.stage[place]),
        embedding=embedding,
        best_seed=seed_map.max(0),
        things=tuple(describe_things(embedding, frame[2 : 2 + channels], record.instances)),
        labels=paint_labels(masks, [step.score for step, _ in found]),
        seeds=tuple((step.row, step.column) for step, _ in found),
        right=count_right(masks, [step.class_index for step, _ in found], record),
    )


def pixel_grid(shape: tuple[int, ...], stride: int) -> Float[np.ndarray, "2 h w"]:
    """Column and row in the picture of every probe pixel."""
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32) * np.float32(stride)
    return np.stack([columns, rows])


def to_sharpness(bandwidth: Float[np.ndarray, "S *pixels"]) -> Float[np.ndarray, "S *pixels"]:
    """κ = exp(10 b), per (1024 px)²."""
    return np.exp(np.clip(BANDWIDTH_GAIN * bandwidth, -LARGEST_EXPONENT, LARGEST_EXPONENT))


def describe_things(
    embedding: Float[np.ndarray, "2 h w"], bandwidth: Float[np.ndarray, "S h w"], instances: Int[np.ndarray, "h w"]
) -> Iterator[Thing]:
    """Centre, margin and overlap of every labelled object, by the means over its own pixels."""
    for number in np.unique(instances[instances > 0]).tolist():
        mask = instances == number
        centre, sharpness = embedding[:, mask].mean(1), to_sharpness(bandwidth[:, mask].mean(1))
        square = ((embedding - centre[:, None, None]) / np.float32(PIXELS_PER_UNIT)) ** 2
        inside = (sharpness[:, None, None] * square).sum(0) < np.log(2)  # φ > ½
        margin = np.broadcast_to(PIXELS_PER_UNIT * np.sqrt(np.log(2) / sharpness), 2)
        overlap = (inside & mask).sum() / (inside | mask).sum()
        yield Thing(number, tuple(centre.tolist()), tuple(margin.tolist()), float(overlap))


def find_instances(
    embedding: Float[np.ndarray, "2 h w"],
    sharpness: Float[np.ndarray, "S h w"],
    seed_map: Float[np.ndarray, "N h w"],
    record: Record,
) -> Iterator[tuple[Step, Bool[np.ndarray, "h w"]]]:
    """The clustering of notebook 07 on the probe's pixels, with the run's own thresholds."""
    thresholds = probe_thresholds(record)
    prediction = Prediction(
        torch.from_numpy(embedding / np.float32(PIXELS_PER_UNIT))[None],
        torch.from_numpy(np.log(sharpness) / np.float32(BANDWIDTH_GAIN))[None],
        torch.from_numpy(seed_map)[None],
    )
    for class_index in range(1, len(seed_map) + 1):
        candidates = candidates_of(prediction, class_index, thresholds.foreground_threshold)
        for step, proposal in islice(grow(candidates, class_index, thresholds), MOST_PROPOSALS):
            if step.accepted:
                mask = np.zeros(seed_map.shape[1:], bool)
                mask[candidates.row[proposal].numpy(), candidates.column[proposal].numpy()] = True
                yield step, mask


def probe_thresholds(record: Record) -> Thresholds:
    """The run's thresholds; min_pixels by area, as the probe has every ``stride``-th pixel only."""
    given: dict[str, Any] = dict(record.thresholds)
    return Thresholds(**given | {"min_pixels": round(given["min_pixels"] / record.stride**2)})


def paint_labels(masks: Bool[np.ndarray, "K h w"], scores: list[float]) -> Int[np.ndarray, "h w"]:
    """Masks as one label image, the highest score on top."""
    labels = np.zeros(masks.shape[1:], np.int64)
    for k in np.argsort(scores, kind="stable").tolist():
        labels[masks[k]] = k + 1
    return labels


def count_right(masks: Bool[np.ndarray, "K h w"], classes: list[int], record: Record) -> int:
    """How many labelled objects an instance of their class overlaps by more than half."""
    numbers = [k for k in np.unique(record.instances).tolist() if k > 0]
    if not len(masks) or not numbers:
        return 0
    overlaps = iou_matrix(masks, record.instances.astype(np.int32)).T  # a row for each labelled object
    own = [int(record.classes[record.instances == k][0]) for k in numbers]
    return sum(bool(((row > 0.5) & (np.array(classes) == c)).any()) for row, c in zip(overlaps, own, strict=True))
