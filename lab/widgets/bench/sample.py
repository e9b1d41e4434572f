"""What lies on the bench: one small and one large object of the street, and offsets of a quality one can choose."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from lab.datasets.sample import street
from lab.embedding import PIXELS_PER_UNIT, coordinate_grid

WINDOW = (96, 32, 96, 176)  # top, left, height, width in the street
PERSON, CAR = 1, 9
OBJECTS = (PERSON, CAR)
# Neighbouring pixels of a network's output err alike: a correlation over some 3 px looks like that.
CORRELATION = 3.0


@dataclass(frozen=True)
class Sample:
    """A window of the street with K objects of interest; positions in px within the window.

    Attributes:
        image: RGB.
        masks: of the objects.
        position: x, y of every pixel in px.
        centroid: of every object in px.
        size: spread (standard deviation) of every object's pixels along x and y, in px.
        error: for every object a smooth random field with mean 0 and standard deviation 1 over its pixels.
    """

    image: UInt8[np.ndarray, "H W 3"]
    masks: Bool[Tensor, "K H W"]
    position: Float[Tensor, "2 H W"]
    centroid: Float[Tensor, "K 2"]
    size: Float[Tensor, "K 2"]
    error: Float[Tensor, "K 2 H W"]


@cache
def load_sample(window: tuple[int, int, int, int] = WINDOW, objects: tuple[int, ...] = OBJECTS) -> Sample:
    """By default the person (1) and the car (9) at the street's left; the same errors at every call."""
    top, left, height, width = window
    scene = street()
    where = np.s_[top : top + height, left : left + width]
    masks = torch.stack([torch.from_numpy(scene.instances[where] == k) for k in objects])
    position = coordinate_grid(height, width) * PIXELS_PER_UNIT
    own = [position[:, mask] for mask in masks]
    return Sample(
        scene.image[where],
        masks,
        position,
        torch.stack([p.mean(1) for p in own]),
        torch.stack([p.std(1, correction=0) for p in own]),
        torch.stack([smooth_errors(mask, seed=k) for k, mask in zip(objects, masks, strict=True)]),
    )


def smooth_errors(mask: Bool[Tensor, "H W"], seed: int) -> Float[Tensor, "2 H W"]:
    """Two independent random fields that change over some px, standardised over the mask."""
    noise = np.random.default_rng(seed).normal(size=(2, *mask.shape)).astype(np.float32)
    field = torch.from_numpy(np.stack([cv2.GaussianBlur(n, (0, 0), CORRELATION) for n in noise]))
    inside = field[:, mask]
    return (field - inside.mean(1)[:, None, None]) / inside.std(1, correction=0)[:, None, None]


def embed(sample: Sample, noise: float) -> Float[Tensor, "2 H W"]:
    """Where every pixel points to, in px.

    A pixel of an object points to the object's centroid but for an error of ``noise`` times the object's size: the
    longer the way, the larger the error, as with a network's offsets. All other pixels have an offset of zero.
    """
    embedding = sample.position.clone()
    for mask, centre, size, error in zip(sample.masks, sample.centroid, sample.size, sample.error, strict=True):
        missed = centre[:, None] + noise * size[:, None] * error[:, mask]
        embedding[:, mask] = missed
    return embedding
