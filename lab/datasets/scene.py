"""One image with its labels, the common form in which every data source hands out its scenes, and what a source is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int16, Int32, UInt8

from lab.images import ON_ITS_SIDE, turn_of

VOID = -1
BACKGROUND = 0


@dataclass(frozen=True)
class Scene:
    """An image and what is in it.

    Attributes:
        name: the file's name without suffixes, unique within its data set.
        image: RGB.
        instances: 0 where there is none, else 1..K, unique over all classes.
        classes: -1 void (in no term of the loss), 0 background, 1..N.
    """

    name: str
    image: UInt8[np.ndarray, "H W 3"]
    instances: Int32[np.ndarray, "H W"]
    classes: Int16[np.ndarray, "H W"]


@runtime_checkable
class SceneSource(Protocol):
    """A data set, whatever lies on disk: notebook, training and evaluation know nothing else of it.

    Attributes:
        class_names: of the classes 1..N.
    """

    class_names: tuple[str, ...]

    def __len__(self) -> int:
        """Number of scenes."""
        ...

    def __getitem__(self, index: int) -> Scene:
        """A scene, read from disk at every call."""
        ...

    def name(self, index: int) -> str:
        """The scene's name, unique in its data set."""
        ...

    def image_path(self, index: int) -> Path:
        """The file of the scene's picture."""
        ...

    def label_path(self, index: int) -> Path:
        """The file that holds the scene's labels, for messages; it may hold those of other scenes too."""
        ...

    def labels(self, index: int) -> tuple[Int32[np.ndarray, "H W"], Int16[np.ndarray, "H W"]]:
        """Instances and classes, without reading the picture."""
        ...

    def checked_labels(self, index: int) -> tuple[Int32[np.ndarray, "H W"], Int16[np.ndarray, "H W"]]:
        """As `labels`, held against the source's other files too: the picture's size, for one.

        Raises:
            ValueError: labels that do not fit; file, found, expected and remedy are named.
        """
        ...


def check_size(found: tuple[int, ...], expected: tuple[int, ...], labels: Path, image: Path) -> None:
    """Raise ValueError where labels have another size (height, width) than their image."""
    if found != expected:
        raise ValueError(f"{labels}: found {other_size(found, expected, image, str(image))}")


def other_size(found: tuple[int, ...], expected: tuple[int, ...], image: Path, called: str) -> str:
    """What is to be said of labels of another size (height, width) than their image, ``called`` so in the words."""
    if found == expected[::-1] and turn_of(image) in ON_ITS_SIDE:
        remedy = (
            "Its EXIF data turn it from its side, and the labels were made without that: turn them too, or save the "
            "image upright and label that."
        )
    else:
        remedy = "Use labels made for this image, or resize both together (labels by nearest neighbour)."
    return f"labels of {in_px(found)}, expected {in_px(expected)} like their image {called}. {remedy}"


def in_px(shape: tuple[int, ...]) -> str:
    """Height and width as people say them: width first."""
    return f"{shape[1]}x{shape[0]} px"


def as_text(name: str) -> str:
    """A file's name, or words with one, to be written and drawn: bytes of it that are no text as \\udcff."""
    return name.encode(errors="backslashreplace").decode()
