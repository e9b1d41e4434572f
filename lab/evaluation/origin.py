"""What an evaluation ran on: the part of its report that the numbers do not say."""

import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

import torch

REPORTED_PACKAGES = ("torch", "numpy", "cityscapesscripts", "spatial-embedding-lab")


def origin_of(device: torch.device) -> dict:
    """Device, versions, time and, in a git repository, the commit."""
    from lab.training.card import current_commit  # late: predicting needs nothing of training

    return {
        "device": _device_name(device),
        "versions": {"python": platform.python_version(), **{p: _version(p) for p in REPORTED_PACKAGES}},
        "commit": current_commit(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU ({platform.machine()}, {torch.get_num_threads()} threads)"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
