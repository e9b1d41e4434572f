"""From the network's output to instances: the paper's sequential clustering, readable and with its trace.

At inference there are no masks to take means over: an instance is opened by its best seed pixel, whose *own*
embedding is the centre and whose *own* bandwidth sets the margin.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lab.embedding import Prediction, at_least_float32, bandwidth_to_sharpness, membership, split
from lab.fast.choice import Implementation, check_implementation, fallback_once
from lab.instances import Instances, Step, Thresholds, check_finite, instances_of, judge
from lab.regions import Regions, regions_of

__all__ = [
    "Candidates",
    "Instances",
    "Pixels",
    "Step",
    "Thresholds",
    "candidates_of",
    "check_finite",
    "cluster",
    "grow",
    "judge",
]

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
        from lab.fast.clustering import fast_cluster

        with _where_it_serves(implementation):
            return fast_cluster(output, bandwidth_channels, thresholds)
    return _cluster_readable(output, bandwidth_channels, thresholds)


@torch.no_grad()
def cluster_to_regions(
    output: Float[Tensor, "C H W"],
    bandwidth_channels: int,
    thresholds: Thresholds,
    implementation: Implementation = "auto",
) -> Regions:
    """As `cluster`, but lists of pixels come out instead of masks: memory for what is found, however large the image.

    Raises:
        ValueError: as `cluster`.
    """
    check_implementation(implementation)
    if implementation != "readable":
        from lab.fast.clustering import fast_regions

        with _where_it_serves(implementation):
            return fast_regions(output, bandwidth_channels, thresholds)
    found, (_, height, width) = _proposals(output, bandwidth_channels, thresholds), output.shape
    pixels = [(of[0] * width + of[1]).cpu().numpy() for _, of in found if of is not None]
    return regions_of([step for step, _ in found], pixels, (height, width))


@contextmanager
def _where_it_serves(implementation: Implementation) -> Iterator[None]:
    """With "auto" a fast clustering that cannot serve is left for the readable one, which is told once."""
    from lab.fast.clustering_parts import CannotServe

    try:
        yield
    except CannotServe as reason:
        if implementation == "fast":
            raise
        fallback_once(f"{reason} The readable clustering runs.")


def _cluster_readable(output: Float[Tensor, "C H W"], bandwidth_channels: int, thresholds: Thresholds) -> Instances:
    found = _proposals(output, bandwidth_channels, thresholds)
    return _collect(found, at_least_float32(output), bandwidth_channels)


def _proposals(
    output: Float[Tensor, "C H W"], bandwidth_channels: int, thresholds: Thresholds
) -> list[tuple[Step, Pixels | None]]:
    """All proposals of all classes, the accepted ones with their pixels."""
    check_finite(output)
    prediction = split(at_least_float32(output)[None], bandwidth_channels)
    found: list[tuple[Step, Pixels | None]] = []
    for class_index in range(1, prediction.seed_map.shape[1] + 1):
        candidates = candidates_of(prediction, class_index, thresholds.foreground_threshold)
        row, column = candidates.row, candidates.column
        for step, proposal in grow(candidates, class_index, thresholds):
            # Only of accepted proposals a mask is kept: of a poor prediction thousands may be rejected.
            found.append((step, (row[proposal], column[proposal]) if step.accepted else None))
    return found


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
