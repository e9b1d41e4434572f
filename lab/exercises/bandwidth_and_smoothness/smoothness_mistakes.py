"""Wrong smoothness terms, as functions of b and the instances' numbers, each with what to tell who gives it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from lab.exercises.judge import Mistake
from lab.exercises.reference import bandwidth_and_smoothness as reference


def objects(b: np.ndarray, instances: np.ndarray) -> list[np.ndarray]:
    return [b[:, instances == k] for k in np.unique(instances) if k != 0]


def mean_of(term: Callable[[np.ndarray], float]) -> Callable[..., Any]:
    return lambda b, instances: np.mean([term(own) for own in objects(b, instances)])


def variance(own: np.ndarray) -> float:
    return own.var(axis=1).mean()


def pooled(b: np.ndarray, instances: np.ndarray) -> float:
    return sum(variance(own) * own.shape[1] for own in objects(b, instances)) / (instances != 0).sum()


def over_image(b: np.ndarray, instances: np.ndarray) -> float:
    return sum(variance(own) * own.shape[1] for own in objects(b, instances)) / instances.size


def one_mean_for_all(b: np.ndarray, instances: np.ndarray) -> float:
    mean = b[:, instances != 0].mean(axis=1, keepdims=True)
    return np.mean([((own - mean) ** 2).mean() for own in objects(b, instances)])


def background_too(b: np.ndarray, instances: np.ndarray) -> float:
    return float(np.mean([variance(b[:, instances == k]) for k in np.unique(instances)]))


def counted_up(b: np.ndarray, instances: np.ndarray) -> float:
    """range(1, max + 1): the mean over an empty object is nan."""
    whole = len(objects(b, instances)) == instances.max()
    return reference.smoothness(b, instances) if whole else np.nan


def pixels_held(bandwidth: Float[Tensor, "S H W"], instances: Int[Tensor, "H W"]) -> Float[Tensor, ""]:
    """The right value; but the stop-gradient holds the pixels and leaves their mean free."""
    own = [bandwidth[:, instances == k] for k in instances.unique() if k]
    return torch.stack([(o.detach() - o.mean(1, keepdim=True)).square().mean() for o in own]).mean()


SMOOTHNESS_MISTAKES = (
    Mistake(
        "on 10 b",
        mean_of(lambda own: variance(10 * own)),
        "a hundred times too large: the term sees b itself, not 10 b.",
    ),
    Mistake(
        "on κ",
        mean_of(lambda own: variance(np.exp(10 * own))),
        "this compares κ. The term sees the raw b: then a given ratio of σ costs the same for a bus and for a "
        "pedestrian.",
    ),
    Mistake(
        "on σ",
        mean_of(lambda own: variance(1024 / np.sqrt(2 * np.exp(10 * own)))),
        "this compares σ in px, so a large object would be punished far more than a small one. The term sees b.",
    ),
    Mistake(
        "on σ in units of 1024 px",
        mean_of(lambda own: variance(1 / np.sqrt(2 * np.exp(10 * own)))),
        "this compares σ (in units of 1024 px), so a large object would be punished far more than a small one. The "
        "term sees b.",
    ),
    Mistake(
        "numbers without gaps",
        counted_up,
        "nan: there is no object with that number, and a mean over no pixels is none. Numbers may have gaps.",
    ),
    Mistake(
        "one mean over both channels",
        mean_of(lambda own: own.var()),
        "each channel is compared with its own mean. One mean over both pulls every ellipse towards a circle.",
    ),
    Mistake(
        "sum over pixels",
        mean_of(lambda own: own.var(axis=1).mean() * own.shape[1]),
        "within an object take the mean over its pixels, not the sum: else a large object counts more.",
    ),
    Mistake(
        "over all foreground pixels",
        pooled,
        "the mean over all foreground pixels at once lets large objects dominate. First the mean within each "
        "object, then the mean over the objects.",
    ),
    Mistake(
        "over the whole image",
        over_image,
        "divided by all pixels of the image, background included: a small object all but disappears. First the "
        "mean within each object, then over the objects.",
    ),
    Mistake(
        "one mean for all objects",
        one_mean_for_all,
        "each object has a mean of its own. This asks a bus and a pedestrian to have the same σ.",
    ),
    Mistake(
        "background is no object",
        background_too,
        "number 0 is no object: the background's b is asked nothing.",
    ),
    Mistake(
        "sum over objects",
        lambda b, instances: sum(variance(own) for own in objects(b, instances)),
        "take the mean over the objects, not their sum.",
    ),
    Mistake(
        "sum over channels",
        mean_of(lambda own: own.var(axis=1).sum()),
        "with two channels it is twice too large: the mean is over channels as well.",
    ),
    Mistake(
        "weight inside",
        lambda b, instances: 10 * reference.smoothness(b, instances),
        "ten times too large. The weight of 10 is applied where the terms are summed, not in the term.",
    ),
    Mistake(
        "n - 1",
        mean_of(lambda own: own.var(axis=1, ddof=1).mean()),
        "this divides by the number of pixels less one, as an estimate of a variance does (torch.var's default). "
        "The term is a plain mean: correction=0.",
    ),
    Mistake(
        "no square",
        mean_of(lambda own: np.abs(own - own.mean(axis=1, keepdims=True)).mean()),
        "these are absolute deviations; the term squares them.",
    ),
    Mistake(
        "without a mean",
        mean_of(lambda own: (own**2).mean()),
        "this pulls every b to 0. Subtract the object's mean first.",
    ),
)
