"""The fast loss of one image on the processor: numpy's sorts and exponentials between numba's loops.

An instance is a slot 0..K-1. Everything that is kept is of the size of the image; the pairs of an instance with the
pixels in its reach are made and used up a few instances at a time (``PAIRS_AT_ONCE``).
"""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int, Int32, UInt32, UInt64
from torch import Tensor

from lab.embedding import BANDWIDTH_GAIN, LARGEST_EXPONENT, coordinate_grid
from lab.fast.loss_parts import LabelFault, Parts, Slopes

# A background pixel's error 2φ is lost in 2φ - 1 beyond this distance (φ < 2^-26, 2^-55), as in the readable version.
FARTHEST = {np.dtype(np.float32): 26 * np.log(2), np.dtype(np.float64): 55 * np.log(2)}
PIXELS_PER_CELL = 32  # fewer: more cells to walk through; more: more pixels looked at in vain
PAIRS_AT_ONCE = 1 << 18  # or those of one instance, where it alone reaches more: 2 MB, which a core's cache holds


class Image(NamedTuple):
    """One image as numpy sees it; P pixels in all, row by row."""

    embedding: Float[np.ndarray, "P 2"]
    bandwidth: Float[np.ndarray, "S P"]
    seeds: Float[np.ndarray, "N P"]
    instances: Int[np.ndarray, " P"]
    classes: Int[np.ndarray, " P"]
    width: int


class Gradients(NamedTuple):
    """Where the gradients are written: zeros before; that of the seed term replaces ``Image.seeds``."""

    embedding: Float[np.ndarray, "P 2"]
    bandwidth: Float[np.ndarray, "S P"]
    smoothness: Float[np.ndarray, "S P"]


class Objects(NamedTuple):
    """The K instances of an image: pixels (one list after the other), where the lists start, class, centre, b and κ."""

    slots: Int32[np.ndarray, " P"]
    pixels: UInt32[np.ndarray, " Q"]
    starts: Int[np.ndarray, " K1"]
    centre: Float[np.ndarray, "K 2"]
    bandwidth: Float[np.ndarray, "K S"]
    sharpness: Float[np.ndarray, "K 2"]

    def __len__(self) -> int:
        return len(self.centre)


class Pairs(NamedTuple):
    """Pixels in reach of instances, one list after the other, nearest first: -log φ, a number of the pixel, and φ."""

    starts: Int[np.ndarray, " K1"]
    distance: Float[np.ndarray, " Q"]
    pixel: UInt32[np.ndarray, " Q"]
    phi: Float[np.ndarray, " Q"]


class Room(NamedTuple):
    """Room for pairs that are yet to be sorted.

    In float32 distance and pixel are halves of one 64-bit number, ``key``, the distance above: floats that are not
    negative are ordered as their bits are, so that sorting the keys sorts both. numpy does it with vector instructions,
    in half the time of its argsort. Float64 has no room beside it: there ``key`` is empty.
    """

    key: UInt64[np.ndarray, " R"]
    distance: Float[np.ndarray, " Q"]
    pixel: UInt32[np.ndarray, " Q"]

    @classmethod
    def of(cls, count: int, dtype: np.dtype) -> "Room":
        if dtype != np.float32:
            return cls(np.empty(0, np.uint64), np.empty(count, dtype), np.empty(count, np.uint32))
        key = np.empty(count, np.uint64)
        high = 1 if sys.byteorder == "little" else 0
        return cls(key, key.view(np.float32)[high::2], key.view(np.uint32)[1 - high :: 2])

    def sorted(self, starts: Int[np.ndarray, " K1"]) -> Pairs:
        """Sort each list by distance, here in this room."""
        for first, last in pairwise(starts.tolist()):
            if len(self.key):
                self.key[first:last].sort()
            else:
                order = first + np.argsort(self.distance[first:last])
                self.distance[first:last], self.pixel[first:last] = self.distance[order], self.pixel[order]
        used = slice(starts[-1])
        return Pairs(starts, self.distance[used], self.pixel[used], np.exp(-self.distance[used]))


class Grid(NamedTuple):
    """The pixels outside void in the order of the cells that their embeddings lie in, row by row."""

    first: Float[np.ndarray, "2"]
    per_unit: float
    columns: int
    rows: int
    starts: Int[np.ndarray, " C1"]
    x: Float[np.ndarray, " Q"]
    y: Float[np.ndarray, " Q"]
    slot: Int32[np.ndarray, " Q"]
    pixel: UInt32[np.ndarray, " Q"]


class Slope(NamedTuple):
    """Gradients on their way: by embeddings (also in the grid's order), by centres and κ, and pulls not passed on."""

    points: Float[np.ndarray, "P 2"]
    embedding: Float[np.ndarray, "P 2"]
    x: Float[np.ndarray, " Q"]
    y: Float[np.ndarray, " Q"]
    pull: Float[np.ndarray, " Q"]
    own: Float[np.ndarray, " O"]
    by_instance: Float[np.ndarray, "K 4"]

    @classmethod
    def zeros(cls, points: np.ndarray, embedding: np.ndarray, own: Pairs, grid: Grid) -> "Slope":
        return cls(
            points, embedding, *(np.zeros_like(grid.x) for _ in range(3)), np.empty_like(own.phi),
            np.zeros((len(own.starts) - 1, 4)),
        )  # fmt: skip


