"""From a model and an image to instances."""

import contextlib
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from lab.checkpoints import Model, ModelCard
from lab.clustering import Instances, Thresholds, cluster, cluster_to_regions
from lab.datasets.intensity import applied
from lab.erfnet import BranchedERFNet
from lab.evaluation.flips import averaged, brought_back, seen, views_of
from lab.evaluation.tiles import AS_IT_IS, BYTES_A_VALUE, Tiles, check_room, picture_of, tiled_output
from lab.fast.network import prepare_for_inference
from lab.images import MOST_PIXELS
from lab.out_of_memory import first_line, is_out_of_memory, says_what_to_do
from lab.regions import Regions

Size = tuple[int, int]  # height, width in pixels


@dataclass(frozen=True)
class Timing:
    """Seconds that one image took."""

    network: float
    clustering: float


class Found(NamedTuple):
    """The instances of an image as evaluation wants them: D masks, which may overlap, scores, and classes 1..N."""

    masks: Bool[np.ndarray, "D H W"]
    scores: Float[np.ndarray, " D"]
    classes: Int[np.ndarray, " D"]


def thresholds_of(card: ModelCard, **overrides: float | int | None) -> Thresholds:
    """The model's own thresholds, with those replaced that are given and not None.

    Raises:
        ValueError: a threshold is out of range.
    """
    given: dict[str, Any] = {name: value for name, value in overrides.items() if value is not None}
    return replace(Thresholds(**card.thresholds), **given)


@torch.inference_mode()
def network_output(
    model: Model,
    image: UInt8[np.ndarray, "H W 3"],
    prepared: bool = False,
    flips: bool = False,
    tiles: Tiles | None = None,
) -> Float[Tensor, "C H W"]:
    """The network's raw output for an RGB image of any size, on the CPU.  Runs where the weights are.

    The image's values are first made what the network was trained on (the card's ``intensity``), unless it is
    ``prepared``: data sources can do that from a file's own values, which may have more than 8 bits.

    With ``flips`` the mean of what the network says of the image and of its mirrored views, see `lab.evaluation.flips`.

    With ``tiles`` the network sees the image piece by piece, see `lab.evaluation.tiles`: less memory, the same output.

    Raises:
        ValueError: with ``flips``, an output is not finite; with ``tiles``, the network's halo is not known.
        MemoryError: a picture, or with ``tiles`` a piece of one, too large for the memory that is free.
    """
    with _memory_told(image.shape[:2], tiles):
        return _network_output(model, image, prepared, flips, tiles)


def _network_output(
    model: Model, image: UInt8[np.ndarray, "H W 3"], prepared: bool, flips: bool, tiles: Tiles | None
) -> Float[Tensor, "C H W"]:
    ready = image if prepared else applied(model.card.intensity, image)
    if tiles:
        views = views_of(model.card) if flips else (AS_IT_IS,)
        return tiled_output(model.network, ready, model.card.bandwidth_channels, tiles, views)
    device = next(model.network.parameters()).device
    if device.type == "cpu":
        channels = 2 + model.card.bandwidth_channels + model.card.num_classes
        others = len(views_of(model.card)) - 1 if flips else 0
        check_room(ready.shape[:2], BYTES_A_VALUE * channels * others)
    picture = picture_of(ready, device)
    if not flips:
        return model.network(picture[None])[0].float().cpu()
    outputs = []
    for view in views_of(model.card):  # one at a time: turned pictures have another shape
        output = model.network(seen(picture, view)[None])[0].float()
        outputs.append(brought_back(output, view, model.card.bandwidth_channels))
    return averaged(outputs, model.card.bandwidth_channels).cpu()


@contextlib.contextmanager
def _memory_told(size: Size, tiles: Tiles | None = None) -> Iterator[None]:
    """Turn the libraries' errors of too little memory for a picture of this size into a MemoryError with a remedy."""
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error) or says_what_to_do(error):
            raise
        remedy = "Show it piece by piece (predict --tiles), or smaller (evaluate --predict-height)"
        if tiles:
            remedy = f"Show it in smaller pieces: predict --tile-size, now {tiles.size}"
        raise MemoryError(
            f"found a picture of {size[1]}x{size[0]} px, for which there is too little memory ({first_line(error)}); "
            f"expected one that fits. {remedy}."
        ) from error


