"""Three patients: the nuclei model that ships, each time with one fault.  Whoever reads on knows the diagnoses."""

import copy
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch
from jaxtyping import Float, Int32, Shaped, UInt8
from torch import Tensor, nn

from lab.checkpoints import Model, shipped_model
from lab.clustering import Instances, cluster
from lab.datasets.intensity import stretch
from lab.evaluation.predict import thresholds_of
from lab.exercises.real_images.field import SEEN, window
from lab.metrics.nuclei import nuclei_counts

LIGHT = 4  # patient B's pictures have a quarter of the light


@dataclass(frozen=True)
class Patient:
    """A model's file: what it was given, what it said, what is there.

    Attributes:
        name: "A", "B", "C", or a word.
        picture: grey values as in the picture's file.
        output: offset x, offset y, bandwidth x, bandwidth y, seed; as the network's user reads them.
        truth: numbers of the nuclei, 0 for none.
    """

    name: str
    picture: UInt8[np.ndarray, "H W"]
    output: Float[Tensor, "5 H W"]
    truth: Int32[np.ndarray, "H W"]

    @property
    def found(self) -> Instances:
        """The instances, by the model's own thresholds."""
        return instances_of(self.output)

    @property
    def score(self) -> float:
        """TP / (TP + FP + FN) at an overlap of one half."""
        return score(self.output, self.truth)


def instances_of(output: Float[Tensor, "5 H W"]) -> Instances:
    """The clustering with the thresholds that belong to the nuclei model."""
    return cluster(output, 2, **vars(thresholds_of(model().card)))


def score(output: Float[Tensor, "5 H W"], truth: Int32[np.ndarray, "H W"]) -> float:
    """The nuclei field's score of one picture at an overlap of one half."""
    right, strange, missed = nuclei_counts(instances_of(output).masks.numpy(), truth, (0.5,))[0]
    return float(right / max(right + strange + missed, 1))


@cache
def model() -> Model:
    """The nuclei model.  Shared: nobody may change it."""
    return shipped_model("nuclei")


@torch.no_grad()
def output_for(network: nn.Module, grey: Shaped[np.ndarray, "H W"]) -> Float[Tensor, "5 H W"]:
    """What a network says of a picture of values 0..255, taken as they are."""
    return network(as_batch(grey))[0]


def as_batch(*grey: Shaped[np.ndarray, "H W"]) -> Float[Tensor, "B 3 H W"]:
    """Pictures of values 0..255 as the network's input."""
    stacked = torch.from_numpy(np.stack([np.asarray(g, dtype=np.float32) for g in grey]))
    return stacked[:, None].expand(-1, 3, -1, -1) / 255


@cache
def healthy() -> Patient:
    """The model as it ships: its picture stretched before it is given."""
    picture, truth = window(SEEN)
    return Patient("healthy", picture, output_for(model().network, stretch(picture)), truth)


@cache
def patients() -> tuple[Patient, Patient, Patient]:
    """A, B, C."""
    sound = healthy()
    dark = sound.picture // LIGHT
    return (
        replace(sound, name="A", output=with_axes_swapped(sound.output)),
        replace(sound, name="B", picture=dark, output=output_for(model().network, dark)),
        replace(sound, name="C", output=output_for(network_c(), stretch(sound.picture))),
    )


def with_axes_swapped(output: Float[Tensor, "5 H W"]) -> Float[Tensor, "5 H W"]:
    """Offsets as somebody reads them who takes the first channel for rows."""
    return output[[1, 0, 2, 3, 4]]


def network_c() -> nn.Module:
    """Patient C's network, anew at each call: batch norm's running statistics are those of a network's first day.

    That is what a training leaves that normalises by its batches and never keeps their statistics (momentum 0, or a
    checkpoint of parameters() alone: statistics are no parameters).
    """
    network = copy.deepcopy(model().network)
    for norm in norms_of(network):
        norm.reset_running_stats()
    return network


def norms_of(network: nn.Module) -> list[nn.BatchNorm2d]:
    """All batch norms, in the network's order."""
    return [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
