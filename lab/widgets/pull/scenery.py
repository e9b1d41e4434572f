"""From what the person chose to everything that the figure shows: compute(state) -> data."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8

from lab.datasets.scene import Scene
from lab.embedding import bandwidth_to_sharpness, sharpness_to_margin, sharpness_to_sigma
from lab.widgets.pull.compute import (
    Balance,
    Cloud,
    Speakers,
    bandwidth_of,
    descend,
    gather,
    let_speak,
    likely_seeds,
    overlap,
    point_roughly,
    pulls,
    sides,
    spread_out,
    weigh,
)

OBJECTS = {"car 11": 11, "rider 7": 7, "person 4": 4}
SPEAKERS = 40
# Of the balance's own σ: how far the slider and the chart go.
WIDEST = 1.9
NARROWEST = 2.0  # px


@dataclass(frozen=True)
class Choice:
    """What the controls say.

    Attributes:
        number: of the object.
        sigma: of b_k at the start, px.
        factor: by which σ of single pixels is typically off at the start; 1 is no spread.
        steps: of gradient descent from there.
        smoothness: whether its term takes part.
    """

    number: int = 11
    sigma: float = 20.0
    factor: float = 1.5
    steps: int = 0
    smoothness: bool = False


@dataclass(frozen=True)
class Window:
    """The part of the street that is shown: (left, top, width, height) in px."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, eq=False)  # one is itself: what is drawn of it can be kept
class Stage:
    """One object with what does not change while it is looked at."""

    cloud: Cloud
    balance: Balance
    chosen: np.ndarray
    window: Window
    image: UInt8[np.ndarray, "_ _ 3"]

    @property
    def widest(self) -> float:
        """The largest σ, px."""
        return float(self.balance.sigma[-1])


@dataclass(frozen=True)
class Scenery:
    """All that is shown.

    Attributes:
        choice, stage: where it comes from.
        sigma, margin: of the object's b_k after the steps, px.
        factor: by which σ of single pixels is typically off after the steps.
        parts: every pixel's part in ∂(instance term)/∂b_k, within the window.
        mask: the object's pixels within the window.
        out, inward: the two sides of the pull, over the whole image.
        iou: of the margin at the object's centre, of its mean b.
        speakers: what single pixels would make of it.
    """

    choice: Choice
    stage: Stage
    sigma: float
    margin: float
    factor: float
    parts: Float[np.ndarray, "_ _"]
    mask: Bool[np.ndarray, "_ _"]
    out: float
    inward: float
    iou: float
    speakers: Speakers


def set_stage(scene: Scene, number: int) -> Stage:
    """Everything about one object that no slider changes; takes half a second."""
    cloud = gather(scene.instances, point_roughly(scene.instances), number)
    rough = weigh(cloud, NARROWEST, 100.0, 16)
    balance = weigh(cloud, NARROWEST, WIDEST * rough.level, 32)
    window = frame(cloud.mask.numpy())
    top, left = window.top, window.left
    image = scene.image[top : top + window.height, left : left + window.width]
    return Stage(cloud, balance, likely_seeds(cloud, SPEAKERS), window, image)


def frame(mask: Bool[np.ndarray, "H W"]) -> Window:
    """The object with surroundings, a little wider than high."""
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    size = 1.35 * max(columns[-1] - columns[0] + 1, 1.2 * (rows[-1] - rows[0] + 1))
    height, width = (min(round(s), limit) for s, limit in zip((size / 1.2, size), mask.shape, strict=True))
    top = np.clip((rows[0] + rows[-1] - height) // 2, 0, mask.shape[0] - height)
    left = np.clip((columns[0] + columns[-1] - width) // 2, 0, mask.shape[1] - width)
    return Window(int(left), int(top), width, height)


def look(stage: Stage, choice: Choice) -> Scenery:
    """Descend as many steps as asked for, then see who pulls, and what single pixels would say."""
    start = bandwidth_of(min(choice.sigma, stage.widest))
    bandwidth, factor = descend(stage.balance, start, choice.factor, choice.steps, choice.smoothness)
    parts = pulls(stage.cloud, bandwidth)
    out, inward = sides(parts, stage.cloud.mask)
    deviation = spread_out(int(stage.cloud.mask.sum()), factor)
    sharpness = bandwidth_to_sharpness(torch.tensor(bandwidth))
    w = stage.window
    shown = np.s_[w.top : w.top + w.height, w.left : w.left + w.width]
    return Scenery(
        choice,
        stage,
        float(sharpness_to_sigma(sharpness)),
        float(sharpness_to_margin(sharpness)),
        factor,
        parts.numpy()[shown],
        stage.cloud.mask.numpy()[shown],
        out,
        inward,
        overlap(stage.cloud, bandwidth),
        let_speak(stage.cloud, bandwidth, deviation, stage.chosen),
    )
