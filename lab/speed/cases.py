"""Predictions and labels made up for timing: any number of objects at any size, in a blink, without a data set.

Two kinds, because the time of a fast version depends on what it is given:

- "trained": what a good network puts out. Every pixel of an object points near its centre, margins fit the objects,
  seed maps follow the membership. Few pixels matter to each object.
- "random": what an untrained network puts out. Offsets are small noise and b is near 0, so that every margin is some
  850 px and every pixel matters to every object: the worst case.
"""

import math
from typing import Literal, NamedTuple, get_args

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from lab.embedding import BANDWIDTH_GAIN, PIXELS_PER_UNIT

Kind = Literal["trained", "random"]
VOID_SHARE = 1 / 16  # of the rows, at the foot: as the car's own bonnet in street scenes
SMALLEST_CELL = 8.0  # pixels: in a smaller one an object of the smallest radius would lose its shape
JITTER = 0.15  # of a cell, how far an object's centre may lie from the cell's
SCATTER = 0.15  # of an object's radius, σ of where its pixels point
MARGIN = 0.8  # of an object's radius: reached by 1 % of its pixels or fewer, and no neighbour's centre within
LOW_LOGIT = -4.0  # of a seed map where its class is not: 0.02


class Case(NamedTuple):
    """What the loss takes: a prediction and its labels; the clustering takes ``output[0]``."""

    output: Float[Tensor, "B C H W"]
    instances: Int[Tensor, "B H W"]
    classes: Int[Tensor, "B H W"]

    def to(self, device: torch.device | str) -> "Case":
        """The same on another device."""
        return Case(*(tensor.to(device) for tensor in self))


class Ellipses(NamedTuple):
    """K upright ellipses, in pixels: (x, y) of the centres, and the radii along x and y."""

    centre: Float[np.ndarray, "K 2"]
    radius: Float[np.ndarray, "K 2"]


def make_case(
    kind: str,
    instances: int,
    height: int,
    width: int,
    num_classes: int = 8,
    batch: int = 1,
    seed: int = 0,
    bandwidth_channels: int = 2,
) -> Case:
    """``batch`` images of ``instances`` ellipses each, none of which is lost, and a strip of void at the foot.

    The classes of the objects are 1, 2, …, ``num_classes``, 1, 2, …  The same arguments give the same numbers.

    Returns:
        output [B, 2+S+N, H, W] float32, instances [B, H, W] int64 (0 none, 1..K), classes [B, H, W] int64 (-1..N).

    Raises:
        ValueError: a kind that there is not, a number below 1, bandwidth channels other than 1 or 2, or more
            instances than fit into the size.
    """
    _check(kind, instances, height, width, num_classes, batch, bandwidth_channels)
    images = []
    for image in range(batch):
        random = np.random.default_rng([seed, image])
        ellipses = _place(instances, height - _void_rows(height), width, random)
        labels = _paint(ellipses, height, width)
        classes = np.where(labels > 0, (labels - 1) % num_classes + 1, 0)
        if kind == "trained":
            output = _trained(ellipses, labels, classes, num_classes, bandwidth_channels, random)
        else:
            output = _random((2, bandwidth_channels, num_classes), height, width, random)
        void = slice(height - _void_rows(height), None)
        labels[void], classes[void] = 0, -1
        images.append((output, labels, classes))
    return Case(*(torch.from_numpy(np.stack(part)) for part in zip(*images, strict=True)))


def _void_rows(height: int) -> int:
    return int(height * VOID_SHARE)


def _check(kind: str, instances: int, height: int, width: int, num_classes: int, batch: int, channels: int) -> None:
    if kind not in get_args(Kind):
        raise ValueError(f'kind is {kind!r}; expected "trained" or "random".')
    numbers = {"instances": instances, "height": height, "width": width, "num_classes": num_classes, "batch": batch}
    for name, number in numbers.items():
        if number < 1:
            raise ValueError(f"{name} is {number}; expected 1 or more.")
    if channels not in (1, 2):
        raise ValueError(f"bandwidth_channels is {channels}; expected 1 (circular) or 2 (elliptical margin).")
    cell = min(_cell(instances, height - _void_rows(height), width))
    if cell < SMALLEST_CELL:
        raise ValueError(
            f"{instances} instances in {width}x{height} px: each would have {cell:.1f} px of room, expected "
            f"{SMALLEST_CELL:g} or more. Ask for fewer instances or a larger size."
        )


def _cell(instances: int, height: int, width: int) -> tuple[float, float]:
    """Width and height of the cells of a grid that has room for all, about as wide as they are high."""
    columns = min(instances, max(1, round(math.sqrt(instances * width / height))))
    return width / columns, height / math.ceil(instances / columns)


