"""Exercises of notebook 04: the slope of a membership, a pull by hand, the smoothness term."""

from lab.exercises.bandwidth_and_smoothness.judges import PULL_BY_HAND, SLOPE, SMOOTHNESS
from lab.exercises.bandwidth_and_smoothness.solution import slope, smoothness
from lab.exercises.exercise import Exercise

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        name="membership_slope",
        title="How φ answers to b",
        kind="implement",
        difficulty=1,
        minutes=6,
        stub="my_slope",
        judge=SLOPE,
        hints=(
            "First d: the distances are in px, κ is per (1024 px)². Then κ from b, then κd².",
            "φ = exp(-κd²) and κ = exp(10 b). Differentiate from the outside in: φ by κ, then κ by b.",
            "∂φ/∂κ = -d² φ and ∂κ/∂b = 10 κ. Multiply them.",
        ),
        solution=slope,
    ),
    Exercise(
        name="pull_by_hand",
        title="A pull by hand",
        kind="predict",
        difficulty=3,
        minutes=10,
        stub="my_pull",
        judge=PULL_BY_HAND,
        hints=(
            "φ is exp(-κd²): 1, 1/8 and 1/2. The error of an object's pixel is 2 - 2φ, of another 2φ: sort them.",
            "B (1.75), C (1), A (0). The Jaccard loss goes 0 → 1/2 → 2/3 → 1, so the weights are 1/2, 1/6 and 1/3.",
            "A pixel's part is (sign) · 20 · weight · κd² φ: 20 comes from the two of 2φ - 1 and the ten of 10 b; the "
            "sign is + on the object, - outside. A has κd² = 0.",
        ),
        solution="20 * (1 / 2 * 2.079 * 1 / 8 - 1 / 6 * 0.693 * 1 / 2)  # B, then C; log(8) and log(2)",
    ),
    Exercise(
        name="smoothness",
        title="The smoothness term",
        kind="implement",
        difficulty=2,
        minutes=8,
        stub="my_smoothness",
        judge=SMOOTHNESS,
        hints=(
            "One loop over the numbers in `instances.unique()`, without 0. `bandwidth[:, instances == k]` is "
            "[S, pixels].",
            "The mean over pixels is `own.mean(1, keepdim=True)`: one for each channel.",
            "Within an object `(own - mean).square().mean()`; collect these, and take the mean of the collection.",
        ),
        solution=smoothness,
    ),
)
