"""What becomes of kernels whose machine code cannot be kept, or that cannot be compiled at all."""

import builtins
import errno
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from lab.fast.choice import ReadableInstead
from lab.fast.compiler import _say_not_kept, compiled, why_no_compiler


def double(values):
    return 2 * values


def triple(values):
    return 3 * values


@pytest.fixture
def said() -> Iterator[list[warnings.WarningMessage]]:
    """Warnings as a process gets them that has had none."""
    _say_not_kept.cache_clear()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        yield said
    _say_not_kept.cache_clear()


def test_without_a_folder_every_process_compiles_and_says_so_once(
    said: list[warnings.WarningMessage], monkeypatch: pytest.MonkeyPatch
):
    from numba.core.caching import CacheImpl

    monkeypatch.setattr(CacheImpl, "_locator_classes", [])
    kernels = [compiled(function) for function in (double, triple)]
    assert [w.category for w in said] == [ReadableInstead]
    assert "NUMBA_CACHE_DIR" in str(said[0].message)
    assert kernels[0](np.float32(2)) == 4


@pytest.mark.usefixtures("homeless")
def test_without_a_home_no_folder_of_that_name_is_made(
    said: list[warnings.WarningMessage], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """Numba's own place would be ~ in the current folder, and who removes that one day loses a home."""
    monkeypatch.setattr("lab.fast.compiler.os.access", lambda *_: False)
    monkeypatch.chdir(tmp_path)
    assert compiled(double)(np.float32(2)) == 4
    assert [w.category for w in said] == [ReadableInstead]
    assert not list(tmp_path.iterdir())


def test_a_full_disk_ends_nothing(said: list[warnings.WarningMessage], monkeypatch: pytest.MonkeyPatch):
    from numba.core import caching

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(caching.IndexDataCacheFile, "load", lambda *_: None)
    monkeypatch.setattr(caching.IndexDataCacheFile, "save", full)
    assert [compiled(function)(np.float32(2)) for function in (double, triple)] == [4, 6]
    assert [w.category for w in said] == [ReadableInstead]


@pytest.mark.parametrize("error", [ImportError("No module named numba"), OSError("libLLVM: cannot be opened")])
def test_why_there_is_no_compiler(error: Exception, monkeypatch: pytest.MonkeyPatch):
    assert why_no_compiler() == ""
    find = builtins.__import__

    def fails(name: str, *rest: object) -> object:
        if name == "numba":
            raise error
        return find(name, *rest)

    monkeypatch.setattr(builtins, "__import__", fails)
    assert why_no_compiler() == f"numba cannot be imported ({error})"
