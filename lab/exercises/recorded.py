"""Checks without answers: what a right answer, and each known wrong one, gives on a few inputs, kept as numbers.

For graded work, where the references stay with the teacher: ``record`` runs there, ``replay`` on a learner's machine.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lab.exercises.exercise import Verdict, untried
from lab.exercises.judge import Case, Compare, Mistake, compare, is_missing, is_tensor, of_nothing, to_numpy

Record = dict[str, Any]  # JSON
LARGEST = 10_000  # characters of an input that is kept: few are larger, a whole picture for one


def record(judge: Any) -> Record | None:
    """The judge as JSON; None if it is none that compares numbers, or is given what numbers do not describe."""
    if not isinstance(judge, Compare):
        return None
    try:
        cases = [case for case in judge.cases if len(_key(case.arguments)) <= LARGEST]
        return {
            "cases": [{"what": c.what, "arguments": [to_json(a) for a in c.arguments]} for c in cases],
            "right": _values(judge.right, cases),
            "mistakes": [{"message": m.message, "values": _values(m.answer, cases)} for m in judge.mistakes],
            "tolerance": judge.tolerance,
            "praise": judge.praise,
        }
    except TypeError:
        return None


def _values(function: Any, cases: Sequence[Case]) -> list[Any]:
    with np.errstate(all="ignore"):  # a wrong formula may well divide by zero
        return [to_json(to_numpy(function(*case.for_reference()))) for case in cases]


def replay(recorded: Mapping[str, Any]) -> Compare:
    """The judge that was recorded."""
    cases = [Case(c["what"], tuple(from_json(a) for a in c["arguments"])) for c in recorded["cases"]]
    mistakes = [Mistake("", Replayed(cases, m["values"]), m["message"]) for m in recorded["mistakes"]]
    right = Replayed(cases, recorded["right"])
    return compare(cases, right, mistakes, recorded["tolerance"], recorded["praise"])


class Replayed:
    """Stands for a function: knows its values on the cases, and on nothing else."""

    def __init__(self, cases: Sequence[Case], values: Sequence[Any]) -> None:
        self._values = {_key(case.for_reference()): v for case, v in zip(cases, values, strict=True)}

    def __call__(self, *arguments: Any) -> Any:
        return from_json(self._values[_key(arguments)])


def _key(arguments: Sequence[Any]) -> str:
    return repr([to_json(argument) for argument in arguments])


def handed_in(answer: Any, then: str = "it is judged when your work is graded.") -> Verdict:
    """What can be said of an answer where it is not judged: whether there is one."""
    parts = answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list | tuple) else [answer]
    if any(is_missing(part) for part in parts):
        return untried()
    if callable(answer) and of_nothing(answer, ()).state == "not tried yet":
        return untried()
    return Verdict("handed in", f"there is an answer; {then}")


def to_json(value: Any) -> Any:
    """Numbers, words, tensors, arrays, lists, tuples and dictionaries of them.

    Raises:
        TypeError: it is something else.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if is_tensor(value):
        return {"tensor": str(value.dtype).removeprefix("torch."), "shape": [*value.shape], "values": value.tolist()}
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        return {"array": str(array.dtype), "shape": [*array.shape], "values": array.tolist()}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [to_json(part) for part in value]}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"dict": {key: to_json(part) for key, part in value.items()}}
    raise TypeError(f"expected numbers, words, and lists, tuples and dictionaries of them; found {type(value)}")


def from_json(value: Any) -> Any:
    """What ``to_json`` was given."""
    if not isinstance(value, dict):
        return value
    if "tensor" in value:
        import torch  # not for a guess, which has no need of it

        return torch.tensor(value["values"], dtype=getattr(torch, value["tensor"])).reshape(value["shape"])
    if "array" in value:
        return np.array(value["values"], dtype=value["array"]).reshape(value["shape"])
    if "dict" in value:
        return {key: from_json(part) for key, part in value["dict"].items()}
    kind = "tuple" if "tuple" in value else "list"
    parts = (from_json(part) for part in value[kind])
    return tuple(parts) if kind == "tuple" else list(parts)
