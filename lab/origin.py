"""Where a result comes from: device, versions, time and commit, for whatever is kept and reported."""

import platform
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

REPORTED_PACKAGES = ("torch", "numpy", "cityscapesscripts", "spatial-embedding-lab")


def origin_of(device: torch.device | str) -> dict[str, Any]:
    """Device, versions, time and, in a git repository, the commit."""
    return {
        "device": device_name(device),
        "versions": {"python": platform.python_version(), **{p: _version(p) for p in REPORTED_PACKAGES}},
        "commit": current_commit(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def device_name(device: torch.device | str) -> str:
    """The GPU's name, or the processor's kind and the threads in use."""
    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"CPU ({platform.machine()}, {threads} thread{'s' * (threads > 1)})"


def current_commit() -> str | None:
    """The commit of the lab's own repository, with '+' if there are changes; None outside a repository."""
    try:
        folder = Path(__file__).parent
        commit = _git(folder, "rev-parse", "--short=12", "HEAD")
        return commit + ("+" if _git(folder, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    program = shutil.which("git")
    if program is None:
        raise FileNotFoundError("found no git on the PATH")
    done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
