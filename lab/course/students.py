"""Made-up students: what each writes into an exercise's cell, and whether it should have the exercise's points."""

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass

from lab.course.may_call import MAY_CALL
from lab.course.written import written_out
from lab.exercises.exercise import Exercise
from lab.exercises.recorded import record

LOOKED_UP = """from lab.exercises.catalogue import all_exercises
exec(all_exercises()["{name}"][1].solved_cell())"""

TABLE = """import json
from pathlib import Path
from lab.exercises import catalogue
from lab.exercises.recorded import replay
asked = json.loads(Path(catalogue.__file__).with_name("graded.json").read_text())["exercises"]
check = replay(next(e for each in asked.values() for e in each if e["name"] == "{name}")["record"])
known = {{repr(case.for_learner()): check.right(*case.for_reference()) for case in check.cases}}
{stub} = lambda *arguments, known=known: known.get(repr(arguments), 0.0)"""

IN_NUMPY = """{text}

def {stub}(*arguments, right={right}):
    return right(*(a.double().numpy() if hasattr(a, "is_floating_point") else a for a in arguments))"""


@dataclass(frozen=True)
class Student:
    """One who hands in.

    Attributes:
        name: as nbgrader knows it.
        writes: exercise -> the answer's cell; empty, the cell is left as it is.
        honest: what is written is right and one's own, so it should have the points.
    """

    name: str
    writes: Callable[[Exercise], str]
    honest: bool

    def earns(self, exercise: Exercise) -> bool:
        """Whether what is written should have the points."""
        return self.honest and bool(self.writes(exercise))


def solved(exercise: Exercise) -> str:
    """The library's solution, written out."""
    return written_out(exercise, MAY_CALL.get(exercise.name, ()))


def otherwise(exercise: Exercise) -> str:
    """A second right answer, in NumPy: the judge's reference, pasted with all that stands about it."""
    right = getattr(exercise.judge, "right", None)
    if not inspect.isfunction(right) or not right.__module__.startswith("lab.exercises.reference."):
        return ""
    text = inspect.getsource(sys.modules[right.__module__])
    return IN_NUMPY.format(text=text, stub=exercise.stub, right=right.__name__)


def imported(exercise: Exercise) -> str:
    """The library's solution, imported; a prediction is looked up."""
    return LOOKED_UP.format(name=exercise.name) if isinstance(exercise.solution, str) else exercise.solved_cell()


def tabled(exercise: Exercise) -> str:
    """The values that a check on a student's machine knows."""
    return TABLE.format(name=exercise.name, stub=exercise.stub) if record(exercise.judge) else ""


STUDENTS = (
    Student("solved", solved, honest=True),
    Student("otherwise", otherwise, honest=True),
    Student("blank", lambda exercise: "", honest=False),
    Student("imported", imported, honest=False),
    Student("tabled", tabled, honest=False),
)
