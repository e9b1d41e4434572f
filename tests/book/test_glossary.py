"""The glossary's table against the library, the notebooks and its page."""

import importlib
import json
import re
from dataclasses import fields
from functools import cache

import pytest

from lab.book.glossary import NOTEBOOKS, PAGE, SECTIONS, link, page
from lab.embedding import Prediction
from lab.instances import Thresholds

ENTRIES = [entry for entries in SECTIONS.values() for entry in entries]
NAMES = sorted({name for entry in ENTRIES for name in entry.code})


def resolve(name: str) -> object:
    """The module, or the attribute or field of what can be imported."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        above, _, last = name.rpartition(".")
        owner = resolve(above)
        return getattr(owner, last) if hasattr(owner, last) else owner.__annotations__[last]


@cache
def words_of(notebook: int) -> str:
    """The notebook's text, in one line."""
    (file,) = NOTEBOOKS.glob(f"{notebook:02d}_*.ipynb")
    cells = json.loads(file.read_text())["cells"]
    text = " ".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("name", NAMES)
def test_what_stands_in_the_code_column_is_there(name):
    resolve(name)


def test_a_name_that_is_gone_would_be_noticed():
    with pytest.raises((KeyError, ModuleNotFoundError)):
        resolve("lab.embedding.Prediction.bandwith")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.word)
def test_the_notebook_uses_the_word(entry):
    text = words_of(entry.notebook)
    # The letters' names are everyday words, the longer entries explain a word: "bandwidth of an instance".
    letter = entry in SECTIONS["Letters of shapes"]
    asked = entry.symbol.split(",")[0] if letter else re.sub(r" of an .*|^weight of the ", "", entry.word)
    assert asked.lower() in text.lower().replace("$", ""), f"notebook {entry.notebook:02d} never says {asked!r}"


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry.symbol], ids=lambda entry: entry.word)
def test_the_notebook_uses_the_symbol(entry):
    # Subscripts differ from place to place (b_i, b_k); the letter does not.
    letter = entry.symbol.split("_")[0].split("(")[0].split(",")[0]
    assert letter in words_of(entry.notebook), f"notebook {entry.notebook:02d} never writes {entry.symbol}"


@pytest.mark.parametrize("owner", [Prediction, Thresholds], ids=lambda owner: owner.__name__)
def test_no_field_of_the_public_surface_is_missing(owner):
    module = owner.__module__
    assert {f"{module}.{owner.__name__}.{field.name}" for field in fields(owner)} <= set(NAMES)


def test_no_word_stands_twice():
    words = [entry.word for entry in ENTRIES]
    assert len(words) == len(set(words))


def test_a_cell_never_breaks_its_table():
    assert not [entry.word for entry in ENTRIES if "|" in f"{entry.meaning}{entry.symbol}{entry.unit}"]


def test_a_link_to_no_notebook_is_refused():
    with pytest.raises(ValueError, match="0 notebooks begin with 15_"):
        link(15)


def test_the_page_is_what_the_table_makes():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m lab.book.glossary"
