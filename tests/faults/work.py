"""What the processes do that are killed.  Each function runs in a process of its own."""

from pathlib import Path


def save_without_end(folder: Path, first: int) -> None:
    """Save one state after the other; the weights and moments of the k-th are all k, beginning at ``first``."""
    import torch

    from lab.training.state import Progress, save_state
    from tests.faults.network import filled

    torch.set_num_threads(1)
    for number in range(first, first + 10_000):
        save_state(folder / "last.safetensors", *filled(number), Progress(0, number, 0.0), [])


def train_small(scenes: Path, folder: Path) -> None:
    """The smallest training of both stages, saving after each step, with a probe and validation."""
    from dataclasses import replace

    import torch

    from lab.datasets.cityscapes import CityscapesFolder
    from lab.training.loop import train
    from tests.training.conftest import OFTEN, SMALL

    torch.set_num_threads(1)
    source = CityscapesFolder(scenes, "train")
    train(SMALL, source, folder, replace(OFTEN, validate_every=2), probe=source[0], validation=source)


def draw_scenes(root: Path, scenes: int) -> None:
    """The generator, in this process."""
    from lab.datasets.toyscapes.write import write_toyscapes

    write_toyscapes(root, 128, 256, {"train": scenes}, workers=1)


def fetch_archive(folder: Path, url: str) -> None:
    """The download of an archive."""
    from lab.datasets.bbbc.fetch import fetch

    fetch(folder, url)


def note_verdicts(name: str, count: int) -> None:
    """A notebook that keeps its progress, as fast as it can."""
    from lab.exercises.progress import note_verdict

    for _ in range(count):
        assert not note_verdict(name, "right")


def hold(sign: Path, ready: Path) -> None:
    """Be at work somewhere until killed."""
    import time

    from lab.in_use import alone

    with alone(sign, "go elsewhere"):
        ready.touch()
        time.sleep(1000)