def cpu_terms(output: Float[Tensor, "B C H W"], parts: Parts) -> tuple[tuple[Tensor, Tensor, Tensor], Slopes]:
    """The three terms and their gradients; the images of the batch beside one another on torch's number of threads.

    Raises:
        LabelFault: labels that the loss refuses.
    """
    images, _, height, width = output.shape
    split = 2 + parts.bandwidth_channels
    tanh = torch.tanh(output[:, :2])
    embedding = tanh + coordinate_grid(height, width, dtype=output.dtype)
    maps = [embedding.permute(0, 2, 3, 1), output[:, 2:split], torch.sigmoid(output[:, split:])]
    labels = [parts.instances.to(torch.int64), parts.classes.to(torch.int64)]
    inputs = [part.detach().contiguous().numpy() for part in (*maps, *labels)]
    shapes = ((images, -1, 2), *((images, part.shape[1], -1) for part in inputs[1:3]), (images, -1), (images, -1))
    flat = [part.reshape(shape) for part, shape in zip(inputs, shapes, strict=True)]
    into = [np.zeros_like(flat[i]) for i in (0, 1, 1)]

    def one(i: int) -> tuple[float, float, float]:
        image, gradients = Image(*(part[i] for part in flat), width), Gradients(*(part[i] for part in into))
        return image_terms(image, gradients, parts.learned, parts.foreground_weight, images)

    with ThreadPoolExecutor(min(images, torch.get_num_threads())) as pool:
        means = np.mean(list(pool.map(one, range(images))), axis=0)
    by_embedding, *others = (torch.from_numpy(part) for part in (*into, flat[2]))
    by_offset = by_embedding.view(images, height, width, 2).permute(0, 3, 1, 2) * (1 - tanh.square())
    others = [part.view(images, -1, height, width) for part in others]
    return tuple(output.new_tensor(mean) for mean in means), Slopes(by_offset, *others)


def image_terms(
    image: Image, gradients: Gradients, learned: bool, foreground_weight: float | int, images: int
) -> tuple[float, float, float]:
    """The three terms of one image; the gradients of their means over ``images`` are written to ``gradients``.

    Raises:
        LabelFault: a class out of range, a pixel with a class and no instance or the reverse, or an instance of two
            classes.
    """
    from lab.fast import loss_kernels as kernels

    objects = find_objects(image, learned)
    own, count = _own_pairs(image.embedding, objects), max(len(objects), 1)
    scale = 1 / (count * images)
    hinge = _hinges(image, objects, own, gradients, learned, scale) if len(objects) else 0.0
    rough = kernels.smoothness(
        image.bandwidth, objects.pixels, objects.starts, objects.bandwidth, scale, gradients.smoothness
    )
    return hinge / count, rough / count, _seeds(image, own, foreground_weight, images)


def _seeds(image: Image, own: Pairs, foreground_weight: float | int, images: int) -> float:
    """The seed term; its gradient by the logits takes the place of the seed maps."""
    from lab.fast import loss_kernels as kernels

    valid = (image.classes >= 0).astype(image.seeds.dtype)
    pixels = max(np.count_nonzero(valid), 1)
    factor = 2 / (pixels * images)
    weight = float(foreground_weight)
    total = kernels.seeds_against(image.seeds, valid, own.pixel, own.phi, image.classes, weight, factor)
    return total / pixels


def find_objects(image: Image, learned: bool) -> Objects:
    """The instances that have a pixel outside void, by ascending number."""
    from lab.fast import loss_kernels as kernels

    slots, count = _number(image)
    pixels, starts = kernels.list_pixels(slots, count)
    centre, mean = kernels.instance_means(image.embedding, image.bandwidth, pixels, starts, image.width, learned)
    sharpness = np.exp((BANDWIDTH_GAIN * mean).clip(-LARGEST_EXPONENT, LARGEST_EXPONENT))
    dtype = image.embedding.dtype
    both = np.ascontiguousarray(np.broadcast_to(sharpness, centre.shape)).astype(dtype)
    return Objects(slots, pixels, starts, centre.astype(dtype), mean, both)


def _number(image: Image) -> tuple[Int32[np.ndarray, " P"], int]:
    """Slot of every pixel, and how many there are. Checks the labels on the way, which costs next to nothing."""
    from lab.fast import loss_kernels as kernels

    instances, size = image.instances, len(image.instances)
    sound, lowest, highest = kernels.survey_labels(instances, image.classes, len(image.seeds))
    if sound and highest - lowest > 4 * size + 1_000_000:  # too far apart for a table with a place for each
        _, instances = np.unique(instances, return_inverse=True)
        lowest, highest = 0, size
    table = np.full(max(highest - lowest + 1, 0) if sound else 0, -1, np.int32)
    if sound:
        sound, slots, class_of = kernels.number_pixels(instances, image.classes, lowest, table)
    if not sound:
        raise LabelFault
    return slots, len(class_of)


