"""What the explorer computes: pure functions from (prediction, what the person chose) to numbers."""

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from lab.clustering import Instances, Thresholds, cluster
from lab.embedding import (
    PIXELS_PER_UNIT,
    membership,
    sharpness_to_margin,
    sharpness_to_sigma,
)
from lab.widgets.prediction import read_prediction

LAYERS = ("image", "offsets", "embeddings", "sigma", "seed map", "membership", "instances")


@dataclass(frozen=True)
class Choice:
    """What the person chose.

    Attributes:
        sigma_scale: multiplies σ of every pixel; 1 leaves the network's.
        thresholds: of the clustering.
        pixel: (column, row) of the pixel whose story is told.
        layer: the picture under the outlines, one of ``LAYERS``.
        membership_threshold: a pixel is in an instance if its membership is above it; one half is the method's.
        seed_class: whose seed map is shown, 1..N; 0 for the highest score over all classes.
    """

    sigma_scale: float | int = 1.0
    thresholds: Thresholds = field(default_factory=Thresholds)
    pixel: tuple[int, int] = (0, 0)
    layer: str = "instances"
    membership_threshold: float = 0.5
    seed_class: int = 0


@dataclass(frozen=True)
class Maps:
    """The prediction for one image, read once into pixels.

    Attributes:
        image: RGB.
        output: the network's output, from which the clustering starts.
        bandwidth_channels: S.
        offset, embedding: x then y, in px.
        sigma: the network's own σ in px; x then y, equal where the margin is a circle.
        seed_map: one channel a class, 0..1.
        class_names: of classes 1..N.
    """

    image: UInt8[np.ndarray, "H W 3"]
    output: Float[Tensor, "C H W"]
    bandwidth_channels: int
    offset: Float[np.ndarray, "2 H W"]
    embedding: Float[np.ndarray, "2 H W"]
    sigma: Float[np.ndarray, "2 H W"]
    seed_map: Float[np.ndarray, "N H W"]
    class_names: tuple[str, ...]

    @property
    def best_seed(self) -> Float[np.ndarray, "H W"]:
        """Highest seed score over the classes."""
        return self.seed_map.max(axis=0)


@dataclass(frozen=True)
class Reading:
    """What the network says of one pixel, in float32 as it came: offset and σ (x, y) in px, a seed score a class."""

    pixel: tuple[int, int]
    offset: tuple[float, float]
    sigma: tuple[float, float]
    scores: tuple[float, ...]


def read_maps(
    image: UInt8[np.ndarray, "H W 3"],
    output: Float[Tensor, "C _ _"],
    class_names: tuple[str, ...],
    bandwidth_channels: int = 2,
) -> Maps:
    """Put the network's output into pixels.

    Raises:
        ValueError: if image and output differ in size, or the names do not number N.
    """
    output, prediction = read_prediction(image, output, class_names, bandwidth_channels)
    sigma = sharpness_to_sigma(prediction.sharpness[0])
    return Maps(
        image=image,
        output=output,
        bandwidth_channels=bandwidth_channels,
        offset=(torch.tanh(output[:2]) * PIXELS_PER_UNIT).numpy(),
        embedding=(prediction.embedding[0] * PIXELS_PER_UNIT).numpy(),
        sigma=sigma.expand(2, -1, -1).numpy(),
        seed_map=prediction.seed_map[0].numpy(),
        class_names=tuple(class_names),
    )


def scale_sigma(output: Float[Tensor, "C H W"], bandwidth_channels: int, scale: float) -> Float[Tensor, "C H W"]:
    """The output of a network whose σ are all ``scale`` times as large.

    κ = exp(10 b) = 1/(2σ²), so σ → sσ is κ → κ/s², which is b → b - ln(s)/5.

    Raises:
        ValueError: if the scale is not a positive number.
    """
    if not (scale > 0 and math.isfinite(scale)):
        raise ValueError(f"the sigma scale is {scale}; expected a number above 0, 1 for the network's own.")
    scaled = output.clone()
    scaled[2 : 2 + bandwidth_channels] -= math.log(scale) / 5
    return scaled


