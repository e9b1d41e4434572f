"""From the network's output to embeddings, bandwidths and seed maps, and the Gaussian that ties them together.

Units.  Coordinates are in units of 1024 pixels, x = column / 1024 and y = row / 1024, for an image of any size.
Three quantities describe the size of the region that an instance claims, and they are easily confused:

==========  ================================  ==============================================================
name        definition                        remark
==========  ================================  ==============================================================
bandwidth   b, what the network puts out      a *larger* b is a *smaller* region; the smoothness term sees b
sharpness   κ = exp(10 b) = 1 / (2 σ²)        half the precision of the Gaussian; units 1/(1024 px)²
sigma       σ = 1 / sqrt(2 κ)                 what the paper's text speaks of
margin      σ sqrt(2 ln 2) = sqrt(ln 2 / κ)   the distance from the centre at which membership falls to 1/2
==========  ================================  ==============================================================
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

PIXELS_PER_UNIT = 1024.0
BANDWIDTH_GAIN = 10.0
MARGIN_PER_SIGMA = math.sqrt(2 * math.log(2))
# exp(±80) is finite in float32 and far beyond any image (σ from 3e-15 to 2e20 px): without the limit an
# infinite κ times a zero distance would be NaN.
LARGEST_EXPONENT = 80.0


@dataclass(frozen=True)
class Prediction:
    """What the network says of every pixel.

    Attributes:
        embedding: e = x + tanh(o), the place a pixel points to, in units of 1024 px (x first, then y).
        bandwidth: the raw b; one channel is a circle, two an axis-aligned ellipse.
        seed_map: in 0..1 and one channel a class, how well a pixel's embedding sits at its instance's centre.
    """

    embedding: Float[Tensor, "B 2 H W"]
    bandwidth: Float[Tensor, "B S H W"]
    seed_map: Float[Tensor, "B N H W"]

    @property
    def sharpness(self) -> Float[Tensor, "B S H W"]:
        """κ = exp(10 b) of every pixel."""
        return bandwidth_to_sharpness(self.bandwidth)


def coordinate_grid(
    height: int, width: int, *, device: torch.device | str | None = None, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "2 {height} {width}"]:
    """Position of every pixel in units of 1024 px: [0] is x = column / 1024, [1] is y = row / 1024."""
    rows = torch.arange(height, device=device, dtype=dtype) / PIXELS_PER_UNIT
    columns = torch.arange(width, device=device, dtype=dtype) / PIXELS_PER_UNIT
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y])


def split(output: Float[Tensor, "B C H W"], bandwidth_channels: int) -> Prediction:
    """Read the channels of the network's output: offset x, offset y, bandwidth (1 or 2), seed maps (N).

    The arithmetic is done in float32 at least, also under autocast: half precision tells the columns of a
    2048 px wide image just apart, with nothing between them, and bfloat16 not even that.

    Raises:
        ValueError: if the bandwidth is not 1 or 2 channels, or if no channel is left for a seed map.
    """
    check_channels(output.shape[-3], bandwidth_channels)
    with torch.autocast(output.device.type, enabled=False):
        output = at_least_float32(output)
        grid = coordinate_grid(*output.shape[-2:], device=output.device, dtype=output.dtype)
        return Prediction(
            embedding=grid + torch.tanh(output[:, :2]),
            bandwidth=output[:, 2 : 2 + bandwidth_channels],
            seed_map=torch.sigmoid(output[:, 2 + bandwidth_channels :]),
        )


def check_channels(channels: int, bandwidth_channels: int) -> None:
    """Raise ValueError unless ``channels`` = 2 offsets + 1 or 2 bandwidths + at least one seed map."""
    if bandwidth_channels not in (1, 2):
        raise ValueError(f"bandwidth_channels is {bandwidth_channels}; expected 1 (circular) or 2 (elliptical margin).")
    if channels < 3 + bandwidth_channels:
        raise ValueError(
            f"the output has {channels} channels; expected at least {3 + bandwidth_channels}: 2 offsets, "
            f"{bandwidth_channels} bandwidth(s) and one seed map or more. Is bandwidth_channels the network's?"
        )


def at_least_float32(tensor: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Half precision becomes float32; float32 and float64 stay."""
    return tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor


def membership(
    embedding: Float[Tensor, "2 *pixels"], centre: Float[Tensor, "2"], sharpness: Float[Tensor, "S"]
) -> Float[Tensor, "*pixels"]:
    """φ(e) = exp(-Σ_d κ_d (e_d - C_d)²), in 0..1; a pixel belongs to the instance iff φ > 1/2.

    The Gaussian by which the paper makes the margin learnable. With one sharpness the margin is a circle, with two
    an ellipse along the axes.
    """
    return torch.exp(-scaled_squared_distance(embedding, centre, sharpness))


def scaled_squared_distance(
    embedding: Float[Tensor, "2 *pixels"], centre: Float[Tensor, "2"], sharpness: Float[Tensor, "S"]
) -> Float[Tensor, "*pixels"]:
    """Σ_d κ_d (e_d - C_d)², which is -log φ."""
    per_axis = (-1,) + (1,) * (embedding.ndim - 1)
    difference = embedding - centre.view(per_axis)
    return (sharpness.view(per_axis) * difference.square()).sum(0)


def bandwidth_to_sharpness(bandwidth: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """κ = exp(10 b).  The factor ten lets b move by tenths where κ must move by multiples."""
    return torch.exp((BANDWIDTH_GAIN * bandwidth).clamp(-LARGEST_EXPONENT, LARGEST_EXPONENT))


def sharpness_to_sigma(sharpness: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """σ = 1 / sqrt(2 κ), in pixels."""
    return PIXELS_PER_UNIT / torch.sqrt(2 * sharpness)


def sharpness_to_margin(sharpness: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """sqrt(ln 2 / κ) = σ sqrt(2 ln 2), in pixels: where membership falls to one half."""
    return PIXELS_PER_UNIT * torch.sqrt(math.log(2) / sharpness)


def sigma_to_bandwidth(sigma: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """b = -ln(2 σ²) / 10 with σ given in pixels; the inverse of the two steps b -> κ -> σ."""
    return -torch.log(2 * (sigma / PIXELS_PER_UNIT).square()) / BANDWIDTH_GAIN
