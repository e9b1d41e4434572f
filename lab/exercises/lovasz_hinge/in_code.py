"""Judges of the two functions to be written, with the mistakes that they know by name."""

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
    return np.diff(f / max(total, 1), prepend=0)


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


def summed(errors: np.ndarray, labels: np.ndarray) -> float:
    """Errors and labels in the order in which they are given."""
    return float((np.maximum(errors, 0) * reference.jaccard_increments(labels)).sum())


def sorted_by(errors: np.ndarray, labels: np.ndarray, *, descending: bool = True) -> float:
    """Errors, with their labels, in order; then the sum."""
    order = np.argsort(-errors if descending else errors, kind="stable")
    return summed(errors[order], labels[order])


def errors_of(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return np.array(reference.errors_of(logits, labels))


def without_relu(logits: np.ndarray, labels: np.ndarray) -> float:
    errors = errors_of(logits, labels)
    order = np.argsort(-errors, kind="stable")
    return float((errors[order] * reference.jaccard_increments(labels[order])).sum())


def labels_left_behind(logits: np.ndarray, labels: np.ndarray) -> float:
    errors = np.sort(errors_of(logits, labels))[::-1]
    return summed(errors, labels)


def weights_left_behind(logits: np.ndarray, labels: np.ndarray) -> float:
    """Weights in sorted order times errors in the pixels' own."""
    errors = errors_of(logits, labels)
    order = np.argsort(-errors, kind="stable")
    return float((np.maximum(errors, 0) * reference.jaccard_increments(labels[order])).sum())


def through_sigmoid(logits: np.ndarray, labels: np.ndarray) -> float:
    chance = 1 / (1 + np.exp(-logits))
    return sorted_by(np.where(labels, 1 - chance, chance), labels)


def counted(logits: np.ndarray, labels: np.ndarray) -> float:
    wrong = (logits > 0) != labels.astype(bool)
    return reference.jaccard_loss(wrong.tolist(), labels.tolist())


def pixels_of(logits: list[float], letters: str) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.tensor(logits), flags(letters)


HINGE_CASES = (
    Case("the six pixels of the strip", pixels_of([0.9, -0.3, 0.2, -0.8, 0.5, -0.1], "FFBBFB")),
    Case("logits of 1 and -1", pixels_of([1.0, 1.0, 1.0, -1.0], "FFBB")),
    Case("logits beyond 1", pixels_of([1.7, -0.4, -2.1, 0.3, -0.2, 1.2, -1.6], "FFBBBFB")),
    Case("all background", pixels_of([0.3, -0.2, 0.9, -1.5], "BBBB")),
    Case("all foreground", pixels_of([0.3, -0.2, 0.9, -1.5], "FFFF")),
    Case("one missed pixel among nine", pixels_of([-0.7, -0.9, -1.2, 0.1, -0.8, -0.6, -1.1, -0.95, 0.4], "BBBBFBBBB")),
)

hinge = compare(
    HINGE_CASES,
    right=reference.lovasz_hinge,
    mistakes=[
        Mistake(
            "unsorted",
            lambda z, y: summed(errors_of(z, y), y),
            "you took the pixels as they come. The weights belong to the order of the errors: sort first.",
        ),
        Mistake(
            "ascending",
            lambda z, y: sorted_by(errors_of(z, y), y, descending=False),
            "you sorted from the smallest error to the largest. torch.sort does unless told descending=True.",
        ),
        Mistake(
            "no relu",
            without_relu,
            "an error below 0 lowers your loss. A pixel that is right with room to spare costs nothing: relu(m).",
        ),
        Mistake(
            "labels not sorted",
            labels_left_behind,
            "the errors are sorted but the labels stayed where they were, so each error meets another pixel's "
            "label: labels[order].",
        ),
        Mistake(
            "weights not brought back",
            weights_left_behind,
            "the weights are in sorted order, the errors you multiply them with are not. Use the sorted errors.",
        ),
        Mistake(
            "sigmoid",
            through_sigmoid,
            "you sent the logits through a sigmoid. The hinge takes them as they are: m = 1 - logit · sign.",
        ),
        Mistake(
            "mean",
            lambda z, y: reference.lovasz_hinge(z, y) / len(z),
            "you took the mean over the pixels. The weights are an average already: they add up to at most 1.",
        ),
        Mistake(
            "sign forgotten",
            lambda z, y: sorted_by(1 - z, y),
            "m = 1 - logit is the error of foreground. For background the sign turns round: m = 1 + logit.",
        ),
        Mistake(
            "label for sign",
            lambda z, y: sorted_by(1 - z * y, y),
            "you multiplied by the label, 0 or 1. The sign is -1 or 1: label · 2 - 1.",
        ),
        Mistake(
            "1 - IoU counted",
            counted,
            "this is 1 - IoU of the mask logit > 0: right to be told, but flat, so nothing can be learned from it. "
            "Weigh the errors.",
        ),
        Mistake(
            "half",
            lambda z, y: reference.lovasz_hinge(z, y) / 2,
            "this is half of it. At logits of 1 and -1 the hinge is 2 (1 - IoU), since a wrong pixel has the error 2.",
        ),
    ],
    praise="That is the whole loss of one object's mask.",
)
