"""Notebook 05: the seed map's target, its term of the loss, and a network that sees nothing."""

from lab.exercises.exercise import Exercise
from lab.exercises.judge import number
from lab.exercises.reference import seed_maps as reference
from lab.exercises.seed_maps.target import judge_target, seed_target
from lab.exercises.seed_maps.term import judge_term, seed_term

SHARE, MEAN_PHI = 0.06, 0.9  # of the blind network's exercise

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        name="seed_target",
        title="The target of one seed map",
        kind="implement",
        difficulty=1,
        minutes=6,
        stub="my_seed_target",
        judge=judge_target,
        hints=(
            "Begin with zeros of the shape [H, W]. Which pixels are to be anything else?",
            "Go through the objects of this class: instances[classes == class_index].unique(). For each, mask = "
            "(instances == k).",
            "On mask the target is phi[k - 1][mask]: object k's own membership map, read on its own pixels.",
        ),
        solution=seed_target,
    ),
    Exercise(
        name="seed_term",
        title="The seed term of one class",
        kind="implement",
        difficulty=2,
        minutes=8,
        stub="my_seed_term",
        judge=judge_term,
        hints=(
            "Make two maps first: the target (phi inside, 0 outside) and the weight (10 inside, 1 outside). "
            "torch.where(inside, a, b) does both.",
            "weight * (seed_map - target) ** 2, summed over valid pixels only, divided by their number valid.sum().",
            "The check also looks at the gradients. phi is a result of the network too: .detach() gives its numbers "
            "without the way back.",
        ),
        solution=seed_term,
    ),
    Exercise(
        name="blind_seed",
        title="A network that sees nothing",
        kind="predict",
        difficulty=3,
        minutes=6,
        stub="my_constant",
        judge=number(
            round(reference.best_constant(SHARE, MEAN_PHI), 3),
            0.005,
            {
                SHARE * MEAN_PHI: "this is the answer without the weight: the plain mean of the targets. A foreground "
                "pixel counts ten times.",
                SHARE: "this is the share of foreground: neither its weight of ten nor its φ of 0.9 is in it.",
                MEAN_PHI: "this is right on foreground alone. The 94 % of background, each asking for 0, pull it down.",
                10 * SHARE / (10 * SHARE + 1 - SHARE): "nearly: this is for a target of 1. Foreground asks for 0.9.",
                10 * SHARE * MEAN_PHI: "you forgot to divide by the sum of the weights, which is 10 · 0.06 + 0.94.",
                0.5: "half way is where a sigmoid starts, not where this ends. Set the derivative to zero.",
            },
            praise="a weighted mean of the targets. Without the weight it would be 0.054: the map would begin by "
            "saying background everywhere.",
            otherwise="that is not it. Write the term for one value s, and set its derivative to zero.",
        ),
        hints=(
            "Of 100 pixels 6 cost 10 (s - 0.9)² each and 94 cost s² each. Where is the sum smallest?",
            "The derivative is 120 (s - 0.9) + 188 s = 0: a mean of the targets, each with its weight.",
            "s = (10 · 0.06 · 0.9 + 0.94 · 0) / (10 · 0.06 + 0.94).",
        ),
        solution="10 * 0.06 * 0.9 / (10 * 0.06 + 0.94)",
    ),
)
