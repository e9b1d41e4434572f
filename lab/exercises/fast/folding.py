"""A batch norm folded into its convolution: on what the answer is tried, and how it goes wrong."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from lab.exercises.judge import Case, Mistake, compare
from lab.exercises.reference.fast import fold


def _draw(seed: int, outputs: int, inputs: int, height: int, width: int) -> tuple[Any, ...]:
    """Weight, bias, mean, variance, γ, β, ε."""
    draw = torch.Generator().manual_seed(seed)
    weight = torch.randn(outputs, inputs, height, width, generator=draw)
    bias, mean, beta = (torch.randn(outputs, generator=draw) for _ in range(3))
    variance = 0.01 + torch.rand(outputs, generator=draw)
    gamma = 0.5 + torch.rand(outputs, generator=draw)
    return weight, bias, mean, variance, gamma, beta, 0.05  # ε large enough to be missed


CASES = (
    Case("a 3x1 convolution of 4 channels", _draw(0, 4, 4, 3, 1)),
    Case("a 1x3 convolution from 2 to 3 channels", _draw(1, 3, 2, 1, 3)),
)


def _as(scale: Callable[..., Any], bias: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """Weight times scale(γ, v, ε); the bias as it should be with that scale, or as ``bias`` has it."""

    def answer(w: Any, b: Any, m: Any, v: Any, g: Any, beta: Any, eps: float) -> tuple[np.ndarray, np.ndarray]:
        s = scale(g, v, eps)
        return w * s[:, None, None, None], (b - m) * s + beta if bias is None else bias(b, m, s, beta)

    return answer


def _right(g: np.ndarray, v: np.ndarray, eps: float) -> np.ndarray:
    return g / np.sqrt(v + eps)


def _by_inputs(w: Any, b: Any, m: Any, v: Any, g: Any, beta: Any, eps: float) -> tuple[np.ndarray, np.ndarray]:
    folded, bias = fold(w, b, m, v, g, beta, eps)
    square = w.shape[0] == w.shape[1]
    return (w * _right(g, v, eps)[None, :, None, None] if square else folded), bias


MISTAKES = (
    Mistake(
        "variance for deviation",
        _as(lambda g, v, eps: g / (v + eps)),
        "you divide by the variance. A batch norm divides by the standard deviation, sqrt(variance + ε).",
    ),
    Mistake(
        "no ε",
        _as(lambda g, v, eps: g / np.sqrt(v)),
        "ε is missing. It is small, but so is many a variance: under the root stands variance + ε.",
    ),
    Mistake(
        "ε outside",
        _as(lambda g, v, eps: g / (np.sqrt(v) + eps)),
        "ε is added to the standard deviation. It belongs under the root: sqrt(variance + ε).",
    ),
    Mistake(
        "no γ",
        _as(lambda g, v, eps: 1 / np.sqrt(v + eps)),
        "γ, the batch norm's own factor, is missing.",
    ),
    Mistake(
        "bias forgotten",
        _as(_right, lambda b, m, s, beta: beta - m * s),
        "the convolution's own bias is missing. The norm sees it: what is normed is bias - mean.",
    ),
    Mistake(
        "bias not scaled",
        _as(_right, lambda b, m, s, beta: b - m * s + beta),
        "the convolution's own bias goes through the norm like everything else: (bias - mean) times the factor.",
    ),
    Mistake(
        "bias as it was",
        _as(_right, lambda b, m, s, beta: b),
        "the bias is still the convolution's own. Mean and β have to go somewhere.",
    ),
    Mistake(
        "mean forgotten",
        _as(_right, lambda b, m, s, beta: b * s + beta),
        "the running mean is missing: what is normed is bias - mean.",
    ),
    Mistake(
        "mean not scaled",
        _as(_right, lambda b, m, s, beta: b * s - m + beta),
        "the mean is taken off after the factor. It is taken off before: (bias - mean) times the factor.",
    ),
    Mistake(
        "mean added",
        _as(_right, lambda b, m, s, beta: (b + m) * s + beta),
        "the mean is added. It is taken off.",
    ),
    Mistake(
        "no β",
        _as(_right, lambda b, m, s, beta: (b - m) * s),
        "β, the batch norm's own shift, is missing.",
    ),
    Mistake(
        "by input channels",
        _by_inputs,
        "the factor runs along the *input* channels of the weights. A norm after the convolution has one for each "
        "output channel: weight is [outputs, inputs, height, width].",
    ),
)

judge_fold = compare(
    CASES,
    fold,
    MISTAKES,
    praise="the norm is gone: it costs nothing any more, and reads and writes no map of its own.",
)
