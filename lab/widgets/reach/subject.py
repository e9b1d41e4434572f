"""What the figure looks at: an image with its labels, and what networks say of it.  Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from lab.datasets.scene import VOID, Scene
from lab.embedding import PIXELS_PER_UNIT, Prediction
from lab.widgets.prediction import read_prediction
from lab.widgets.reach.cells import Pair


@dataclass(frozen=True, eq=False)  # one is itself: what is computed of it can be kept
class Subject:
    """An image with its labels, and what several networks say of it.

    Attributes:
        scene: image and labels.
        outputs: [2+S+N, H, W] by name.
        class_names: of classes 1..N.
        bandwidth_channels: S.

    Raises:
        ValueError: an output that does not fit the image or the names; no object outside void.
    """

    scene: Scene
    outputs: Mapping[str, Float[Tensor, "C _ _"]]
    class_names: tuple[str, ...]
    bandwidth_channels: int = 2

    def __post_init__(self) -> None:
        for name in self.outputs:
            read(self, name)
        if not self.numbers:
            raise ValueError(f"scene '{self.scene.name}': found no object outside void, expected one or more.")

    @cached_property
    def valid(self) -> Bool[np.ndarray, "H W"]:
        """Pixels outside void."""
        return self.scene.classes != VOID

    @cached_property
    def numbers(self) -> list[int]:
        """Of the objects with a pixel outside void."""
        return np.unique(self.scene.instances[self.valid & (self.scene.instances > 0)]).tolist()

    def name(self, number: int) -> str:
        """An object's class in words."""
        return self.class_names[int(self.scene.classes[self.valid & (self.scene.instances == number)][0]) - 1]


def starts(output: Float[Tensor, "C H W"], bandwidth_channels: int = 2) -> dict[str, Float[Tensor, "C H W"]]:
    """What two untrained networks put out for offsets and bandwidth: with the method's start, and with zeros.

    Offsets are 0 in both, so that every pixel points to itself; b is 1 with the start that the method gives its last
    layer, and near 0 where a layer begins as layers usually do.
    """
    zeros = torch.zeros_like(output)
    ones = zeros.clone()
    ones[2 : 2 + bandwidth_channels] = 1
    return {"untrained, b = 1": ones, "untrained, b = 0": zeros}


@lru_cache(maxsize=4)
def read(subject: Subject, prediction: str) -> Prediction:
    """What one of the outputs says."""
    output = subject.outputs[prediction]
    return read_prediction(subject.scene.image, output, subject.class_names, subject.bandwidth_channels)[1]


@lru_cache(maxsize=4)
def plane(subject: Subject, prediction: str) -> Float[np.ndarray, "2 H W"]:
    """The embeddings in px."""
    return read(subject, prediction).embedding[0].double().numpy() * PIXELS_PER_UNIT


@lru_cache(maxsize=8)
def extent(subject: Subject, prediction: str) -> tuple[Pair, Pair]:
    """Least and largest x, least and largest y of the embeddings outside void, in px."""
    x, y = plane(subject, prediction)[:, subject.valid]
    return (float(x.min()), float(x.max())), (float(y.min()), float(y.max()))