def _place(instances: int, height: int, width: int, random: np.random.Generator) -> Ellipses:
    """One ellipse in a cell of a grid, of a radius between 16 and 48 % of the cell, and no more than a sixth of H."""
    cell = np.array(_cell(instances, height, width))
    rows, columns = np.divmod(np.arange(instances), round(width / cell[0]))
    centre = (np.stack([columns, rows], 1) + 0.5 + random.uniform(-JITTER, JITTER, (instances, 2))) * cell
    largest = min(0.48 * cell.min(), max(height / 6, 0.2 * cell.min()))
    size = np.exp(random.uniform(math.log(0.16 * cell.min()), math.log(largest), instances))
    stretch = np.exp(random.uniform(-0.25, 0.25, instances))
    return Ellipses(centre, np.stack([size * stretch, size / stretch], 1).clip(1.0))


def _paint(ellipses: Ellipses, height: int, width: int) -> Int[np.ndarray, "H W"]:
    """0, or the number of the ellipse in which a pixel lies deepest, so that each keeps its middle."""
    labels = np.zeros((height, width), np.int64)
    depth = np.ones((height, width))
    for k, (centre, radius) in enumerate(zip(*ellipses, strict=True), start=1):
        (left, top), (right, bottom) = np.floor(centre - radius).astype(int).clip(0), np.ceil(centre + radius + 1)
        window = slice(top, int(bottom)), slice(left, int(right))
        y, x = np.ogrid[window[0].start : min(window[0].stop, height), window[1].start : min(window[1].stop, width)]
        away = ((x - centre[0]) / radius[0]) ** 2 + ((y - centre[1]) / radius[1]) ** 2
        deepest = away < depth[window]
        labels[window][deepest], depth[window][deepest] = k, away[deepest]
    return labels


def _trained(
    ellipses: Ellipses,
    labels: Int[np.ndarray, "H W"],
    classes: Int[np.ndarray, "H W"],
    num_classes: int,
    bandwidth_channels: int,
    random: np.random.Generator,
) -> Float[np.ndarray, "C H W"]:
    """What a good network says of these ellipses."""
    output = _background(num_classes, bandwidth_channels, labels.shape, random)
    y, x = labels.nonzero()
    own = labels[y, x] - 1
    radius = ellipses.radius[own].T
    missed = SCATTER * radius * random.standard_normal(radius.shape)
    offset = ellipses.centre[own].T - (x, y) + missed
    margin = MARGIN * (radius if bandwidth_channels == 2 else np.sqrt(radius.prod(0, keepdims=True)))
    sharpness = math.log(2) * (PIXELS_PER_UNIT / margin) ** 2
    membership = np.exp(-(sharpness * (missed / PIXELS_PER_UNIT) ** 2).sum(0))
    seed = (membership + 0.01 * random.standard_normal(len(y))).clip(0.02, 0.98)
    output[:2, y, x] = np.arctanh((offset / PIXELS_PER_UNIT).clip(-0.99, 0.99))
    output[2 : 2 + bandwidth_channels, y, x] = np.log(sharpness) / BANDWIDTH_GAIN + 0.01 * random.standard_normal(
        margin.shape
    )
    output[1 + bandwidth_channels + classes[y, x], y, x] = np.log(seed / (1 - seed))
    return output


def _background(
    num_classes: int, bandwidth_channels: int, size: tuple[int, int], random: np.random.Generator
) -> Float[np.ndarray, "C H W"]:
    """Offsets of some 5 px, margins of some 70 px, low seeds in every class."""
    spread = [0.005] * 2 + [0.05] * bandwidth_channels + [0.5] * num_classes
    mean = [0.0] * 2 + [0.5] * bandwidth_channels + [LOW_LOGIT] * num_classes
    return _noise(mean, spread, size, random)


def _random(
    channels: tuple[int, int, int], height: int, width: int, random: np.random.Generator
) -> Float[np.ndarray, "C H W"]:
    """Offsets of some 20 px, margins of some 850 px, seeds about one half in every class."""
    offsets, bandwidths, seeds = channels
    spread = [0.02] * offsets + [0.05] * bandwidths + [1.0] * seeds
    return _noise([0.0] * sum(channels), spread, (height, width), random)


def _noise(
    mean: list[float], spread: list[float], size: tuple[int, int], random: np.random.Generator
) -> Float[np.ndarray, "C H W"]:
    """Gaussian noise of one mean and one σ a channel."""
    noise = random.standard_normal((len(mean), *size), dtype=np.float32)
    noise *= np.array(spread, np.float32)[:, None, None]
    noise += np.array(mean, np.float32)[:, None, None]
    return noise
