"""An archive with a few bytes changed or cut off: converted, or refused by name with nothing left."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.datasets.bbbc.convert import convert
from tests.datasets.test_bbbc import ROWS, archive_files, write_zip
from tests.robustness.judging import bounded_memory, call, trouble

CHANGES = st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=6), st.booleans()), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_zip(tmp_path_factory.mktemp("archive") / "sound.zip", archive_files()).read_bytes()


@given(CHANGES, st.floats(0, 1) | st.just(1.0))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_archive(tmp_path: Path, sound: bytes, changes: list, kept: float):
    check(tmp_path, sound, changes, kept)


@pytest.mark.slow
@given(CHANGES, st.floats(0, 1) | st.just(1.0))
@settings(max_examples=3000, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_many_changed_archives(tmp_path: Path, sound: bytes, changes: list, kept: float):
    check(tmp_path, sound, changes, kept)


def check(folder: Path, sound: bytes, changes: list, kept: float) -> None:
    """Bytes at some places are others, in place or besides; then the end is cut off."""
    content = bytearray(sound)
    for place, new, besides in changes:
        start = int(place * (len(content) - 1))
        content[start : start if besides else start + len(new)] = new
    path = folder / "stage1_train.zip"
    path.write_bytes(content[: int(kept * len(content))])
    with bounded_memory():
        outcome = call(lambda: convert(path, folder / "nuclei", ROWS))
    assert trouble(outcome, path.name) == ""
    if outcome.code:
        assert list(folder.iterdir()) == [path]
    else:
        shutil.rmtree(folder / "nuclei")
