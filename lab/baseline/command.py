"""``python -m lab baseline``: both races in turns, then their speed, in a run's folder."""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch

from lab.baseline.clock import now
from lab.baseline.contenders import Contender
from lab.baseline.embeddings import SpatialEmbeddings, training_settings
from lab.baseline.mask_rcnn import MaskRCNN
from lab.baseline.race import Course, races
from lab.baseline.result import result, table
from lab.baseline.score import Jury
from lab.baseline.settings import BaselineSettings, differences, plain, scaled_pixels, scene_size
from lab.baseline.speed import Speed, measure, read_speed, usual_threads
from lab.baseline.state import Progress
from lab.datasets.feed import Feed, make_feed
from lab.datasets.objects import index_objects
from lab.datasets.scene import SceneSource
from lab.datasets.sources import open_source
from lab.devices import pick_device
from lab.evaluation.ground_truth import Judged
from lab.folders import remove_parts, write_whole
from lab.in_use import alone
from lab.json_text import from_json
from lab.metrics import OFFICIAL_MIN_REGION
from lab.training.batches import crop_recipe
from lab.training.card import make_card
from lab.training.interrupt import interruptible
from lab.training.run_options import RunOptions
from lab.training.settings import stages

SETTINGS, RESULT = "settings.json", "mask_rcnn.json"
SPEED_IMAGES = 12
STOPPED = 130  # as shells say of a command that Ctrl-C ended


def baseline(
    settings: BaselineSettings, folder: Path, options: RunOptions, threads: int | None = None, speed: bool = True
) -> int:
    """Run the comparison, or go on with it; gives the exit code.

    The result is written to ``folder`` after every point that both have reached, and with their speed at the end.
    Speed that an earlier call has measured of the same networks stays where it is not measured anew.

    Args:
        threads: of the processor; None for `lab.baseline.speed.usual_threads`.
        speed: whether to measure it.

    Raises:
        FileNotFoundError, ValueError: no such data, no scene in them, or a folder with another comparison.
        FloatingPointError, OSError: as `lab.baseline.race.races`; OSError if another process runs it in the folder.
    """
    with ExitStack() as held:
        return _baseline(settings, folder, options, threads, speed, held)


def _baseline(
    settings: BaselineSettings, folder: Path, options: RunOptions, threads: int | None, speed: bool, held: ExitStack
) -> int:
    """As `baseline`; the folder is let go when ``held`` is closed."""
    device = pick_device(options.device)
    torch.set_num_threads(threads or usual_threads(device))
    train, val = (open_source(settings.dataset, split, settings.classes) for split in ("train", "val"))
    size = scene_size(train)
    held.enter_context(alone(folder / ".in_use", "give another --name"))
    _prepare(folder, settings)
    remove_parts(folder)
    jury = open_jury(settings, train, val, size, device)
    contenders = open_contenders(settings, train, size, device, folder, options)
    counts = {"train": len(train), "val": len(val)}

    def write(done: dict[str, Progress], speed: Speed | None = None) -> dict[str, Any]:
        runs = [(contender, done[contender.name]) for contender in contenders]
        speed = speed or read_speed(folder / RESULT, done)
        found = result(settings, size, counts, train.class_names, jury.min_region, device, runs, speed)
        write_whole(folder / RESULT, (json.dumps(found, indent=1) + "\n").encode())
        return found

    done = {}
    with interruptible() as stop:
        course = Course(settings, jury, lambda: now(device), stop, 60 * options.save_minutes, options.tell)
        for done in races(contenders, course, folder):
            write(done)
    if not _is_over(done, settings):
        options.tell("Stopped; what was learned is saved. The same command goes on.")
        return STOPPED
    pictures = [jury.judging[index][0] for index in range(min(SPEED_IMAGES, len(val)))]
    measured = measure(contenders, pictures, lambda: now(device), device) if speed else None
    options.tell(f"{table(write(done, measured))}\n{folder / RESULT}")
    return 0


def _is_over(done: Mapping[str, Progress], settings: BaselineSettings) -> bool:
    return bool(done) and all(len(progress.curve) == len(settings.shares) for progress in done.values())


def open_contenders(
    settings: BaselineSettings,
    source: SceneSource,
    size: tuple[int, int],
    device: torch.device,
    folder: Path,
    options: RunOptions,
) -> tuple[Contender, Contender]:
    """Both, with one feed of the same scenes; whole scenes are drawn alike for both."""
    feed = _open_feed(settings, source, size, device, folder, options)
    mask_rcnn = MaskRCNN(settings, len(source.class_names), size, feed, device)
    return mask_rcnn, SpatialEmbeddings(settings, source.class_names, size, feed, device)


def _open_feed(
    settings: BaselineSettings,
    source: SceneSource,
    size: tuple[int, int],
    device: torch.device,
    folder: Path,
    options: RunOptions,
) -> Feed:
    """Whole scenes, as Mask R-CNN takes them."""
    training = training_settings(settings, size)
    objects = index_objects(source, options.progress, folder / "objects.npz")
    recipe = crop_recipe(training, stages(training)[1])
    return make_feed(source, objects, recipe, settings.mask_batch, options.feed, device, progress=options.progress)


def open_jury(
    settings: BaselineSettings, train: SceneSource, val: SceneSource, size: tuple[int, int], device: torch.device
) -> Jury:
    """Who scores both; the least region is Cityscapes' 100 px, scaled by area to the scenes."""
    card = make_card(training_settings(settings, size), train.class_names, str(device), 0.0)
    least = scaled_pixels(OFFICIAL_MIN_REGION, size)
    return Jury(Judged(train, card), Judged(val, card), settings.choose_scenes, len(train.class_names), least)


def _prepare(folder: Path, settings: BaselineSettings) -> None:
    """Make the folder, or make sure that it holds this comparison and no other."""
    path = folder / SETTINGS
    if not path.exists():
        write_whole(path, json.dumps(plain(settings), indent=1).encode())
        return
    try:
        wrong = differences(from_json(path.read_text()), settings)
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path}: found no settings of a comparison ({error}), expected some. Give another --name."
        ) from error
    if wrong:
        raise ValueError(
            f"{folder} holds a comparison with other settings: {'; '.join(wrong)}. Give the same to go on with it, "
            "another --name to start a new one, or delete the folder."
        )
