"""What the figure computes: from arrows set by hand to embeddings, members, overlaps and losses.

All places are in px of the street, x (column) first.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from scipy.interpolate import RBFInterpolator

from lab.alternatives import fixed_margin_hinge, fixed_margin_iou, fixed_margin_members, offset_regression
from lab.datasets.sample import street
from lab.embedding import PIXELS_PER_UNIT

Attractor = Literal["centroid", "mean embedding"]
# Left, top, width and height of the window: the pale car and the one behind it.
WINDOW = (104, 104, 116, 78)
# The pixels (column, row) whose arrows are set by hand, spread over each car so that no other pixel is far from one.
HELD = {
    9: ((116, 162), (128, 142), (150, 124), (184, 123), (190, 154), (178, 164)),
    10: ((180, 117), (204, 121), (206, 142), (198, 150)),
}
DELTAS = np.arange(1.0, 60.5, 0.5)  # px, what the slider and the small chart run over


@dataclass(frozen=True)
class Car:
    """One object of the window.

    Attributes:
        number: of the object in the street.
        position: its pixels.
        held: those among them whose arrows are set by hand.
        weights: how much each of the held offsets counts in each pixel's.
    """

    number: int
    position: Float[np.ndarray, "2 P"]
    held: Float[np.ndarray, "2 tips"]
    weights: Float[np.ndarray, "P tips"]

    @property
    def centroid(self) -> Float[np.ndarray, "2"]:
        """The mean position of its pixels."""
        return self.position.mean(1)


@dataclass(frozen=True)
class Hand:
    """What the person set: where each arrow ends, δ in px, and what a margin is centred on."""

    tips: tuple[Float[np.ndarray, "2 _"], ...]
    delta: float
    attractor: Attractor = "centroid"


@dataclass(frozen=True)
class Outcome:
    """What comes of it for one object; lengths in px.

    Attributes:
        embedding: where each of its pixels points.
        centre: of its margin.
        inside: which of its pixels are in its own margin.
        taken: which of them are in another's margin.
        strangers: how many pixels of others are in its margin.
        iou: of the object and its members.
        curve: the IoU for each of ``DELTAS``.
        hinge, regression: the two losses, as a mean over its pixels.
    """

    number: int
    embedding: Float[np.ndarray, "2 P"]
    centre: Float[np.ndarray, "2"]
    inside: Bool[np.ndarray, "P"]
    taken: Bool[np.ndarray, "P"]
    strangers: int
    iou: float
    curve: Float[np.ndarray, "D"]
    hinge: float
    regression: float


@cache
def stage() -> tuple[UInt8[np.ndarray, "H W 3"], tuple[Car, ...]]:
    """The window's image, and its cars with the weights of their arrows."""
    left, top, width, height = WINDOW
    scene = street()
    image = scene.image[top : top + height, left : left + width]
    return image, tuple(make_car(scene.instances, number, np.array(held)) for number, held in HELD.items())


def make_car(instances: Int[np.ndarray, "H W"], number: int, held: Int[np.ndarray, "tips 2"]) -> Car:
    """An object's pixels and how they follow the held ones.

    The offsets between the held pixels are those of a thin-plate spline, the least bent surface through them. It keeps
    what is linear: if all arrows are zero so is every offset, and if all end in one point then every pixel of the
    object points there.
    """
    rows, columns = np.nonzero(instances == number)
    position = np.stack([columns, rows]).astype(float)
    spline = RBFInterpolator(held, np.eye(len(held)), kernel="thin_plate_spline", degree=1)
    return Car(number, position, held.T.astype(float), spline(position.T))


def embed(car: Car, tips: Float[np.ndarray, "2 tips"]) -> Float[np.ndarray, "2 P"]:
    """Where every pixel of the object points, given where the held ones do."""
    return car.position + (tips - car.held) @ car.weights.T


