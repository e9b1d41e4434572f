"""Cells run as a person runs them: alone, out of order, twice."""

import ast
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
# Names hide nothing here: the probe leaves none in the notebook's namespace.
PROBE = """(lambda process, figures: print(__import__("json").dumps({
    "threads": __import__("threading").active_count(),
    "processes": len(process.children(recursive=True)),
    "files": len(process.open_files()),
    "figures": len(figures.get_fignums()) if figures else 0,
    "MiB": process.memory_info().rss >> 20,
})))(__import__("psutil").Process(), __import__("sys").modules.get("matplotlib.pyplot"))"""


# What has names of its own: those do not outlive it.
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
SCOPES += (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Ran(NamedTuple):
    """What came of a cell: the error's name and words, empty if there was none; the text that it printed or gave; and
    whether the error arose in a cell's own lines, not in a library's.
    """

    error: str
    words: str
    text: str
    in_a_cell: bool = False

    def lacks(self) -> str:
        """The name that the cell's own lines ask for, and nothing has; empty for any other outcome."""
        missing = re.match(r"name '(\w+)' is not defined", self.words)
        return missing[1] if self.error == "NameError" and missing and self.in_a_cell else ""


class Kernel:
    """A kernel in the notebooks' folder that takes cells one by one."""

    def __init__(self, client: NotebookClient):
        self.client = client

    def run(self, source: str) -> Ran:
        """Run a cell; an error in it is an outcome like another."""
        cell = new_code_cell(source)
        self.client.nb.cells.append(cell)
        self.client.execute_cell(cell, len(self.client.nb.cells) - 1)
        errors = [output for output in cell.outputs if output.output_type == "error"]
        text = "".join(_text(output) for output in cell.outputs)
        return Ran(errors[0].ename, errors[0].evalue, text, _in_a_cell(errors[0])) if errors else Ran("", "", text)

    def forget(self) -> None:
        """As after a restart: no name is left.  (What is imported stays loaded, which saves the time.)"""
        self.run("get_ipython().reset(new_session=False)")

    def holds(self) -> dict[str, int]:
        """Threads, processes, open files, pyplot's figures, memory."""
        return json.loads(self.run(PROBE).text)


@contextmanager
def kernel(timeout: int = 600) -> Iterator[Kernel]:
    """A new kernel, ended with the block."""
    client = NotebookClient(
        new_notebook(), timeout=timeout, allow_errors=True, resources={"metadata": {"path": str(FOLDER)}}
    )
    with client.setup_kernel():
        yield Kernel(client)


def code_cells(notebook: NotebookNode) -> list[str]:
    """The sources of the cells with code."""
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def names_made(source: str) -> set[str]:
    """Names that a cell leaves to those below it: by assignment, definition, import, loop."""
    made = set()
    for node in _outside_scopes(ast.parse(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            made.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            made.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            made |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return made


def _outside_scopes(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, SCOPES):
            yield from _outside_scopes(child)


def _in_a_cell(error: NotebookNode) -> bool:
    """Whether the last frame that IPython tells of, between colours, is of no file."""
    plain = [re.sub(r"\x1b\[[\d;]*m", "", entry) for entry in error.traceback]
    frames = [entry for entry in plain if re.match(r"Cell In|File ", entry)]
    return bool(frames) and frames[-1].startswith("Cell In")


def _text(output: NotebookNode) -> str:
    if output.get("name") == "stderr":  # warnings, which are said once
        return ""
    return output.get("text", "") or output.get("data", {}).get("text/plain", "")
