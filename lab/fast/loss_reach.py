"""Which pixels matter to which instance: found without testing every pixel against every instance, and sorted."""

import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Int32, UInt32, UInt64

from lab.fast.loss_parts import PIXELS_PER_CELL, farthest, portions

PAIRS_AT_ONCE = 1 << 18  # or those of one instance, where it alone reaches more: 2 MB, which a core's cache holds


class Objects(NamedTuple):
    """The K instances of an image: slot of every pixel; their pixels, list after list, and starts; C, mean b, κ."""

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
    negative are ordered as their bits are, so that sorting the keys sorts both, and ties by pixel. numpy does it with
    vector instructions, in half the time of its argsort. A float64 leaves no room: there ``key`` is empty.
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
    points: Float[np.ndarray, "2 Q"]
    slot: Int32[np.ndarray, " Q"]
    pixel: UInt32[np.ndarray, " Q"]


def own_pairs(embedding: Float[np.ndarray, "P 2"], objects: Objects) -> Pairs:
    """Every instance with its own pixels, nearest first."""
    from lab.fast import loss_kernels as kernels

    room = Room.of(len(objects.pixels), embedding.dtype)
    kernels.own_distances(embedding, *objects[1:4], objects.sharpness, room.distance, room.pixel)
    return room.sorted(objects.starts)


def far_pairs(objects: Objects, own: Pairs, grid: Grid) -> Iterator[tuple[int, Int[np.ndarray, "k 4"], Pairs]]:
    """Instances with the other pixels that can matter to them, a few instances at a time: first slot, boxes, pairs."""
    from lab.fast import loss_kernels as kernels

    reach = reaches(own.distance[own.starts[:-1]])
    radius = np.sqrt(reach[:, None] / objects.sharpness.astype(np.float64)) * (1 + 1e-6)
    boxes = kernels.cells_in_reach(objects.centre.astype(np.float64), radius, *grid[:4])
    counts = kernels.count_in_boxes(boxes, grid.starts, grid.columns)
    room = Room.of(max(int(counts.max()), min(PAIRS_AT_ONCE, int(counts.sum()))), own.distance.dtype)
    for first, last in portions(counts.tolist(), len(room.pixel)):
        starts = kernels.reach_out(
            first, boxes[first:last], grid.starts, grid.columns, grid.points, grid.slot, objects.centre,
            objects.sharpness, reach, room.distance, room.pixel,
        )  # fmt: skip
        yield first, boxes[first:last], room.sorted(starts)


def reaches(nearest: Float[np.ndarray, " K"]) -> Float[np.ndarray, " K"]:
    """The distance from which on a pixel of the background cannot matter, from that of the nearest own pixel.

    Once all own pixels have been passed in the order of the errors the Jaccard loss is 1 and does not grow any more. So
    another pixel matters only if its error 2φ is above the smallest own error, 2 - 2 max φ: only if its distance is
    below -log(1 - max φ).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = -np.log(-np.expm1(-nearest.astype(np.float64)))
    return np.fmin(reach * (1 + 1e-6), farthest(float(np.finfo(nearest.dtype).eps)))  # a few pixels too many do no harm


def fill_grid(embedding: Float[np.ndarray, "P 2"], slots: Int32[np.ndarray, " P"]) -> Grid:
    """Square cells over the box of all embeddings, so small that some ``PIXELS_PER_CELL`` pixels lie in one."""
    from lab.fast import loss_kernels as kernels

    # Axis by axis: numpy's minimum over the first axis of [P, 2] takes ten times as long.
    low, high = (np.nan_to_num([bound(embedding[:, axis]) for axis in (0, 1)]) for bound in (np.min, np.max))
    first, extent = low.astype(np.float64), (high - low).astype(np.float64)
    cells = max(len(slots) // PIXELS_PER_CELL, 1)
    # A square cell; where all embeddings lie on a line its side is that of as many cells in a row.
    side = max(np.sqrt(extent.prod() / cells), extent.max() / cells, 1e-9)
    columns, rows = (int(n) + 1 for n in np.minimum(extent / side, cells))
    return Grid(first, 1 / side, columns, rows, *kernels.fill_grid(embedding, slots, first, 1 / side, columns, rows))
