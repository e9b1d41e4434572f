"""What every pixel adds to a term of the loss, and how the term pulls at what the network says there."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from lab.embedding import PIXELS_PER_UNIT, Prediction, bandwidth_to_sharpness, membership, split
from lab.losses import TERM_WEIGHTS
from lab.lovasz import jaccard_increments

Part = Literal["instance", "smoothness", "seed, objects", "seed, background"]
View = Literal["share", "offset", "bandwidth", "seed map"]
PARTS: tuple[Part, ...] = ("instance", "smoothness", "seed, objects", "seed, background")
VIEWS: tuple[View, ...] = ("share", "offset", "bandwidth", "seed map")
FOREGROUND_WEIGHT = 10.0


@dataclass(frozen=True)
class Choice:
    """What is looked at: a part of the loss, of which object, and its pixels' shares or one of its pulls."""

    part: Part
    number: int
    view: View


@dataclass(frozen=True, eq=False)  # one is itself: what is drawn of it can be kept
class Street:
    """An image, its labels, and what the network says of it (elliptical margins, learned centres).

    Attributes:
        image: RGB.
        instances: 0 where there is none.
        classes: -1 void, 0 background, 1..N.
        class_names: of 1..N.
        output: [2+2+N, H, W].
    """

    image: UInt8[np.ndarray, "H W 3"]
    instances: Int[Tensor, "H W"]
    classes: Int[Tensor, "H W"]
    class_names: tuple[str, ...]
    output: Float[Tensor, "C H W"]

    @cached_property
    def valid(self) -> Bool[Tensor, "H W"]:
        """Pixels outside void."""
        return self.classes >= 0

    @cached_property
    def numbers(self) -> list[int]:
        """Objects with a pixel outside void."""
        return torch.unique(self.instances[self.valid & (self.instances > 0)]).tolist()

    @cached_property
    def masks(self) -> dict[int, Bool[Tensor, "H W"]]:
        """Pixels of every object, outside void."""
        return {k: self.valid & (self.instances == k) for k in self.numbers}

    @cached_property
    def class_of(self) -> dict[int, int]:
        """1..N, of every object."""
        return {k: int(self.classes[mask][0]) for k, mask in self.masks.items()}

    def name(self, number: int) -> str:
        """Its class in words."""
        return self.class_names[self.class_of[number] - 1]

    @cached_property
    def prediction(self) -> Prediction:
        """What the output says, read once."""
        return split(self.output[None], 2)

    @cached_property
    def values(self) -> dict[tuple[Part, int], float]:
        """What each object adds to each of the terms, not yet weighted; for "seed, background" the key is its class.

        Together they are the terms.
        """
        found: dict[tuple[Part, int], float] = {}
        for part in PARTS[:3]:
            found |= {(part, k): float(shares(self, part, k, self.prediction).sum()) for k in self.numbers}
        for c in range(1, len(self.class_names) + 1):
            found["seed, background", c] = float(_background_shares(self, c, self.prediction).sum())
        return found

    def value(self, part: Part, number: int) -> float:
        """What is looked at, as one number, not yet weighted."""
        return self.values[part, self.class_of[number] if part == "seed, background" else number]

    def weighted(self, part: Part) -> float:
        """The part's size in the total: its weight times its sum."""
        return weight(part) * sum(value for (name, _), value in self.values.items() if name == part)


@dataclass(frozen=True)
class Look:
    """What one picture shows.

    Attributes:
        choice: what was asked for.
        shares: what every pixel adds to the term, not yet weighted.
        pull: minus the gradient of what this object adds to the total, by the output that ``choice.view`` names: of the
            embedding, per px (x, y); of the bandwidth channels, summed; of the seed value of the object's class. None
            for a view of shares.
        reaches: whether the term reaches that output at all.
    """

    choice: Choice
    shares: Float[np.ndarray, "H W"]
    pull: Float[np.ndarray, "D H W"] | None
    reaches: bool


def weight(part: Part) -> float:
    """1, 10, 1."""
    return TERM_WEIGHTS[part.split(",")[0]]


def look(street: Street, choice: Choice) -> Look:
    """Everything that a picture of this choice needs."""
    if choice.view == "share":
        return Look(choice, shares(street, choice.part, choice.number, street.prediction).numpy(), None, True)
    output = street.output.clone().requires_grad_()
    parts = shares(street, choice.part, choice.number, split(output[None], 2))
    (gradient,) = torch.autograd.grad(weight(choice.part) * parts.sum(), output)
    pull = -_by_view(gradient, street, choice)
    return Look(choice, parts.detach().numpy(), pull.numpy(), bool((pull != 0).any()))


def _by_view(gradient: Float[Tensor, "C H W"], street: Street, choice: Choice) -> Float[Tensor, "D H W"]:
    """The gradient by the raw channels as one by embedding (per px), bandwidth (both channels) or seed value."""
    if choice.view == "offset":
        return gradient[:2] / (1 - torch.tanh(street.output[:2]).square()) / PIXELS_PER_UNIT
    if choice.view == "bandwidth":
        return gradient[2:4].sum(0, keepdim=True)
    s = torch.sigmoid(street.output[3 + street.class_of[choice.number]])
    return (gradient[3 + street.class_of[choice.number]] / (s * (1 - s)).clamp(min=1e-12))[None]


def shares(street: Street, part: Part, number: int, prediction: Prediction) -> Float[Tensor, "H W"]:
    """What every pixel adds to this part of the loss for this object; the sum is the object's part of the term."""
    if part == "seed, background":
        return _background_shares(street, street.class_of[number], prediction)
    mask, bandwidth = street.masks[number], prediction.bandwidth[0]
    own = bandwidth[:, mask].mean(1)
    if part == "smoothness":
        squares = (bandwidth - own.detach()[:, None, None]).square().mean(0)
        return torch.where(mask, squares, 0) / mask.sum() / len(street.numbers)
    embedding = prediction.embedding[0]
    phi = membership(embedding, embedding[:, mask].mean(1), bandwidth_to_sharpness(own))
    if part == "instance":
        return hinge_shares(phi, mask, street.valid) / len(street.numbers)
    seed = prediction.seed_map[0, street.class_of[number] - 1]
    return torch.where(mask, FOREGROUND_WEIGHT * (seed - phi.detach()).square(), 0) / street.valid.sum()


def hinge_shares(
    phi: Float[Tensor, "H W"], mask: Bool[Tensor, "H W"], valid: Bool[Tensor, "H W"]
) -> Float[Tensor, "H W"]:
    """relu(m_i) ΔJ_i of every pixel, at its place; their sum is the Lovász hinge of 2φ - 1 against the mask."""
    logits = 2 * phi - 1
    # Background that the Gaussian does not reach has error 0 and adds nothing: it is not sorted.
    where = (valid & (mask | (logits.detach() > -1))).nonzero(as_tuple=True)
    logits, labels = logits[where], mask[where]
    errors, order = torch.sort(1 - logits * (2 * labels.to(phi.dtype) - 1), descending=True)
    parts = torch.relu(errors) * jaccard_increments(labels[order], phi.dtype)
    rows, columns = where
    return torch.zeros_like(phi).index_put((rows[order], columns[order]), parts)


def _background_shares(street: Street, class_index: int, prediction: Prediction) -> Float[Tensor, "H W"]:
    """s² of every valid pixel that is not of this class, over the number of valid pixels."""
    seed = prediction.seed_map[0, class_index - 1]
    background = street.valid & (street.classes != class_index)
    return torch.where(background, seed.square(), 0) / street.valid.sum()
