"""Which pixels matter to which instance, for the whole batch at once in plain torch operations."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lab.fast.loss_parts import PIXELS_PER_CELL, farthest, portions

MOST_CELLS = 256  # along one axis


class Batch(NamedTuple):
    """All pixels of the batch, P = B · H · W, image by image, and its K instances, which are numbered through.

    Attributes:
        embedding, bandwidth: of every pixel.
        slot: the pixel's instance; K where it has none, K + 1 in void.
        own: the pixels that have an instance, sorted by it.
        own_slot: their instances.
        sizes: pixels of every instance.
        image: of every instance.
        share: 1 / (instances of its image · B): what an instance counts in the mean.
        centre, mean, sharpness: C, b and κ (both axes) of every instance.
    """

    embedding: Float[Tensor, "P 2"]
    bandwidth: Float[Tensor, "P S"]
    slot: Int[Tensor, " P"]
    own: Int[Tensor, " Q"]
    own_slot: Int[Tensor, " Q"]
    sizes: Int[Tensor, " K"]
    image: Int[Tensor, " K"]
    share: Float[Tensor, " K"]
    centre: Float[Tensor, "K 2"]
    mean: Float[Tensor, "K S"]
    sharpness: Float[Tensor, "K 2"]
    pixels_per_image: int


class Runs(NamedTuple):
    """Where to look for the pixels in reach of every instance: R runs (rows of cells) in the grid's order of pixels."""

    order: Int[Tensor, " P"]
    first: Int[Tensor, "K R"]
    length: Int[Tensor, "K R"]
    reach: Float[Tensor, " K"]


class Portion(NamedTuple):
    """Some of the instances, and pairs of each with its own pixels and with the others in its box, in no order.

    Attributes:
        first, last: the instances.
        slot, pixel: of every pair.
        is_own: whether the pixel is the instance's.
        reach: of all instances: the distance from which on others do not matter.
        pairs: how many pairs each instance has.
    """

    first: int
    last: int
    slot: Int[Tensor, " Q"]
    pixel: Int[Tensor, " Q"]
    is_own: Bool[Tensor, " Q"]
    reach: Float[Tensor, " K"]
    pairs: Int[Tensor, " k"]


def by_instance(values: Float[Tensor, "Q X"], how: str, lengths: Int[Tensor, " K"]) -> Float[Tensor, "K X"]:
    """Sum, mean or minimum of consecutive values, so many for each instance.

    Column by column: on a GPU `segment_reduce` gives all threads to a single column, but to each instance only one
    thread for each of several columns.
    """
    if not len(lengths):
        return values.new_zeros(0, values.shape[1])
    columns = (column.contiguous() for column in values.unbind(1))
    return torch.stack([torch.segment_reduce(c, how, lengths=lengths, axis=0, unsafe=True) for c in columns], 1)


def away_from_centre(batch: Batch, pixel: Int[Tensor, " Q"], slot: Int[Tensor, " Q"]) -> Float[Tensor, "Q 2"]:
    """e - C of pairs."""
    return batch.embedding[pixel] - batch.centre[slot]


def distances(batch: Batch, pixel: Int[Tensor, " Q"], slot: Int[Tensor, " Q"]) -> Float[Tensor, " Q"]:
    """-log φ of pairs."""
    return (batch.sharpness[slot] * away_from_centre(batch, pixel, slot).square()).sum(1)


def in_portions(batch: Batch, runs: Runs) -> Iterator[Portion]:
    """The instances with all pixels that may be in their reach, as many instances at a time as make B · H · W pairs."""
    others, sizes = torch.stack([runs.length.sum(1), batch.sizes]).tolist()  # the third wait
    done = 0
    for first, last in portions([a + b for a, b in zip(others, sizes, strict=True)], len(batch.slot)):
        own, far = slice(done, done + sum(sizes[first:last])), sum(others[first:last])
        done = own.stop
        lengths = runs.length[first:last].flatten()
        run = torch.arange(len(lengths), device=lengths.device).repeat_interleave(lengths, output_size=far)
        within = torch.arange(far, device=lengths.device) - (lengths.cumsum(0) - lengths)[run]
        pixel = torch.cat([batch.own[own], runs.order[runs.first[first:last].flatten()[run] + within]])
        slot = torch.cat([batch.own_slot[own], first + run // runs.length.shape[1]])
        is_own = torch.arange(len(slot), device=slot.device) < own.stop - own.start
        pairs = runs.length[first:last].sum(1) + batch.sizes[first:last]
        yield Portion(first, last, slot, pixel, is_own, runs.reach, pairs)


def find_runs(batch: Batch) -> Runs:
    """Sort the pixels outside void by image and by the cell their embedding lies in; find the cells in reach."""
    images = len(batch.slot) // batch.pixels_per_image
    cells = min(max(int((batch.pixels_per_image / PIXELS_PER_CELL) ** 0.5), 1), MOST_CELLS)  # along one axis
    embedding = batch.embedding.double().nan_to_num(0.0)
    low = embedding.amin(0)
    per_unit = cells / (embedding.amax(0) - low).clamp(min=1e-9)

    def cell(position: Float[Tensor, "Q 2"]) -> Int[Tensor, "Q 2"]:
        return ((position - low) * per_unit).nan_to_num(0.0).clamp(0, cells - 1).long()

    column, row = cell(embedding).unbind(1)
    image = torch.arange(images, device=row.device).repeat_interleave(batch.pixels_per_image)
    number = (image * cells + row) * cells + column
    number = torch.where(batch.slot <= len(batch.sizes), number, images * cells**2)
    order = torch.sort(number, stable=True).indices
    starts = torch.zeros(images * cells**2 + 2, dtype=torch.long, device=row.device)
    starts = starts.scatter_add_(0, number + 1, torch.ones_like(number)).cumsum(0)
    reach = reaches(batch)
    radius = (reach[:, None] / batch.sharpness.double()).sqrt() * (1 + 1e-6)
    (left, top), (right, bottom) = (cell(batch.centre + side * radius).unbind(1) for side in (-1, 1))
    rows = torch.arange(cells, device=row.device)
    base = (batch.image[:, None] * cells + rows) * cells
    first, last = starts[base + left[:, None]], starts[base + right[:, None] + 1]
    inside = (rows >= top[:, None]) & (rows <= bottom[:, None])
    return Runs(order, first, torch.where(inside, last - first, 0), reach)


def reaches(batch: Batch) -> Float[Tensor, " K"]:
    """The distance from which on a pixel of the background cannot matter; see `lab.fast.loss_reach.reaches`."""
    nearest = by_instance(distances(batch, batch.own, batch.own_slot)[:, None].double(), "min", batch.sizes)[:, 0]
    reach = -torch.log(-torch.expm1(-nearest)) * (1 + 1e-6)
    return reach.fmin(reach.new_full((), farthest(torch.finfo(batch.embedding.dtype).eps)))
