"""All instances in one sort: on what the answer is tried, how it goes wrong, and how often it sorts."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from lab.exercises.exercise import Verdict, wrong
from lab.exercises.fast.listener import Listener
from lab.exercises.guard import Trouble, attempt
from lab.exercises.judge import Case, Mistake, compare, difference, to_numpy
from lab.exercises.reference.fast import losses

Array = np.ndarray
MANY = 12  # instances, on which sorts are counted
CROWD, CROWD_PIXELS = 40_000, 120_000  # so many instances, on which a key in float32 runs out of digits
TOLERANCE = 1e-4
PRAISE = "the sorts do not grow in number with the instances."
MOST_SORTS = 3  # by a key of two parts, or twice one after the other


def crowd(seed: int, count: int, pixels: int) -> tuple[Any, ...]:
    """Errors between -0.2 and 2, foreground less wrong than background now and then; each instance has a few."""
    draw = torch.Generator().manual_seed(seed)
    owner = torch.cat([torch.arange(count), torch.randint(count, (pixels - count,), generator=draw)])
    labels = torch.rand(pixels, generator=draw) < 0.4
    labels[:count] = True  # each instance has a pixel of its own
    errors = 2.2 * torch.rand(pixels, generator=draw) - 0.2
    shuffled = torch.randperm(pixels, generator=draw)
    return errors[shuffled], labels[shuffled], owner[shuffled], count


CASES = (
    Case("7 pixels of one instance", crowd(0, 1, 7)),
    Case("12 pixels of two instances", crowd(1, 2, 12)),
    Case("60 pixels of five instances", crowd(2, 5, 60)),
    Case("90 pixels of 40 instances", crowd(3, 40, 90)),
)


def slipped(
    *,
    ascending: bool = False,
    unsorted: bool = False,
    whole_total: bool = False,
    counts_go_on: bool = False,
    one_segment: bool = False,
    no_relu: bool = False,
    mean: bool = False,
    before: bool = False,
    equal: bool = False,
    swapped: bool = False,
    owner_lost: bool = False,
) -> Callable[..., Any]:
    """A version in one sort, in NumPy, that makes these mistakes."""

    def answer(errors: Array, labels: Array, owner: Array, count: int) -> Array:
        labels = labels.astype(bool)
        key = 0 * errors if unsorted else errors if ascending else -errors
        order = np.lexsort((key,)) if one_segment or owner_lost else np.lexsort((key, owner))
        m, fg, of = errors[order], labels[order], owner[order].astype(int)
        own, all_of = np.bincount(of, fg, minlength=count), np.bincount(of, minlength=count)
        f, b = np.cumsum(fg), np.cumsum(~fg)
        if not (counts_go_on or one_segment):
            f = f - (np.cumsum(own) - own)[of]
            b = b - (np.cumsum(all_of - own) - (all_of - own))[of]
        if before:
            f, b = f - fg, b - ~fg
        total = np.full(len(of), own.sum()) if whole_total or one_segment else own[of]
        union = total + b if owner_lost else np.maximum(total + b, 1)
        outside = (total - f) / (union * np.maximum(union - 1, 1))
        steps = np.where(~fg if swapped else fg, 1 / union, outside)
        steps = 1 / all_of[of] if equal else steps
        result = np.bincount(of, (m if no_relu else np.maximum(m, 0)) * steps, minlength=count)
        return result.mean() * np.ones(count) if mean else result

    return answer


MISTAKES = (
    Mistake(
        "smallest error first",
        slipped(ascending=True),
        "within an instance yours begins with the *smallest* error. The largest goes first: it is the first to turn "
        "wrong.",
    ),
    Mistake(
        "not by error",
        slipped(unsorted=True),
        "yours sorts by instance only. Within an instance the errors must fall.",
    ),
    Mistake(
        "one segment",
        slipped(one_segment=True),
        "yours sorts all pixels by their error and counts them as if they were of one instance. Each instance is "
        "counted by itself: the key needs the instance before the error.",
    ),
    Mistake(
        "sorted by the errors only",
        slipped(owner_lost=True),
        "yours sorts by the errors only. The key lacks the instance: what is counted from a segment's beginning needs "
        "the pixels of a segment side by side.",
    ),
    Mistake(
        "counts go on",
        slipped(counts_go_on=True),
        "f and n go on counting from one instance to the next. Where an instance begins they begin at 0: take off what "
        "had been counted before its first pixel.",
    ),
    Mistake(
        "all foreground",
        slipped(whole_total=True),
        "G is the number of foreground pixels of *all* instances in yours. Each has its own.",
    ),
    Mistake(
        "counts go on, all foreground",
        slipped(counts_go_on=True, whole_total=True),
        "two things are of all instances together in yours: the counts f and n, which begin anew with each, and G.",
    ),
    Mistake(
        "no relu",
        slipped(no_relu=True),
        "an error below zero is no error: relu(m), or the hinge would be rewarded for being right by far.",
    ),
    Mistake(
        "this pixel not counted",
        slipped(before=True),
        "f and n count up to *and including* this pixel; yours are those of the pixels before it.",
    ),
    Mistake(
        "mean over the pixels",
        slipped(equal=True),
        "yours is the mean of relu(m) over an instance's pixels. The weights are the increments of the Jaccard loss.",
    ),
    Mistake(
        "increments exchanged",
        slipped(swapped=True),
        "a foreground pixel adds 1/(G + n), a background pixel (G - f)/((G + n)(G + n - 1)); yours has them the other "
        "way round.",
    ),
    Mistake(
        "mean over the instances",
        slipped(mean=True),
        "that is the mean over the instances. Asked is a number for each.",
    ),
)

_judge_values = compare(
    CASES,
    losses,
    MISTAKES,
    praise=PRAISE,
)


class Sorts(Listener):
    """Counts the sorts."""

    def counts(self, name: str, arguments: tuple[Any, ...]) -> bool:
        """By the operation's name."""
        return name in ("sort", "argsort", "topk")


def judge_losses(answer: Any) -> Verdict:
    """Compare the values; then look how often it sorts, and whether its key has enough digits.  Never raises."""
    verdict = _judge_values(answer)
    if verdict.state != "right":
        return verdict
    errors, labels, owner, count = crowd(4, MANY, 200)
    try:
        with Sorts() as sorts:
            attempt(answer, errors, labels, owner, count)
        if sorts.count <= MOST_SORTS:
            short_of_digits = _judge_digits(answer)
            return verdict if short_of_digits is None else short_of_digits
    except Trouble as trouble:
        return wrong(str(trouble))
    return wrong(
        f"the values are right, but for {MANY} instances yours sorts {sorts.count} times. Asked is one sort for all of "
        "them."
    )


def _judge_digits(answer: Callable[..., Any]) -> Verdict | None:
    """None if the values of a large crowd, whose errors lie close together, are right.

    Raises:
        Trouble: the answer does not run through.
    """
    errors, labels, owner, count = crowd(5, CROWD, CROWD_PIXELS)
    errors = 1 + errors / 50
    given = attempt(answer, errors, labels, owner, count, read=to_numpy)
    expected = slipped()(errors.double().numpy(), labels.numpy(), owner.numpy(), count)
    if not difference(expected, given, TOLERANCE):
        return None
    return wrong(
        f"with few instances the values are right, but not with {CROWD:,}, whose errors lie close together. Has your "
        "key enough digits? A float32 has seven: with five before the point two are left behind it, and errors that "
        "differ come out as equal. Make the key a float64."
    )
