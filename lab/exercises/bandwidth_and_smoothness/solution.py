"""What the exercises of notebook 04 ask for, readable."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from lab.embedding import BANDWIDTH_GAIN, PIXELS_PER_UNIT, bandwidth_to_sharpness


def slope(distance: Float[Tensor, "P"], bandwidth: Float[Tensor, ""]) -> Float[Tensor, "P"]:
    """∂φ/∂b = -10 κd² φ at distances in px from the centre, for a circular margin.

    κ is per (1024 px)², so the distance is put into units of 1024 px first; the result has no unit.
    """
    scaled = bandwidth_to_sharpness(bandwidth) * (distance / PIXELS_PER_UNIT).square()
    return -BANDWIDTH_GAIN * scaled * torch.exp(-scaled)


def smoothness(bandwidth: Float[Tensor, "S H W"], instances: Int[Tensor, "H W"]) -> Float[Tensor, ""]:
    """The smoothness term of one image that has an object: equal to the one in ``lab.losses``.

    Args:
        bandwidth: b of every pixel, one channel or two.
        instances: 0 where there is none; any other number names an object.
    """
    terms = []
    for k in instances.unique():
        if k != 0:
            own = bandwidth[:, instances == k]
            mean = own.mean(1, keepdim=True).detach()
            terms.append((own - mean).square().mean())
    return torch.stack(terms).mean()
