"""The bandwidth bench's numbers: what two Gaussians claim, and what the loss says of it.  Pure."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from lab.embedding import (
    MARGIN_PER_SIGMA,
    PIXELS_PER_UNIT,
    bandwidth_to_sharpness,
    membership,
    sharpness_to_margin,
    sigma_to_bandwidth,
)
from lab.losses import instance_term
from lab.widgets.bench.sample import Sample, embed

# The sliders move in hundredths of log10 σ, and so does whatever sets them: else the page would round it once more.
SLIDER_STEP = 0.01
SMALLEST_SIGMA, LARGEST_SIGMA = 1.0, 10**1.62  # px
START_SIGMA = 10**0.69  # px; 4.9, as in a new network
GRID_STEPS = 28


@dataclass(frozen=True)
class State:
    """What the controls say.

    Attributes:
        noise: error of the offsets as a share of the object's size.
        shared: one σ for both objects, the first one's.
        ellipse: a σ for each axis; else the one for x counts for both.
        sigma: (σ_x, σ_y) in px of the person and of the car, as their sliders stand.
    """

    noise: float = 0.5
    shared: bool = True
    ellipse: bool = False
    sigma: tuple[tuple[float, float], ...] = ((START_SIGMA, START_SIGMA), (START_SIGMA, START_SIGMA))

    @property
    def effective_sigma(self) -> tuple[tuple[float, float], ...]:
        """(σ_x, σ_y) of both objects as the two switches leave them."""
        chosen = [self.sigma[0]] * len(self.sigma) if self.shared else self.sigma
        return tuple((x, y if self.ellipse else x) for x, y in chosen)


@dataclass(frozen=True)
class Claim:
    """What one object's Gaussian does.

    Attributes:
        sigma, margin: in px, for x and y.
        bandwidth, sharpness: b and κ, for x and y.
        claimed: pixels with φ > 1/2.
        iou: of ``claimed`` with the object's mask.
        hinge: the object's part of the instance term.
    """

    sigma: tuple[float, float]
    margin: tuple[float, float]
    bandwidth: tuple[float, float]
    sharpness: tuple[float, float]
    claimed: Bool[Tensor, "H W"]
    iou: float
    hinge: float


@dataclass(frozen=True)
class Bench:
    """All that is to be seen, and the state it comes from."""

    state: State
    embedding: Float[Tensor, "2 H W"]
    claims: tuple[Claim, ...]

    @property
    def instance_term(self) -> float:
        """Mean hinge of the objects."""
        return sum(c.hinge for c in self.claims) / len(self.claims)

    @property
    def mean_iou(self) -> float:
        """Mean over the objects."""
        return sum(c.iou for c in self.claims) / len(self.claims)


def look(sample: Sample, state: State) -> Bench:
    """Compute everything for these controls."""
    embedding = embed(sample, state.noise)
    claims = [
        claim(embedding, mask, centre, sigma)
        for mask, centre, sigma in zip(sample.masks, sample.centroid, state.effective_sigma, strict=True)
    ]
    return Bench(state, embedding, tuple(claims))


def claim(
    embedding: Float[Tensor, "2 H W"], mask: Bool[Tensor, "H W"], centre: Float[Tensor, "2"], sigma: tuple[float, float]
) -> Claim:
    """One object's membership, mask, overlap and hinge; embedding, centre and sigma in px."""
    bandwidth = sigma_to_bandwidth(torch.tensor(sigma))
    sharpness = bandwidth_to_sharpness(bandwidth)
    phi = membership(embedding / PIXELS_PER_UNIT, centre / PIXELS_PER_UNIT, sharpness)
    claimed = phi > 0.5
    return Claim(
        sigma,
        tuple(sharpness_to_margin(sharpness).tolist()),
        tuple(bandwidth.tolist()),
        tuple(sharpness.tolist()),
        claimed,
        float((claimed & mask).sum() / (claimed | mask).sum()),
        float(instance_term(phi, mask, torch.ones_like(mask))),
    )


def sigma_grid() -> Float[np.ndarray, "G"]:
    """The σ that ``best`` tries, in px, equally spaced in their logarithm."""
    return np.geomspace(SMALLEST_SIGMA, LARGEST_SIGMA, GRID_STEPS).astype(np.float32)


def iou_table(sample: Sample, embedding: Float[Tensor, "2 H W"]) -> Float[np.ndarray, "K G G"]:
    """IoU of every object for every σ_x (first axis) and σ_y (second) of the grid."""
    pairs = zip(sample.masks, sample.centroid, strict=True)
    return np.stack([ious_on_grid(embedding, mask, centre) for mask, centre in pairs])


def ious_on_grid(
    embedding: Float[Tensor, "2 H W"], mask: Bool[Tensor, "H W"], centre: Float[Tensor, "2"]
) -> Float[np.ndarray, "G G"]:
    """IoU of one object with what a Gaussian around ``centre`` claims, for every pair of σ; all in px."""
    reach = (sigma_grid() * MARGIN_PER_SIGMA) ** 2
    squared = (embedding - centre[:, None, None]).square().flatten(1).numpy()
    near = (squared < reach[-1]).all(0)  # what the largest margin does not reach is never claimed
    x, y, own = squared[0, near], squared[1, near], mask.flatten().numpy()[near]
    inside = [(x / r + y / reach[:, None] < 1) for r in reach]
    hits = np.array([row[:, own].sum(1) for row in inside])
    union = np.array([row.sum(1) for row in inside]) + int(mask.sum()) - hits
    return hits / union


def best(sample: Sample, state: State) -> State:
    """The state with the σ of the highest mean IoU that its two switches allow."""
    table = iou_table(sample, embed(sample, state.noise))
    if not state.ellipse:
        table = np.where(np.eye(GRID_STEPS, dtype=bool), table, -1)
    if state.shared:
        table = np.broadcast_to(table.mean(0), table.shape)
    grid = sigma_grid()
    places = [np.unravel_index(t.argmax(), t.shape) for t in table]
    return replace(state, sigma=tuple((float(grid[i]), float(grid[j])) for i, j in places))


def compare_widths(sample: Sample, noise: float) -> dict[str, Float[np.ndarray, "K"]]:
    """IoU of every object at the best σ that three ways of choosing it allow."""
    table = iou_table(sample, embed(sample, noise))
    circles = np.einsum("kii->ki", table)
    return {
        "one circle for all": circles[:, circles.mean(0).argmax()],
        "a circle each": circles.max(1),
        "an ellipse each": table.max((1, 2)),
    }
