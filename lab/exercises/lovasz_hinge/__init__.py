"""Notebook 03: the hinge by hand, its staircase, the order of its gradients, its weights, and the whole in code."""

from lab.exercises.exercise import Exercise
from lab.exercises.lovasz_hinge.by_hand import four_pixels, gradient_order, right_order
from lab.exercises.lovasz_hinge.hinge import hinge
from lab.exercises.lovasz_hinge.stairs import judge_staircase, staircase
from lab.exercises.lovasz_hinge.weights import increments
from lab.lovasz import jaccard_increments, lovasz_hinge

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        name="four_pixels",
        title="By hand",
        kind="predict",
        difficulty=1,
        minutes=6,
        stub="my_value",
        judge=four_pixels,
        hints=(
            "First the errors: 1 - logit for foreground, 1 + logit for background. Then sort them, the largest first.",
            "In the order 2, 4, 3, 1 the labels are B, F, B, F. After each pixel, what is (number wrong) / (number of "
            "pixels that are wrong or foreground)?",
            "1 - IoU runs through 1/3, 2/3, 3/4, 1. Its steps are the weights of the errors 1.4, 1.2, 0.5, 0.4.",
        ),
        solution="1.4 / 3 + 1.2 / 3 + 0.5 / 12 + 0.4 / 4  # pixels 2, 4, 3, 1: J goes 1/3, 2/3, 3/4, 1",
    ),
    Exercise(
        name="staircase",
        title="An area that is not the loss",
        kind="repair",
        difficulty=3,
        minutes=10,
        stub="my_staircase",
        judge=judge_staircase,
        hints=(
            "Look at the two ends of the picture. Where does the area begin, and where should it?",
            "An integral from t = 0 has its first step between 0 and the smallest error above 0. Errors below 0 have "
            "no business in it.",
            "Now the heights. Between left and right, which pixels have an error above t? Try t a little under right: "
            "does the pixel whose error is right belong to them?",
        ),
        solution=staircase,
    ),
    Exercise(
        name="gradient_order",
        title="Who is pulled hardest?",
        kind="predict",
        difficulty=2,
        minutes=5,
        stub="my_order",
        judge=gradient_order,
        hints=(
            "The gradient is not the error but the weight. You need the six weights, and one look at the signs of the "
            "errors.",
            "G = 3. Sorted, the labels are B, B, F, B, F, F: a background pixel's weight is "
            "(G - f) / ((G + b)(G + b - 1)), a foreground pixel's 1 / (G + b).",
        ),
        solution=f"{list(right_order())}  # weights 1/4, 1/5, 1/6, 3/20, 1/15; 0 where the error is below 0",
    ),
    Exercise(
        name="jaccard_increments",
        title="The weights",
        kind="implement",
        difficulty=2,
        minutes=8,
        stub="my_increments",
        judge=increments,
        hints=(
            "Walk down the sorted list and count: f foreground and b background pixels so far, this one included. "
            "torch.cumsum counts for you.",
            "With those counts 1 - IoU is 1 - (G - f) / (G + b), where G is the number of foreground pixels in the "
            "whole list.",
            "A weight is the step from one of these losses to the next. Before the first pixel the loss is 0: "
            "torch.diff(J, prepend=torch.zeros(1)).",
        ),
        solution=jaccard_increments,
    ),
    Exercise(
        name="lovasz_hinge",
        title="The hinge",
        kind="implement",
        difficulty=2,
        minutes=8,
        stub="my_hinge",
        judge=hinge,
        hints=(
            "Four steps: errors, sort, weights, sum. The weights are there: jaccard_increments.",
            "labels are True and False; labels.float() * 2 - 1 makes them 1 and -1. torch.sort(errors, "
            "descending=True) returns the sorted errors and the order.",
            "jaccard_increments wants the labels in the same order as the errors: labels[order]. An error below 0 "
            "counts as 0: torch.relu.",
        ),
        solution=lovasz_hinge,
    ),
)
