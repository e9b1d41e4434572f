"""What the figure shows of one instance: who reaches it, who is looked at for that, what a cut costs.  Pure."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import log, sqrt

import numpy as np
import torch
from jaxtyping import Bool, Float

from lab.embedding import PIXELS_PER_UNIT, bandwidth_to_sharpness, scaled_squared_distance
from lab.losses import find_instances
from lab.lovasz import lovasz_hinge
from lab.widgets.reach.cells import Cells, Pair, looked_at, touched
from lab.widgets.reach.cut import Ranked, hinge_with_cut, kept, rank, reach, slack
from lab.widgets.reach.subject import Subject, extent, plane, read

SIZES = (4, 8, 16, 32, 64, 128, 256)  # px, of a cell
EPSILONS = (0.0, *(m * 10.0**e for e in range(-6, -1) for m in (1, 2, 5)), 0.1)  # 0: the exact cut


@dataclass(frozen=True)
class Choice:
    """What the controls say.

    Attributes:
        prediction: whose.
        number: of the instance.
        epsilon: background of a membership up to this is cut off, besides what the exact cut leaves out.
        size: of a cell, px.
    """

    prediction: str
    number: int
    epsilon: float | int = 0.0
    size: int = 32


@dataclass(frozen=True, eq=False)
class Gaussian:
    """What does not change while cut and cells do.

    Attributes:
        own: the instance's pixels, outside void.
        distance: -log φ of every pixel.
        centre, margin: (x, y) in px, where φ is 1 and the radii at which it is 1/2.
        slack: 1 - max φ over the own pixels.
        hinge: of all valid pixels, by the readable `lovasz_hinge`.
        ranked: the pixels that the exact cut keeps.
    """

    own: Bool[np.ndarray, "H W"]
    distance: Float[np.ndarray, "H W"]
    centre: Pair
    margin: Pair
    slack: float
    hinge: float
    ranked: Ranked


@dataclass(frozen=True)
class Trade:
    """Cells of one size: how many are looked up, and how many pixels in them tested in vain."""

    size: int
    cells: int
    in_vain: int


@dataclass(frozen=True, eq=False)
class View:
    """All that is shown.

    Attributes:
        choice: what was asked for.
        gaussian: the instance's.
        radii: of the reach, (x, y) in px, perhaps infinite.
        cells: that the box around it touches.
        looked: pixels outside void whose embedding lies there.
        reaching: pixels of the background, other objects' among them, that are kept.
        pixels: outside void, in the image.
        with_cut: the hinge of the own and the reaching pixels.
        costs: by how much each of EPSILONS but the first lowers the hinge.
        trades: for each of SIZES.
    """

    choice: Choice
    gaussian: Gaussian
    radii: Pair
    cells: Cells
    looked: Bool[np.ndarray, "H W"]
    reaching: Bool[np.ndarray, "H W"]
    pixels: int
    with_cut: float
    costs: Float[np.ndarray, " E"]
    trades: tuple[Trade, ...]

    @property
    def own_count(self) -> int:
        """The instance's pixels."""
        return self.gaussian.ranked.total

    @cached_property
    def looked_count(self) -> int:
        """The pixels in the touched cells, own ones among them."""
        return int(self.looked.sum())

    @cached_property
    def reaching_count(self) -> int:
        """The background that reaches it."""
        return int(self.reaching.sum())

    @property
    def matter_count(self) -> int:
        """Own and reaching pixels: no other can change the hinge, or by no more than the bound."""
        return self.own_count + self.reaching_count

    @property
    def difference(self) -> float:
        """The hinge of all pixels minus that with the cut."""
        return self.gaussian.hinge - self.with_cut

    @property
    def bound(self) -> float:
        """What the difference cannot exceed: only errors up to 2ε are touched, and the Jaccard loss is at most 1."""
        return 2 * self.choice.epsilon


@lru_cache(maxsize=8)
def gaussian_of(subject: Subject, prediction: str, number: int) -> Gaussian:
    """Centre and bandwidth as the loss takes them ("learned": the mean embedding), and the pixels by their errors."""
    said = read(subject, prediction)
    embedding, bandwidth = said.embedding[0].double(), said.bandwidth[0].double()
    labels = (torch.from_numpy(array).long() for array in (subject.scene.instances, subject.scene.classes))
    instances, classes = labels
    (one,) = find_instances(embedding, bandwidth, instances * (instances == number), classes, "learned")
    sharpness = bandwidth_to_sharpness(one.bandwidth)
    distance = scaled_squared_distance(embedding, one.centre, sharpness)
    valid, own = torch.from_numpy(subject.valid), one.mask.numpy()
    hinge = float(lovasz_hinge(2 * torch.exp(-distance[valid]) - 1, one.mask[valid]))
    away = distance.numpy()
    close = own | (subject.valid & kept(away, own, 0))
    x, y = (one.centre * PIXELS_PER_UNIT).tolist()
    per_axis = sharpness.expand(2).tolist()
    return Gaussian(
        own,
        away,
        (x, y),
        radii_at(log(2), per_axis),
        slack(away[own]),
        hinge,
        rank(away[close], own[close]),
    )


def radii_at(distance: float, sharpness: list[float]) -> Pair:
    """Where along x and y, in px from the centre, -log φ reaches ``distance``."""
    across, down = (PIXELS_PER_UNIT * sqrt(distance / kappa) for kappa in sharpness)
    return across, down


def look(subject: Subject, choice: Choice) -> View:
    """Count and compare."""
    g = gaussian_of(subject, choice.prediction, choice.number)
    scale = sqrt(reach(max(g.slack, choice.epsilon)) / log(2))
    radii = g.margin[0] * scale, g.margin[1] * scale
    reaching = subject.valid & kept(g.distance, g.own, choice.epsilon)
    cells = cells_of(subject, choice.prediction, g, radii, choice.size)
    hinges = hinge_with_cut(g.ranked, np.array([choice.epsilon, *EPSILONS]))
    return View(
        choice,
        g,
        radii,
        cells,
        subject.valid & looked_at(plane(subject, choice.prediction), cells),
        reaching,
        int(subject.valid.sum()),
        float(hinges[0]),
        hinges[1] - hinges[2:],
        trades_of(subject, choice.prediction, g, radii, reaching),
    )


def cells_of(subject: Subject, prediction: str, gaussian: Gaussian, radii: Pair, size: int) -> Cells:
    """The cells of this size that the box around the reach touches."""
    return touched(gaussian.centre, radii, extent(subject, prediction), size)


def trades_of(
    subject: Subject, prediction: str, gaussian: Gaussian, radii: Pair, reaching: Bool[np.ndarray, "H W"]
) -> tuple[Trade, ...]:
    """For each of SIZES the cells, and the pixels in them that are neither the instance's own nor reach it."""
    embedding = plane(subject, prediction)
    rest = subject.valid & ~gaussian.own & ~reaching
    cells = [cells_of(subject, prediction, gaussian, radii, size) for size in SIZES]
    return tuple(Trade(c.size, c.number, int((looked_at(embedding, c) & rest).sum())) for c in cells)
