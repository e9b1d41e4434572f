"""The table of figures holds every figure of the notebooks, and the record of them every row of the table."""

import ast
import importlib
import json
import os
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import lab.widgets
from lab.folders import data_folder
from lab.widgets.live import LiveFigure
from tests.browser import record_figures, sheet
from tests.browser.figures import FIGURES
from tests.browser.record_figures import STEPS, summarise
from tests.browser.zoo import CELLS

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
FOLDERS = sorted(path.parent.name for path in Path(lab.widgets.__file__).parent.glob("*/shell.py"))


@cache
def kinds() -> dict[str, str]:
    """Class of every interactive figure -> its name on a page."""
    shells = [importlib.import_module(f"lab.widgets.{folder}.shell") for folder in FOLDERS]
    classes = [thing for shell in shells for thing in vars(shell).values() if isinstance(thing, type)]
    return {c.__name__: c.name for c in classes if issubclass(c, LiveFigure) and c is not LiveFigure}


def made_in(notebook: Path) -> list[str]:
    """The classes of figures that a notebook's cells make, from top to bottom."""
    cells = json.loads(notebook.read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    calls = (node for cell in code for node in ast.walk(ast.parse(cell)) if isinstance(node, ast.Call))
    names = [getattr(call.func, "id", "") for call in calls]
    return [name for name in dict.fromkeys(names) if name in kinds()]


def test_the_table_holds_every_figure_of_every_notebook():
    made = [(path.stem, kind) for path in sorted(NOTEBOOKS.glob("*.ipynb")) for kind in made_in(path)]
    assert sorted(made) == sorted((figure.notebook, figure.kind) for figure in FIGURES)
    assert all(kinds()[figure.kind] == figure.name for figure in FIGURES)


def test_the_zoo_has_one_of_every_kind():
    assert sorted(CELLS) == FOLDERS


def test_every_kind_of_figure_is_recorded_and_was_moved_by_both_hands():
    record = json.loads((data_folder() / "results" / "figures.json").read_text())
    assert {figure["figure"] for figure in record["figures"]} == {figure.kind for figure in FIGURES}
    table = {(figure.notebook, figure.kind): figure for figure in FIGURES}
    for found in record["figures"]:
        figure = table[found["notebook"], found["figure"]]
        for by, hand in zip(("key", "mouse"), figure.hands, strict=True):
            assert found[by]["what"] == hand.what
            assert found[by]["steps"] > STEPS / 2
            assert 0 < found[by]["first"]["median"] <= found[by]["last"]["median"]


def test_the_contact_sheet_is_small():
    path = data_folder() / "pictures" / "figures.jpg"
    assert path.stat().st_size <= sheet.LARGEST
    assert Image.open(path).width == sheet.WIDTH


def test_a_step_without_a_picture_is_left_out_and_many_are_an_error():
    step = {"pictures": [10.0, 30.0], "bytes": 100, "computed": [[4.0, 3.0], [2.0, 1.0]]}
    still = {"pictures": [], "bytes": 9, "computed": []}
    told = summarise([step, step, still])
    assert told["steps"] == 2
    assert (told["first"]["median"], told["last"]["median"], told["bytes"]["median"]) == (10, 30, 100)
    assert told["computed"] == {"clock": {"median": 6, "p95": 6}, "processor": {"median": 4, "p95": 4}}
    with pytest.raises(RuntimeError, match="2 of 3 steps changed nothing"):
        summarise([step, still, still])


def test_the_recorder_leaves_this_environment_as_it_is(monkeypatch: pytest.MonkeyPatch):
    given, before = [], dict(os.environ)
    lab = SimpleNamespace(outside=[], errors=[], log_console=str)
    monkeypatch.setattr(record_figures, "serve", lambda folder, home, more: given.append(more) or nullcontext())
    monkeypatch.setattr(record_figures, "open_lab_page", lambda *_, **__: nullcontext(lab))
    monkeypatch.setattr(record_figures, "run_to_the_last_figure", lambda *_: None)
    with record_figures.open_notebook("03_lovasz_hinge"):
        pass
    assert [sorted(more) for more in given] == [["LAB_PROGRESS", "LAB_RUNS"]]
    assert dict(os.environ) == before


def test_a_sheet_has_rows_of_one_height_in_order(tmp_path):
    sizes = [(300, 200), (200, 300), (400, 100), (300, 300)]
    for i, (width, height) in enumerate(sizes):
        Image.fromarray(np.full((height, width, 3), 60 * i, np.uint8)).save(tmp_path / f"{i}.png")
    named = [(f"{i}", tmp_path / f"{i}.png") for i in range(4)]
    lines = sheet._lay_out([(name, Image.open(path)) for name, path in named], 2)
    assert [[name for name, _ in line] for line, _ in lines] == [["0", "1"], ["2", "3"]]
    assert len(sheet.make_sheet(named, 2)) < sheet.LARGEST
