"""Images per second of both contenders at the same resolution, network and post-processing."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from jaxtyping import UInt8

from lab.baseline.contenders import Contender
from lab.evaluation.predict import scaled

HEIGHTS = (256, 512)  # pixels; 512x256 and 1024x512 of street scenes
WARM = 2  # images before the clock starts


def images_per_second(
    contenders: Sequence[Contender],
    images: Sequence[UInt8[np.ndarray, "H W 3"]],
    height: int,
    clock: Callable[[], float],
) -> dict[str, float]:
    """The median over the images, each scaled to ``height``; both take every image in turn.

    One image at a time, from pixels to masks, so that what disturbs the machine disturbs both.
    """
    seconds: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    ready = [scaled(image, (height, round(image.shape[1] * height / image.shape[0]))) for image in images]
    for image in (*ready[:WARM], *ready):
        for contender in contenders:
            before = clock()
            contender.predict(image)
            seconds[contender.name].append(clock() - before)
    return {name: round(1 / float(np.median(spent[WARM:])), 3) for name, spent in seconds.items()}


def by_resolution(
    contenders: Sequence[Contender],
    images: Sequence[UInt8[np.ndarray, "H W 3"]],
    clock: Callable[[], float],
) -> Mapping[str, dict[str, float]]:
    """`images_per_second` at each of the heights, by "WIDTHxHEIGHT"."""
    rows, columns = images[0].shape[:2]
    return {
        f"{round(columns * height / rows)}x{height}": images_per_second(contenders, images, height, clock)
        for height in HEIGHTS
    }
