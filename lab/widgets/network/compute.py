"""What the figure shows of one part and one of its channels; and where each part stands in the drawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, sqrt
from typing import Literal

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import nn

from lab.anatomy import Layer, Pair, Part, dissect, way_to, window, window_width
from lab.figures.colours import scalar_colours

Measure = Literal["weights", "multiply-adds (millions)", "window so far (px)"]
MEASURES: tuple[Measure, ...] = ("weights", "multiply-adds (millions)", "window so far (px)")
STRONGEST = 12  # input channels whose filters are drawn
SHEET = (294, 147)  # px: all channels at once


@dataclass(frozen=True, eq=False)  # compared by identity: built once
class Anatomy:
    """A network that has looked at one image.

    Attributes:
        network: whose filters are shown.
        image: that it looked at.
        parts: in the order of the calls.
        output_names: of the channels of the output convolutions, by the path of the part.
    """

    network: nn.Module
    image: UInt8[np.ndarray, "H W 3"]
    parts: tuple[Part, ...]
    output_names: dict[str, tuple[str, ...]]

    def channel_name(self, index: int, channel: int) -> str:
        """Only the outputs have names."""
        names = self.output_names.get(self.parts[index].path)
        return names[channel] if names else f"channel {channel}"

    def total(self, branch: str = "") -> tuple[int, int]:
        """Weights and multiply-adds of a branch, or of all."""
        parts = [p for p in self.parts if branch in ("", p.branch)]
        return sum(p.weights for p in parts), sum(p.multiply_adds for p in parts)


@dataclass(frozen=True)
class Filter:
    """How a convolution makes one of its channels: the inputs with the largest weights, the strongest first.

    Attributes:
        layer: the convolution.
        inputs: numbers of the input channels.
        kernels: theirs.
        pooled: the input channel that is handed on by the max-pool in place of a filter; -1 if there is a filter.
    """

    layer: Layer
    inputs: tuple[int, ...]
    kernels: Float[np.ndarray, "n kh kw"]
    pooled: int = -1


def build(network: nn.Module, image: UInt8[np.ndarray, "H W 3"], class_names: Sequence[str]) -> Anatomy:
    """Send the image through the network, in evaluation mode.

    Raises:
        ValueError: the class names do not number the network's N.
    """
    if len(class_names) != network.num_classes:
        raise ValueError(f"{len(class_names)} class names for {network.num_classes} seed maps; expected one a map.")
    training = network.training
    batch = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None].float() / 255
    parts = dissect(network.eval(), batch)
    network.train(training)
    widths = ("bandwidth x", "bandwidth y") if network.bandwidth_channels == 2 else ("bandwidth",)
    names = ("offset x", "offset y", *widths), tuple(f"seed {name}" for name in class_names)
    outputs = [p.path for p in parts if p.kind == "output"]
    return Anatomy(network, image, parts, dict(zip(outputs, names, strict=True)))


@lru_cache(maxsize=8)
def values_of(anatomy: Anatomy, measure: Measure) -> tuple[int, ...]:
    """The measure of every part; windows in px."""
    parts = anatomy.parts
    if measure == "window so far (px)":
        return tuple(window_width(way_to(parts, i)) for i in range(len(parts)))
    return tuple(p.weights if measure == "weights" else p.multiply_adds for p in parts)


def middle_window(parts: tuple[Part, ...], index: int) -> tuple[Pair, Pair]:
    """What the unit in the middle of a part's output can see: first and last row, first and last column."""
    _, height, width = parts[index].shape_out
    return window(way_to(parts, index), height // 2, width // 2)


def step_of(parts: tuple[Part, ...], index: int) -> int:
    """Distance of neighbouring units in px of the image."""
    return parts[0].shape_in[1] // parts[index].shape_out[1]


def neighbour(parts: tuple[Part, ...], index: int, right: int, down: int) -> int:
    """The part beside this one; up and down change the decoder.  At an end it stays."""
    branches = [p.branch for p in parts]
    second, length = branches.index("decoder 2"), branches.count("decoder 1")
    if down:
        step = {"decoder 1": length, "decoder 2": -length}.get(branches[index], 0)
        return index + step if step * down > 0 else index
    if right < 0 and index == second:
        return second - length - 1  # back to the encoder's end
    if right > 0 and index == second - 1:
        return index
    return min(max(index + (1 if right > 0 else -1), 0), len(parts) - 1)


def channel_map(part: Part, channel: int) -> tuple[Float[np.ndarray, "h w"], float, float]:
    """A channel's activations, and the ends of their colour scale: 1 in 100 is below, 1 in 100 above."""
    values = part.activations[channel].float().numpy()
    low, high = (float(v) for v in np.percentile(values, (1, 99)))
    return values, low, max(high, low + 1e-6)


def sheet_layout(channels: int) -> tuple[int, float, float]:
    """Columns of the sheet of all channels, width and height of a cell."""
    columns = ceil(sqrt(channels))
    return columns, SHEET[0] / columns, SHEET[0] / columns / 2


def channel_sheet(part: Part) -> UInt8[np.ndarray, "h w 3"]:
    """All channels in rows, each between its own least and largest value; a dead one is dark."""
    maps = part.activations.float().numpy()
    columns, wide, high = sheet_layout(len(maps))
    cell = max(1, round(2 * wide)), max(1, round(2 * high))
    rows = ceil(len(maps) / columns)
    sheet = np.full((rows * cell[1], columns * cell[0]), np.nan, np.float32)
    for k, values in enumerate(maps):
        top, left = k // columns * cell[1], k % columns * cell[0]
        small = cv2.resize(values, cell, interpolation=cv2.INTER_AREA)
        spread = max(float(np.ptp(small)), 1e-6)
        sheet[top : top + cell[1] - 1, left : left + cell[0] - 1] = ((small - small.min()) / spread)[:-1, :-1]
    colours = scalar_colours(np.nan_to_num(sheet), 0.0, 1.0)
    return np.where(np.isnan(sheet)[..., None], np.uint8(255), colours)


def filters_of(anatomy: Anatomy, index: int, channel: int) -> list[Filter]:
    """The filters of this channel in every convolution of the part."""
    part = anatomy.parts[index]
    module = anatomy.network.get_submodule(part.path)
    found = []
    for layer in part.layers:
        if "Conv" not in layer.kind:
            continue
        if channel >= layer.output_channels:  # only in a downsampler, whose last channels are the pool's
            found.append(Filter(layer, (), np.zeros((0, 1, 1), np.float32), channel - layer.output_channels))
            continue
        weight = module.get_parameter(f"{layer.name}.weight").detach()  # [out, in, kh, kw]; transposed [in, out, …]
        kernels = (weight[:, channel] if layer.transposed else weight[channel]).float().cpu().numpy()
        order = np.abs(kernels).sum((1, 2)).argsort()[::-1][:STRONGEST]
        found.append(Filter(layer, tuple(int(i) for i in order), kernels[order]))
    return found
