"""What the replay computes: every proposal of the clustering once, then any place in it without clustering again."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from lab.clustering import Candidates, Step, Thresholds, candidates_of, check_finite, grow
from lab.embedding import PIXELS_PER_UNIT, Prediction
from lab.widgets.prediction import read_prediction


@dataclass(frozen=True)
class Inputs:
    """What the clustering is given for one image (B = 1), and the image to draw it on.

    Attributes:
        image: RGB.
        prediction: embeddings, bandwidths and seed maps.
        class_names: of classes 1..N.
    """

    image: UInt8[np.ndarray, "H W 3"]
    prediction: Prediction
    class_names: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.image.shape[:2]

    def seed_map(self, class_index: int) -> Float[np.ndarray, "H W"]:
        """Scores of one class, 1..N."""
        return self.prediction.seed_map[0, class_index - 1].numpy()


@dataclass(frozen=True)
class Proposal:
    """One proposal of the clustering with its pixels.

    Attributes:
        step: the clustering's own record of it.
        pixels: of the whole proposal, as row-major indices of the image.
        unassigned: candidates of its class that were still to be had, the seed among them.
        number: of the instance that it became, counted over the whole run; 0 if it was rejected.
    """

    step: Step
    pixels: Int[np.ndarray, "_"]
    unassigned: int
    number: int


@dataclass(frozen=True)
class Run:
    """A clustering from beginning to end.

    Attributes:
        classes: clustered one after another.
        candidates: of each class, as row-major indices of the image.
        proposals: all of them, in order.
        ends: of each class, why no further proposal was made, in words.
    """

    thresholds: Thresholds
    classes: tuple[int, ...]
    candidates: dict[int, np.ndarray]
    proposals: tuple[Proposal, ...]
    ends: dict[int, str]

    def __len__(self) -> int:
        return len(self.proposals)


@dataclass(frozen=True)
class Frame:
    """The clustering after ``place`` proposals, the last of them being looked at.

    Attributes:
        place: 0 (nothing has happened yet) to the number of proposals.
        class_index: the class at work.
        candidate: pixels that take part in it.
        owner: the first proposal that took a pixel (1 for the run's first); 0 where it is unassigned or no candidate.
            The proposal being looked at has not taken any yet.
        claim: the pixels of the proposal being looked at.
        current: that proposal; None where there is none.
    """

    place: int
    class_index: int
    candidate: Bool[np.ndarray, "H W"]
    owner: Int[np.ndarray, "H W"]
    claim: Bool[np.ndarray, "H W"]
    current: Proposal | None

    @property
    def unassigned(self) -> Bool[np.ndarray, "H W"]:
        """Candidates that no earlier proposal has taken."""
        return self.candidate & (self.owner == 0)


def read_inputs(
    image: UInt8[np.ndarray, "H W 3"],
    output: Float[Tensor, "C _ _"],
    class_names: tuple[str, ...],
    bandwidth_channels: int = 2,
) -> Inputs:
    """Take the network's output apart.

    Raises:
        ValueError: if image and output differ in size, the names do not number N, or a value is not finite.
    """
    output, prediction = read_prediction(image, output, class_names, bandwidth_channels)
    check_finite(output)
    return Inputs(image, prediction, tuple(class_names))


@torch.no_grad()
def run_clustering(inputs: Inputs, classes: tuple[int, ...], thresholds: Thresholds) -> Run:
    """All proposals of these classes (1..N), in this order, with the masks of the rejected ones too."""
    proposals: list[Proposal] = []
    candidates, ends = {}, {}
    for class_index in classes:
        those = candidates_of(inputs.prediction, class_index, thresholds.foreground_threshold)
        accepted = sum(p.number > 0 for p in proposals)
        proposals += _propose(those, inputs.shape[1], class_index, thresholds, accepted)
        candidates[class_index] = (those.row * inputs.shape[1] + those.column).numpy()
        ends[class_index] = why_it_ended(those, [p for p in proposals if p.step.class_index == class_index], thresholds)
    return Run(thresholds, classes, candidates, tuple(proposals), ends)


def _propose(
    candidates: Candidates, width: int, class_index: int, thresholds: Thresholds, accepted: int
) -> Iterator[Proposal]:
    """The proposals of one class; ``accepted``: instances found before it."""
    index = (candidates.row * width + candidates.column).numpy()
    left = len(index)
    for step, proposal in grow(candidates, class_index, thresholds):
        accepted += step.accepted
        yield Proposal(step, index[proposal.numpy()], left, accepted if step.accepted else 0)
        left -= step.unassigned_pixels + 1  # the seed is assigned but not counted among the new ones


def why_it_ended(candidates: Candidates, proposals: list[Proposal], thresholds: Thresholds) -> str:
    """Why one class has no further proposal: too few candidates left, or no seed that is good enough."""
    left = len(candidates.score)
    if proposals:
        left = proposals[-1].unassigned - proposals[-1].step.unassigned_pixels - 1
    if left <= thresholds.min_pixels:
        return f"{left} candidates are unassigned, and more than {thresholds.min_pixels} are wanted"
    return f"none of the {left} unassigned candidates has a seed score of {thresholds.seed_threshold:.2f} or more"


def frame_at(inputs: Inputs, run: Run, place: int) -> Frame:
    """The clustering after ``place`` proposals, looking at the last of them."""
    current = run.proposals[place - 1] if place else None
    class_index = current.step.class_index if current else first_class(run)
    claim = np.zeros(inputs.shape, bool)
    if current:
        claim.ravel()[current.pixels] = True
    return Frame(
        place, class_index, _candidate(inputs, run, class_index), owners(inputs, run, place - 1), claim, current
    )


def frame_before_next(inputs: Inputs, run: Run, place: int) -> Frame:
    """The clustering after ``place`` proposals, all of which have taken their pixels."""
    class_index = next_class(run, place)
    candidate, nothing = _candidate(inputs, run, class_index), np.zeros(inputs.shape, bool)
    return Frame(place, class_index, candidate, owners(inputs, run, place, class_index), nothing, None)


def first_class(run: Run) -> int:
    """The class of the first proposal; of a run without any, its first class."""
    return run.proposals[0].step.class_index if run.proposals else run.classes[0]


def next_class(run: Run, place: int) -> int:
    """The class of the proposal after ``place``; at the end that of the last."""
    return run.proposals[min(place, len(run) - 1)].step.class_index if run.proposals else run.classes[0]


def owners(inputs: Inputs, run: Run, place: int, class_index: int | None = None) -> Int[np.ndarray, "H W"]:
    """Which of the first ``place`` proposals took a pixel first; 0 for none.

    Only proposals of one class count, by default that of the proposal after: each class starts with all its pixels.
    """
    class_index = class_index or next_class(run, max(place, 0))
    owner = np.zeros(inputs.shape, np.int32)
    for k in range(place, 0, -1):  # backwards, so that the first stays
        if run.proposals[k - 1].step.class_index == class_index:
            owner.ravel()[run.proposals[k - 1].pixels] = k
    return owner


def _candidate(inputs: Inputs, run: Run, class_index: int) -> Bool[np.ndarray, "H W"]:
    candidate = np.zeros(inputs.shape, bool)
    candidate.ravel()[run.candidates[class_index]] = True
    return candidate


def same_place(old: Run, place: int, new: Run) -> int:
    """The place in another run that is nearest to this one.

    Seeds come class by class and with falling scores, so a place is kept by counting the proposals that come no later.
    """
    if place == 0:
        return 0
    here = _order(old.proposals[place - 1])
    return sum(_order(proposal) <= here for proposal in new.proposals)


def _order(proposal: Proposal) -> tuple[int, float, int, int]:
    step = proposal.step
    return (step.class_index, -step.score, step.row, step.column)


def centre_px(step: Step) -> tuple[float, float]:
    """The seed's embedding, x and y in px."""
    return (step.centre[0] * PIXELS_PER_UNIT, step.centre[1] * PIXELS_PER_UNIT)


def margin_px(step: Step) -> tuple[float, float]:
    """Radius of the seed's margin across and upright, in px."""
    radii = [PIXELS_PER_UNIT * (np.log(2) / kappa) ** 0.5 for kappa in step.sharpness]
    return (float(radii[0]), float(radii[-1]))
