"""The learning rate of every step: the right one, and what people write instead."""

import numpy as np

from lab.exercises.judge import Case, Mistake, compare
from lab.exercises.reference import two_stage_training as reference


def polynomial_decay(step: int, steps: int, start: float, power: float) -> float:
    """Learning rate of step 0, 1, ..., steps - 1."""
    return start * (1 - step / steps) ** power


# Starts of several units, for rates of real trainings are too small to be told apart by a common tolerance.
CASES = [
    Case(f"step {step} of {steps}, start {start:g}, power {power:g}", (step, steps, start, power))
    for step, steps, start, power in ((0, 10, 2.0, 0.9), (5, 10, 2.0, 0.9), (9, 10, 4.0, 0.9), (30, 120, 3.0, 2.0))
]

MISTAKES = (
    Mistake(
        "counts up",
        lambda step, steps, start, power: start * (step / steps) ** power,
        "it begins at 0 and ends at the start. The share that is to go down is what is left: 1 - step / steps.",
    ),
    Mistake(
        "power on the wrong share",
        lambda step, steps, start, power: start * (1 - (step / steps) ** power),
        "the power is taken of what is done, not of what is left. The brackets of (1 - step / steps) come first.",
    ),
    Mistake(
        "power of all",
        lambda step, steps, start, power: (start * (1 - step / steps)) ** power,
        "the start is raised to the power, too: at step 0 the rate should be the start itself.",
    ),
    Mistake(
        "no start",
        lambda step, steps, start, power: (1 - step / steps) ** power,
        "this is the factor alone, 1 at step 0. The rate is the start times it.",
    ),
    Mistake(
        "no power",
        lambda step, steps, start, power: start * (1 - step / steps),
        "it falls on a straight line: the power is missing.",
    ),
    Mistake(
        "one step ahead",
        lambda step, steps, start, power: start * (1 - (step + 1) / steps) ** power,
        "you are one step ahead: the first step would not have the start's rate, and the last would have none at all.",
    ),
    Mistake(
        "ends in nothing",
        lambda step, steps, start, power: start * (1 - step / (steps - 1)) ** power,
        "the last step, steps - 1, gets the rate 0 and is wasted. Divide by steps: 0 would come one step after it.",
    ),
    Mistake(
        "exponential",
        lambda step, steps, start, power: start * np.power(power, step),
        "this is exponential decay, which does not know where the training ends. Here the exponent is fixed, and what "
        "is raised to it is the share of steps that are left.",
    ),
)

judge_decay = compare(
    CASES,
    reference.polynomial_decay,
    MISTAKES,
    praise="full at step 0, nearly nothing at the last, and all steps are of some use.",
)
