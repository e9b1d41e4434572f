"""Colours that are read: words on paper, numbers on the colours of objects."""

import ast
from pathlib import Path

import pytest

import lab.widgets
from lab.figures.style import ACCENT, ACCENT_INK, GOOD, GREY, INK
from lab.widgets.plot import colour_of
from lab.widgets.shapes import contrast, ink_on

ENOUGH = 4.5  # what the web's guidelines ask for words


def test_contrast_as_the_guidelines_count_it():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.005)
    assert contrast("#0072b2", "#0072b2") == 1


@pytest.mark.parametrize("ink", [INK, GREY, GOOD, ACCENT_INK])
def test_words_on_paper(ink):
    assert contrast(ink, "#ffffff") >= ENOUGH


@pytest.mark.parametrize("number", range(1, 8))
def test_numbers_on_the_colours_of_objects(number):
    assert contrast(ink_on(colour_of(number)), colour_of(number)) >= ENOUGH


def test_no_words_in_a_colour_that_is_for_lines_only():
    assert contrast(ACCENT, "#ffffff") < ENOUGH
    for path in sorted(Path(lab.widgets.__file__).parent.rglob("*.py")):
        calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
        for call in (c for c in calls if getattr(c.func, "id", "") == "text"):
            colours = [k.value for k in call.keywords if k.arg == "colour"]
            inks = [name.id for c in colours for name in ast.walk(c) if isinstance(name, ast.Name)]
            assert "ACCENT" not in inks, f"{path}, line {call.lineno}: words in ACCENT; ACCENT_INK is for words"
