"""The solutions that the library does not have as functions of tensors."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import interpolate

from lab.datasets.crops import window_start
from lab.datasets.scene import VOID

CLASSES = (24, 25, 26, 27, 28, 31, 32, 33)
VOID_LABELS = (0, 1, 2, 3, 29, 30)


def decode(ids: Int[Tensor, "H W"]) -> tuple[Int[Tensor, "H W"], Int[Tensor, "H W"]]:
    """Instances 1..K by ascending id, and classes (-1 void, 0 background, 1..8), of Cityscapes' instance ids."""
    instances, classes = torch.zeros_like(ids), torch.zeros_like(ids)
    label = torch.where(ids >= 1000, ids // 1000, ids)
    for place, label_id in enumerate(CLASSES, start=1):
        classes[label == label_id] = place
    objects = ids[(ids >= 1000) & (classes > 0)].unique()  # ascending
    for number, value in enumerate(objects, start=1):
        instances[ids == value] = number
    groups = (ids < 1000) & (classes > 0)
    classes[groups | torch.isin(label, torch.tensor(VOID_LABELS))] = VOID
    return instances, classes


def cut_classes(classes: Int[Tensor, "H W"], row: int, column: int, size: int) -> Int[Tensor, "{size} {size}"]:
    """A window of classes around a pixel: moved inward at the border, void where the image is smaller than it."""
    height, width = classes.shape
    top, left = window_start(row, size, height), window_start(column, size, width)
    window = torch.full((size, size), VOID)
    inside = classes[max(top, 0) : top + size, max(left, 0) : left + size]
    rows, columns = inside.shape
    above, before = max(-top, 0), max(-left, 0)
    window[above : above + rows, before : before + columns] = inside
    return window


def transform(
    image: Float[Tensor, "3 H W"], labels: Int[Tensor, "H W"], factor: int, flip: bool
) -> tuple[Float[Tensor, "3 h w"], Int[Tensor, "h w"]]:
    """Enlarge and perhaps mirror both: the image smoothly, the labels by copying, since ids cannot be mixed."""
    image = interpolate(image[None], scale_factor=factor, mode="bilinear")[0]
    labels = interpolate(labels[None, None].float(), scale_factor=factor, mode="nearest-exact")[0, 0].long()
    if flip:
        image, labels = image.flip(2), labels.flip(1)
    return image, labels
