"""A prediction made from the labels: what a network would put out that has learned a scene by heart."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from lab.embedding import PIXELS_PER_UNIT, coordinate_grid, sigma_to_bandwidth


def ideal_output(
    instances: Int[np.ndarray, "H W"],
    classes: Int[np.ndarray, "H W"],
    num_classes: int,
    bandwidth_channels: int = 2,
    noise: float = 0.0,
) -> Float[Tensor, "C H W"]:
    """Offsets to the centroid (off by ``noise`` of the object's size), σ half the object's spread, seeds sure."""
    grid = coordinate_grid(*instances.shape).double()
    generator = torch.Generator().manual_seed(0)
    offset = torch.zeros_like(grid)
    sigma = torch.full_like(grid[:bandwidth_channels], 4.0)
    seed = torch.full((num_classes, *instances.shape), -6.0, dtype=torch.float64)
    for k in np.unique(instances[instances > 0]):
        mask = torch.from_numpy(instances == k)
        place = grid[:, mask]
        size = place.std(dim=1, correction=0, keepdim=True) + 1 / PIXELS_PER_UNIT
        error = noise * size * torch.randn(place.shape, generator=generator, dtype=torch.float64)
        offset[:, mask] = place.mean(dim=1, keepdim=True) - place + error
        spread = size if bandwidth_channels == 2 else size.mean(dim=0, keepdim=True)
        sigma[:, mask] = (0.5 * spread * PIXELS_PER_UNIT).expand(-1, place.shape[1])
        goodness = torch.exp(-(error / size).square().sum(0))
        seed[int(classes[instances == k][0]) - 1, mask] = torch.logit(0.98 * goodness, eps=1e-3)
    return torch.cat([torch.atanh(offset), sigma_to_bandwidth(sigma), seed]).float()


def street(height: int = 256, width: int = 512) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A drawn stand-in of a scene: image, instances and classes (1 and 2) of some boxes, two of which touch."""
    boxes = [(120, 60, 190, 150, 2), (120, 150, 190, 230, 2), (100, 300, 200, 330, 1), (110, 332, 190, 350, 1)]
    boxes += [(90, 400, 230, 500, 2), (98, 250, 118, 262, 1)]
    image = np.full((height, width, 3), (120, 140, 160), np.uint8)
    instances, classes = np.zeros((height, width), np.int32), np.zeros((height, width), np.int16)
    fy, fx = height / 256, width / 512
    for k, (top, left, bottom, right, c) in enumerate(boxes, start=1):
        where = np.s_[int(top * fy) : int(bottom * fy), int(left * fx) : int(right * fx)]
        image[where] = (60 + 25 * k, 200 - 20 * k, 90 + 10 * k)
        instances[where], classes[where] = k, c
    return image, instances, classes
