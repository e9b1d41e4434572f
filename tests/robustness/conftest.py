"""A canary for every test here: no pickle that it meets may run."""

from pathlib import Path

import pytest

from tests.robustness.judging import CANARY


@pytest.fixture(autouse=True)
def canary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch):
    """The file that `tests.robustness.judging.Bomb` makes where it is unpickled; it must not be there afterwards."""
    path: Path = tmp_path_factory.getbasetemp() / "canary"
    monkeypatch.setenv(CANARY, str(path))
    yield path
    assert not path.exists(), "a pickle was executed"
