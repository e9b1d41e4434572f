"""The exercises of graded work: what they ask for, without their answers.

Stands in the place of ``lab/exercises/catalogue.py`` in a copy of the lab that is handed to a class.
"""

import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from lab.exercises.exercise import Exercise, Verdict
from lab.exercises.own import own_work, to_build_on
from lab.exercises.quiet import quiet
from lab.exercises.recorded import handed_in, replay


@cache
def _asked() -> dict[str, Any]:
    return json.loads(Path(__file__).with_name("graded.json").read_text(encoding="utf-8"))


NOTEBOOKS: dict[int, str] = {int(number): name for number, name in _asked()["notebooks"].items()}


@cache
def exercises_of(notebook: int) -> tuple[Exercise, ...]:
    """The exercises of one notebook, in their order there."""
    return tuple(_exercise(asked) for asked in _asked()["exercises"][str(notebook)])


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


def _exercise(asked: dict[str, Any]) -> Exercise:
    words = ("name", "title", "kind", "difficulty", "minutes", "stub")
    kept = {key: asked[key] for key in words}
    solution = "...  # your teacher has the solution: this is a copy for graded work"
    return Exercise(**kept, hints=tuple(asked["hints"]), judge=_judge(asked), solution=solution, shows_solution=False)


def _judge(asked: dict[str, Any]) -> Callable[[Any], Verdict]:
    def judge(answer: Any) -> Verdict:
        if not asked["points"] and not asked["record"]:
            return handed_in(answer, "it is not judged, and gives no points.")
        if not asked["record"]:
            return handed_in(answer, _when_graded(answer, asked["may_call"]))
        own = own_work(answer, asked["may_call"]) if callable(answer) else answer
        with quiet():  # what goes to stderr would cost the points in nbgrader
            return replay(asked["record"])(own)

    return judge


def _when_graded(answer: Any, may_call: Sequence[str]) -> str:
    judged = "it is judged when your work is graded."
    # Of a function nobody hears before that what it runs; of a prediction there is nothing to run.
    return f"{judged} Of the lab it may call: {to_build_on(may_call)}." if callable(answer) else judged
