"""From the network's output to instances: the paper's sequential clustering, readable and with its trace.

At inference there are no masks to take means over: an instance is opened by its best seed pixel, whose *own*
embedding is the centre and whose *own* bandwidth sets the margin.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lab.embedding import Prediction, at_least_float32, bandwidth_to_sharpness, membership, split
from lab.fast.choice import Implementation, check_implementation, fallback_once


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
        if not (self.min_pixels >= 0 and self.min_pixels == int(self.min_pixels)):
            raise ValueError(f"min_pixels is {self.min_pixels}; expected a whole number, 0 or more.")


Pixels = tuple[Tensor, Tensor]  # rows and columns; their number differs from proposal to proposal


@dataclass(frozen=True)
class Candidates:
    """The pixels of one class that take part, in row-major order."""

    embedding: Float[Tensor, "2 P"]
    sharpness: Float[Tensor, "S P"]
    score: Float[Tensor, "P"]
    row: Int[Tensor, "P"]
    column: Int[Tensor, "P"]


@torch.no_grad()
def cluster(
    output: Float[Tensor, "C H W"],
    bandwidth_channels: int = 2,
    seed_threshold: float = 0.9,
    foreground_threshold: float = 0.5,
    min_pixels: int = 128,
    min_unassigned: float = 0.5,
    implementation: Implementation = "auto",
) -> Instances:
    """Cluster one image, class by class (one against all), following the paper's section on seed sampling.

    Args:
        output: [2+S+N, H, W], as the network gives it for one image.
        bandwidth_channels: S of the network, 1 or 2.
        seed_threshold, foreground_threshold, min_pixels, min_unassigned: see :class:`Thresholds`.
        implementation: "readable" is what is taught, below; "fast" is `lab.fast.clustering`, the same in every bit;
            "auto" is the fast one wherever it can serve.

    Raises:
        ValueError: on a threshold out of range, a channel count that does not fit, or a value that is not finite;
            with "fast", where it cannot serve.
        MemoryError: the masks of all instances do not fit; says how large they are.
    """
    check_implementation(implementation)
    thresholds = Thresholds(seed_threshold, foreground_threshold, min_pixels, min_unassigned)
    if implementation != "readable":
        from lab.fast.clustering import CannotServe, fast_cluster

        try:
            return fast_cluster(output, bandwidth_channels, thresholds)
        except CannotServe as reason:
            if implementation == "fast":
                raise
            fallback_once(f"{reason} The readable clustering runs.")
    return _cluster_readable(output, bandwidth_channels, thresholds)


def _cluster_readable(output: Float[Tensor, "C H W"], bandwidth_channels: int, thresholds: Thresholds) -> Instances:
    check_finite(output)
    output = at_least_float32(output)
    prediction = split(output[None], bandwidth_channels)
    found: list[tuple[Step, Pixels | None]] = []
    for class_index in range(1, prediction.seed_map.shape[1] + 1):
        candidates = candidates_of(prediction, class_index, thresholds.foreground_threshold)
        row, column = candidates.row, candidates.column
        for step, proposal in grow(candidates, class_index, thresholds):
            # Only of accepted proposals a mask is kept: of a poor prediction thousands may be rejected.
            found.append((step, (row[proposal], column[proposal]) if step.accepted else None))
    return _collect(found, output, bandwidth_channels)


def candidates_of(prediction: Prediction, class_index: int, foreground_threshold: float) -> Candidates:
    """The pixels of one image (B = 1) whose seed score in this class, 1..N, is above the foreground threshold."""
    seed_map = prediction.seed_map[0, class_index - 1]
    taking_part = seed_map > foreground_threshold
    row, column = taking_part.nonzero(as_tuple=True)
    return Candidates(
        prediction.embedding[0][:, taking_part],
        bandwidth_to_sharpness(prediction.bandwidth[0][:, taking_part]),
        seed_map[taking_part],
        row,
        column,
    )


def grow(candidates: Candidates, class_index: int, thresholds: Thresholds) -> Iterator[tuple[Step, Bool[Tensor, "P"]]]:
    """Yield every proposal of one class with its candidates, until seeds or pixels run out.

    Ties between seeds go to the lowest row-major index. A rejected proposal takes its pixels with it: they will not
    be asked again.
    """
    unassigned = torch.ones_like(candidates.score, dtype=torch.bool)
    while unassigned.sum() > thresholds.min_pixels:
        seed = int(torch.where(unassigned, candidates.score, -1.0).argmax())
        if candidates.score[seed] < thresholds.seed_threshold:
            return
        unassigned[seed] = False
        centre, sharpness = candidates.embedding[:, seed], candidates.sharpness[:, seed]
        proposal = membership(candidates.embedding, centre, sharpness) > 0.5
        size, fresh = int(proposal.sum()), int(unassigned[proposal].sum())
        unassigned[proposal] = False
        accepted, reason = judge(size, fresh, thresholds)
        step = Step(
            class_index,
            int(candidates.row[seed]),
            int(candidates.column[seed]),
            float(candidates.score[seed]),
            (float(centre[0]), float(centre[1])),
            tuple(sharpness.tolist()),
            size,
            fresh,
            accepted,
            reason,
        )
        yield step, proposal


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


def _collect(
    found: list[tuple[Step, Pixels | None]], output: Float[Tensor, "C H W"], bandwidth_channels: int
) -> Instances:
    accepted = [(step, pixels) for step, pixels in found if pixels is not None]
    labels = torch.zeros(output.shape[1:], dtype=torch.int64, device=output.device)
    masks = labels.new_zeros((len(accepted), *labels.shape), dtype=torch.bool)
    # Lowest score first, so that the highest ends on top; of equal scores the one accepted first.
    for k in sorted(range(len(accepted)), key=lambda k: (accepted[k][0].score, -k)):
        rows, columns = accepted[k][1]
        masks[k, rows, columns] = True
        labels[rows, columns] = k + 1
    return instances_of([step for step, _ in found], masks, labels, output, bandwidth_channels)


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
