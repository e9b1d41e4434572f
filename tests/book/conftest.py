"""The book, built once for all that look at it."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built book; Sphinx's warnings are errors."""
    from lab.book.build import build

    return build(tmp_path_factory.mktemp("book")).parent
