"""What the clustering is told and what it gives: thresholds, instances, and the trace of its proposals.

It stands below both versions of the clustering, the readable one (`lab.clustering`) and its fast twins (`lab.fast`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

MOST_PIXELS = 2**31 - 1  # of an instance: no picture has more


@dataclass(frozen=True)
class Step:
    """One proposal of the clustering, in the order in which they were made.

    Attributes:
        class_index: 1..N.
        row, column: the seed pixel.
        score: its seed value.
        centre: its embedding (x, y), in units of 1024 px.
        sharpness: its κ, S values.
        proposal_pixels: candidates with membership above one half, the seed among them.
        unassigned_pixels: those of them that no earlier proposal had taken, the seed not counted.
        accepted: whether it became an instance.
        reason: why, in words.
    """

    class_index: int
    row: int
    column: int
    score: float
    centre: tuple[float, float]
    sharpness: tuple[float, ...]
    proposal_pixels: int
    unassigned_pixels: int
    accepted: bool
    reason: str

    @property
    def overlap(self) -> float:
        """Share of the proposal that earlier proposals had taken already, the seed counted as taken."""
        return 1 - self.unassigned_pixels / self.proposal_pixels


@dataclass(frozen=True)
class Instances:
    """K instances in order of acceptance: classes ascending, within a class by falling seed score.

    Attributes:
        masks: may overlap; these are what is evaluated.
        scores: the seed value of each instance's seed pixel.
        classes: 1..N.
        centres: (x, y) in units of 1024 px.
        sharpness: κ of each instance.
        labels: 0 background, k = k-th instance; where masks overlap the highest score is on top.
        trace: every proposal, accepted or not.
    """

    masks: Bool[Tensor, "K H W"]
    scores: Float[Tensor, "K"]
    classes: Int[Tensor, "K"]
    centres: Float[Tensor, "K 2"]
    sharpness: Float[Tensor, "K S"]
    labels: Int[Tensor, "H W"]
    trace: tuple[Step, ...]

    def __len__(self) -> int:
        return len(self.scores)


@dataclass(frozen=True)
class Thresholds:
    """What the clustering may be told.  Pixels belong to data and resolution: they travel with a checkpoint.

    Attributes:
        seed_threshold: an instance is opened only by a seed score of at least this (0.9 in the authors' tests).
        foreground_threshold: pixels with a seed score above this take part.
        min_pixels: an instance has more pixels than this (128 at 2048x1024; scale it by area).
        min_unassigned: more than this share of a proposal must be new, else it is an object seen before.
    """

    seed_threshold: float = 0.9
    foreground_threshold: float = 0.5
    min_pixels: int = 128
    min_unassigned: float = 0.5

    def __post_init__(self) -> None:
        for name in ("seed_threshold", "foreground_threshold", "min_unassigned"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; expected a number from 0 to 1.")
        if not (0 <= self.min_pixels <= MOST_PIXELS and self.min_pixels == int(self.min_pixels)):
            raise ValueError(f"min_pixels is {self.min_pixels}; expected a whole number from 0 to {MOST_PIXELS}.")


def made_step(
    thresholds: Thresholds,
    class_index: int,
    row: int,
    column: int,
    score: float,
    centre: tuple[float, float],
    sharpness: tuple[float, ...],
    size: int,
    fresh: int,
) -> Step:
    """A proposal with its judgement, see `Step`; ``size`` and ``fresh`` are its pixels and the unassigned of them."""
    accepted, reason = judge(size, fresh, thresholds)
    return Step(class_index, row, column, score, centre, sharpness, size, fresh, accepted, reason)


def judge(size: int, fresh: int, thresholds: Thresholds) -> tuple[bool, str]:
    """Accept a proposal of ``size`` pixels, ``fresh`` of them unassigned, or say why not."""
    if size <= thresholds.min_pixels:
        return False, f"too small: {size} px, more than {thresholds.min_pixels} wanted"
    share = fresh / size
    if share <= thresholds.min_unassigned:
        return (
            False,
            f"seen before: {share:.0%} of it is new, more than {thresholds.min_unassigned:.0%} wanted",
        )
    return True, f"accepted: {size} px, {share:.0%} of them new"


def check_finite(output: Float[Tensor, "C H W"]) -> None:
    """Raise ValueError with the number of values that are not finite and the place of the first."""
    bad = ~torch.isfinite(output)
    if bad.any():
        channel, row, column = bad.nonzero()[0].tolist()
        raise ValueError(
            f"the prediction holds {int(bad.sum())} value(s) that are not finite, the first in channel {channel} "
            f"at row {row}, column {column}: {float(output[channel, row, column])}. Did training diverge?"
        )


def instances_of(
    trace: Sequence[Step],
    masks: Bool[Tensor, "K H W"],
    labels: Int[Tensor, "H W"],
    output: Float[Tensor, "C H W"],
    bandwidth_channels: int,
) -> Instances:
    """Masks and labels with what the trace says of each accepted proposal; numbers of the output's type and device."""
    steps = [step for step in trace if step.accepted]
    return Instances(
        masks=masks,
        scores=output.new_tensor([s.score for s in steps]),
        classes=labels.new_tensor([s.class_index for s in steps]),
        centres=output.new_tensor([s.centre for s in steps]).reshape(-1, 2),
        sharpness=output.new_tensor([s.sharpness for s in steps]).reshape(-1, bandwidth_channels),
        labels=labels,
        trace=tuple(trace),
    )
