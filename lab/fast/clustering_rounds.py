"""The clustering in plain torch, on any device: every class takes its best free seed in each round, all at once.

The readable version asks the device several questions a proposal, and waits for each answer. Here nothing is asked for
`ROUNDS` rounds; then, whether any class is still busy. Rounds that a class did not need leave no trace. Masks are
rebuilt when all is over, from the accepted seeds.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lab.embedding import PIXELS_PER_UNIT, bandwidth_to_sharpness
from lab.fast.clustering_parts import largest_inside
from lab.instances import Instances, Step, Thresholds, instances_of, made_step

ROUNDS = 8  # between two questions: more are wasted where fewer were left, fewer wait more often
AT_ONCE = 1 << 24  # memberships: masks are rebuilt so many at a time


class Field(NamedTuple):
    """The candidates of all classes, a row each, in row-major order of their pixels.

    Shorter rows are filled up, and the last place of every row is empty: a class that is done has its seed there.

    Attributes:
        pixel: row · width + column.
        score: -1 in empty places.
        embedding, sharpness: as in `lab.embedding.Prediction`.
        seeds: places of those that may open an instance, by falling score; then the empty place P, once or more often.
    """

    pixel: Int[Tensor, "N P"]
    score: Float[Tensor, "N P"]
    embedding: Float[Tensor, "2 N P"]
    sharpness: Float[Tensor, "S N P"]
    seeds: Int[Tensor, "N Q"]


class Proposals(NamedTuple):
    """Proposals in the order of the trace: row and place of the seed, number of its members, and of the new ones."""

    row: Int[Tensor, "M"]
    seed: Int[Tensor, "M"]
    size: Int[Tensor, "M"]
    fresh: Int[Tensor, "M"]


def cluster_in_rounds(output: Float[Tensor, "C H W"], bandwidth_channels: int, thresholds: Thresholds) -> Instances:
    """`lab.clustering.cluster` of a float32 or float64 output.

    Raises:
        CannotServe: see `lab.fast.clustering_parts.largest_inside`.
    """
    limit = largest_inside(output.dtype, output.device)
    seed_map = torch.sigmoid(output[None][:, 2 + bandwidth_channels :])[0]
    field = field_of(output, seed_map, bandwidth_channels, thresholds)
    proposals = grow_in_rounds(field, limit, thresholds)
    steps = _steps(field, proposals, output.shape[2], thresholds)
    accepted = [k for k, step in enumerate(steps) if step.accepted]
    row, seed = (part[torch.tensor(accepted, dtype=torch.int64, device=output.device)] for part in proposals[:2])
    masks, labels = _paint(_members(field, row, seed, limit), [steps[k].score for k in accepted], output)
    return instances_of(steps, masks, labels, output, bandwidth_channels)


def field_of(
    output: Float[Tensor, "C H W"],
    seed_map: Float[Tensor, "N H W"],
    bandwidth_channels: int,
    thresholds: Thresholds,
) -> Field:
    """The candidates of all classes.  Waits for the device three times."""
    taking_part = (seed_map > thresholds.foreground_threshold).flatten(1)
    counts = taking_part.sum(1)
    row, pixel = taking_part.nonzero(as_tuple=True)
    place = torch.arange(len(row), device=row.device) - (counts.cumsum(0) - counts)[row]
    most = int(counts.max()) + 1

    def rows(values: Tensor, empty: int) -> Tensor:
        filled = values.new_full((*values.shape[:-1], len(seed_map), most), empty)
        filled[..., row, place] = values
        return filled

    planes = output.flatten(1)[: 2 + bandwidth_channels, pixel]
    at = torch.stack([pixel % output.shape[2], pixel.div(output.shape[2], rounding_mode="floor")])
    score = rows(seed_map.flatten(1)[row, pixel], -1)
    return Field(
        rows(pixel, 0),
        score,
        rows(at.to(output.dtype) / PIXELS_PER_UNIT + torch.tanh(planes[:2]), 0),
        rows(bandwidth_to_sharpness(planes[2:]), 1),
        _seeds(score, thresholds.seed_threshold),
    )


def _seeds(score: Float[Tensor, "N P"], threshold: float) -> Int[Tensor, "N Q"]:
    falling = score.sort(dim=1, descending=True, stable=True)
    above = falling.values >= threshold
    above &= falling.values >= 0  # at threshold 0 an empty place is no seed either
    most = int(above.sum(1).max()) + 1
    return torch.where(above, falling.indices, score.shape[1] - 1)[:, :most]


def grow_in_rounds(field: Field, limit: float, thresholds: Thresholds) -> Proposals:
    """Every proposal of every class.  Waits for the device once in `ROUNDS` rounds."""
    there = field.score >= 0
    free, left, done = there.clone(), there.sum(1), []
    while True:
        done += [_round(field, there, free, left, limit, thresholds) for _ in range(ROUNDS)]
        if not done[-1][0].any():
            break
    made, seed, size, fresh = (torch.stack(parts, 1) for parts in zip(*done, strict=True))
    row, turn = made.nonzero(as_tuple=True)
    return Proposals(row, seed[row, turn], size[row, turn], fresh[row, turn])


def _round(
    field: Field,
    there: Bool[Tensor, "N P"],
    free: Bool[Tensor, "N P"],
    left: Int[Tensor, "N"],
    limit: float,
    thresholds: Thresholds,
) -> tuple[Bool[Tensor, "N"], Int[Tensor, "N"], Int[Tensor, "N"], Int[Tensor, "N"]]:
    """One proposal of every class: whether it is made, its seed, size and new members.  Changes ``free``, ``left``."""
    turns = torch.arange(field.seeds.shape[1], device=free.device)
    # No argmax: it may give any of several equal places, a minimum of numbers is one number.
    turn = torch.where(free.gather(1, field.seeds), turns, len(turns) - 1).amin(1, keepdim=True)
    seed = field.seeds.gather(1, turn)
    made = free.gather(1, seed) & (left > thresholds.min_pixels)[:, None]
    free.scatter_(1, seed, free.gather(1, seed) & ~made)
    row = torch.arange(len(seed), device=free.device)
    centre, sharpness = field.embedding[:, row, seed[:, 0]], field.sharpness[:, row, seed[:, 0]]
    inside = _inside(field.embedding, centre, sharpness, limit) & there & made
    size, fresh = inside.sum(1), (inside & free).sum(1)
    free &= ~inside
    left -= fresh + made[:, 0]
    return made[:, 0], seed[:, 0], size, fresh


def _inside(
    embedding: Float[Tensor, "2 M P"], centre: Float[Tensor, "2 M"], sharpness: Float[Tensor, "S M"], limit: float
) -> Bool[Tensor, "M P"]:
    """Whether each place lies within its row's margin; operation by operation as it is taught."""
    return (sharpness[..., None] * (embedding - centre[..., None]).square()).sum(0) <= limit


