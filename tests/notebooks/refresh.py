"""Run a notebook in place and store it as it ships:  python -m tests.notebooks.refresh notebooks/00_start_here.ipynb

A live widget leaves two things behind that are of no use without its kernel: its state (megabytes, in the notebook's
metadata) and a view that JupyterLab cannot show ("model not found").  Both are taken out, so that the still picture
that lies beside them is what a reader sees before the first run.
"""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from lab.folders import write_whole

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
STILLS = {"image/png", "image/jpeg"}


def refresh(path: Path, timeout: int = 300) -> None:
    """Execute all cells in the notebook's folder and replace the file by the result."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as nobody:
        # What ships is what someone sees who has solved, guessed and trained nothing yet.
        os.environ["LAB_PROGRESS"] = str(Path(nobody) / "progress.json")
        os.environ["LAB_RUNS"] = str(Path(nobody) / "runs")
        NotebookClient(
            notebook, timeout=timeout, coalesce_streams=True, resources={"metadata": {"path": str(path.parent)}}
        ).execute()
    tidy(notebook)
    write_whole(path, (nbformat.writes(notebook) + "\n").encode())


def tidy(notebook: nbformat.NotebookNode) -> None:
    """Drop widget state, widget views that have a still beside them, and times of execution."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}  # not which Python it happened to run on
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if WIDGET_VIEW in data and STILLS & data.keys():
                del data[WIDGET_VIEW]


if __name__ == "__main__":
    for name in sys.argv[1:]:
        refresh(Path(name))
