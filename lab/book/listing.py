"""Pages that show a file of code, a section for each function and class."""

import ast
from itertools import pairwise
from pathlib import PurePosixPath


def sections_of(source: str) -> frozenset[str]:
    """Names of the functions and classes at the top of a module."""
    return frozenset(name for name, _ in _starts(source))


def code_page(path: PurePosixPath, source: str) -> str:
    """Markdown of the page, with the file's own line numbers."""
    starts = _starts(source)
    lines = source.splitlines()
    head_ends = starts[0][1] if starts else len(lines) + 1
    parts = [f"# `{path}`", _listing(lines, 1, head_ends)]
    for (name, start), (_, end) in pairwise([*starts, ("", len(lines) + 1)]):
        parts += [f"## `{name}`", _listing(lines, start, end)]
    return "\n\n".join(parts) + "\n"


def _starts(source: str) -> list[tuple[str, int]]:
    """Each function or class at the top with its first line: decorators and the comment above belong to it."""
    lines = source.splitlines()
    found = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            while start > 1 and lines[start - 2].startswith("#"):
                start -= 1
            found.append((node.name, start))
    return found


def _listing(lines: list[str], start: int, end: int) -> str:
    """Lines ``start`` to ``end`` - 1, counted from 1, without the empty ones at the end."""
    text = "\n".join(lines[start - 1 : end - 1]).rstrip()
    fence = "`" * 8  # more than any docstring has
    return f"{fence}{{code-block}} python\n:lineno-start: {start}\n\n{text}\n{fence}" if text else ""
