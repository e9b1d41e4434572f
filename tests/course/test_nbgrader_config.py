"""nbgrader's settings: what they give to each submission."""

import atexit
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from traitlets.config import Config

from lab.course.release import HANDED


@pytest.fixture
def at_exit(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Callable]]:
    """What was put off until the program ends."""
    later: list[Callable] = []
    monkeypatch.setattr(
        atexit, "register", lambda call, *words, **options: later.append(partial(call, *words, **options))
    )
    yield later
    for call in later:
        call()


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, at_exit: list) -> Config:
    """The file, read as nbgrader does, which need not be there."""
    monkeypatch.setattr(os, "environ", {**os.environ})
    monkeypatch.setitem(sys.modules, "nbgrader", MagicMock())
    folder = tmp_path / "teacher"
    folder.mkdir()
    path = Path(shutil.copy(HANDED / "nbgrader_config.py", folder))
    config = Config()
    exec(compile(path.read_text(), path, "exec"), {"get_config": lambda: config, "__file__": str(path)})
    return config


def folders_of_a_submission(settings: Config) -> tuple[Path, Path]:
    (prepare, execute) = settings.Autograde.autograde_preprocessors.get_value(["Execute"])
    assert execute == "Execute"
    notebook: dict[str, Any] = {"cells": []}
    assert prepare(notebook, {}) == (notebook, {})
    return Path(os.environ["LAB_RUNS"]), Path(os.environ["LAB_PROGRESS"])


def test_each_submission_has_folders_of_its_own(settings: Config, at_exit: list) -> None:
    first, second = folders_of_a_submission(settings), folders_of_a_submission(settings)
    assert not {*first} & {*second}
    places = {path.parent for path in (*first, *second)}
    assert len(places) == 2
    assert all(place.is_dir() for place in places)
    for call in at_exit:
        call()
    assert not any(place.parent.exists() for place in places)


def test_runs_with_the_students_copy(settings: Config, tmp_path: Path) -> None:
    assert os.environ["PYTHONPATH"].split(os.pathsep)[0] == str(tmp_path / "student")
    assert settings.CourseDirectory.root == str(tmp_path / "teacher")
