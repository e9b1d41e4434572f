"""Which parts of ``lab/exercises`` the lessons themselves call: these stay where answers must not be.

A notebook may show pictures of broken models or draw a practice data set with the code that its exercises use.  That
code is kept name by name: a function, what it calls, and nothing that only a check needs.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

EXERCISES = "lab.exercises"
Needed = tuple[str, str]  # module, name in it


def imported(code: str) -> Iterator[Needed]:
    """What a piece of code imports from ``lab.exercises`` and below."""
    if EXERCISES not in code:  # nearly all, and parsing takes its time
        return
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{EXERCISES}."):
            yield from ((str(node.module), alias.name) for alias in node.names)


@dataclass
class Kept:
    """Modules of ``lab.exercises`` with the names that stay in each.

    Attributes:
        root: the folder in which ``lab`` lies.
        whole: modules that stay as they are.
        names: module -> names.
    """

    root: Path
    whole: frozenset[str]
    names: dict[str, set[str]] = field(default_factory=dict)

    def keep(self, needed: Iterable[Needed]) -> None:
        """These names, and all that they need in turn."""
        waiting = list(needed)
        while waiting:
            module, name = waiting.pop()
            if module in self.whole or module == EXERCISES or name in self.names.setdefault(module, set()):
                continue
            self.names[module].add(name)
            waiting += self._needs(module, name)

    def code(self, module: str) -> str:
        """The module with nothing but the names that stay."""
        source, tree = self._parsed(module)
        names = self.names[module]
        imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        others = [node for node in tree.body if node not in imports]
        head = "\n".join(part for node in imports if (part := _part(node, names, source)))
        stays = [part for node in others if (part := _part(node, names, source))]
        docstring = ast.get_docstring(tree, clean=False)
        return "\n\n\n".join(filter(None, [f'"""{docstring}"""', head, *stays])) + "\n"

    def _needs(self, module: str, name: str) -> Iterator[Needed]:
        _, tree = self._parsed(module)
        for node in tree.body:
            if name in _bound(node):
                if isinstance(node, ast.ImportFrom):
                    yield from imported(ast.unparse(_only(node, {name})))
                else:
                    known = set().union(*map(_bound, tree.body))
                    yield from ((module, used) for used in _used(node) if used in known)

    def _parsed(self, module: str) -> tuple[str, ast.Module]:
        place = self.root.joinpath(*module.split("."))
        return _parse(place / "__init__.py" if place.is_dir() else place.with_suffix(".py"))


@cache
def _parse(path: Path) -> tuple[str, ast.Module]:
    """A file's text and what it says."""
    source = path.read_text(encoding="utf-8")
    return source, ast.parse(source)


def _bound(node: ast.stmt) -> set[str]:
    """The names that a statement of a module makes known."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {alias.asname or alias.name.split(".")[0] for alias in names}
        case ast.Assign() | ast.AnnAssign():
            return {
                part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
            }
    return set()


def _used(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}


def _only(node: ast.Import | ast.ImportFrom, names: set[str]) -> ast.Import | ast.ImportFrom:
    aliases = [alias for alias in node.names if (alias.asname or alias.name.split(".")[0]) in names]
    if isinstance(node, ast.Import):
        return ast.Import(aliases)
    return ast.ImportFrom(node.module, aliases, node.level)


def _part(node: ast.stmt, names: set[str], source: str) -> str:
    """The statement's text if one of its names stays, with the comment above it; an import without the others."""
    if not _bound(node) & names:
        return ""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return ast.unparse(_only(node, names))
    lines = source.splitlines()
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))]) - 1
    while first and lines[first - 1].startswith("#"):
        first -= 1
    return "\n".join(lines[first : node.end_lineno])
