"""Exercises as they stand in the notebooks."""

import re
from pathlib import Path

import nbformat

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
TAG = "exercise:"


def read(number: int) -> nbformat.NotebookNode:
    """The notebook with this number."""
    (path,) = FOLDER.glob(f"{number:02}_*.ipynb")
    return nbformat.read(path, as_version=4)


def stub_cells(notebook: nbformat.NotebookNode) -> dict[str, nbformat.NotebookNode]:
    """The cell of every exercise, by the exercise's name."""
    return {
        tag.removeprefix(TAG): cell
        for cell in notebook.cells
        for tag in cell.metadata.get("tags", ())
        if tag.startswith(TAG)
    }


def check_cells(notebook: nbformat.NotebookNode) -> dict[str, nbformat.NotebookNode]:
    """The cell that has an exercise checked, by the exercise's name."""
    calls = ((re.fullmatch(r"check\.(\w+)\((\w+)\)", cell.source.strip()), cell) for cell in notebook.cells)
    return {call[1]: cell for call, cell in calls if call}
