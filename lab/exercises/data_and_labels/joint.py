"""Mending a joint transform: on what it is tried, what is left when one fault of two is mended, and other slips."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from lab.exercises.exercise import Verdict, untried
from lab.exercises.judge import Case, Mistake, compare
from lab.exercises.reference.data_and_labels import enlarge_smoothly, transform

AS_IT_WAS = "it still does what the broken one did. Find both faults."


def slipped(
    labels_by: str = "copying", labels_flip: int | None = 1, image_by: str = "mixing", image_flips: bool = True
) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """The transform with slips: how pixels are enlarged ("copying", "mixing", "rounding"), along which axis labels are
    mirrored, and whether the image is."""

    def answer(image: np.ndarray, labels: np.ndarray, factor: int, flip: bool) -> tuple[np.ndarray, np.ndarray]:
        copied = image.repeat(factor, 1).repeat(factor, 2)
        image = copied if image_by == "copying" else enlarge_smoothly(image, factor)
        mixed = enlarge_smoothly(np.stack([labels] * 3), factor)[0]
        ways = {"copying": labels.repeat(factor, 0).repeat(factor, 1), "mixing": np.trunc(mixed)}
        labels = ways.get(labels_by, np.round(mixed))
        if flip and labels_flip is not None:
            labels = np.flip(labels, labels_flip)
        return (image[:, :, ::-1] if flip and image_flips else image), labels

    return answer


def _always(image: np.ndarray, labels: np.ndarray, factor: int, flip: bool) -> tuple[np.ndarray, np.ndarray]:
    return transform(image, labels, factor, True)


MISTAKES = (
    Mistake(
        "labels mixed",
        slipped(labels_by="mixing"),
        "the labels are still mixed where two meet: between object 2 and object 11 yours puts pixels of 4 and 8. "
        "Which mode copies?",
    ),
    Mistake(
        "labels rounded",
        slipped(labels_by="rounding"),
        "rounding makes whole numbers of the mixed labels, but wrong ones: half-way between object 2 and object 11 is "
        "no "
        "object. Ids must be copied.",
    ),
    Mistake(
        "labels not mirrored",
        slipped(labels_flip=None),
        "the labels are copied now, good. But the image is mirrored and they are not: the objects lie where nobody is.",
    ),
    Mistake(
        "labels upside down",
        slipped(labels_flip=0),
        "the labels are turned upside down where the image is mirrored. Labels [H, W] have their columns in axis 1, "
        "the "
        "image [3, H, W] in axis 2.",
    ),
    Mistake(
        "image not mirrored",
        slipped(image_flips=False),
        "now the labels are mirrored and the image is not. Both or none.",
    ),
    Mistake(
        "nothing mirrored",
        slipped(image_flips=False, labels_flip=None),
        "yours fits, but never mirrors. flip is there to be obeyed.",
    ),
    Mistake(
        "always mirrored",
        _always,
        "yours mirrors also where flip is False.",
    ),
    Mistake(
        "image copied too",
        slipped(image_by="copying"),
        "the labels are right. But now the image is copied pixel by pixel too, and becomes blocks: colours may be "
        "mixed.",
    ),
    Mistake("as it was", slipped(labels_by="mixing", labels_flip=None), AS_IT_WAS),
)


def _case(what: str, size: tuple[int, int], factor: int, flip: bool, seed: int) -> Case:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.tensor([0, 2, 11, 20, 5])[torch.randint(5, size, generator=generator)]
    return Case(what, (torch.rand(3, *size, generator=generator), labels, factor, flip))


# Factors at which mixing is exact in floating point, so that what is cut off does not depend on rounding.
CASES = (
    _case("3 x 5 pixels enlarged twice", (3, 5), 2, False, 0),
    _case("4 x 3 pixels enlarged twice and mirrored", (4, 3), 2, True, 1),
    _case("2 x 4 pixels enlarged four times and mirrored", (2, 4), 4, True, 2),
    _case("4 x 4 pixels mirrored", (4, 4), 1, True, 3),
)
_judge = compare(
    CASES, transform, MISTAKES, praise="One transform for both, and each by its own rule: colours mix, ids do not."
)


def judge_transform(answer: Any) -> Verdict:
    """A function that still does what the broken one does has not been mended yet."""
    verdict = _judge(answer)
    return untried(AS_IT_WAS) if verdict.words == AS_IT_WAS else verdict