def predict_scene(
    model: Model,
    image: UInt8[np.ndarray, "H W 3"],
    thresholds: Thresholds | None = None,
    prepared: bool = False,
    flips: bool = False,
) -> Instances:
    """The instances of an RGB image of any size; ``thresholds`` default to the model's own.  See `network_output`.

    Raises:
        ValueError: the network's output is not finite.
    """
    return predict_timed(model, image, thresholds or thresholds_of(model.card), prepared, flips)[0]


def predict_regions(
    model: Model,
    image: UInt8[np.ndarray, "H W 3"],
    thresholds: Thresholds | None = None,
    prepared: bool = False,
    flips: bool = False,
    tiles: Tiles | None = None,
) -> Regions:
    """As `predict_scene`, as lists of pixels: with ``tiles``, images of any size and any number of instances.

    Raises:
        ValueError: the network's output is not finite; see also `network_output`.
        MemoryError: too little memory.
    """
    output = network_output(model, image, prepared, flips, tiles)
    with _memory_told(image.shape[:2], tiles):
        return cluster_to_regions(output, model.card.bandwidth_channels, thresholds or thresholds_of(model.card))


def predict_timed(
    model: Model,
    image: UInt8[np.ndarray, "H W 3"],
    thresholds: Thresholds,
    prepared: bool = False,
    flips: bool = False,
) -> tuple[Instances, Timing]:
    """`predict_scene`, and how long its two halves took."""
    start = time.perf_counter()
    output = network_output(model, image, prepared, flips)
    between = time.perf_counter()
    with _memory_told(image.shape[:2]):
        # On the CPU, where the masks are wanted. `python -m lab speed` clusters on the device.
        instances = cluster(output, model.card.bandwidth_channels, **vars(thresholds))
    return instances, Timing(between - start, time.perf_counter() - between)


def predict_at_height(
    model: Model,
    image: UInt8[np.ndarray, "H W 3"],
    thresholds: Thresholds,
    height: int | None = None,
    flips: bool = False,
) -> tuple[Found, Timing, Size]:
    """Predict an image scaled to ``height`` (None: as it is); gives masks at the image's own size.

    A model is good at the size of objects that it was trained on, and its ``min_pixels`` are pixels of that size.
    The image must be prepared (see `network_output`).  Gives also the size at which was predicted.
    """
    own = image.shape[:2]
    size = own if height is None else (height, max(1, round(own[1] * height / own[0])))
    instances, timing = predict_timed(model, scaled(image, size), thresholds, prepared=True, flips=flips)
    masks = scaled_masks(instances.masks.numpy(), own)
    return Found(masks, instances.scores.numpy(), instances.classes.numpy()), timing, size


def scaled(image: UInt8[np.ndarray, "H W 3"], size: Size) -> UInt8[np.ndarray, "h w 3"]:
    """The image at another size: each new pixel the mean of the area that it covers; enlarged, linear in between.

    Raises:
        ValueError: more pixels than any picture that is opened.
    """
    import cv2

    if size == image.shape[:2]:
        return image
    if math.prod(size) > MOST_PIXELS:
        raise ValueError(
            f"found {size[1]}x{size[0]} px to scale a picture of {image.shape[1]}x{image.shape[0]} px to, expected at "
            f"most {MOST_PIXELS} pixels. Ask for a lower height."
        )
    way = cv2.INTER_AREA if size[0] <= image.shape[0] else cv2.INTER_LINEAR
    return cv2.resize(image, size[::-1], interpolation=way)


def scaled_masks(masks: Bool[np.ndarray, "D h w"], size: Size) -> Bool[np.ndarray, "D H W"]:
    """Masks at another size: each new pixel takes the old one in which its middle lies."""
    if size == masks.shape[1:]:
        return masks
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(int) for new, old in zip(size, masks.shape[1:], strict=True)
    )
    return masks[:, rows[:, None], columns]


def on_device(model: Model, device: torch.device) -> Model:
    """The model with its weights there, in evaluation mode."""
    return Model(model.network.to(device).eval(), model.card)


def for_inference(model: Model, device: torch.device, compile: bool = False) -> Model:
    """The model there, with a copy of its network that does the same work sooner, see `lab.fast.network`.

    What the network says differs by rounding.  A network that is no `BranchedERFNet` only moves.
    """
    if not isinstance(model.network, BranchedERFNet):
        return on_device(model, device)
    return Model(prepare_for_inference(model.network, device, compile=compile), model.card)
