"""How much memory a call takes beside its inputs, at its peak, and whether that fits.

Asked of a process of its own, in which nothing else has been allocated and freed. On Linux the kernel keeps the mark of
the most memory that a process has held; it is reset just before the call. On CUDA torch counts.

A way that would not fit is not run: it is tried first on an image with sides four times shorter, and what it takes
there, time and memory, grows sixteenfold, for both follow the number of pixels.
"""

import contextlib
import ctypes
import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from lab.speed.interleaved import wait_for
from lab.speed.settings import Setting

SHORTER = 4  # sides of the image on which a way is tried first
SMALL = 512  # pixels high: an image below is tried as it is
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Limits:
    """What a call may take.

    Attributes:
        bytes: of memory.
        seconds: by the wall clock.
    """

    bytes: float | int
    seconds: float | int


@dataclass(frozen=True)
class Footprint:
    """What is known of one way's memory.

    Attributes:
        peak_bytes: beside the inputs; None where it could not be told.
        refused: why the way was not run at full size; empty if it was.
    """

    peak_bytes: int | None = None
    refused: str = ""


def footprints(setting: Setting, limits: Limits, device: str = "cpu") -> dict[str, Footprint]:
    """Of every way of a setting, by name, each run once in a process of its own.

    Raises:
        ChildProcessError: that process failed, with what it said last.
    """
    task = json.dumps({"setting": setting.entry(), "limits": asdict(limits), "device": device})
    command = [sys.executable, "-m", "lab.speed.memory", task]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip() or f"it ended with {done.returncode} and without a word").splitlines()[-1]
        raise ChildProcessError(f"{setting.subject}, {setting.name}: its memory could not be measured: {said}")
    return {name: Footprint(**found) for name, found in json.loads(done.stdout.splitlines()[-1]).items()}


def main(task: str) -> None:
    """The process of its own."""
    from lab.speed.ways import ways_of

    given = json.loads(task)
    setting, limits, device = Setting(**given["setting"]), Limits(**given["limits"]), given["device"]
    shorter = SHORTER if setting.height >= SMALL else 1
    small = {name: _tried(way, device) for name, way in ways_of(setting.smaller(shorter), device).items()}
    found = {name: Footprint(refused=refusal(*tried, shorter, limits)) for name, tried in small.items()}
    for name, way in ways_of(setting, device).items():
        if not found[name].refused:
            found[name] = Footprint(peak_of(way, device))
    print(json.dumps({name: asdict(footprint) for name, footprint in found.items()}))


def _tried(way: Callable[[], object], device: str) -> tuple[int | None, float]:
    """Peak and seconds of the second call: the first compiles, starts threads and fills caches."""
    way()
    begin = time.perf_counter()
    peak = peak_of(way, device)
    wait_for(torch.device(device))
    return peak, time.perf_counter() - begin


def refusal(peak: int | None, seconds: float | int, shorter: int, limits: Limits) -> str:
    """Why a way is not run at full size, from what it took with ``shorter`` sides; empty if it may."""
    grown, tried = shorter**2, f"by its run with sides {shorter} times shorter" if shorter > 1 else "in its first run"
    if peak is not None and grown * peak > limits.bytes:
        return f"does not fit: {grown * peak / 2**30:.3g} GiB {tried}, {limits.bytes / 2**30:.3g} GiB allowed"
    if grown * seconds > limits.seconds:
        return f"too slow, not run: {grown * seconds:.3g} s {tried}, {limits.seconds:.3g} s allowed"
    return ""


def peak_of(way: Callable[[], object], device: str = "cpu") -> int | None:
    """Bytes that a call holds at its peak, beyond what was held before; None where nobody counts."""
    gc.collect()
    if device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        way()
        return torch.cuda.max_memory_allocated(device) - before
    if not RESET.exists():
        way()
        return None
    # What was freed before would be handed out anew, and the call seem to need no memory: back to the system with it.
    with contextlib.suppress(AttributeError):  # only glibc has it
        ctypes.CDLL(None).malloc_trim(0)
    RESET.write_text("5")
    before = kept("VmRSS")
    way()
    return max(0, kept("VmHWM") - before)


def kept(name: str) -> int:
    """Bytes, as the kernel keeps them of this process."""
    lines: Mapping[str, str] = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    return 1024 * int(lines[name].split()[0])


if __name__ == "__main__":
    main(sys.argv[1])
