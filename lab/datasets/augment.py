"""What happens to a crop after it is cut: turned, resized, flipped, coloured; image and labels together."""

from dataclasses import dataclass

import torch
from jaxtyping import Int, UInt8
from torch import Tensor


@dataclass(frozen=True)
class Colours:
    """How a picture's colours are changed.

    Attributes:
        order: 0 brightness, 1 contrast, 2 saturation; applied one after the other.
        factors: of these three; 1 changes nothing.
    """

    order: tuple[int, ...]
    factors: tuple[float, float, float]


def draw_flip_and_colours(flip: float | int, jitter: float | int, seed: int) -> tuple[bool, Colours | None]:
    """Whether to flip, with probability ``flip``, and factors of 1 ± ``jitter`` in any order.

    The numbers are those that torchvision's RandomHorizontalFlip and ColorJitter would draw from a generator of this
    seed, but torch's own generator, which dropout draws from, is left alone: so crops may be made in another thread.
    """
    generator = torch.Generator().manual_seed(seed)
    flipped = bool(torch.rand(1, generator=generator) < flip)
    if not jitter:
        return flipped, None
    order = [place for place in torch.randperm(4, generator=generator).tolist() if place < 3]  # the fourth is hue
    low, high = max(1.0 - jitter, 0.0), 1.0 + jitter
    bright, contrast, saturated = (float(torch.empty(1).uniform_(low, high, generator=generator)) for _ in range(3))
    return flipped, Colours(tuple(order), (bright, contrast, saturated))


def transform(
    image: UInt8[Tensor, "3 h w"],
    labels: Int[Tensor, "2 h w"],
    size: tuple[int, int],
    turns: int,
    flip: bool,
    colours: Colours | None,
) -> tuple[UInt8[Tensor, "3 H W"], Int[Tensor, "2 H W"]]:
    """Quarter turns to the left, then the size of the crop, the flip and the colours; ids are never interpolated."""
    from torchvision import tv_tensors
    from torchvision.transforms.v2 import functional

    joint = tv_tensors.Image(torch.rot90(image, turns, (1, 2))), tv_tensors.Mask(torch.rot90(labels, turns, (1, 2)))
    if tuple(joint[0].shape[1:]) != size:
        joint = resize_image(joint[0], size), tv_tensors.Mask(resize_labels(joint[1].as_subclass(Tensor), size))
    if flip:
        joint = tuple(functional.horizontal_flip(part) for part in joint)
    image, labels = (part.as_subclass(Tensor).contiguous() for part in joint)
    return (recolour(image, colours) if colours else image), labels


def resize_image(image: UInt8[Tensor, "3 h w"], size: tuple[int, int]) -> UInt8[Tensor, "3 H W"]:
    """Bilinear, and a mean over the pixels where the picture is made smaller."""
    from torchvision.transforms.v2 import functional

    return functional.resize(image, list(size), antialias=True)


def resize_labels(labels: Int[Tensor, "2 h w"], size: tuple[int, int]) -> Int[Tensor, "2 H W"]:
    """Each pixel's nearest one."""
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms.v2 import functional

    # Not as a mask: torchvision resizes those by "nearest", which shifts them by half a pixel.
    return functional.resize(labels, list(size), InterpolationMode.NEAREST_EXACT)


def recolour(image: UInt8[Tensor, "3 H W"], colours: Colours) -> UInt8[Tensor, "3 H W"]:
    """The picture in changed colours.  Does not wait for a GPU."""
    from torchvision.transforms.v2 import functional

    adjust = functional.adjust_brightness, functional.adjust_contrast, functional.adjust_saturation
    for which in colours.order:
        image = adjust[which](image, colours.factors[which])
    return image
