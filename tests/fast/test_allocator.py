import ctypes
import platform
import subprocess
import sys

import pytest

from lab.fast.allocator import BYTES, LEAST, MMAP_THRESHOLD, TRIM_THRESHOLD, keep_freed_memory

FAULTS = """
import resource, sys
import numpy as np
from lab.fast.allocator import keep_freed_memory

if sys.argv[1] == "keep" and keep_freed_memory() < 2**30:
    sys.exit("refused")
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
    done = {
        way: subprocess.run([sys.executable, "-c", FAULTS, way], capture_output=True, text=True)
        for way in ("keep", "usual")
    }
    if done["keep"].stderr.strip() == "refused":
        pytest.skip("this system's C library does not keep blocks of 64 MiB")
    assert int(done["keep"].stdout) < 100 <= int(done["usual"].stdout)


def test_elsewhere_nothing_happens(monkeypatch: pytest.MonkeyPatch):
    class NoSuchFunction:
        pass

    def no_handle(name: None) -> None:
        raise TypeError("bad argument type for built-in operation")

    for library in (lambda name: NoSuchFunction(), no_handle):
        monkeypatch.setattr(ctypes, "CDLL", library)
        assert not keep_freed_memory()


@pytest.mark.parametrize(("most", "kept"), [(BYTES, BYTES), (LEAST, LEAST), (0, 0)])
def test_never_the_second_setting_without_the_first(monkeypatch: pytest.MonkeyPatch, most: int, kept: int):
    """Older versions of glibc refuse a threshold above 32 MiB; the other setting alone makes things slower."""
    done = []

    class Library:
        @staticmethod
        def mallopt(name: int, value: int) -> int:
            if name == MMAP_THRESHOLD and value > most:
                return 0
            done.append((name, value))
            return 1

    monkeypatch.setattr(ctypes, "CDLL", lambda name: Library)
    assert keep_freed_memory() == kept
    assert done == ([(MMAP_THRESHOLD, kept), (TRIM_THRESHOLD, BYTES)] if kept else [])
