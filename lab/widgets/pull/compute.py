"""Who pulls at an object's bandwidth, and which way: pure functions behind the figure.

The instance term reaches b along one chain: the loss's weight of a pixel, its logit 2φ - 1, φ, κd², b.  Its last link
is ∂φ/∂b = -10 κd² φ.  All margins here are circles (S = 1), so that "out" and "in" are all there is to say.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lab.embedding import (
    BANDWIDTH_GAIN,
    PIXELS_PER_UNIT,
    bandwidth_to_sharpness,
    coordinate_grid,
    sharpness_to_margin,
    sharpness_to_sigma,
    sigma_to_bandwidth,
)
from lab.lovasz import jaccard_increments

# What a step of gradient descent is multiplied with: the spread then shrinks by a tenth a step under the smoothness
# term, and σ finds its balance in some dozens of steps.
STEP_LENGTH = 0.005
SMOOTHNESS_WEIGHT = 10.0
# κd² from which on 2φ - 1 is -1 in float32.
UNREACHED = 17.0


@dataclass(frozen=True)
class Cloud:
    """One object as the instance term sees it: where every pixel of the image points, and which are the object's.

    Attributes:
        number: of the object in the scene.
        embedding: in units of 1024 px.
        mask: the object's own pixels.
        centre: the mean embedding of the object's pixels (the "learned" centre of attraction).
    """

    number: int
    embedding: Float[Tensor, "2 H W"]
    mask: Bool[Tensor, "H W"]
    centre: Float[Tensor, "2"]

    @cached_property
    def squared_distance(self) -> Float[Tensor, "H W"]:
        """d² of every pixel's embedding from the centre, in (1024 px)²."""
        return (self.embedding - self.centre[:, None, None]).square().sum(0)


def point_roughly(
    instances: Int[np.ndarray, "H W"], rest: float = 0.6, noise: float = 1.5, seed: int = 0
) -> Float[Tensor, "2 H W"]:
    """Embeddings of a network that is half trained: objects gather, but not to a point; background points at itself.

    Args:
        instances: 0 background, 1..K.
        rest: how much of its way to the centroid a pixel has *not* learned to point; 0 would be perfect.
        noise: standard deviation in px of what every pixel's embedding is off besides.
        seed: of the noise.
    """
    place = coordinate_grid(*instances.shape)
    embedding = place.clone()
    for k in np.unique(instances[instances > 0]).tolist():
        mask = torch.from_numpy(instances == k)
        centroid = place[:, mask].mean(1, keepdim=True)
        embedding[:, mask] = centroid + rest * (place[:, mask] - centroid)
    off = torch.randn(place.shape, generator=torch.Generator().manual_seed(seed))
    return embedding + off * noise / PIXELS_PER_UNIT


def gather(instances: Int[np.ndarray, "H W"], embedding: Float[Tensor, "2 H W"], number: int) -> Cloud:
    """Object ``number`` with the centre of attraction of its pixels.

    Raises:
        ValueError: if the scene has no such object.
    """
    mask = torch.from_numpy(instances == number)
    if not mask.any():
        raise ValueError(f"there is no object {number}; the scene has {np.unique(instances[instances > 0]).tolist()}.")
    return Cloud(number, embedding, mask, embedding[:, mask].mean(1))


def hinge_slope(phi: Float[Tensor, "P"], labels: Bool[Tensor, "P"]) -> Float[Tensor, "P"]:
    """∂(instance term)/∂φ of every pixel: minus twice its Jaccard increment on the object, plus twice it outside.

    The two is that of the logit 2φ - 1.  Increments are those of the descending order of errors (the paper's Lovász
    hinge); pixels without error (φ exactly 1 on the object, 0 outside) get none.
    """
    signs = labels.to(phi.dtype) * 2 - 1
    errors, order = torch.sort(1 - (2 * phi - 1) * signs, descending=True)
    weight = torch.zeros_like(phi)
    weight[order] = jaccard_increments(labels[order], phi.dtype) * (errors > 0)
    return -2 * signs * weight


