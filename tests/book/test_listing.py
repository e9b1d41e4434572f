"""Pages of code: a section for each function and class, under the file's own line numbers."""

from pathlib import PurePosixPath

import pytest

from lab.book.listing import code_page, sections_of
from lab.book.plan import REPOSITORY

SOURCE = '''"""What it does."""

import math

LIMIT = 3


# Why this one.
@decorated
def first(x):
    return x


class Second:
    def inside(self):
        pass
'''


def test_sections_are_what_stands_at_the_top():
    assert sections_of(SOURCE) == {"first", "Second"}


def test_a_page_by_hand():
    page = code_page(PurePosixPath("lab/it.py"), SOURCE)
    assert page.startswith('# `lab/it.py`\n\n````````{code-block} python\n:lineno-start: 1\n\n"""What it does.')
    assert (
        "## `first`\n\n````````{code-block} python\n:lineno-start: 8\n\n# Why this one.\n@decorated\ndef first" in page
    )
    assert "## `Second`\n\n````````{code-block} python\n:lineno-start: 14\n\nclass Second:" in page


@pytest.mark.parametrize("name", ["embedding", "lovasz", "losses", "erfnet", "clustering"])
def test_no_line_is_lost(name: str):
    source = (REPOSITORY / "lab" / f"{name}.py").read_text()
    shown = code_page(PurePosixPath(f"lab/{name}.py"), source).splitlines()
    assert [line for line in source.splitlines() if line.strip() and line not in shown] == []


def test_a_module_without_functions_is_one_listing():
    assert code_page(PurePosixPath("a.py"), "X = 1\n").count("{code-block}") == 1
