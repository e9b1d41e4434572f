"""What a notebook's short way leaves out makes no name that the rest needs."""

import dis
import re
from collections.abc import Iterator
from types import CodeType

import nbformat
import pytest
from nbformat import NotebookNode

from tests.notebooks.cells import FOLDER, names_made

# "section 4 but its first cell" and "… in section 5" say which part of it; such parts are not looked at.
SECTIONS = re.compile(r"(?<!in )\bsections? (\d+(?:(?:, | and | to )\d+)*\b)(?! from| but its| after)")
EXERCISES = re.compile(r"\bexercises? (\d+\.\d+(?:(?:, | and )\d+\.\d+)*)")
STILL_RUN = "(but run their cells)"


def left_out(words: str) -> tuple[set[str], set[str]]:
    """Sections and exercises that the words of a short way leave out, and whose cells are not run."""
    said = re.search(r"short way.*?leave out (.*)", words)
    if not said:
        return set(), set()
    sections: set[str] = set()
    for numbers in SECTIONS.findall(said[1].rpartition(STILL_RUN)[2]):
        for first, last in re.findall(r"(\d+)(?: to (\d+))?", numbers):
            sections |= {str(k) for k in range(int(first), int(last or first) + 1)}
    return sections, {number for numbers in EXERCISES.findall(said[1]) for number in re.findall(r"\d+\.\d+", numbers)}


def parted(notebook: NotebookNode) -> tuple[list[str], list[str]]:
    """Sources of the cells that the short way runs, and of those that it does not; an exercise ends with its check."""
    sections, exercises = left_out("\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown"))
    run: list[str] = []
    not_run: list[str] = []
    section = exercise = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for level, heading in re.findall(r"^(##+) (.*)", cell.source, re.MULTILINE):
                exercise = _number(r"Exercise (\d+\.\d+) · ", heading)
                section = _number(r"(\d+) · ", heading) if level == "##" else section
            continue
        (not_run if section in sections or exercise in exercises else run).append(cell.source)
        exercise = "" if cell.source.startswith("check.") else exercise
    return run, not_run


def _number(pattern: str, heading: str) -> str:
    found = re.match(pattern, heading)
    return found[1] if found else ""


def names_needed(source: str) -> set[str]:
    """Names that a cell reads and does not make itself."""
    return set(_read(compile(source, "cell", "exec"))) - names_made(source)


def _read(code: CodeType) -> Iterator[str]:
    """Names of the notebook's own that the code and the functions in it read, as Python compiled them."""
    steps = list(dis.get_instructions(code))
    own = {step.argval for step in steps if step.opname == "STORE_NAME"} if code.co_name != "<module>" else set()
    yield from (step.argval for step in steps if step.opname in ("LOAD_NAME", "LOAD_GLOBAL") and step.argval not in own)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _read(inner)


def lacking(run: list[str], not_run: list[str]) -> set[str]:
    """Names that cells which are run need, and that only those make which are not."""
    elsewhere = set().union(*map(names_made, not_run))
    made: set[str] = set()
    lacks: set[str] = set()
    for source in run:
        lacks |= (names_needed(source) - made) & elsewhere
        made |= names_made(source)
    return lacks


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_short_way_lacks_no_name(path):
    assert lacking(*parted(nbformat.read(path, as_version=4))) == set()


def test_what_is_left_out():
    words = "*A short way:* leave out *This* in section 5, section 6 after its guess, sections 8 to 10 and 12 with "
    assert left_out(words + "exercise 7.4, and exercises 7.2 and 7.3.") == (
        {"8", "9", "10", "12"},
        {"7.4", "7.2", "7.3"},
    )
    assert left_out(f"short way: leave out sections 1 and 3 {STILL_RUN}, and section 4.") == ({"4"}, set())


def test_a_name_that_is_lacking_is_seen():
    function = "def f(source):\n    values = source\n    return [n for n in values] + list(np.ones(n))"
    assert lacking([function, "print(f(n))", "n = 2"], ["import numpy as np", "n = source = values = 1"]) == {
        "np", "n",
    }  # fmt: skip
