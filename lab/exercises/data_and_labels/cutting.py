"""Cutting a window: on what a function is tried, and wrong answers that people give."""

from collections.abc import Callable

import numpy as np
import torch

from lab.exercises.judge import Case, Mistake
from lab.exercises.reference.data_and_labels import cut

Start = Callable[[int, int, int], int]


def inward(centre: int, size: int, extent: int) -> int:
    """Where a window begins, as it should."""
    return (extent - size) // 2 if size >= extent else min(max(centre - size // 2, 0), extent - size)


def cut_from(start: Start, outside: str | int = -1) -> Callable[..., np.ndarray]:
    """Cuts windows that begin at ``start``; what is outside gets this class, or is copied from the edge."""

    def answer(classes: np.ndarray, row: int, column: int, size: int) -> np.ndarray:
        rows, columns = (start(c, size, e) + np.arange(size) for c, e in zip((row, column), classes.shape, strict=True))
        near = np.ix_(*(np.clip(p, 0, e - 1) for p, e in zip((rows, columns), classes.shape, strict=True)))
        is_in = [(p >= 0) & (p < e) for p, e in zip((rows, columns), classes.shape, strict=True)]
        if outside == "cut off":
            return classes[near][np.ix_(*is_in)]
        return classes[near] if outside == "copied" else np.where(np.logical_and.outer(*is_in), classes[near], outside)

    return answer


def _corner(centre: int, size: int, extent: int) -> int:
    return 0 if size >= extent else inward(centre, size, extent)


def _half_inward(centre: int, size: int, extent: int) -> int:
    return (extent - size) // 2 if size >= extent else max(centre - size // 2, 0)


def _shifted(centre: int, size: int, extent: int) -> int:
    return inward(centre, size, extent) if size >= extent else min(max(centre - (size - 1) // 2, 0), extent - size)


MISTAKES = (
    Mistake(
        "never moved",
        cut_from(lambda centre, size, extent: centre - size // 2),
        "at a border yours keeps its middle and fills up with void. Move the window inward instead: outside there is "
        "nothing to learn from.",
    ),
    Mistake(
        "moved from one side only",
        cut_from(_half_inward),
        "at the upper and left border yours moves inward, at the lower and right it does not: a window may begin at "
        "extent - size at the latest.",
    ),
    Mistake(
        "background outside",
        cut_from(inward, 0),
        "what lies outside of the image is 0 in yours, background: the network would be told that nothing is there. "
        "Nobody knows: void is -1.",
    ),
    Mistake(
        "edge copied",
        cut_from(inward, "copied"),
        "what lies outside of the image is copied from its edge in yours. An object at the edge would grow out of the "
        "picture; void is -1.",
    ),
    Mistake(
        "image in the corner",
        cut_from(_corner),
        "a smaller image lies in the upper left corner of yours. It is to lie in the middle: start at "
        "(extent - size) // 2, which is negative.",
    ),
    Mistake(
        "cut off",
        cut_from(inward, "cut off"),
        "where the image is smaller than the window, yours returns fewer pixels. A batch needs crops of one size: fill "
        "up with void.",
    ),
    Mistake(
        "off by one",
        cut_from(_shifted),
        "right for odd sizes; for even ones yours begins one pixel later. The window begins at centre - size // 2.",
    ),
    Mistake(
        "row and column swapped",
        lambda classes, row, column, size: cut(classes, column, row, size),
        "row and column are swapped: the first axis of a picture is its rows.",
    ),
)


def _some_classes(height: int, width: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 9, (height, width), generator=generator)


CASES = (
    Case("a window of 3 px in the middle of 7 x 10", (_some_classes(7, 10, 0), 3, 6, 3)),
    Case("a window of 4 px in the middle of 7 x 10", (_some_classes(7, 10, 1), 3, 6, 4)),
    Case("a window of 5 px at the upper left of 7 x 10", (_some_classes(7, 10, 2), 0, 1, 5)),
    Case("a window of 5 px at the lower right of 7 x 10", (_some_classes(7, 10, 3), 6, 9, 5)),
    Case("a window of 8 px, higher than 5 x 10", (_some_classes(5, 10, 4), 2, 9, 8)),
    Case("a window of 8 px, larger than 3 x 6", (_some_classes(3, 6, 5), 2, 1, 8)),
)