def membership_slope(scaled: Float[Tensor, "*pixels"]) -> Float[Tensor, "*pixels"]:
    """∂φ/∂b = -10 κd² φ from ``scaled`` = κd², for a circular margin; without unit, as b, κd² and φ are."""
    return -BANDWIDTH_GAIN * scaled * torch.exp(-scaled)


def pulls(cloud: Cloud, bandwidth: float) -> Float[Tensor, "H W"]:
    """Every pixel's part in ∂(instance term of the object)/∂b_k; they sum to it.

    Descent goes against the gradient: a positive part lowers b and so pulls the margin out, a negative one pushes it
    in.  The object's own pixels are never negative, all others never positive.
    """
    scaled = cloud.squared_distance * sharpness_of(bandwidth)
    # As the loss does, leave out what the Gaussian does not reach: it adds nothing, and sorting it would take longest.
    where = (cloud.mask | (scaled < UNREACHED)).nonzero(as_tuple=True)
    reached, labels = scaled[where], cloud.mask[where]
    parts = torch.zeros_like(scaled)
    parts[where] = hinge_slope(torch.exp(-reached), labels) * membership_slope(reached)
    return parts


def sharpness_of(bandwidth: float) -> float:
    """κ = exp(10 b) of one b, per (1024 px)²."""
    return float(bandwidth_to_sharpness(torch.tensor(bandwidth)))


def bandwidth_of(sigma: float) -> float:
    """The b of a σ in px."""
    return float(sigma_to_bandwidth(torch.tensor(sigma)))


def overlap(cloud: Cloud, bandwidth: float) -> float:
    """IoU of the object with the pixels that point into the margin around its centre."""
    claimed = cloud.squared_distance * sharpness_of(bandwidth) < math.log(2)  # φ > 1/2
    return float((claimed & cloud.mask).sum() / (claimed | cloud.mask).sum())


@dataclass(frozen=True)
class Balance:
    """The two sides of the pull over a range of σ.

    Attributes:
        sigma: in px, ascending.
        out: what the object's own pixels add up to at this σ, ≥ 0.
        inward: what all other pixels add up to, as a positive number.
    """

    sigma: Float[np.ndarray, "P"]
    out: Float[np.ndarray, "P"]
    inward: Float[np.ndarray, "P"]

    def slope_at(self, bandwidth: float) -> float:
        """∂(instance term)/∂b, between the computed σ by linear interpolation in b."""
        known = sigma_to_bandwidth(torch.from_numpy(self.sigma)).numpy()
        return float(np.interp(bandwidth, known[::-1], (self.out - self.inward)[::-1]))

    @property
    def level(self) -> float:
        """σ in px at which the two sides are equal and the margin comes to rest."""
        net = self.out - self.inward
        after = int(np.argmax(net < 0)) or len(net) - 1
        share = net[after - 1] / (net[after - 1] - net[after])
        return float(self.sigma[after - 1] * (self.sigma[after] / self.sigma[after - 1]) ** share)


def weigh(cloud: Cloud, low: float, high: float, count: int = 40) -> Balance:
    """Both sides of the pull at ``count`` values of σ from ``low`` to ``high`` px, in equal ratios."""
    sigma = torch.from_numpy(np.geomspace(low, high, count)).float()
    both = np.array([sides(pulls(cloud, b), cloud.mask) for b in sigma_to_bandwidth(sigma).tolist()])
    return Balance(sigma.double().numpy(), both[:, 0], both[:, 1])


def sides(parts: Float[Tensor, "H W"], mask: Bool[Tensor, "H W"]) -> tuple[float, float]:
    """(pull out, push in), both positive."""
    return float(parts[mask].double().sum()), float(-parts[~mask].double().sum())


