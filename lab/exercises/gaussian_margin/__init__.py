"""Notebook 02: membership, the margin of a bandwidth, the σ of an instance, and a bandwidth for a margin."""

import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor

from lab.embedding import bandwidth_to_sharpness, membership, sharpness_to_margin, sharpness_to_sigma
from lab.exercises.exercise import Exercise
from lab.exercises.gaussian_margin.cases import MARGIN_CASES, MEMBERSHIP_CASES, SIGMA_CASES
from lab.exercises.gaussian_margin.mistakes import MARGIN_MISTAKES, MEMBERSHIP_MISTAKES, SIGMA_MISTAKES
from lab.exercises.judge import compare, number
from lab.exercises.reference import gaussian_margin as reference


def margin_of_bandwidth(bandwidth: Float[Tensor, "S"]) -> Float[Tensor, "S"]:
    """Margin in px of every b."""
    return sharpness_to_margin(bandwidth_to_sharpness(bandwidth))


def instance_sigma(bandwidth: Float[Tensor, "S H W"], mask: Bool[Tensor, "H W"]) -> Float[Tensor, "S"]:
    """σ of an instance in px: b is averaged over its pixels, and only then raised."""
    mean = bandwidth[:, mask].mean(1)
    return sharpness_to_sigma(bandwidth_to_sharpness(mean))


WANTED_MARGIN = 40  # px
RIGHT_BANDWIDTH = reference.bandwidth_of_margin(WANTED_MARGIN)

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        name="membership",
        title="Membership",
        kind="implement",
        difficulty=2,
        minutes=6,
        stub="my_membership",
        judge=compare(
            MEMBERSHIP_CASES,
            reference.membership,
            MEMBERSHIP_MISTAKES,
            praise="circle and ellipse, and φ = 1 at the centre.",
        ),
        hints=(
            "Three steps: the difference to the centre, per axis; its square times κ, per axis; the sum over both axes "
            "goes into exp(-…).",
            "The centre has to be subtracted from every column of [2, P]: centre[:, None] has the shape [2, 1].",
            "sharpness[:, None] is [S, 1] and is spread over both axes if S is 1: torch.exp(-(sharpness[:, None] * "
            "difference ** 2).sum(0)).",
        ),
        solution=membership,
    ),
    Exercise(
        name="margin",
        title="From b to a margin in pixels",
        kind="implement",
        difficulty=1,
        minutes=5,
        stub="my_margin",
        judge=compare(
            MARGIN_CASES,
            reference.margin,
            MARGIN_MISTAKES,
            praise="and the first case is the 5.74 px with which every training begins.",
        ),
        hints=(
            "The chain of this notebook: b → κ → σ → margin, each one line.",
            "κ = exp(10 b); σ = 1/sqrt(2κ); margin = σ sqrt(2 ln 2). In which unit is the result?",
            "1024 * torch.sqrt(math.log(2) / torch.exp(10 * bandwidth)).",
        ),
        solution=margin_of_bandwidth,
    ),
    Exercise(
        name="instance_sigma",
        title="The sigma of an object",
        kind="implement",
        difficulty=2,
        minutes=6,
        stub="my_instance_sigma",
        judge=compare(
            SIGMA_CASES,
            reference.instance_sigma,
            SIGMA_MISTAKES,
            tolerance=1e-3,
            praise="the mean of b is a geometric mean of σ.",
        ),
        hints=(
            "Which is averaged: b, κ or σ? Look at the equation of b_k again.",
            "bandwidth[:, mask] has the shape [S, pixels of the instance]; take the mean over the last axis.",
            "mean = bandwidth[:, mask].mean(1), then 1024 / torch.sqrt(2 * torch.exp(10 * mean)).",
        ),
        solution=instance_sigma,
    ),
    Exercise(
        name="bandwidth_for_40_px",
        title="Which b?",
        kind="predict",
        difficulty=2,
        minutes=4,
        stub="my_bandwidth",
        judge=number(
            RIGHT_BANDWIDTH,
            0.004,
            {
                10 * RIGHT_BANDWIDTH: "this is ln κ = 10 b. Divide by the ten.",
                reference.bandwidth_of_margin(WANTED_MARGIN * np.sqrt(2 * np.log(2))): "this b has σ = 40 px. "
                "The margin is to be 40 px; it is 1.18 σ.",
                reference.bandwidth_of_margin(WANTED_MARGIN / np.sqrt(2)): "your κ is twice too large: it is "
                "ln 2 / margin², without a 2 above the line.",
                reference.bandwidth_of_margin(WANTED_MARGIN * np.sqrt(2)): "your κ is half of what it should be: it "
                "is ln 2 / margin². The 2 of 2σ² is gone once σ is expressed by the margin.",
                np.log(1 / (WANTED_MARGIN / 1024) ** 2) / 10: "the ln 2 is missing: at the margin φ is ½, not 1/e.",
                reference.bandwidth_of_margin(WANTED_MARGIN * 1024): "40 px are 40/1024 of the unit in which κ "
                "counts. You put in 40.",
                -RIGHT_BANDWIDTH: "the sign is turned: b = ln(κ)/10, and κ is far above 1.",
                np.log(np.log(2) / (WANTED_MARGIN / 1024)) / 10: "you forgot the square: κ is ln 2 divided by the "
                "margin *squared*.",
                np.log(2) / (WANTED_MARGIN / 1024) ** 2: "this is κ. The network puts out b, and κ = exp(10 b).",
            },
            praise="a margin seven times that of the start, and b has moved by no more than 0.4.",
        ),
        hints=(
            "Go backwards: margin → κ → b.",
            "κ = ln 2 / m², with m in units of 1024 px.",
            "log(log(2) / (40 / 1024) ** 2) / 10.",
        ),
        solution="0.612  # log(log(2) / (40 / 1024) ** 2) / 10",
    ),
)
