"""ToyScapes on disk, in the layout of Cityscapes: leftImg8bit/ and gtFine/ with train/ and val/.

A folder can be filled in several goes: a scene whose three files are whole is left alone.
"""

import json
import os
import signal
from collections.abc import Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Shaped
from tqdm import tqdm

from lab.datasets.toyscapes.scene import check_size, render_picture
from lab.folders import remove_parts, write_whole
from lab.images import whole
from lab.in_use import alone
from lab.json_text import from_json
from lab.workers import worked_off

CITY = "toyville"
CARD = "toyscapes.json"
VERSION = 1  # of the generator: raised when the same number no longer gives the same picture

# Each split draws its own scene numbers, so no street of one is in the other.
FIRST_INDEX = {"train": 0, "val": 1_000_000, "test": 2_000_000}
COUNTS = {"train": 800, "val": 100}
LONGEST = 1_000_000  # scenes a split: beyond that it would run into the next split's numbers
GO_ON = "What is written is whole: run the same command again to go on"


@dataclass(frozen=True)
class Job:
    """One scene to write."""

    root: str
    split: str
    seed: int
    number: int
    height: int
    width: int

    def paths(self) -> dict[str, Path]:
        """The scene's three files, in the order in which they are written."""
        name = f"{CITY}_{self.seed:06d}_{self.number:06d}"
        images, labels = (Path(self.root) / kind / self.split / CITY for kind in ("leftImg8bit", "gtFine"))
        return {
            "image": images / f"{name}_leftImg8bit.png",
            "labels": labels / f"{name}_gtFine_labelIds.png",
            "instances": labels / f"{name}_gtFine_instanceIds.png",
        }


def write_toyscapes(
    root: str | Path,
    height: int = 256,
    width: int = 512,
    counts: Mapping[str, int] | None = None,
    seed: int = 0,
    workers: int | None = None,
) -> Path:
    """Fill `root` with scenes on all cores; what is already there and whole is kept.

    Args:
        root: folder, made if missing.
        height, width: pixels.
        counts: scenes per split; default 800 train and 100 val.
        seed: stream of scenes; another seed is another town.
        workers: processes; default one per core.

    Returns:
        `root`.

    Raises:
        ValueError: a size, split or count out of range, or `root` holds scenes made with other settings.
        OSError: a file could not be saved, a process was ended from outside, or another one draws in the folder.
    """
    check_size(height, width)
    counts = dict(COUNTS if counts is None else counts)
    check_counts(counts)
    root = Path(root)
    with alone(root / ".in_use", "name another --folder"):
        claim(root, {"version": VERSION, "seed": seed, "height": height, "width": width}, counts)
        jobs = [Job(str(root), s, seed, i, height, width) for s, count in counts.items() for i in range(count)]
        # In the folders that are written to, no others: the root may be one in which a person keeps other things.
        remove_parts(root, *{path.parent for job in jobs for path in job.paths().values()})
        _write(jobs, f"ToyScapes {width}x{height}", workers or os.cpu_count() or 1)
    return root


def scene_counts(root: Path) -> dict[str, int]:
    """How many scenes each split has on disk, by the file that is written last."""
    return {split: len(list((root / "gtFine" / split / CITY).glob("*_instanceIds.png"))) for split in FIRST_INDEX}


def _write(jobs: list[Job], what: str, workers: int) -> None:
    """The scenes that are not there or not whole."""
    todo = [job for job in jobs if not all(whole(p) for p in job.paths().values())]
    bar = tqdm(total=len(jobs), initial=len(jobs) - len(todo), unit="scene", desc=what)
    with bar:
        for _ in _finished(todo, workers):
            bar.update()


def _finished(todo: list[Job], workers: int) -> Iterator[None]:
    """Write every job; yields once for each, as they finish.  A failed job stops the rest, and so does Ctrl-C."""
    if workers == 1 or len(todo) < 2:
        for job in todo:
            write_scene(job)
            yield
        return
    try:
        for _, future in worked_off(write_scene, todo, workers, ahead=workers, begin=_start_worker):
            yield future.result()
    except BrokenProcessPool as error:
        raise OSError(
            "ToyScapes: a process that drew scenes was ended from outside, often for lack of memory. "
            f"{GO_ON}; with --workers 1 it needs the least."
        ) from error


def _start_worker() -> None:
    """Ctrl-C reaches all processes of a terminal: the parent alone acts on it, workers finish their scene."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)


def check_counts(counts: Mapping[str, int]) -> None:
    """Raises ValueError for an unknown split or a count that no split can hold."""
    for split, count in counts.items():
        if split not in FIRST_INDEX:
            raise ValueError(f"ToyScapes: split {split!r}, expected one of {', '.join(FIRST_INDEX)}")
        if not 0 <= count <= LONGEST:
            raise ValueError(f"ToyScapes: {count} scenes for {split}, expected 0 to {LONGEST}")


def claim(root: Path, settings: dict[str, int], counts: Mapping[str, int]) -> None:
    """Record the settings in toyscapes.json, or make sure that they are the ones recorded there.

    More scenes may be asked for later: the counts recorded are the largest asked for.

    Raises:
        ValueError: other settings, or an unreadable record.
    """
    root.mkdir(parents=True, exist_ok=True)
    card = root / CARD
    recorded: dict[str, Any] = _read_card(card) if card.exists() else {**settings, "counts": {}}
    found = {name: recorded.get(name) for name in settings}
    if found != settings:
        raise ValueError(
            f"{card}: found {found}, expected {settings}; write to another folder, ask for the settings found, "
            f"or delete {root} to make it anew"
        )
    most = {s: max(counts.get(s, 0), recorded["counts"].get(s, 0)) for s in {**recorded["counts"], **counts}}
    write_whole(card, json.dumps({**settings, "counts": most}, indent=2).encode() + b"\n")


def _read_card(card: Path) -> dict[str, Any]:
    try:
        recorded = from_json(card.read_text())
        return {**recorded, "counts": {split: int(count) for split, count in recorded["counts"].items()}}
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(
            f"{card}: not a record of ToyScapes settings ({error}); delete {card.parent} to make it anew: without "
            "the record nothing tells the size of the scenes that are there, and they would be kept"
        ) from error


def write_scene(job: Job) -> None:
    """Render one scene and put its three files in place; the instance ids come last."""
    picture = render_picture(job.seed, FIRST_INDEX[job.split] + job.number, job.height, job.width)
    contents = {
        "image": picture.image[..., ::-1],
        "labels": picture.label_ids,
        "instances": picture.instance_ids.astype(np.uint16),
    }
    for kind, path in job.paths().items():
        write_whole(path, _png(contents[kind], path))


def _png(pixels: Shaped[np.ndarray, "H W *C"], path: Path) -> bytes:
    try:
        done, coded = cv2.imencode(".png", pixels)
    except cv2.error as error:
        raise OSError(f"{path}: OpenCV could not make a PNG ({error}). {GO_ON}.") from error
    if not done:
        raise OSError(f"{path}: OpenCV could not make a PNG. {GO_ON}.")
    return coded.tobytes()