def _steps(field: Field, proposals: Proposals, width: int, thresholds: Thresholds) -> list[Step]:
    row, seed, size, fresh = proposals
    pixel = field.pixel[row, seed].tolist()
    numbers = ((row + 1).tolist(), [p // width for p in pixel], [p % width for p in pixel])
    shapes = (map(tuple, part[:, row, seed].T.tolist()) for part in (field.embedding, field.sharpness))
    values = zip(*numbers, field.score[row, seed].tolist(), *shapes, size.tolist(), fresh.tolist(), strict=True)
    return [made_step(thresholds, *of) for of in values]


def _members(
    field: Field, row: Int[Tensor, "K"], seed: Int[Tensor, "K"], limit: float
) -> Iterator[tuple[Int[Tensor, "M"], Int[Tensor, "M"]]]:
    """The number and the pixel of every member of every accepted proposal."""
    together = max(1, AT_ONCE // field.score.shape[1])
    for begin in range(0, len(row), together):
        rows, seeds = row[begin : begin + together], seed[begin : begin + together]
        centre, sharpness = field.embedding[:, rows, seeds], field.sharpness[:, rows, seeds]
        inside = _inside(field.embedding[:, rows], centre, sharpness, limit) & (field.score[rows] >= 0)
        k, place = inside.nonzero(as_tuple=True)
        yield begin + k, field.pixel[rows[k], place]


def _paint(
    pairs: Iterable[tuple[Int[Tensor, "M"], Int[Tensor, "M"]]], scores: Sequence[float], output: Float[Tensor, "C H W"]
) -> tuple[Bool[Tensor, "K H W"], Int[Tensor, "H W"]]:
    """Masks and labels; where masks overlap the highest score is on top, of equal ones the instance accepted first."""
    rising = sorted(range(len(scores)), key=lambda k: (scores[k], -k))
    number = torch.tensor([0, *(k + 1 for k in rising)], device=output.device)
    height = number[1:].argsort() + 1  # of each instance in the pile, 0 being the ground
    masks = torch.zeros((len(scores), *output.shape[1:]), dtype=torch.bool, device=output.device)
    top = torch.zeros(output.shape[1:].numel(), dtype=torch.int64, device=output.device)
    for k, pixel in pairs:
        masks.flatten(1)[k, pixel] = True
        top.scatter_reduce_(0, pixel, height[k], "amax")
    return masks, number[top].view(output.shape[1:])
