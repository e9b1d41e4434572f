"""Exercises of notebook 12: seeds against seeds, what a comparison supports, an unfair script to be mended."""

from lab.exercises.ablations.pairs import judge_supported
from lab.exercises.ablations.seeds import judge_seeds
from lab.exercises.ablations.solution import compare_seeds, fair_table
from lab.exercises.ablations.table import judge_table
from lab.exercises.exercise import Exercise

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        name="seeds_against_seeds",
        title="Three against three",
        kind="implement",
        difficulty=2,
        minutes=10,
        stub="my_test",
        judge=judge_seeds,
        hints=(
            "Put all values into one list. Which positions the first hand gets is a choice of len(a) out of len(a) + "
            "len(b): itertools.combinations lists them all.",
            "For each such hand, the mean of its values minus the mean of all others. How many of these differences "
            "are at least mean(a) - mean(b)?",
            "p is that count divided by the number of hands. Beside it stand mean(a), min(a) and max(a).",
        ),
        solution=compare_seeds,
    ),
    Exercise(
        name="which_difference",
        title="What does it support?",
        kind="predict",
        difficulty=2,
        minutes=6,
        stub="my_supported",
        judge=judge_supported,
        hints=(
            "First what was compared: equal budgets, and a new arm that was not picked for doing well here?",
            "Then how many seeds there are: what is the least p that so many against so many can have?",
            "Only then the points: is every new one above every old one? How large the difference is, is another "
            "question.",
        ),
        solution='"AE"',
    ),
    Exercise(
        name="unfair_comparison",
        title="Mend the comparison",
        kind="repair",
        difficulty=2,
        minutes=8,
        stub="mended_table",
        judge=judge_table,
        hints=(
            "Three faults: one in what is trained, one in what is chosen, one in what is told.",
            "Every arm gets `steps`. How good a model is on test may not decide anything about it.",
            "The threshold is the one with the highest score on val; test is looked at with that one only. And the "
            "table holds the mean of the three, for every arm.",
        ),
        solution=fair_table,
    ),
)
