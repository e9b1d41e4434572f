"""The fast loss of one image on the processor: numpy's sorts and exponentials between numba's loops.

An instance is a slot 0..K-1. Everything that is kept is of the size of the image; the pairs of an instance with the
pixels in its reach are made and used up a few instances at a time (`loss_reach`).
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int, Int32
from torch import Tensor

from lab.embedding import BANDWIDTH_GAIN, LARGEST_EXPONENT, coordinate_grid
from lab.fast.loss_parts import LabelFault, Parts, Slopes
from lab.fast.loss_reach import Objects, Pairs, far_pairs, fill_grid, own_pairs


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


def cpu_terms(output: Float[Tensor, "B C H W"], parts: Parts) -> tuple[tuple[Tensor, Tensor, Tensor], Slopes]:
    """The three terms and their gradients; the images of the batch beside one another on torch's number of threads.

    Raises:
        LabelFault: labels that the loss refuses.
    """
    images, _, height, width = output.shape
    split = 2 + parts.bandwidth_channels
    tanh = torch.tanh(output[:, :2])
    embedding = tanh + coordinate_grid(height, width, device=output.device, dtype=output.dtype)
    maps = [embedding.permute(0, 2, 3, 1), output[:, 2:split], torch.sigmoid(output[:, split:])]
    labels = [parts.instances.to(torch.int64), parts.classes.to(torch.int64)]
    inputs = [part.detach().contiguous().numpy() for part in (*maps, *labels)]
    shapes = ((images, -1, 2), *((images, part.shape[1], -1) for part in inputs[1:3]), (images, -1), (images, -1))
    flat = [part.reshape(shape) for part, shape in zip(inputs, shapes, strict=True)]
    into = [np.zeros_like(flat[i]) for i in (0, 1, 1)]

    def one(i: int) -> tuple[float, float, float]:
        embedding, bandwidth, seeds, instances, classes = (part[i] for part in flat)
        image = Image(embedding, bandwidth, seeds, instances, classes, width)
        gradients = Gradients(*(part[i] for part in into))
        return image_terms(image, gradients, parts.learned, parts.foreground_weight, images)

    hinge, rough, seed = (output.new_tensor(mean) for mean in np.mean(_side_by_side(one, images), axis=0))
    by_embedding, *others = (torch.from_numpy(part) for part in (*into, flat[2]))
    by_offset = by_embedding.view(images, height, width, 2).permute(0, 3, 1, 2) * (1 - tanh.square())
    others = [part.view(images, -1, height, width) for part in others]
    return (hinge, rough, seed), Slopes(by_offset, *others)


def _side_by_side(one: Callable[[int], tuple[float, float, float]], images: int) -> list[tuple[float, float, float]]:
    """One call an image, on as many threads as torch uses, which rest meanwhile: the loops hold no lock."""
    threads = min(images, torch.get_num_threads())
    if threads == 1:
        return [one(i) for i in range(images)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(images)))


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
    own, count = own_pairs(image.embedding, objects), max(len(objects), 1)
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
    pixels = max(int(np.count_nonzero(valid)), 1)
    factor = 2 / (pixels * images)
    weight = float(foreground_weight)
    total = kernels.seeds_against(image.seeds, valid, own.pixel, own.phi, image.classes, weight, factor)
    return total / pixels


def _hinges(image: Image, objects: Objects, own: Pairs, gradients: Gradients, learned: bool, scale: float) -> float:
    """Sum of the instances' Lovász hinges; ``scale`` times their gradient is added to ``gradients``."""
    from lab.fast.loss_hinge_kernels import from_grid, hinges
    from lab.fast.loss_kernels import share_among_own

    grid, by_instance = fill_grid(image.embedding, objects.slots), np.zeros((len(objects), 4))
    slopes, total = (gradients.embedding, np.zeros_like(grid.points), by_instance), 0.0
    points, places = (image.embedding, objects.centre, objects.sharpness), (grid.starts, grid.columns, grid.points)
    mine = (own.starts, own.phi, own.pixel)
    for first, boxes, far in far_pairs(objects, own, grid):
        others = (far.starts, far.phi, far.pixel)
        total += hinges(first, boxes, points, mine, others, places, scale, slopes)
    from_grid(grid.pixel, slopes[1], gradients.embedding)
    by_centre, by_bandwidth = -by_instance[:, :2] * learned, BANDWIDTH_GAIN * by_instance[:, 2:]
    if objects.bandwidth.shape[1] == 1:
        by_bandwidth = by_bandwidth.sum(1, keepdims=True)
    free = np.abs(BANDWIDTH_GAIN * objects.bandwidth) <= LARGEST_EXPONENT  # beyond the limit κ does not move with b
    share_among_own(
        objects.pixels, objects.starts, by_centre, by_bandwidth * free, gradients.embedding, gradients.bandwidth
    )
    return total


def find_objects(image: Image, learned: bool) -> Objects:
    """The instances that have a pixel outside void, by ascending number."""
    from lab.fast import loss_kernels as kernels

    slots, count = _number(image)
    pixels, starts = kernels.list_pixels(slots, count)
    centre, mean = np.zeros((count, 2)), np.zeros((count, len(image.bandwidth)))
    kernels.instance_means(image.embedding, image.bandwidth, pixels, starts, image.width, learned, centre, mean)
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
