"""Cases on which the answers to the exercises of notebook 04 are tried."""

import numpy as np
import torch

from lab.exercises.bandwidth_and_smoothness.slope_mistakes import SLOPE_MISTAKES
from lab.exercises.bandwidth_and_smoothness.smoothness_mistakes import SMOOTHNESS_MISTAKES, pixels_held
from lab.exercises.bandwidth_and_smoothness.solution import smoothness
from lab.exercises.gradient import CompareGradient
from lab.exercises.judge import Case, Mistake, compare, number
from lab.exercises.reference import bandwidth_and_smoothness as reference


def smoothness_cases() -> list[Case]:
    """Objects of very different sizes and bandwidths, numbered with gaps."""
    random = torch.Generator().manual_seed(4)
    cases = []
    for channels, numbers, what in (
        (1, (1, 2), "one channel and two objects, of 30 and of 4 pixels"),
        (2, (3, 7), "two channels and the objects 3 and 7, of 30 and of 4 pixels"),
        (2, (5, 5), "two channels and one object of 34 pixels"),
    ):
        instances = torch.zeros(8, 9, dtype=torch.int64)
        instances[1:6, 1:7], instances[6:8, 7:9] = numbers[0], numbers[1]
        level = torch.zeros(channels, 8, 9) + torch.tensor([0.4, 0.7])[:channels, None, None]
        level[:, instances == numbers[1]] += 0.25
        noise = torch.randn(level.shape, generator=random) * torch.where(instances == numbers[1], 0.05, 0.12)
        cases.append(Case(what, (level + noise, instances)))
    return cases


SLOPE = compare(
    cases=[
        Case("b = 1 and five distances in px", (torch.tensor([0.0, 2.0, 5.74, 6.9, 15.0]), torch.tensor(1.0))),
        Case("b = 0.65 and four distances", (torch.tensor([4.0, 20.0, 28.0, 60.0]), torch.tensor(0.65))),
    ],
    right=reference.slope,
    mistakes=SLOPE_MISTAKES,
    praise="0 at the centre, steepest at σ√2, 0 again far away.",
)

SMOOTHNESS = CompareGradient(
    cases=smoothness_cases(),
    right=reference.smoothness,
    mistakes=SMOOTHNESS_MISTAKES,
    tolerance=2e-5,
    praise="On b, each channel and each object against its own mean, and every object counts the same.",
    solution=smoothness,
    wrong_gradients=[
        Mistake(
            "pixels held",
            pixels_held,
            "the value is right, but its gradient is 0: you detached the pixels. Held fixed is the mean.",
        )
    ],
)

# κd² of the object's two pixels and of the background's one, and which are the object's.
BY_HAND = ([0.0, 3 * np.log(2), np.log(2)], [True, True, False])
RIGHT_PULL = reference.pull(*BY_HAND)
B, C = 3 * np.log(2) / 8, np.log(2) / 2  # κd² φ of both; A's is 0
RANKS = "B, with the largest error, comes first and weighs 1/2, C comes second and weighs 1/6."

PULL_BY_HAND = number(
    RIGHT_PULL,
    0.02,
    {
        -RIGHT_PULL: "the amount is right, the sign is not. The object's pixel B has the larger part. Its φ should "
        "rise, φ rises when b falls, so the loss falls when b falls: what sign has ∂loss/∂b then?",
        RIGHT_PULL / 10: "the ten of κ = exp(10 b) is missing.",
        RIGHT_PULL / 2: "half of it. Either the two of 2φ - 1 is missing, or you divided by the object's two pixels: "
        "asked is the slope by b_k, before link 4.",
        20 * (B / 3 - C / 6): "these are the weights with the smallest error first. Start at the largest: " + RANKS,
        20 * (B / 2 - C / 3): "C weighs too much: it is second, and with one of the two object pixels still right the "
        "loss goes from 1/2 to 2/3.",
        20 * (B - C) / 3: "the sign and the weights. The hinge weighs a pixel by its rank: " + RANKS,
        20 * (B - C): "the weights are missing. The hinge weighs a pixel by its rank: " + RANKS,
        20 * B / 2: "C is missing, or has weight 0. Sorted by error it comes second, with one of the two object "
        "pixels still right: 1/6.",
        -20 * C / 6: "B is missing. It has the largest error, and the weight 1/2.",
        25 / 24: "this is the loss itself. Asked for is its slope by b.",
        20 * (B / 2 + C / 6): "these are the two parts added. B pulls out, C pushes in: they have opposite signs.",
        -RIGHT_PULL / 10: "the ten of κ = exp(10 b) is missing, and the sign is the other one.",
    },
    "positive, so descent lowers b, σ grows and the margin goes out, though one pixel pulls each way.",
)
