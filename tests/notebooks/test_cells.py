"""A cell that is run alone, after a restart, or twice says nothing worse than that the cells above come first."""

import re

import nbformat
import pytest

from tests.notebooks.cells import FOLDER, code_cells, kernel, names_made

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MARK = "# NBVAL_CHECK_OUTPUT"
MORE_MIB = 300  # that a second run of one cell may add: arrays of the first are freed only as it ends


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def cells(request: pytest.FixtureRequest, tmp_path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources; what they keep goes to a place of this test's own."""
    monkeypatch.setenv("LAB_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setenv("LAB_RUNS", str(tmp_path / "runs"))
    return code_cells(nbformat.read(request.param, as_version=4))


@pytest.mark.slow
def test_each_cell_alone_runs_or_lacks_a_name_that_a_cell_above_makes(cells: list[str]) -> None:
    """As after a restart in mid-notebook, whatever cell one goes on with."""
    above: set[str] = set()
    wrong = []
    with kernel() as fresh:
        for number, source in enumerate(cells, start=1):
            fresh.forget()
            ran = fresh.run(source)
            missing = re.match(r"name '(\w+)' is not defined", ran.words)
            if ran.error and not (ran.error == "NameError" and missing and missing[1] in above):
                wrong.append(f"cell {number}: {ran.error}: {ran.words}")
            above |= names_made(source)
    assert not wrong


@pytest.mark.slow
def test_each_cell_runs_twice_and_nothing_grows(cells: list[str]) -> None:
    wrong = []
    with kernel() as fresh:
        for number, source in enumerate(cells, start=1):
            first, before = fresh.run(source), fresh.holds()
            second, after = fresh.run(source), fresh.holds()
            grown = {name: (before[name], after[name]) for name in after if after[name] > before[name]}
            if after["MiB"] - before["MiB"] < MORE_MIB:
                grown.pop("MiB", None)
            if first.error or second.error or grown:
                wrong.append(f"cell {number}: {first.error} {second.error} {second.words} {grown}")
            if MARK in source and first.text != second.text:
                wrong.append(f"cell {number}: said {first.text!r}, then {second.text!r}")
    assert not wrong
