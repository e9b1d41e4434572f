"""Judges for the usual kinds of answers: a function compared with a reference, a number."""

import dis
import inspect
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lab.exercises.exercise import Verdict, right, untried, wrong
from lab.exercises.guard import Trouble, attempt
from lab.real import Real

NO_RETURN = "your function returns nothing. Is there a return?"
NOTHING = {"RESUME", "NOP", "COPY_FREE_VARS", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}  # all that ... compiles to


@dataclass(frozen=True)
class Case:
    """An input on which a function is tried; ``what`` describes it to the learner.

    Tensors, float32 for real numbers; whatever else is handed on as it is.  Each call gets copies of its own.
    """

    what: str
    arguments: tuple[Any, ...]

    def for_learner(self) -> tuple[Any, ...]:
        """The arguments as tensors."""
        return tuple(a.clone() if is_tensor(a) else a for a in self.arguments)

    def for_reference(self) -> tuple[Any, ...]:
        """The arguments as NumPy arrays, real numbers in float64."""
        return tuple(to_numpy(a) if is_tensor(a) else a for a in self.arguments)


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that people give: a NumPy function like the reference, and what to tell who gives it."""

    name: str
    answer: Callable[..., Any]
    message: str


@dataclass(frozen=True)
class Compare:
    """Judges a function by what it returns on all cases.

    ``right`` and the functions of the mistakes get NumPy arrays, the learner's function gets tensors.  Wherever the
    learner's results are those of a known mistake on *every* case, its message is the verdict.
    """

    cases: Sequence[Case]
    right: Callable[..., Any]
    mistakes: Sequence[Mistake]
    tolerance: float | int = 1e-4
    praise: str = ""

    def __call__(self, answer: Any) -> Verdict:
        """The verdict; never raises."""
        if answer is ... or answer is None:
            return untried()
        if not callable(answer):
            return wrong(f"the check takes your function itself, not its result; found {type(answer).__name__}.")
        try:
            given = [attempt_case(answer, case, to_numpy) for case in self.cases]
        except Trouble as trouble:
            return wrong(str(trouble))
        if all(is_missing(result) for result in given):
            return of_nothing(answer, given)
        expected = [to_numpy(self.right(*case.for_reference())) for case in self.cases]
        differences = [difference(e, g, self.tolerance) for e, g in zip(expected, given, strict=True)]
        if not any(differences):
            return right(self.praise)
        return wrong(self._recognise(given) or self._first_difference(differences))

    def _recognise(self, given: list[Any]) -> str:
        for mistake in self.mistakes:
            with np.errstate(all="ignore"):  # a wrong formula may well divide by zero
                theirs = [to_numpy(mistake.answer(*case.for_reference())) for case in self.cases]
            if not any(difference(t, g, self.tolerance) for t, g in zip(theirs, given, strict=True)):
                return mistake.message
        return ""

    def _first_difference(self, differences: list[str]) -> str:
        case, words = next((c, d) for c, d in zip(self.cases, differences, strict=True) if d)
        return f"for {case.what}, {words}"


def compare(
    cases: Sequence[Case],
    right: Callable[..., Any],
    mistakes: Sequence[Mistake],
    tolerance: float | int = 1e-4,
    praise: str = "",
) -> Compare:
    """A judge that compares a function with a reference, see :class:`Compare`."""
    return Compare(tuple(cases), right, tuple(mistakes), tolerance, praise)


@dataclass(frozen=True)
class Number:
    """Judges a number (or several, in a list): right within ``tolerance``; ``mistakes`` maps wrong ones to messages."""

    right: float | int | Sequence[float | int]
    tolerance: float | int
    mistakes: Mapping[Any, str] = field(default_factory=dict)
    praise: str = ""
    otherwise: str = "that is not it. check.hint helps."

    def __call__(self, answer: Any) -> Verdict:
        """The verdict; never raises."""
        parts = answer if isinstance(answer, list | tuple) else [answer]
        if is_missing(answer) or any(part is ... for part in parts):
            return untried()
        if any(isinstance(part, bool | np.bool_) for part in parts):  # True counts as 1 in Python, but says nothing
            return wrong(f"expected {self._expected()}, found {answer!r}.")
        try:
            given = np.asarray(to_numpy(answer), dtype=float)
        except (TypeError, ValueError, OverflowError):
            return wrong(f"expected {self._expected()}, found {answer!r}.")
        if given.shape != np.shape(self.right):
            return wrong(f"expected {self._expected()}, found {answer!r}.")
        if self._near(given, self.right):
            return right(self.praise)
        return wrong(next((m for value, m in self.mistakes.items() if self._near(given, value)), self.otherwise))

    def _near(self, given: np.ndarray, value: Any) -> bool:
        return bool(np.all(np.abs(given - np.asarray(value, float)) <= self.tolerance))

    def _expected(self) -> str:
        count = math.prod(np.shape(self.right))
        return f"{count} numbers in a list" if np.shape(self.right) else "one number"


def number(
    right: float | int | Sequence[float | int],
    tolerance: float | int,
    mistakes: Mapping[Any, str] | None = None,
    praise: str = "",
    otherwise: str = "that is not it. check.hint helps.",
) -> Number:
    """A judge for a predicted number, see :class:`Number`; several wrong numbers are keys as tuples."""
    return Number(right, tolerance, mistakes or {}, praise, otherwise)


def attempt_case(answer: Callable[..., Any], case: Case, read: Callable[[Any], Any] = lambda result: result) -> Any:
    """What ``read`` makes of the answer to one case.  Raises Trouble that names the case."""
    try:
        return attempt(answer, *case.for_learner(), read=read)
    except Trouble as trouble:
        raise Trouble(f"for {case.what}, {trouble}") from trouble


def is_missing(answer: Any) -> bool:
    """Whether a stub was left as it is."""
    return answer is None or answer is ...


def of_nothing(answer: Callable[..., Any], results: Sequence[Any]) -> Verdict:
    """What to say of a function none of whose results is there: it was not written yet, or lacks its return."""
    if any(result is ... for result in results) or not _does_something(answer):
        return untried()
    return wrong(NO_RETURN)


def _does_something(function: Callable[..., Any]) -> bool:
    """Whether its body is more than ``...``, of which Python leaves nothing but the return of a constant."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return code is not None and not {step.opname for step in dis.get_instructions(code)} <= NOTHING


