"""Outputs that no sound network gives, and labels at their limits."""

import numpy as np
import torch
from torch import Tensor

HEIGHT, WIDTH, BANDWIDTHS, CLASSES = 6, 8, 2, 2
HALF_AND_FULL = (torch.float64, torch.float32, torch.bfloat16, torch.float16)

# What takes the place of offsets, of bandwidths, of seed logits: drawn pixel by pixel.
OFFSETS, BANDWIDTH, SEEDS = (1e4, -1e4, 1.0, 0.0), (50.0, -50.0, 8.0, -8.0, 0.0), (1e4, -1e4, 0.0)
EXTREMES: dict[str, dict[str, tuple[float, ...]]] = {
    "offsets of ±10,000": {"offset": OFFSETS},
    "seed logits of ±10,000": {"seed": SEEDS},
    "bandwidths of 50": {"bandwidth": (50.0,)},
    "bandwidths of -50": {"bandwidth": (-50.0,)},
    "bandwidths of ±50 side by side": {"bandwidth": (50.0, -50.0)},
    "all of these": {"offset": OFFSETS, "bandwidth": BANDWIDTH, "seed": SEEDS},
    "nothing but zeros": {"offset": (0.0,), "bandwidth": (0.0,), "seed": (0.0,)},
    "nothing but ones": {"offset": (1.0,), "bandwidth": (1.0,), "seed": (1.0,)},
}
# Many pixels lie equally far from a centre: the order of their errors, and with it the gradient, is free.
TIED = ("offsets of ±10,000", "all of these", "nothing but zeros", "nothing but ones")


def output_of(name: str, images: int = 1, dtype: torch.dtype = torch.float64) -> Tensor:
    """A plausible output with some of its channels replaced by extreme numbers."""
    generator = torch.Generator().manual_seed(0)
    size = (images, 2 + BANDWIDTHS + CLASSES, HEIGHT, WIDTH)
    output = torch.randn(size, generator=generator, dtype=torch.float64)  # whatever is asked for: the same for all
    output[:, :2] *= 0.005
    output[:, 2 : 2 + BANDWIDTHS] = 0.9 + 0.1 * output[:, 2 : 2 + BANDWIDTHS]
    places = {"offset": slice(0, 2), "bandwidth": slice(2, 2 + BANDWIDTHS), "seed": slice(2 + BANDWIDTHS, None)}
    for part, values in EXTREMES[name].items():
        size = output[:, places[part]].shape
        drawn = torch.randint(len(values), size, generator=generator)
        output[:, places[part]] = torch.tensor(values, dtype=torch.float64)[drawn]
    return output.to(dtype)


def labels() -> tuple[Tensor, Tensor]:
    """Four images: five instances and void, an instance that is all, none, and many of one pixel."""
    random, size = np.random.default_rng(0), (HEIGHT, WIDTH)
    some, pixels = random.integers(0, 6, size), np.arange(HEIGHT * WIDTH).reshape(size) + 1
    instances = np.stack([some, np.ones(size, int), np.zeros(size, int), np.where(pixels % 5 == 0, pixels, 0)])
    classes = np.where(instances > 0, instances % 2 + 1, 0)
    classes[0][random.random(size) < 0.1] = -1
    return torch.tensor(instances), torch.tensor(classes)
