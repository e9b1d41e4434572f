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


def record(judge: Any, held_back: Sequence[int] = ()) -> Record | None:
    """The judge as JSON; None if it is none that compares numbers, or is given what numbers do not describe.

    Args:
        judge: of an exercise.
        held_back: numbers of the cases that are left out, so that the judge has some that nobody has seen.
    """
    if not isinstance(judge, Compare):
        return None
    try:
        shown = [case for i, case in enumerate(judge.cases) if i not in held_back]
        cases = [case for case in shown if len(_key(case.arguments)) <= LARGEST]
        return {
            "cases": [{"what": c.what, "arguments": [to_json(a) for a in c.arguments]} for c in cases],
            "right": _values(judge.right, cases),
            "mistakes": [{"message": m.message, "values": _values(m.answer, cases)} for m in judge.mistakes],
            "tolerance": judge.tolerance,
            "praise": judge.praise,
            "gradient": _gradients(judge, cases),
        }
    except TypeError:
        return None


def _values(function: Any, cases: Sequence[Case]) -> list[Any]:
    with np.errstate(all="ignore"):  # a wrong formula may well divide by zero
        return [to_json(to_numpy(function(*case.for_reference()))) for case in cases]


def _gradients(judge: Compare, cases: Sequence[Case]) -> Record | None:
    """What is asked of the gradient, if anything is: at which cases, the right one, and known wrong ones."""
    from lab.exercises.gradient import CompareGradient, gradient  # torch, of which a guess has no need

    if not isinstance(judge, CompareGradient):
        return None
    smooth = [judge.cases[i] for i in judge.smooth if judge.cases[i] in cases]

    def by_first(function: Any) -> list[Any]:
        return [to_json(gradient(function, case)) for case in smooth]

    return {
        "smooth": [cases.index(case) for case in smooth],
        "right": by_first(judge.solution),
        "mistakes": [{"message": m.message, "values": by_first(m.answer)} for m in judge.wrong_gradients],
    }


def replay(recorded: Mapping[str, Any]) -> Compare:
    """The judge that was recorded."""
    cases = [Case(c["what"], tuple(from_json(a) for a in c["arguments"])) for c in recorded["cases"]]
    mistakes = [Mistake("", Replayed(cases, m["values"]), m["message"]) for m in recorded["mistakes"]]
    judge = compare(cases, Replayed(cases, recorded["right"]), mistakes, recorded["tolerance"], recorded["praise"])
    return _with_gradient(judge, recorded["gradient"]) if recorded["gradient"] else judge


def _with_gradient(judge: Compare, recorded: Mapping[str, Any]) -> Compare:
    from lab.exercises.gradient import CompareGradient

    smooth = [judge.cases[i] for i in recorded["smooth"]]
    return CompareGradient(
        **vars(judge),
        solution=Sloped(smooth, recorded["right"]),
        wrong_gradients=[Mistake("", Sloped(smooth, m["values"]), m["message"]) for m in recorded["mistakes"]],
        smooth=recorded["smooth"],
    )


class Replayed:
    """Stands for a function: knows its values on the cases, and on nothing else."""

    def __init__(self, cases: Sequence[Case], values: Sequence[Any]) -> None:
        self._values = {_key(case.for_reference()): v for case, v in zip(cases, values, strict=True)}

    def __call__(self, *arguments: Any) -> Any:
        return from_json(self._values[_key(arguments)])


class Sloped:
    """Stands for a function in torch: knows its gradient by the first argument on the cases, and no value."""

    def __init__(self, cases: Sequence[Case], gradients: Sequence[Any]) -> None:
        self._gradient = Replayed(cases, gradients)

    def __call__(self, first: Any, *others: Any) -> Any:
        # The plane through 0 with this gradient.
        return (first * self._gradient(*(to_numpy(a) if is_tensor(a) else a for a in (first, *others)))).sum()


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