def is_tensor(value: Any) -> bool:
    """Asked without importing torch, which takes seconds and which a guess has no need of."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def to_numpy(value: Any) -> Any:
    """Tensors, arrays and numbers become arrays (real numbers float64); tuples, lists and dictionaries of unequal
    things are gone through; whatever else stays."""
    if is_missing(value) or isinstance(value, str):
        return value
    if is_tensor(value):
        # NumPy has no bfloat16, to name one that would stop here.
        value = (value.detach().double() if value.is_floating_point() else value.detach()).cpu().numpy()
    if isinstance(value, dict):
        return {key: to_numpy(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        if not value:
            return np.zeros(0)
        parts = [to_numpy(v) for v in value]
        same = all(isinstance(p, np.ndarray) for p in parts) and len({p.shape for p in parts}) == 1
        return np.stack(parts) if same else tuple(parts)
    if isinstance(value, Real) and not isinstance(value, int | float):
        value = float(value)  # a Fraction, say
    if isinstance(value, np.ndarray | np.generic | int | float | bool):
        array = np.asarray(value)
        return array.astype(np.float64) if array.dtype.kind in "biuf" else array
    return value


def difference(expected: Any, given: Any, tolerance: float | int) -> str:
    """What is different about ``given``, in words; empty if nothing is."""
    if is_missing(given):
        return NO_RETURN
    if isinstance(expected, dict):
        return _dict_difference(expected, given, tolerance)
    if isinstance(expected, tuple):
        return _tuple_difference(expected, given, tolerance)
    if isinstance(expected, str):
        return "" if given == expected else f"{expected!r} is right; yours gave {given!r}."
    if not isinstance(given, np.ndarray) or given.dtype.kind != "f":
        return f"numbers were expected; yours gave a {type(given).__name__}."
    if expected.size == 0 and given.size == 0:
        return ""
    if given.shape != expected.shape:
        return f"the result should have the shape {expected.shape}; yours has {given.shape}."
    off = ~np.isclose(given, expected, rtol=tolerance, atol=tolerance, equal_nan=True)
    if not off.any():
        return ""
    place = tuple(int(i) for i in np.argwhere(off)[0])
    where = f" at position {list(place)}" if place else ""
    return f"{expected[place]:.6g} is right{where}; yours gave {given[place]:.6g}."


def _dict_difference(expected: dict[Any, Any], given: Any, tolerance: float | int) -> str:
    if not isinstance(given, dict) or set(given) != set(expected):
        found = sorted(map(str, given)) if isinstance(given, dict) else type(given).__name__
        return f"a dictionary with the keys {sorted(expected)} was expected; yours gave {found}."
    differences = ((key, difference(value, given[key], tolerance)) for key, value in expected.items())
    return next((f'in "{key}" {words}' for key, words in differences if words), "")


def _tuple_difference(expected: tuple[Any, ...], given: Any, tolerance: float | int) -> str:
    # Results of equal shape have been stacked into one array.
    parts = given if isinstance(given, tuple) else tuple(np.asarray(part) for part in np.atleast_1d(given))
    if len(parts) != len(expected):
        return f"{len(expected)} results were expected; yours gave {len(parts)}."
    differences = (difference(e, g, tolerance) for e, g in zip(expected, parts, strict=True))
    return next((f"in result {i} {words}" for i, words in enumerate(differences) if words), "")
