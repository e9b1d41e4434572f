"""Reading instance ids: on what a function is tried, and wrong answers that people give."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from lab.exercises.judge import Case, Mistake
from lab.exercises.reference.data_and_labels import CLASSES, VOID

# Ignored by the official evaluation besides VOID, and background in our training.
EXCUSED = (4, 5, 6, 9, 10, 14, 15, 16, 18)


@dataclass(frozen=True)
class Slips:
    """What a wrong decoder does otherwise."""

    groups: str = "void"  # or "background", "objects", "class" (but no number), "numbered" (but void)
    from_zero: bool = True  # else k = 0 is left out
    numbers: str = "rank"  # or "k", "k + 1", "id", "rank in class", "rank with background"
    classes: str = "index"  # or "label", "gap"
    void: str = "right"  # or "background", "plain", "official"
    vehicles: bool = False  # caravans and trailers get numbers


def slipped(slips: Slips) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """The decoder with these slips, from ids [H, W]."""

    def decode(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ids = ids.astype(int)
        label = np.where(ids >= 1000, ids // 1000, ids)
        numbered, ours = ids >= 1000, np.isin(label, CLASSES)
        counted = ours & (numbered | (slips.groups in ("objects", "numbered"))) & (slips.from_zero | (ids % 1000 > 0))
        with_class = ours & (numbered | (slips.groups in ("objects", "class")))
        classes = np.where(with_class, _classes(label, slips.classes), 0)
        classes[ours & ~with_class] = 0 if slips.groups == "background" else -1
        classes[_void(ids, label, slips)] = -1
        counted = counted | (slips.vehicles & numbered & np.isin(label, (29, 30)))
        return _numbers(ids, np.where(counted, ids, 0), label, slips.numbers), classes

    return decode


def _classes(label: np.ndarray, how: str) -> np.ndarray:
    if how == "label":
        return label
    if how == "gap":
        return label - 23
    return np.searchsorted(CLASSES, label) + 1


def _void(ids: np.ndarray, label: np.ndarray, slips: Slips) -> np.ndarray:
    if slips.void == "background":
        return np.zeros(ids.shape, bool)
    if slips.void == "official":
        return np.isin(label, (*VOID, *EXCUSED))
    return np.isin(ids if slips.void == "plain" else label, VOID)


def _numbers(ids: np.ndarray, objects: np.ndarray, label: np.ndarray, how: str) -> np.ndarray:
    if how == "id":
        return objects
    if how in ("k", "k + 1"):
        return np.where(objects > 0, ids % 1000 + (how == "k + 1"), 0)
    if how == "rank in class":
        ranks = np.zeros_like(objects)
        for c in np.unique(label[objects > 0]):
            own = np.where(label == c, objects, 0)
            ranks += np.where(own > 0, np.searchsorted(np.unique(own[own > 0]), own) + 1, 0)
        return ranks
    if how == "rank with background":
        return np.searchsorted(np.unique(objects), objects)
    return np.where(objects > 0, np.searchsorted(np.unique(objects[objects > 0]), objects) + 1, 0)


_SAME_NUMBER = (
    "a person 24000 and a car 26000 get the same number in yours, so they are one object. Give every id that names an "
    "object a number of its own, whatever its class."
)
MISTAKES = (
    Mistake(
        "groups are background",
        slipped(Slips(groups="background")),
        "a plain 24 or 26 is background in yours. It is a group: persons or cars that nobody could tell apart. Neither "
        "objects nor background: void.",
    ),
    Mistake(
        "groups are objects",
        slipped(Slips(groups="objects")),
        "a plain 24 or 26 is one object in yours. It is a group of several that nobody could tell apart: void.",
    ),
    Mistake(
        "groups have a class",
        slipped(Slips(groups="class")),
        "the pixels of a plain 24 have class 1 and no instance in yours: persons of whom there is none. A group is "
        "void.",
    ),
    Mistake(
        "groups are numbered",
        slipped(Slips(groups="numbered")),
        "a plain 24 is void in yours, and yet it has an instance number. Leave groups out when you number the objects.",
    ),
    Mistake(
        "k counts from 1",
        slipped(Slips(from_zero=False)),
        "24000 has no number in yours. It is the first person: k counts from 0, and a group is the plain id below "
        "1000.",
    ),
    Mistake(
        "k for a number", slipped(Slips(numbers="k")), f"k itself is the number, and the first k is 0. {_SAME_NUMBER}"
    ),
    Mistake("k + 1 for a number", slipped(Slips(numbers="k + 1")), _SAME_NUMBER),
    Mistake(
        "counted within a class",
        slipped(Slips(numbers="rank in class")),
        "your numbers begin anew in every class, so the first person and the first car are one object. Count through.",
    ),
    Mistake(
        "background taken for granted",
        slipped(Slips(numbers="rank with background")),
        "where no pixel is without an object, your numbers begin at 0, so the first object is none. Rank the ids "
        "together with a 0: np.unique(np.append(objects, 0)).",
    ),
    Mistake(
        "ids kept",
        slipped(Slips(numbers="id")),
        "your instances keep the file's ids. Asked for are the numbers 1, 2, … in the ids' ascending order.",
    ),
    Mistake(
        "label ids for classes",
        slipped(Slips(classes="label")),
        "your classes are Cityscapes' label ids, 24 to 33. Asked for is the place in the list of eight: 1 to 8.",
    ),
    Mistake(
        "gap overlooked",
        slipped(Slips(classes="gap")),
        "your classes are the label id minus 23. There is a gap: after 28 (bus) comes 31 (train), which is class 6.",
    ),
    Mistake(
        "void is background",
        slipped(Slips(void="background")),
        "unlabelled pixels (0), the own car (1), borders (2, 3), caravans (29) and trailers (30) are background in "
        "yours: "
        "the network would be told that nothing is there. They are void.",
    ),
    Mistake(
        "numbered caravans",
        slipped(Slips(void="plain")),
        "a plain 29 is void in yours, but the caravan 29001 is background. It is void with a number, too.",
    ),
    Mistake(
        "caravans are objects",
        slipped(Slips(vehicles=True)),
        "a caravan 29001 gets an instance number in yours. It is none of the eight classes: void, and number 0.",
    ),
    Mistake(
        "official void",
        slipped(Slips(void="official")),
        "label ids as 4 (static) or 9 (parking) are void in yours. The official evaluation excuses a prediction there, "
        "but "
        "in training we know that none of the eight stands there: background.",
    ),
)

_ALL = torch.tensor(
    [
        [7, 7, 24001, 24001, 0, 1, 23, 23],
        [24, 24000, 24001, 26000, 26000, 2, 3, 11],
        [24, 24000, 25000, 26000, 26, 26, 4, 9],
        [29, 29001, 25000, 31000, 31000, 33, 33002, 33002],
        [30, 30000, 28000, 31001, 32000, 32000, 27000, 8],
    ]
)


def random_ids() -> torch.Tensor:
    """Ids of all kinds, each several times and in no order."""
    generator = torch.Generator().manual_seed(3)
    numbered = [1000 * c + k for c in range(24, 34) for k in (0, 1, 4)]
    ids = torch.tensor([*range(34), *numbered])
    return ids[torch.randint(len(ids), (12, 15), generator=generator)]


CASES = (
    Case("5 x 8 pixels with groups, void and objects of all eight classes", (_ALL,)),
    Case("12 x 15 pixels with ids of all kinds", (random_ids(),)),
    Case("2 x 2 pixels without any object", (torch.tensor([[7, 8], [0, 26]]),)),
    Case("2 x 3 pixels, each of an object", (torch.tensor([[26000, 26000, 24001], [26000, 33000, 24001]]),)),
)