def spread_out(count: int, factor: float, seed: int = 0) -> Float[Tensor, "{count}"]:
    """Deviations of ``count`` pixels' b from their mean, with mean 0 and such that σ is typically off by ``factor``.

    σ ∝ exp(-5 b): one standard deviation of b is ln(factor) / 5.
    """
    z = torch.randn(count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    z = (z - z.mean()) / z.std(correction=0)
    return (z * math.log(factor) / (BANDWIDTH_GAIN / 2)).float()


def descend(balance: Balance, bandwidth: float, factor: float, steps: int, smoothness: bool) -> tuple[float, float]:
    """(b_k, factor) after plain gradient descent on free b_i under the instance term, with or without smoothness.

    Every b_i gets the same share of the instance term's gradient: the mean moves by it, the deviations stay.  The
    smoothness term's gradient 2 (b_i - b_k) is zero on average: the mean stays, the deviations shrink.
    """
    spread = math.log(factor)
    for _ in range(steps):
        bandwidth -= STEP_LENGTH * balance.slope_at(bandwidth)
        spread *= 1 - 2 * SMOOTHNESS_WEIGHT * STEP_LENGTH * smoothness
    return bandwidth, math.exp(spread)


@dataclass(frozen=True)
class Speakers:
    """Single pixels of the object, each of which could be the one that speaks for it.

    Attributes:
        pixel: row and column.
        centre: their own embeddings (x, y), px.
        sigma: their own, px.
        iou: of the mask that each would make, with the object.
    """

    pixel: Int[np.ndarray, "P 2"]
    centre: Float[np.ndarray, "P 2"]
    sigma: Float[np.ndarray, "P"]
    iou: Float[np.ndarray, "P"]


def likely_seeds(cloud: Cloud, count: int, seed: int = 0) -> Int[np.ndarray, "P"]:
    """Some of the object's pixels that a seed map would find good, by their place among its pixels in row-major order.

    Drawn at random from the tenth of the pixels whose embeddings lie nearest to the centre: the seed map learns how
    near that is, and nothing about b.  At most ``count``, fewer for an object of few pixels.
    """
    distance = cloud.squared_distance[cloud.mask]
    nearest = distance.argsort(stable=True)[: max(1, len(distance) // 10)].numpy()
    return np.random.default_rng(seed).permutation(nearest)[:count]


def let_speak(cloud: Cloud, bandwidth: float, deviation: Float[Tensor, "_"], chosen: Int[np.ndarray, "P"]) -> Speakers:
    """What inference would make of these pixels: own embedding as the centre, own b for the margin.

    Args:
        cloud: the object.
        bandwidth: b_k, the mean over its pixels.
        deviation: b_i - b_k of all its pixels in row-major order.
        chosen: which of them speak.
    """
    rows, columns = (part[chosen] for part in cloud.mask.nonzero(as_tuple=True))
    centres = cloud.embedding[:, rows, columns]
    sharpness = bandwidth_to_sharpness(bandwidth + deviation[chosen])
    return Speakers(
        torch.stack([rows, columns], 1).numpy(),
        centres.T.numpy() * PIXELS_PER_UNIT,
        sharpness_to_sigma(sharpness).numpy(),
        claims(cloud, centres, sharpness),
    )


def claims(cloud: Cloud, centres: Float[Tensor, "2 P"], sharpness: Float[Tensor, "P"]) -> Float[np.ndarray, "P"]:
    """IoU of the object with the pixels that point into each of these margins."""
    radius = sharpness_to_margin(sharpness) / PIXELS_PER_UNIT
    # No margin reaches further than this from the object's centre; most of the image lies beyond.
    reach = ((centres - cloud.centre[:, None]).norm(dim=0) + radius).max()
    near = cloud.squared_distance <= reach.square()
    x, y = cloud.embedding[:, near]
    own, size = cloud.mask[near], int(cloud.mask.sum())
    ious = []
    for (a, b), r in zip(centres.T, radius, strict=True):
        inside = (x - a).square_().add_((y - b).square_()) < r.square()
        hits = int((inside & own).sum())
        ious.append(hits / (int(inside.sum()) + size - hits))
    return np.array(ious, np.float32)
