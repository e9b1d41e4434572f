"""A cell that is run alone, after a restart, or twice says nothing worse than that the cells above come first."""

import random
import re
from collections.abc import Iterator

import nbformat
import pytest

from tests.notebooks.cells import FOLDER, Kernel, code_cells, kernel, names_made

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MARK = "# NBVAL_CHECK_OUTPUT"
ORDER = 20261123  # seed of the order
# What a second run of a cell may add: arrays of the first are freed only as it ends.
MORE = {"threads": 0, "processes": 0, "files": 0, "figures": 0, "MiB": 300}


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
            if ran.error and ran.lacks() not in above:
                wrong.append(f"cell {number}: {ran.error}: {ran.words}")
            above |= names_made(source)
    assert not wrong


@pytest.mark.slow
def test_each_cell_runs_twice_and_then_in_any_order_and_nothing_grows(cells: list[str]) -> None:
    wrong = []
    with kernel() as fresh:
        for number, source in enumerate(cells, start=1):
            wrong += [f"cell {number}: {words}" for words in _twice(fresh, source)]
        order = random.Random(ORDER).sample(list(enumerate(cells, start=1)), len(cells))
        for number, source in order:
            ran = fresh.run(source)
            if ran.error:
                wrong.append(f"cell {number}, out of order: {ran.error}: {ran.words}")
    assert not wrong


def _twice(fresh: Kernel, source: str) -> Iterator[str]:
    """What is wrong with the two runs, in words."""
    first, before = fresh.run(source), fresh.holds()
    second, after = fresh.run(source), fresh.holds()
    for ran in (first, second):
        if ran.error:
            yield f"{ran.error}: {ran.words}"
    for name, most in MORE.items():
        if after[name] > before[name] + most:
            yield f"{name} {before[name]}, after the second run {after[name]}"
    if MARK in source and first.text != second.text:
        yield f"said {first.text!r}, then {second.text!r}"


@pytest.mark.slow
def test_what_a_cell_leaves_behind_is_seen() -> None:
    with kernel() as fresh:
        assert not list(_twice(fresh, "import threading, time, subprocess\nx = 1"))
        for source, words in (
            ("threading.Thread(target=time.sleep, args=(60,), daemon=True).start()", r"threads \d+, after .* \d+"),
            ("opened = globals().get('opened', []) + [open(threading.__file__)]", r"files \d+, after"),
            ("waiting = globals().get('waiting', []) + [subprocess.Popen(['sleep', '60'])]", r"processes \d+, after"),
            ("kept = globals().get('kept', []) + [b'x' * (MORE << 21)]".replace("MORE", str(MORE["MiB"])), r"MiB \d+"),
            ("x += 1\nassert x < 3", "AssertionError"),
            (f"{MARK}\nx = x + 1\nx", "said '4', then '5'"),
        ):
            (found,) = _twice(fresh, source)
            assert re.match(words, found), found
        fresh.run("for process in waiting: process.kill()")
        fresh.forget()
        assert fresh.run("x").error == "NameError"


def test_names_made() -> None:
    source = "import a.b, c as d\nfrom e import f\ng, (h, *i) = j\nfor k in l: m = n\ndef o(): ..."
    assert names_made(source) == set("adfghikmo")
    assert names_made("def a():\n    b = [c for c in d]\ne = {f: 1 for f in g}\nclass h:\n    i = 1") == set("aeh")


@pytest.mark.slow
def test_a_name_that_a_library_lacks_is_none_that_a_cell_above_makes(tmp_path) -> None:
    (tmp_path / "with_a_bug.py").write_text("def call():\n    return total\n\n\ndef back(f):\n    return f()\n")
    with kernel() as fresh:
        fresh.run(f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\nimport with_a_bug")
        assert fresh.run("total").lacks() == "total"
        assert fresh.run("def mine():\n    return total").error == ""
        assert fresh.run("with_a_bug.back(mine)").lacks() == "total"
        assert fresh.run("with_a_bug.call()") == ("NameError", "name 'total' is not defined", "", False)
        assert fresh.run("with_a_bug.call()").lacks() == fresh.run("1 / 0").lacks() == fresh.run("1").lacks() == ""
