"""From an image file and the names that a person types to all that an `Explorer` takes."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int16, Int32, Shaped, UInt8
from torch import Tensor

from lab.clustering import Thresholds
from lab.datasets.cityscapes import INSTANCE_CLASSES, decode_instance_ids, read_ids
from lab.datasets.intensity import INTENSITIES
from lab.datasets.own.label_images import read_label_image, renumbered
from lab.datasets.scene import as_text, check_size
from lab.evaluation.commands import load_named
from lab.evaluation.files import find_images
from lab.evaluation.predict import network_output, scaled, thresholds_of
from lab.images import load_image
from lab.widgets.explorer.models import FIRST, find_models

# A street of Cityscapes.  With eight classes its output is 100 MB, which go to the browser in one piece.
MOST_PIXELS = 2048 * 1024
CITYSCAPES_LABELS = "_instanceIds.png"
# Height in pixels of the drawn streets that a model has seen, by the name under which the explorer lists it.
DRAWN_STREETS = MappingProxyType({"toyscapes (shipped)": 256, "tiny (shipped)": 128})
SIMILAR = 1.1  # heights within this factor of one another
NAMED = 3  # pictures of a folder


class Prepared(NamedTuple):
    """What the explorer is to show.

    Attributes:
        image: prepared as the model was trained, at most ``MOST_PIXELS`` large.
        output: of the network.
        model: the name under which the explorer lists the model.
        instances, classes: the labels, None without.
        file: the image file's name.
        note: whether it was scaled, and whether the model knows such heights; empty where there is nothing to say.
        by_intensity: the image as other models were trained, which the file alone can tell if it has more than 8 bits.
    """

    image: UInt8[np.ndarray, "H W 3"]
    output: Float[Tensor, "C H W"]
    class_names: tuple[str, ...]
    thresholds: Thresholds
    bandwidth_channels: int
    model: str
    instances: Int32[np.ndarray, "H W"] | None
    classes: Int16[np.ndarray, "H W"] | None
    file: str
    note: str
    by_intensity: dict[str, UInt8[np.ndarray, "H W 3"]]


def prepare(
    image: Path,
    model: str = "shipped",
    labels: Path | None = None,
    height: int | None = None,
    say: Callable[[str], object] = str,
) -> Prepared:
    """Read, scale, and run the network once.

    Args:
        image: any picture that `lab.images.load_image` reads.
        model: as `python -m lab predict --model` takes it.
        labels: Cityscapes' instanceIds, or for a model of one class a label image; None without.
        height: to scale to, in pixels; None as the picture is.  What is too large is scaled down in any case.
        say: is told once all that was given has been read and found to fit, before the network runs.

    Raises:
        FileNotFoundError, IsADirectoryError, ValueError: no such file or model, a folder, no image, labels that do not
            fit; what to do is named.
    """
    _check_picture(image)
    opened = load_named(model)
    card = opened.card
    pictures = {intensity: load_image(image, intensity) for intensity in INTENSITIES}
    stored = pictures[card.intensity].shape[:2]
    instances, classes = _labels(labels, card.class_names) if labels else (None, None)
    if labels and instances is not None:
        check_size(instances.shape, stored, labels, image)
    say(f"Running the network over {image} ...")
    size, listed = shown_size(stored, height), listed_as(model, find_models())
    notes = (_tell_scaling(stored, size), "" if height else tell_height(listed, size[0]))
    pictures = {intensity: scaled(each, size) for intensity, each in pictures.items()}
    picture = pictures[card.intensity]
    output = network_output(opened, picture, prepared=True)
    instances, classes = (None if each is None else nearest(each, size) for each in (instances, classes))
    given = (card.class_names, thresholds_of(card), card.bandwidth_channels)
    note = " ".join(filter(None, notes))
    return Prepared(picture, output, *given, listed, instances, classes, as_text(image.name), note, pictures)


def _check_picture(image: Path) -> None:
    """Raise IsADirectoryError for a folder, with the pictures in it."""
    if not image.is_dir():
        return
    pictures = find_images([image])
    names = ", ".join(str(path) for path in pictures[:NAMED])
    more = f" and {len(pictures) - NAMED} more" if len(pictures) > NAMED else ""
    raise IsADirectoryError(f"{image}: found a folder, expected one picture. Name one of those in it: {names}{more}.")


def tell_height(model: str, height: int) -> str:
    """What a model that knows drawn streets of one height makes of a picture of another; empty where that is no matter.

    Args:
        model: as the explorer lists it.
        height: of the picture as the model sees it, in pixels.
    """
    known = DRAWN_STREETS.get(model)
    if known is None or known / SIMILAR <= height <= known * SIMILAR:
        return ""
    return (
        f"This model learned drawn streets {known} px high, and knows objects of that size: in this picture, {height} "
        f"px high, they may be {height / known:.2g} times as large. Try --height {known}."
    )


def shown_size(size: tuple[int, int], height: int | None = None) -> tuple[int, int]:
    """Height and width of the same shape at this height, or as they are; at most ``MOST_PIXELS`` large."""
    wanted = size if height is None else (height, max(1, round(size[1] * height / size[0])))
    factor = math.sqrt(MOST_PIXELS / (wanted[0] * wanted[1]))
    return wanted if factor >= 1 else (max(1, int(wanted[0] * factor)), max(1, int(wanted[1] * factor)))


def _tell_scaling(old: tuple[int, int], new: tuple[int, int]) -> str:
    if new == old:
        return ""
    most = f" At most {MOST_PIXELS / 2**20:g} megapixels are shown: to see objects larger, cut out a part."
    return (
        f"Scaled from {old[1]}x{old[0]} to {new[1]}x{new[0]} px; the model sees the objects at that size, and "
        f"min_pixels counts pixels of that size (one is {old[0] * old[1] / (new[0] * new[1]):.3g} of the file's)."
        f"{most if 2 * new[0] * new[1] > MOST_PIXELS else ''}"
    )


def nearest(labels: Shaped[np.ndarray, "H W"], size: tuple[int, int]) -> Shaped[np.ndarray, "h w"]:
    """Labels at another size: each new pixel takes the old one in which its middle lies."""
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(int) for new, old in zip(size, labels.shape, strict=True)
    )
    return labels[rows[:, None], columns]


def _labels(path: Path, names: tuple[str, ...]) -> tuple[Int32[np.ndarray, "H W"], Int16[np.ndarray, "H W"]]:
    """Instances and classes from a label file, the classes those of the model."""
    if path.name.endswith(CITYSCAPES_LABELS):
        if not set(names) <= INSTANCE_CLASSES.keys():
            raise ValueError(
                f"{path}: found labels of streets, expected such as the model finds: {', '.join(names)}. "
                "Choose another model (--model), or leave --labels out."
            )
        return decode_instance_ids(read_ids(path), str(path), names)
    if len(names) > 1:
        raise ValueError(
            f"{path}: found a label image, which tells objects apart but not their classes, and a model of "
            f"{len(names)} classes; expected Cityscapes' NAME{CITYSCAPES_LABELS}. Choose a model of one class "
            "(--model), or leave --labels out."
        )
    instances, _ = renumbered(read_label_image(path))
    return instances, (instances > 0).astype(np.int16)


def listed_as(model: str, models: Mapping[str, Path]) -> str:
    """Under which of the explorer's names the model stands; its file's name where under none."""
    word = FIRST if model == "shipped" else model
    for name, path in models.items():
        if name in (f"{word} (shipped)", f"{word} (yours)") or path.resolve() == Path(model).resolve():
            return name
    return Path(model).name
