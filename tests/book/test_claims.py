"""The index of the method's sentences: every heading, name and test that it points to is there."""

import ast
import json
from functools import cache
from pathlib import Path

import pytest

from lab.book.claims import PAGE, SECTIONS, file_of, page
from lab.book.glossary import NOTEBOOKS
from tests.book.test_glossary import resolve

TESTS = Path(__file__).parents[1]
CLAIMS = [claim for claims in SECTIONS.values() for claim in claims]


@cache
def headings(notebook: int) -> set[str]:
    (file,) = NOTEBOOKS.glob(f"{notebook:02d}_*.ipynb")
    cells = json.loads(file.read_text())["cells"]
    lines = [line for cell in cells if cell["cell_type"] == "markdown" for line in "".join(cell["source"]).split("\n")]
    return {line.lstrip("#").strip() for line in lines if line.startswith("#")}


@cache
def functions(file: str) -> set[str]:
    tree = ast.parse((TESTS / file).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(
    ("notebook", "heading"), sorted({pair for claim in CLAIMS for pair in claim.taught.items()}), ids=str
)
def test_the_notebook_has_the_heading(notebook, heading):
    assert heading in headings(notebook)


@pytest.mark.parametrize("name", sorted({name for claim in CLAIMS for name in claim.code}))
def test_the_code_is_there(name):
    resolve(name)


@pytest.mark.parametrize("test", sorted({test for claim in CLAIMS for test in claim.tests}))
def test_the_test_is_there(test):
    file, _, function = test.partition("::")
    assert function in functions(file)


def test_every_notebook_of_the_course_is_named():
    assert {number for claim in CLAIMS for number in claim.taught} >= set(range(1, 15)) - {9}  # 09 is about data


def test_nothing_but_the_library_is_linked():
    with pytest.raises(ValueError, match="no part of the library"):
        file_of("numpy.linalg")


def test_the_page_is_what_the_table_makes():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m lab.book.claims"
