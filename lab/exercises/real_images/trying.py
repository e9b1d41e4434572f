"""What the three judges of mended models share."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int32
from torch import Tensor

from lab.exercises.exercise import Verdict, right, untried, wrong
from lab.exercises.judge import is_missing
from lab.exercises.real_images.broken import model, output_for, score
from lab.exercises.real_images.field import HELD_OUT, stretched, window

SECONDS = 60.0  # that an answer may take: a network is run in it
WORSE = 0.1  # of the score, which may be lost to another way of mending
UNCHANGED = "your function changes nothing yet."


def unfit(answer: Any) -> Verdict | None:
    """A verdict if the answer cannot be called."""
    if is_missing(answer):
        return untried()
    if not callable(answer):
        return wrong(f"the check takes your function itself, not its result; this is a {type(answer).__name__}.")
    return None


@cache
def sound_output() -> Float[Tensor, "5 H W"]:
    """What the healthy model says of the part that is held out."""
    return output_for(model().network, stretched(HELD_OUT))


def held_out_truth() -> Int32[np.ndarray, "H W"]:
    """The nuclei of the part that is held out."""
    return window(HELD_OUT).truth


def by_score(mended: Float[Tensor, "5 H W"], sound: float, praise: str) -> Verdict:
    """Judge an output for the held-out part; ``sound`` is the score that a right mending has."""
    reached = score(mended, held_out_truth())
    if reached >= sound - WORSE:
        return right(f"the score on the held-out part is {reached:.2f}. {praise}")
    return wrong(f"the score on the held-out part is {reached:.2f}; a mended model has {sound:.2f}.")


def recognise(
    given: list[np.ndarray], mistakes: Mapping[str, Callable[..., Any]], inputs: list[np.ndarray], tolerance: float
) -> str:
    """The message (a key of ``mistakes``) of the wrong answer that gives the same on every input; else nothing."""
    for message, answer in mistakes.items():
        with np.errstate(all="ignore"):
            theirs = [np.asarray(answer(i), dtype=float) for i in inputs]
        if all(t.shape == g.shape and np.allclose(t, g, atol=tolerance) for t, g in zip(theirs, given, strict=True)):
            return message
    return ""


def as_tensor(values: np.ndarray) -> Float[Tensor, "..."]:
    """For the clustering, float32."""
    return torch.from_numpy(np.asarray(values, dtype=np.float32))
