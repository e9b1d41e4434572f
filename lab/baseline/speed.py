"""Images per second of both contenders at the same resolution, network and post-processing."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8

from lab.baseline.contenders import Contender
from lab.baseline.state import Progress
from lab.evaluation.predict import scaled
from lab.json_text import from_json

HEIGHTS = (256, 512)  # pixels; 512x256 and 1024x512 of street scenes
WARM = 2  # images before the clock starts
ALL, PARTS = "all", ("network", "clustering")


@dataclass(frozen=True)
class Speed:
    """What was measured, by contender and resolution, "WIDTHxHEIGHT".

    Attributes:
        words: how.
        rates: images per second.
        seconds: of an image by the wall clock, for "network" and "clustering", where they can be told apart.
    """

    words: str = "not measured"
    rates: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    seconds: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)


def usual_threads(device: torch.device) -> int:
    """All cores beside a GPU, for instances are clustered on the processor; else one, as our own runs were."""
    if device.type != "cuda":
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def measure(
    contenders: Sequence[Contender],
    images: Sequence[UInt8[np.ndarray, "H W 3"]],
    clock: Callable[[], float],
    device: torch.device,
) -> Speed:
    """`seconds_per_image` at each of the heights."""
    rows, columns = images[0].shape[:2]
    at = {
        f"{round(columns * height / rows)}x{height}": seconds_per_image(contenders, images, height, clock)
        for height in HEIGHTS
    }
    rates = {c.name: {size: round(1 / spent[c.name][ALL], 3) for size, spent in at.items()} for c in contenders}
    parts = {
        c.name: {size: {part: round(spent[c.name][part], 5) for part in PARTS} for size, spent in at.items()}
        for c in contenders
        if c.timing
    }
    return Speed(speed_words(device, len(images), torch.get_num_threads()), rates, parts)


def seconds_per_image(
    contenders: Sequence[Contender],
    images: Sequence[UInt8[np.ndarray, "H W 3"]],
    height: int,
    clock: Callable[[], float],
) -> dict[str, dict[str, float]]:
    """Medians over the images, each scaled to ``height``; all contenders take every image in turn.

    One image at a time, from pixels to masks, so that what disturbs the machine disturbs all.

    Returns:
        by name, "all" by the clock that is given and, where it can be told, "network" and "clustering".
    """
    seconds: dict[str, list[dict[str, float]]] = {contender.name: [] for contender in contenders}
    ready = [scaled(image, (height, round(image.shape[1] * height / image.shape[0]))) for image in images]
    for image in (*ready[:WARM], *ready):
        for contender in contenders:
            before = clock()
            contender.predict(image)
            spent = {ALL: clock() - before}
            seconds[contender.name].append(spent | (asdict(contender.timing) if contender.timing else {}))
    return {
        name: {part: float(np.median([one[part] for one in spent[WARM:]])) for part in spent[0]}
        for name, spent in seconds.items()
    }


def speed_words(device: torch.device, images: int, threads: int) -> str:
    """How it was measured, for a reader of the result."""
    each = "second by the clock" if device.type == "cuda" else "second of the processor, all threads together,"
    return (
        f"images per {each} from pixels to masks, one at a time, both in turns, median over the first {images} "
        "validation scenes scaled to that size; networks as trained above, detections from their lowest scores; "
        f"processor threads: {threads}; instances of the spatial embeddings are clustered on the processor"
    )


def read_speed(path: Path, done: Mapping[str, Progress]) -> Speed:
    """What an earlier result says of the speed of these very networks, known by their curves.

    Nothing where there is no such file, or none that can be read: it is about to be written anew.
    """
    try:
        found = from_json(path.read_text())
        models = found["models"]
        curves = {name: [asdict(point) for point in progress.curve] for name, progress in done.items()}
        if {name: model["curve"] for name, model in models.items()} != curves:
            return Speed()
        rates = {name: at for name, model in models.items() if (at := model["images_per_second_at"])}
        parts = {name: at for name, model in models.items() if (at := model.get("seconds_at"))}
        return Speed(found["speed_is"], rates, parts) if rates else Speed()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Speed()
