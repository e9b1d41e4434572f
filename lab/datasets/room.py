"""Whether the scenes of a data set fit into memory, and so from where their crops are cut."""

import os
from dataclasses import dataclass
from pathlib import Path

import psutil
import torch

from lab.datasets.kept import bytes_needed
from lab.datasets.scene import SceneSource

FEEDS = ("auto", "files", "memory", "device")
# Of what is free when the training starts. The rest is for the training itself, whose batches take far more than
# their crops, and for whoever else uses the machine.
SHARE_OF_MEMORY = 0.5
SHARE_OF_GPU = 0.25
MOST_WORKERS = 8  # more than that wait for the disk, or for one another
CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Choice:
    """A feed and, in one line, why; ``workers`` read files."""

    name: str
    words: str
    workers: int = 0


def choose(
    source: SceneSource, feed: str, device: torch.device, workers: int | None = None, processes: int = 1
) -> Choice:
    """The feed that is asked for, or for "auto" the fastest one that there is room for.

    Raises:
        ValueError: an unknown feed, or one for which there is no room.
    """
    if feed not in FEEDS:
        raise ValueError(f"feed: found '{feed}', expected {', '.join(FEEDS[:-1])} or {FEEDS[-1]}.")
    workers = usual_workers(device, processes) if workers is None else workers
    if feed == "files":
        return Choice("files", _said_of_files("as asked", workers), workers)
    needed = bytes_needed(source)
    if feed != "auto":
        return _asked(feed, needed, device, processes)
    if device.type == "cuda" and needed <= SHARE_OF_GPU * free_on(device):
        return Choice("device", _fits("device", needed, SHARE_OF_GPU, free_on(device)))
    free = free_memory() // processes
    if needed <= SHARE_OF_MEMORY * free:
        return Choice("memory", _fits("memory", needed, SHARE_OF_MEMORY, free))
    why = f"to keep them takes {gigabytes(needed)}, more than {SHARE_OF_MEMORY:.0%} of the {gigabytes(free)} free"
    return Choice("files", _said_of_files(why, workers), workers)


def _asked(feed: str, needed: int, device: torch.device, processes: int) -> Choice:
    free = free_on(device) if feed == "device" else free_memory() // processes
    at_once, why = (2 * needed, " (twice their size, while they are packed)") if feed == "device" else (needed, "")
    if at_once > free:
        raise ValueError(
            f"feed: found '{feed}' for scenes that take {gigabytes(at_once)}{why}, expected at most the "
            f"{gigabytes(free)} that are free there. Say auto or files."
        )
    return Choice(feed, f"crops are cut {_PLACES[feed]}, as asked: {gigabytes(needed)} of scenes are kept there")


_PLACES = {"memory": "in memory", "device": "on the training's device"}


def _fits(feed: str, needed: int, share: float, free: int) -> str:
    room = f"{gigabytes(needed)} of scenes fit into {share:.0%} of the {gigabytes(free)} free"
    return f"crops are cut {_PLACES[feed]}: {room}"


def _said_of_files(why: str, workers: int) -> str:
    by = f" by {workers} processes" if workers else ""
    return f"crops are cut from scenes read anew from files{by}: {why}"


def usual_workers(device: torch.device, processes: int = 1) -> int:
    """Processes that read files: none beside a training that needs all cores itself."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MOST_WORKERS, max(cores // processes - 1, 0)) if device.type == "cuda" else 0


def free_on(device: torch.device) -> int:
    """Bytes that can be had on a device."""
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else free_memory()


def free_memory(cgroup: Path = CGROUP) -> int:
    """Bytes of memory that can be had: the machine's, or what a container has left of its own limit."""
    free = psutil.virtual_memory().available
    try:
        limit, used = ((cgroup / name).read_text().strip() for name in ("memory.max", "memory.current"))
    except OSError:
        return free
    return free if limit == "max" else max(0, min(free, int(limit) - int(used) + _old_file_cache(cgroup)))


def _old_file_cache(cgroup: Path) -> int:
    """Bytes of files that the system keeps for later and drops for whoever needs the room; they count as used."""
    try:
        lines = (cgroup / "memory.stat").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("inactive_file "))


def gigabytes(size: int) -> str:
    """A size in words."""
    return f"{size / 1e9:.2g} GB" if size < 1e10 else f"{size / 1e9:.0f} GB"