def _own_pairs(embedding: Float[np.ndarray, "P 2"], objects: Objects) -> Pairs:
    """Every instance with its own pixels, nearest first."""
    from lab.fast import loss_kernels as kernels

    room = Room.of(len(objects.pixels), embedding.dtype)
    kernels.own_distances(embedding, *objects[1:4], objects.sharpness, room.distance, room.pixel)
    return room.sorted(objects.starts)


def _hinges(image: Image, objects: Objects, own: Pairs, gradients: Gradients, learned: bool, scale: float) -> float:
    """Sum of the instances' Lovász hinges; ``scale`` times their gradient is added to ``gradients``."""
    from lab.fast import loss_kernels as kernels

    grid = fill_grid(image.embedding, objects.slots)
    slopes = Slope.zeros(image.embedding, gradients.embedding, own, grid)
    total = 0.0
    for first, boxes, far in _far_pairs(objects, own, grid):
        total += kernels.hinges(first, objects, own, boxes, grid, far, scale, slopes)
    kernels.from_grid(grid, slopes.x, slopes.y, gradients.embedding)
    by_centre, by_bandwidth = -slopes.by_instance[:, :2] * learned, BANDWIDTH_GAIN * slopes.by_instance[:, 2:]
    if objects.bandwidth.shape[1] == 1:
        by_bandwidth = by_bandwidth.sum(1, keepdims=True)
    free = np.abs(BANDWIDTH_GAIN * objects.bandwidth) <= LARGEST_EXPONENT  # beyond the limit κ does not move with b
    kernels.share_among_own(
        objects.pixels, objects.starts, by_centre, by_bandwidth * free, gradients.embedding, gradients.bandwidth
    )
    return total


def _far_pairs(objects: Objects, own: Pairs, grid: Grid) -> Iterator[tuple[int, Int[np.ndarray, "k 4"], Pairs]]:
    """Instances with the other pixels that can matter to them, a few instances at a time: first slot, boxes, pairs."""
    from lab.fast import loss_kernels as kernels

    reach = reaches(own.distance[own.starts[:-1]])
    radius = np.sqrt(reach[:, None] / objects.sharpness.astype(np.float64)) * (1 + 1e-6)
    boxes = kernels.cells_in_reach(objects.centre, radius, *grid[:4])
    counts = kernels.count_in_boxes(boxes, grid.starts, grid.columns)
    room = Room.of(max(int(counts.max()), min(PAIRS_AT_ONCE, int(counts.sum()))), own.distance.dtype)
    for first, last in portions(counts.tolist(), len(room.pixel)):
        starts = kernels.reach_out(first, boxes[first:last], grid, objects, reach, room.distance, room.pixel)
        yield first, boxes[first:last], room.sorted(starts)


def reaches(nearest: Float[np.ndarray, " K"]) -> Float[np.ndarray, " K"]:
    """The distance from which on a pixel of the background cannot matter, from that of the nearest own pixel.

    Once all own pixels have been passed in the order of the errors the Jaccard loss is 1 and does not grow any more. So
    another pixel matters only if its error 2φ is above the smallest own error, 2 - 2 max φ: only if its distance is below
    -log(1 - max φ). The better an instance sits, the fewer pixels of the background can tell it anything.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = -np.log(-np.expm1(-nearest.astype(np.float64)))
    return np.fmin(reach * (1 + 1e-6), FARTHEST[nearest.dtype])  # a few pixels too many do no harm


def portions(counts: list[int], most: int) -> Iterator[tuple[int, int]]:
    """Cut a list of counts into runs [first, last) of at most ``most`` in all, or of one alone."""
    first, total = 0, 0
    for i, count in enumerate(counts):
        if total + count > most and i > first:
            yield first, i
            first, total = i, 0
        total += count
    yield first, len(counts)


def fill_grid(embedding: Float[np.ndarray, "P 2"], slots: Int32[np.ndarray, " P"]) -> Grid:
    """Square cells over the box of all embeddings, so small that some ``PIXELS_PER_CELL`` pixels lie in one."""
    from lab.fast import loss_kernels as kernels

    first, last = kernels.bounds(embedding)
    cells = max(len(slots) // PIXELS_PER_CELL, 1)
    extent = np.maximum(last - first, 0)  # below 0 where all is NaN
    # A square cell; where all embeddings lie on a line its side is that of as many cells in a row.
    side = max(np.sqrt(extent.prod() / cells), extent.max() / cells, 1e-9)
    columns, rows = (int(n) + 1 for n in np.minimum(extent / side, cells))
    return Grid(first, 1 / side, columns, rows, *kernels.fill_grid(embedding, slots, first, 1 / side, columns, rows))
