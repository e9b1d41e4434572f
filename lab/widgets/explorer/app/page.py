"""The page that Voila shows: a notebook of one cell, and beside it what that cell reads."""

import json
import os
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import torch

from lab.clustering import Thresholds
from lab.datasets.intensity import INTENSITIES
from lab.widgets.explorer import Explorer
from lab.widgets.explorer.app.preparation import Prepared

NOTEBOOK, ARRAYS, WORDS = "explore.ipynb", "prepared.npz", "prepared.json"
ROOT = Path(__file__).resolve().parents[4]  # above lab/: the kernel is to import this one, installed or not
REVIVAL = "reload this page or, in the terminal, start python -m lab explore again"


def write_page(folder: Path, prepared: Prepared) -> Path:
    """Write notebook and data into the folder; gives the notebook."""
    arrays: dict[str, Any] = {"image": prepared.image, "output": prepared.output.numpy(), **prepared.by_intensity}
    if prepared.instances is not None:
        arrays |= {"instances": prepared.instances, "classes": prepared.classes}
    np.savez(folder / ARRAYS, **arrays)
    words: dict[str, Any] = {"class_names": prepared.class_names, "thresholds": asdict(prepared.thresholds)}
    words |= {"bandwidth_channels": prepared.bandwidth_channels, "model": prepared.model}
    (folder / WORDS).write_text(json.dumps(words), encoding="utf-8")
    notebook = folder / NOTEBOOK
    nbformat.write(notebook_of(prepared, folder), notebook)
    return notebook


def notebook_of(prepared: Prepared, folder: Path) -> nbformat.NotebookNode:
    """Title and a sentence, then the explorer."""
    code = (
        "import os, sys\n"
        f"os.chdir({os.getcwd()!r})  # LAB_RUNS and LAB_DATA may be relative\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "import ipywidgets\n"
        "from lab.widgets.explorer.app.page import read_page\n"
        # In a box: on its own an explorer would draw a still of itself, too, which nobody sees here.
        f"ipywidgets.VBox([read_page({str(folder)!r})])"
    )
    cells = [nbformat.v4.new_markdown_cell(heading(prepared)), nbformat.v4.new_code_cell(code)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"title": title(prepared), "kernelspec": kernel})


def title(prepared: Prepared) -> str:
    """Of the browser's tab."""
    return f"{prepared.file} · Spatial Embedding Lab"


def heading(prepared: Prepared) -> str:
    """The file's name, and what can be done here."""
    height, width = prepared.image.shape[:2]
    note = f" {escape(prepared.note)}" if prepared.note else ""
    # On one line: after an empty one, which a name may hold, Markdown would read on in its own way.
    name = escape(" ".join(prepared.file.split()))
    return (
        f"<h1>{name}</h1>\n<p>What the network makes of this picture of {width}x{height} px: move a "
        f"slider, choose a layer, click a pixel to see where it points.{note}</p>"
    )


def read_page(folder: str) -> Explorer:
    """The explorer of what `write_page` wrote: the last line of the notebook's cell."""
    words = json.loads((Path(folder) / WORDS).read_text(encoding="utf-8"))
    with np.load(Path(folder) / ARRAYS, allow_pickle=False) as arrays:
        labels = {name: arrays[name] for name in ("instances", "classes") if name in arrays}
        by_intensity = {name: arrays[name] for name in INTENSITIES}
        image, output = arrays["image"], torch.from_numpy(arrays["output"])
    explorer = Explorer(
        image,
        output,
        tuple(words["class_names"]),
        Thresholds(**words["thresholds"]),
        words["bandwidth_channels"],
        model=words["model"],
        prepared=by_intensity,
        **labels,
    )
    explorer.front.revival = REVIVAL
    return explorer
