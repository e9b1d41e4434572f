"""All exercises, notebook by notebook."""

import importlib
from functools import cache

from lab.exercises.exercise import Exercise

# Number of the notebook -> module of its exercises, which is also the notebook's name.
NOTEBOOKS = {
    1: "pixels_that_point",
    2: "gaussian_margin",
    3: "lovasz_hinge",
    4: "bandwidth_and_smoothness",
    5: "seed_maps",
    6: "the_whole_loss",
    7: "clustering",
    8: "erfnet",
    9: "data_and_labels",
    10: "two_stage_training",
    11: "average_precision",
    12: "ablations",
    13: "fast",
    14: "real_images",
}


@cache
def exercises_of(notebook: int) -> tuple[Exercise, ...]:
    """The exercises of one notebook, in their order there."""
    return importlib.import_module(f"lab.exercises.{NOTEBOOKS[notebook]}").EXERCISES


@cache
def all_exercises() -> dict[str, tuple[str, Exercise]]:
    """Name -> (its number, as "2.1", and the exercise), in the notebooks' order."""
    return {
        exercise.name: (f"{notebook}.{place}", exercise)
        for notebook in NOTEBOOKS
        for place, exercise in enumerate(exercises_of(notebook), start=1)
    }


def heading(name: str) -> str:
    """The exercise's heading in its notebook."""
    number, exercise = all_exercises()[name]
    return f"### Exercise {number} · {exercise.title}"
