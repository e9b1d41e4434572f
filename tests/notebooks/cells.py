"""Cells run as a person runs them: alone, out of order, twice."""

import ast
import json
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


class Ran(NamedTuple):
    """What came of a cell: the error's name and words, empty if there was none; the text that it printed or gave."""

    error: str
    words: str
    text: str


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
        return Ran(errors[0].ename, errors[0].evalue, text) if errors else Ran("", "", text)

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
    """Names that a cell gives to anything: by assignment, definition, import, loop."""
    made = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            made.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            made.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            made |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return made


def _text(output: NotebookNode) -> str:
    return output.get("text", "") or output.get("data", {}).get("text/plain", "")
