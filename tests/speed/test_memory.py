"""Memory at the peak, and what is not run because it would not fit."""

import mmap

import pytest
import torch

from lab.speed.memory import RESET, Limits, footprints, peak_of, refusal
from lab.speed.settings import Setting

needs_linux = pytest.mark.skipif(not RESET.exists(), reason="only Linux tells and resets the mark")
MEBIBYTE = 2**20


@needs_linux
def test_the_peak_counts_what_was_freed_again():
    def hold(mebibytes: int) -> None:
        """Pages of the system: where malloc finds room depends on what other tests left behind."""
        for _ in range(3):
            with mmap.mmap(-1, mebibytes * MEBIBYTE) as pages:
                for _ in range(mebibytes):
                    pages.write(b"1" * MEBIBYTE)

    peak_of(lambda: hold(1))
    assert 31 < peak_of(lambda: hold(32)) / MEBIBYTE < 40
    assert peak_of(lambda: hold(1)) / MEBIBYTE < 8


@pytest.mark.parametrize(
    ("peak", "seconds", "words"),
    [
        (2**27, 0.1, ""),
        (2**29, 0.1, "does not fit: 8 GiB by its run with sides 4 times shorter, 4 GiB allowed"),
        (2**27, 9.0, "too slow, not run: 144 s by its run with sides 4 times shorter, 60 s allowed"),
        (None, 0.1, ""),
    ],
)
def test_refused_for_a_reason(peak: int | None, seconds: float, words: str):
    assert refusal(peak, seconds, 4, Limits(2**32, 60)) == words


def test_a_first_run_at_full_size_is_called_so():
    assert refusal(2**33, 0.1, 1, Limits(2**32, 60)) == "does not fit: 8 GiB in its first run, 4 GiB allowed"


@pytest.mark.slow
@needs_linux
def test_in_a_process_of_its_own():
    found = footprints(Setting("network", 256, 256), Limits(2**30, 60))
    assert list(found) == ["readable", "fast"]
    output = 12 * 256 * 256 * 4
    assert all(output < way.peak_bytes < 50 * output for way in found.values())
    refused = footprints(Setting("network", 256, 256), Limits(2**20, 60))
    assert refused["readable"].refused.startswith("does not fit")


@pytest.mark.slow
def test_a_process_that_fails_says_why():
    with pytest.raises(ChildProcessError, match=r"loss, 200 instances.*: ValueError: 200 instances in 32x32 px"):
        footprints(Setting("loss", 32, 32, "trained", 200), Limits(2**30, 60))


@pytest.mark.cuda
def test_torch_counts_on_a_gpu():
    assert peak_of(lambda: torch.ones(MEBIBYTE, device="cuda"), "cuda") == 4 * MEBIBYTE
