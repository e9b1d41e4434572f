"""The library's solutions as a student would write them: their text, in a cell, without importing them."""

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from lab.exercises.exercise import Exercise


def written_out(exercise: Exercise, may_call: Sequence[str]) -> str:
    """A cell that gives the exercise's stub its right answer.

    Args:
        exercise: the exercise.
        may_call: what may be imported from the lab; whatever else the solution calls is written out as well.
    """
    if isinstance(exercise.solution, str):
        return f"{exercise.stub} = {exercise.solution}"
    found: dict[str, str] = {}
    _write(inspect.unwrap(exercise.solution), found, may_call)
    return "\n\n".join([*found.values(), f"{exercise.stub} = {exercise.solution.__name__}"])


def _write(function: Callable[..., Any], found: dict[str, str], may_call: Sequence[str]) -> None:
    """Add the function's text to what was found, after all that it needs; name -> text."""
    node = _bare(function)
    for name in sorted({part.id for part in ast.walk(node) if isinstance(part, ast.Name)} - {function.__name__}):
        known = vars(sys.modules[function.__module__])
        if name in known and name not in found:
            _write_name(name, known[name], found, may_call)
    found[function.__name__] = ast.unparse(node)


def _write_name(name: str, value: Any, found: dict[str, str], may_call: Sequence[str]) -> None:
    if isinstance(value, ModuleType):
        found[name] = f"import {value.__name__} as {name}"
        return
    module = getattr(value, "__module__", None)
    if not callable(value) or module is None:
        found[name] = f"{name} = {value!r}"
    elif module.split(".")[0] == "lab" and f"{module}.{value.__qualname__}" not in may_call:
        _write(inspect.unwrap(value), found, may_call)
    else:
        found[name] = f"from {module} import {value.__qualname__} as {name}"


def _bare(function: Callable[..., Any]) -> ast.FunctionDef:
    """The function without decorators, annotations and docstrings, which need imports and decide nothing.

    Raises:
        TypeError: no function written with def.
    """
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    if not isinstance(tree, ast.FunctionDef):
        raise TypeError(f"{function!r}: found {type(tree).__name__}, expected a function written with def")
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.decorator_list, node.returns = [], None
            if ast.get_docstring(node) is not None:
                node.body = node.body[1:] or [ast.Pass()]
        elif isinstance(node, ast.arg):
            node.annotation = None
    return tree