def find_instances(maps: Maps, choice: Choice) -> Instances:
    """Cluster again, with σ scaled and the thresholds chosen."""
    t = choice.thresholds
    return cluster(
        scale_sigma(maps.output, maps.bandwidth_channels, choice.sigma_scale),
        maps.bandwidth_channels,
        t.seed_threshold,
        t.foreground_threshold,
        t.min_pixels,
        t.min_unassigned,
    )


def centres_and_margins(found: Instances) -> Float[np.ndarray, "K 4"]:
    """Centre x, y and margin radius x, y of every instance, in px."""
    margins = sharpness_to_margin(found.sharpness).expand(-1, 2)
    return torch.cat([found.centres * PIXELS_PER_UNIT, margins], dim=1).numpy()


def distances_at(found: Instances, embedding: tuple[float, float]) -> Float[np.ndarray, " K"]:
    """-ln φ of one embedding (px) in every instance: it still tells them apart where φ is 0 in all of them."""
    place = torch.tensor(embedding) / PIXELS_PER_UNIT
    sharpness = found.sharpness.expand(-1, 2)
    return (sharpness * (place - found.centres).square()).sum(1).numpy()


def read_pixel(maps: Maps, pixel: tuple[int, int]) -> Reading:
    """What the network says of the pixel (column, row).

    Raises:
        ValueError: if the pixel is not in the image.
    """
    column, row = pixel
    height, width = maps.image.shape[:2]
    if not (0 <= column < width and 0 <= row < height):
        raise ValueError(
            f"pixel (column {column}, row {row}) is outside; expected columns 0 to {width - 1} "
            f"and rows 0 to {height - 1}."
        )
    offset, sigma, scores = (channels[:, row, column].tolist() for channels in (maps.offset, maps.sigma, maps.seed_map))
    return Reading((column, row), tuple(offset), tuple(sigma), tuple(scores))


def membership_map(maps: Maps, found: Instances, choice: Choice) -> Float[np.ndarray, "H W"]:
    """φ of every pixel in the chosen pixel's winner; without any instance, in the pixel itself taken as seed."""
    column, row = choice.pixel
    embedding = torch.from_numpy(maps.embedding) / PIXELS_PER_UNIT
    if len(found):
        k = int(distances_at(found, tuple(maps.embedding[:, row, column].tolist())).argmin())
        return membership(embedding, found.centres[k], found.sharpness[k]).numpy()
    sigma = torch.from_numpy(maps.sigma[:, row, column]) * choice.sigma_scale / PIXELS_PER_UNIT
    return membership(embedding, embedding[:, row, column], 1 / (2 * sigma.square())).numpy()


def labels_at(maps: Maps, found: Instances, choice: Choice) -> Int[np.ndarray, "H W"]:
    """The instances' pixels at the chosen membership threshold; at one half these are the clustering's own labels.

    An instance has all pixels that take part in its class and whose membership in it is above the threshold; where
    instances overlap the highest score is on top.
    """
    labels = np.zeros(maps.image.shape[:2], np.int64)
    embedding = torch.from_numpy(maps.embedding) / PIXELS_PER_UNIT
    scores = found.scores.tolist()
    for k in sorted(range(len(found)), key=lambda k: (scores[k], -k)):
        inside = membership(embedding, found.centres[k], found.sharpness[k]).numpy() > choice.membership_threshold
        taking_part = maps.seed_map[int(found.classes[k]) - 1] > choice.thresholds.foreground_threshold
        labels[inside & taking_part] = k + 1
    return labels


def count_classes(found: Instances, class_names: tuple[str, ...]) -> dict[str, int]:
    """Instances of each class that occurs, in the classes' order."""
    counts = torch.bincount(found.classes, minlength=len(class_names) + 1)[1:].tolist()
    return {name: count for name, count in zip(class_names, counts, strict=True) if count}


def foreground(maps: Maps, thresholds: Thresholds) -> Bool[np.ndarray, "H W"]:
    """Pixels that take part in the clustering of some class."""
    return maps.best_seed > thresholds.foreground_threshold
