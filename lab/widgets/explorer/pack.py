"""The network's output as the bytes that the browser's shader reads.

Offsets and ln σ are sent as whole numbers of 16 bits (or 8, for a page that must stay small) between the least and the
largest value of each channel.  On a street of 2048 x 1024 px 16 bits place an embedding to some hundredths of a pixel;
half floats, which take as many bytes, would be off by an eighth of a pixel at an offset of 300.

A seed score s is sent in one byte, as ceil(200 s).  All that the method asks of it is whether it is *above* a
threshold, and for every threshold that is a multiple of 0.005 this number answers as s itself does:
s > t iff ceil(200 s) > 200 t.  For one threshold in between the same holds with its next lower step, if the scores from
that step up to it are sent as the step.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int, UInt8

from lab.clustering import Instances
from lab.embedding import PIXELS_PER_UNIT
from lab.widgets.explorer.compute import Maps

SCORE_STEPS = 200
SCORE_TIE = 8e-6  # 200 s is at most this far above its step if s is the float32 nearest to it
LEAST_FOREGROUND = 0.05  # the foreground threshold's slider goes no lower, but to a model's own
# Beyond any image: keeps the steps of ln σ small where an untrained network puts out extremes.
SIGMA_LIMITS = (0.01, 10_000.0)

Bits = Literal[8, 16]


@dataclass(frozen=True)
class Packed:
    """Offset x, y (px) and ln σ x, y at each pixel, in that order: value = low + step * number."""

    numbers: bytes
    low: tuple[float, ...]
    step: tuple[float, ...]


def pack_fields(maps: Maps, bits: Bits = 16, foreground_threshold: float | int = LEAST_FOREGROUND) -> Packed:
    """Offsets and bandwidths as whole numbers.

    With 8 bits only the pixels that can take part in the clustering are given room: the rest is cut off at their range.
    The foreground threshold says which those are, if it is below ``LEAST_FOREGROUND``.
    """
    fields = np.concatenate([maps.offset, np.log(maps.sigma.clip(*SIGMA_LIMITS))])
    least = min(LEAST_FOREGROUND, foreground_threshold)
    seen = maps.best_seed > least if bits == 8 else np.ones_like(maps.best_seed, bool)
    among = fields[:, seen] if seen.any() else fields.reshape(4, -1)
    low, high = among.min(1).astype(float), among.max(1).astype(float)
    step = np.where(high > low, (high - low) / (2**bits - 1), 1.0)
    numbers = ((fields - low[:, None, None]) / step[:, None, None]).round().clip(0, 2**bits - 1)
    packed = np.moveaxis(numbers, 0, -1).astype("<u2" if bits == 16 else "u1")
    return Packed(packed.tobytes(), tuple(low.tolist()), tuple(step.tolist()))


def pack_scores(seed_map: Float[np.ndarray, "N H W"], between: float | None = None) -> UInt8[np.ndarray, "N H W"]:
    """ceil(200 s); the float32 nearest to a threshold is not above it.

    Args:
        between: a threshold for which the numbers are to answer though it is no multiple of 0.005, see `off_steps`.
    """
    packed = np.empty(seed_map.shape, np.uint8)
    for one, scores in zip(packed, seed_map, strict=True):  # class by class: float64 takes eight bytes a pixel
        one[...] = np.ceil(SCORE_STEPS * scores.astype(np.float64) - SCORE_TIE).clip(0, SCORE_STEPS)
        if between is not None:
            step = math.floor(SCORE_STEPS * between)
            one[(one == step + 1) & (scores <= np.float32(between))] = step
    return packed


def off_steps(threshold: float | int) -> float | None:
    """The threshold if it lies between the steps in which scores are sent, None if it is one of them."""
    steps = SCORE_STEPS * threshold
    return None if abs(steps - round(steps)) < 1e-6 else threshold  # explorer.js takes what is that close for the step


def pack_instances(found: Instances, sigma_scale: float | int) -> Float[np.ndarray, "K 8"]:
    """Centre x, y (px), κ x, y (1/px², at σ scale 1), class, score, column and row of the seed pixel."""
    accepted = [step for step in found.trace if step.accepted]
    seeds = np.array([(step.column, step.row) for step in accepted], np.float32).reshape(-1, 2)
    sharpness = found.sharpness.expand(-1, 2).numpy() * (sigma_scale / PIXELS_PER_UNIT) ** 2
    rest = np.stack([found.classes.numpy(), found.scores.numpy()], axis=1)
    return np.concatenate([found.centres.numpy() * PIXELS_PER_UNIT, sharpness, rest, seeds], axis=1).astype("<f4")


def pack_labels(instances: Int[np.ndarray, "H W"]) -> bytes:
    """Ground truth in two bytes a pixel; only where ids differ matters, so they may wrap round."""
    return (instances % 65536).astype("<u2").tobytes()