def attractor_of(car: Car, embedding: Float[np.ndarray, "2 P"], attractor: Attractor) -> Float[np.ndarray, "2"]:
    """The centre of the object's margin."""
    return car.centroid if attractor == "centroid" else embedding.mean(1)


def compute(cars: tuple[Car, ...], hand: Hand) -> tuple[Outcome, ...]:
    """Embeddings, members, overlaps and losses of all objects of the window."""
    embeddings = [embed(car, tips) for car, tips in zip(cars, hand.tips, strict=True)]
    centres = [attractor_of(c, e, hand.attractor) for c, e in zip(cars, embeddings, strict=True)]
    owner = torch.cat([torch.full((c.position.shape[1],), k) for k, c in enumerate(cars, start=1)])
    # The margin that is set comes last, behind those of the chart.
    curves = fixed_margin_iou(
        units(np.concatenate(embeddings, axis=1)),
        owner,
        units(np.stack(centres, axis=1)),
        torch.from_numpy(np.append(DELTAS, hand.delta)),
    ).numpy()
    return tuple(outcome(cars, embeddings, centres, k, curves[k], hand.delta) for k in range(len(cars)))


def outcome(
    cars: tuple[Car, ...],
    embeddings: list[Float[np.ndarray, "2 _"]],
    centres: list[Float[np.ndarray, "2"]],
    k: int,
    curve: Float[np.ndarray, "D"],
    delta: float,
) -> Outcome:
    """What comes of it for the k-th object, counted from 0."""
    rest = [j for j in range(len(cars)) if j != k]
    here, there, goal = units(cars[k].position), units(embeddings[k]), units(centres[k])
    count = here.shape[1]
    return Outcome(
        number=cars[k].number,
        embedding=embeddings[k],
        centre=centres[k],
        inside=within(embeddings[k], centres[k], delta),
        taken=np.any([within(embeddings[k], centres[j], delta) for j in rest], axis=0),
        strangers=int(sum(within(embeddings[j], centres[k], delta).sum() for j in rest)),
        iou=float(curve[-1]),
        curve=curve[:-1],
        hinge=fixed_margin_hinge(there, goal, delta).item() / count,
        regression=offset_regression(there - here, here, goal).item() / count,
    )


def within(embedding: Float[np.ndarray, "2 P"], centre: Float[np.ndarray, "2"], delta: float) -> Bool[np.ndarray, "P"]:
    """Which embeddings lie in the margin."""
    return fixed_margin_members(units(embedding), units(centre), delta).numpy()


def units(places: Float[np.ndarray, "*shape"]) -> Float[torch.Tensor, "*shape"]:
    """From px to units of 1024 px."""
    return torch.from_numpy(places / PIXELS_PER_UNIT)


def pointing_nowhere(cars: tuple[Car, ...]) -> tuple[Float[np.ndarray, "2 _"], ...]:
    """Tips of arrows of length zero: what a network says before it has learned anything."""
    return tuple(car.held.copy() for car in cars)


def pointing_to_the_middle(cars: tuple[Car, ...], share: float = 0.0) -> tuple[Float[np.ndarray, "2 _"], ...]:
    """Tips at the centroids, or off by errors that are a ``share`` of the length of each arrow."""
    rng = np.random.default_rng(4)
    tips = []
    for car in cars:
        goal = np.repeat(car.centroid[:, None], car.held.shape[1], axis=1)
        turn = rng.uniform(0, 2 * np.pi, car.held.shape[1])
        tips.append(goal + share * np.hypot(*(goal - car.held)) * np.stack([np.cos(turn), np.sin(turn)]))
    return tuple(tips)


def move(hand: Hand, car: int, arrow: int, place: tuple[float, float]) -> Hand:
    """The hand with one tip elsewhere, kept inside the window."""
    left, top, width, height = WINDOW
    tips = [t.copy() for t in hand.tips]
    tips[car][:, arrow] = np.clip(place, (left, top), (left + width - 1, top + height - 1))
    return Hand(tuple(tips), hand.delta, hand.attractor)
