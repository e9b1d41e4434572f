import ctypes
import platform
import subprocess
import sys

import pytest

from lab.fast.allocator import BYTES, keep_freed_memory

FAULTS = """
import resource, sys
import numpy as np
from lab.fast.allocator import keep_freed_memory

if sys.argv[1] == "keep":
    assert keep_freed_memory()
count = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
np.ones(2**24, np.float32)  # 64 MiB
before = count()
for _ in range(4):
    np.ones(2**24, np.float32)
print(count() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc")
def test_freed_memory_comes_back_without_new_pages():
    """A page has 4 KiB, or many more where the system makes them large."""
    faults = {
        way: int(subprocess.run([sys.executable, "-c", FAULTS, way], capture_output=True, text=True, check=True).stdout)
        for way in ("keep", "usual")
    }
    assert faults["keep"] < 100 <= faults["usual"]


def test_elsewhere_nothing_happens(monkeypatch: pytest.MonkeyPatch):
    class NoSuchFunction:
        pass

    def no_handle(name: None) -> None:
        raise TypeError("bad argument type for built-in operation")

    for library in (lambda name: NoSuchFunction(), no_handle):
        monkeypatch.setattr(ctypes, "CDLL", library)
        assert not keep_freed_memory()


def test_both_settings_are_needed(monkeypatch: pytest.MonkeyPatch):
    asked = []

    class Library:
        @staticmethod
        def mallopt(name: int, value: int) -> int:
            asked.append((name, value))
            return 1

    monkeypatch.setattr(ctypes, "CDLL", lambda name: Library)
    assert keep_freed_memory()
    assert sorted(asked) == [(-3, BYTES), (-1, BYTES)]
