"""Judges the weights, with the mistakes that it knows by name."""

import numpy as np
import torch

from lab.exercises.judge import Case, Mistake, compare
from lab.exercises.reference import lovasz_hinge as reference


def flags(letters: str) -> torch.Tensor:
    """ "FB" -> [True, False]."""
    return torch.tensor([letter == "F" for letter in letters])


def counts(labels: np.ndarray) -> tuple[int, np.ndarray, np.ndarray]:
    """G, and the foreground and background pixels up to and including each."""
    labels = labels.astype(bool)
    return int(labels.sum()), labels.cumsum(), (~labels).cumsum()


def cumulative(labels: np.ndarray) -> np.ndarray:
    """The losses themselves."""
    return reference.jaccard_increments(labels).cumsum()


def from_the_end(labels: np.ndarray) -> np.ndarray:
    """The smallest error first."""
    return reference.jaccard_increments(labels[::-1])[::-1]


def union_without_background(labels: np.ndarray) -> np.ndarray:
    total, f, _ = counts(labels)
    with np.errstate(invalid="ignore"):  # NaN without foreground, as whoever writes it so gets
        return np.diff(f / total, prepend=0)


def union_of_everything(labels: np.ndarray) -> np.ndarray:
    total, f, _ = counts(labels)
    losses = 1 - (total - f) / len(labels)
    return np.diff(losses, prepend=0)


def without_this_one(labels: np.ndarray) -> np.ndarray:
    """Counts before the pixel: every weight stands one place too late."""
    return np.concatenate([[0.0], reference.jaccard_increments(labels)[:-1]])


def union_one_too_large(labels: np.ndarray) -> np.ndarray:
    """The closed form with b counted one too high."""
    total, f, b = counts(labels)
    return np.where(labels, 1 / (total + b + 1), (total - f) / ((total + b + 1) * (total + b)))


def foreground_so_far(labels: np.ndarray) -> np.ndarray:
    """G taken for the foreground pixels met so far."""
    _, f, b = counts(labels)
    return np.diff(1 - 0 * f / (f + b), prepend=0)


def no_foreground(fill: float):
    """The closed form where G = 0 was not thought of: 0/0, or 0 if that is cleaned away."""

    def increments(labels: np.ndarray) -> np.ndarray:
        right = reference.jaccard_increments(labels)
        return right if labels.any() else np.concatenate([[fill], right[1:]])

    return increments


WEIGHT_CASES = (
    Case("the sorted labels F B F B B F", (flags("FBFBBF"),)),
    Case("the sorted labels B B F F B F F B", (flags("BBFFBFFB"),)),
    Case("three foreground pixels", (flags("FFF"),)),
    Case("a single foreground pixel, last of five", (flags("BBBBF"),)),
    Case("40 pixels", (flags("BFFBBBBFBFBBBBBBFBBFBBBBBBFBBBBFBBBBBBBB"),)),
    Case("four background pixels and no foreground", (flags("BBBB"),)),
)

increments = compare(
    WEIGHT_CASES,
    right=reference.jaccard_increments,
    mistakes=[
        Mistake(
            "cumulative",
            cumulative,
            "these are the losses after each pixel. The weight of a pixel is the step that it adds to the one before.",
        ),
        Mistake(
            "ascending",
            from_the_end,
            "you walked from the last pixel to the first. The list is sorted already: the first pixel has the largest "
            "error and turns wrong first.",
        ),
        Mistake(
            "union without background",
            union_without_background,
            "a background pixel costs nothing in yours. A false alarm leaves the intersection alone, but what does it "
            "do to the union?",
        ),
        Mistake(
            "union of all pixels",
            union_of_everything,
            "you divided by the number of all pixels. Background that is rightly called background is in no union.",
        ),
        Mistake(
            "counts before the pixel",
            without_this_one,
            "every weight stands one place too late: count this pixel too, not only those before it.",
        ),
        Mistake(
            "off by one",
            union_one_too_large,
            "your union is one too large. b counts the false alarms up to and including this pixel, no more.",
        ),
        Mistake(
            "G so far",
            foreground_so_far,
            "your G is the foreground met so far. G is all the foreground there is, further down in the list too.",
        ),
        Mistake(
            "steps of IoU",
            lambda labels: -reference.jaccard_increments(labels),
            "the sign is turned round: IoU falls as pixels turn wrong, 1 - IoU grows.",
        ),
        Mistake(
            "first one missing",
            lambda labels: reference.jaccard_increments(labels)[1:],
            "the first pixel is missing. Before it nothing is wrong and the loss is 0, so its step counts too.",
        ),
        Mistake(
            "0/0 without foreground",
            no_foreground(np.nan),
            "right, but for a list without any foreground, where yours gives NaN: the first false alarm then costs "
            "everything, 1, and the others 0.",
        ),
        Mistake(
            "0 without foreground",
            no_foreground(0.0),
            "right, but for a list without any foreground. There the first false alarm takes IoU from 1 (nothing to "
            "find, nothing found) to 0, so its weight is 1.",
        ),
    ],
    praise="These are the weights. Note that they add up to 1.",
)
