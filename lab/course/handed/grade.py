"""Judges an answer when it is graded: ``grade(notebook, name, answer)`` raises, in words, unless it is right.

Lies with the teacher, beside ``lab/exercises`` as it is in the whole lab and ``may_call.json``.  A submission runs with
a copy of the lab without answers; only while one of them is judged do the whole lab's exercises stand in their place.
"""

import contextlib
import importlib
import json
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def grade(notebook: int, name: str, answer: Any) -> None:
    """Print the verdict.

    Raises:
        AssertionError: the answer is not right, or not the learner's own.
    """
    # By its file: to import it would import the exercises, which may already write to stderr.
    quiet = runpy.run_path(str(HERE / "lab" / "exercises" / "quiet.py"))["quiet"]
    with quiet(), _answers():
        catalogue = importlib.import_module("lab.exercises.catalogue")
        exercise = next(e for e in catalogue.exercises_of(notebook) if e.name == name)
        if callable(answer):
            may_call = json.loads((HERE / "may_call.json").read_text(encoding="utf-8")).get(name, [])
            answer = importlib.import_module("lab.exercises.own").own_work(answer, may_call)
        verdict = exercise.judge(answer)
    print(verdict)
    if verdict.state != "right":
        raise AssertionError(str(verdict))


@contextlib.contextmanager
def _answers() -> Iterator[None]:
    """While this lasts, ``lab.exercises`` is the whole lab's."""
    lab = importlib.import_module("lab")
    without = _take_away()
    lab.__path__.insert(0, str(HERE / "lab"))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        lab.__path__.remove(str(HERE / "lab"))
        _take_away()
        sys.modules.update(without)
        if "lab.exercises" in without:
            lab.exercises = without["lab.exercises"]


def _take_away() -> dict[str, Any]:
    names = [name for name in sys.modules if name == "lab.exercises" or name.startswith("lab.exercises.")]
    return {name: sys.modules.pop(name) for name in names}
