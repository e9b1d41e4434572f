"""Small images on which a loss is tried: each holds what some wrong loss gets wrong."""

import torch
from torch import Tensor

from lab.exercises.judge import Case

HEIGHT, WIDTH, CLASSES = 9, 12, 2


def street_of(
    *boxes: tuple[int, int, int, int, int, int], void: tuple[int, int] | None = None
) -> tuple[Tensor, Tensor]:
    """Instances and classes of boxes (top, bottom, left, right, id, class); ``void`` is a strip of columns."""
    instances, classes = torch.zeros(2, HEIGHT, WIDTH, dtype=torch.int64)
    for top, bottom, left, right, number, kind in boxes:
        instances[top:bottom, left:right], classes[top:bottom, left:right] = number, kind
    if void:
        classes[:, void[0] : void[1]] = -1
    return instances, classes


def random_output(images: int, seed: int) -> Tensor:
    """What a network might say before it has learned much: σ of some px, offsets of as many."""
    output = torch.randn(images, 4 + CLASSES, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(seed))
    output[:, :2] *= 0.002
    output[:, 2:4] = 1 + 0.08 * output[:, 2:4]
    return output


def batch(what: str, *images: tuple[Tensor, Tensor]) -> Case:
    """A case of several images."""
    instances, classes = (torch.stack(part) for part in zip(*images, strict=True))
    return Case(what, (random_output(len(images), seed=len(what)), instances, classes))


THREE = street_of((1, 5, 1, 4, 1, 1), (1, 5, 4, 8, 2, 1), (5, 8, 2, 11, 3, 2))
CUT = street_of((1, 6, 1, 8, 26001, 2), (6, 9, 9, 10, 7, 1), (2, 5, 9, 11, 4, 1), void=(7, 10))
ONE = street_of((3, 7, 3, 9, 5, 2))
EMPTY = street_of()

CASES = (
    batch("one image with three objects of two classes", THREE),
    batch("an image with a strip of void that cuts two objects and covers a third", CUT),
    batch("two images, one of three objects and one of a single one", THREE, ONE),
    batch("a batch whose second image holds no instance", CUT, EMPTY, ONE),
    batch("an image without instances", EMPTY),
    batch("a batch whose second image is nothing but void", ONE, street_of((1, 5, 1, 4, 1, 1), void=(0, WIDTH))),
)
