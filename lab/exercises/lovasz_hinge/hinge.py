"""Judges the whole hinge, with the mistakes that it knows by name."""

import numpy as np
import torch

from lab.exercises.gradient import CompareGradient
from lab.exercises.judge import Case, Mistake
from lab.exercises.lovasz_hinge.weights import flags
from lab.exercises.reference import lovasz_hinge as reference
from lab.lovasz import lovasz_hinge


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

hinge = CompareGradient(
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
    solution=lovasz_hinge,
    smooth=(0, 2),  # no ties in these
)
