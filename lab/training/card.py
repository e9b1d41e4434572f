"""The card of a freshly trained model: settings, thresholds, and where it comes from."""

import platform
import subprocess
from dataclasses import asdict
from pathlib import Path

import torch

from lab.checkpoints import ModelCard
from lab.training.settings import TrainingSettings


def make_card(settings: TrainingSettings, class_names: tuple[str, ...], device: str, seconds: float) -> ModelCard:
    """The card; ``seconds`` is the time of training."""
    return ModelCard(
        bandwidth_channels=settings.bandwidth_channels,
        num_classes=len(class_names),
        class_names=tuple(class_names),
        seed_threshold=settings.seed_threshold,
        foreground_threshold=settings.foreground_threshold,
        min_pixels=settings.min_pixels,
        min_unassigned=settings.min_unassigned,
        settings=asdict(settings),
        origin={
            "commit": current_commit(),
            "torch": torch.__version__,
            "device": _device_name(device),
            "minutes": round(seconds / 60, 1),
        },
    )


def current_commit() -> str | None:
    """The commit of the lab's own repository, with '+' if there are changes; None outside a repository."""
    try:
        folder = Path(__file__).parent
        commit = _git(folder, "rev-parse", "--short=12", "HEAD")
        return commit + ("+" if _git(folder, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _device_name(device: str) -> str:
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    return f"CPU ({platform.machine()}, {torch.get_num_threads()} threads)"
