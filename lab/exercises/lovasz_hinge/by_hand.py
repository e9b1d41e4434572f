"""Judges of what is to be worked out on paper: a value, and an order."""

import numpy as np

from lab.exercises.judge import Number, number
from lab.exercises.lovasz_hinge.hinge import (
    counted,
    errors_of,
    labels_left_behind,
    sorted_by,
    summed,
)
from lab.exercises.reference import lovasz_hinge as reference

LOGITS, LABELS = np.array([0.6, 0.4, -0.5, -0.2]), np.array([True, False, False, True])
# The second one: errors in pixel order, with logits that are never shown.
ORDER_ERRORS = (1.2, 0.4, 1.9, 0.9, -0.3, 1.5)
ORDER_LABELS = (True, True, False, False, True, False)
BELOW_ZERO = "pixel 5 has an error below 0: relu cuts it off, so its gradient is 0 whatever its weight."


def right_value() -> float:
    """121/120."""
    return reference.lovasz_hinge(LOGITS, LABELS)


def cumulative_losses() -> float:
    """Errors times the losses themselves, not their steps."""
    errors = np.sort(errors_of(LOGITS, LABELS))[::-1]
    order = np.argsort(-errors_of(LOGITS, LABELS))
    return float((errors * reference.jaccard_increments(LABELS[order]).cumsum()).sum())


def in_another_order() -> float:
    """The logits given to foreground first: pixels 1, 4, 2, 3."""
    return reference.lovasz_hinge(LOGITS, LABELS[[0, 3, 1, 2]])


def make_four_pixels() -> Number:
    """The judge of the value."""
    value, errors = right_value(), errors_of(LOGITS, LABELS)
    mistakes = {
        counted(LOGITS, LABELS): "this is 1 - IoU of the mask logit > 0. The hinge also asks how wrong each pixel is.",
        2 * counted(LOGITS, LABELS): "2 (1 - IoU) is the hinge only where all logits are 1 or -1.",
        value / 2: "this is half of it: the factor 2 at logits of 1 and -1 is already in the errors, which go up to 2.",
        value / 4: "you took the mean. The weights are an average already: sum.",
        sorted_by(errors, LABELS, descending=False): "you sorted from the smallest error up. The largest comes first.",
        summed(errors, LABELS): "you took the pixels in their own order. Sort by error first, the largest at the top.",
        sorted_by(1 - LOGITS, LABELS): "you used 1 - logit for all four. For background the error is 1 + logit.",
        labels_left_behind(LOGITS, LABELS): "you sorted the errors, but left the labels in their old order.",
        cumulative_losses(): "you multiplied by the losses 1/3, 2/3, 3/4, 1. The weights are the steps between them.",
        errors.sum(): "this is the plain sum of the errors. Each one still needs its weight.",
        in_another_order(): "you gave the logits to the pixels in the order 1, 4, 2, 3. They stand in the order "
        "1, 2, 3, 4.",
        errors.mean(): "this is the mean error: every pixel with the same weight 1/4. The weights differ.",
    }
    return number(value, 0.004, mistakes, praise="1.4/3 + 1.2/3 + 0.5/12 + 0.4/4 = 121/120.")


def gradient_sizes() -> np.ndarray:
    """ΔJ of every pixel of the second one, 0 where the error is below 0."""
    errors, labels = np.array(ORDER_ERRORS), np.array(ORDER_LABELS)
    order = np.argsort(-errors)
    sizes = np.zeros(len(errors))
    sizes[order] = reference.jaccard_increments(labels[order])
    return np.where(errors > 0, sizes, 0)


def right_order() -> tuple[int, ...]:
    """Pixels, numbered from 1, by the size of their gradient."""
    return tuple(int(i) + 1 for i in np.argsort(-gradient_sizes()))


def make_gradient_order() -> Number:
    """The judge of the order."""
    errors, labels = np.array(ORDER_ERRORS), np.array(ORDER_LABELS)
    order = np.argsort(-errors)
    unclipped = np.zeros(len(errors))
    unclipped[order] = reference.jaccard_increments(labels[order])
    upward = np.zeros(len(errors))
    upward[order[::-1]] = reference.jaccard_increments(labels[order[::-1]])
    contributions = np.maximum(errors, 0) * gradient_sizes()

    def numbered(sizes: np.ndarray) -> tuple[int, ...]:
        return tuple(int(i) + 1 for i in np.argsort(-sizes, kind="stable"))

    mistakes = {
        numbered(errors): "that is the order of the errors. The gradient is the weight, and weights do not follow "
        "errors: a late foreground pixel may weigh more than an early false alarm.",
        numbered(unclipped): BELOW_ZERO,
        (3, 1, 5, 2, 6, 4): BELOW_ZERO,  # 2 and 5 tie there
        right_order()[::-1]: "the other way round: the largest first.",
        numbered(contributions): "that is the order of the contributions m · ΔJ. Derived by m, what is left is ΔJ.",
        numbered(upward): "these are the weights with the smallest error first. Start at the largest.",
        (1, 2, 3, 6, 4, 5): "foreground first, you say. Often, not always: the first false alarm here weighs most.",
    }
    return number(
        right_order(),
        0.1,
        mistakes,
        praise="Weights 1/4, 1/5, 1/6, 3/20, 1/15, 0: pixel 2, with the smallest error above 0, is pulled harder than "
        "two false alarms with larger ones.",
        otherwise="not this one. Write down the six weights first.",
    )


four_pixels = make_four_pixels()
gradient_order = make_gradient_order()
