"""SECURITY.md: what it names is there."""

import re

from lab.folders import repository


def test_the_files_and_folders_that_it_names_are_there():
    text = (repository() / "SECURITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:tests/|\.ci/|requirements|pyproject)[\w./*-]*)`", text)
    assert len(named) >= 4
    assert not [name for name in named if not list(repository().glob(name.rstrip("/")))]
