"""Scenes kept in memory, decoded, in the fewest bytes that hold them: six for a pixel."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, cast, runtime_checkable

import numpy as np
from jaxtyping import Integer, UInt8
from tqdm.auto import tqdm

from lab.datasets.scene import Scene, SceneSource
from lab.images import image_size

BYTES_A_PIXEL = 6  # three of colour, two of instances, one of classes


@dataclass(frozen=True)
class KeptScene:
    """As `Scene`, with labels in narrower types: instances int16 (int32 over 32767 of them), classes int8 (int16)."""

    name: str
    image: UInt8[np.ndarray, "H W 3"]
    instances: Integer[np.ndarray, "H W"]
    classes: Integer[np.ndarray, "H W"]


@runtime_checkable
class Scenes(Protocol):
    """A `SceneSource`, or scenes that are kept and raise nothing any more."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Scene | KeptScene: ...


def compact(scene: Scene) -> KeptScene:
    """A copy that holds on to nothing of the scene."""
    return KeptScene(
        scene.name,
        np.ascontiguousarray(scene.image),
        _narrowed(scene.instances, np.int16),
        _narrowed(scene.classes, np.int8),
    )


def _narrowed(labels: Integer[np.ndarray, "H W"], kind: type[np.integer]) -> Integer[np.ndarray, "H W"]:
    fits = labels.max(initial=0) <= np.iinfo(kind).max
    return labels.astype(kind if fits else labels.dtype)


def bytes_needed(source: SceneSource) -> int:
    """What keeping all scenes takes; of the pictures only the headers are read."""
    with ThreadPoolExecutor() as pool:
        return BYTES_A_PIXEL * sum(pool.map(lambda index: _pixels(source, index), range(len(source))))


def _pixels(source: SceneSource, index: int) -> int:
    path = source.image_path(index)
    # A source need not lie in files.
    height, width = image_size(path) if path.is_file() else source.labels(index)[1].shape
    return height * width


def read_all(source: SceneSource, keep: Callable[[Scene], object] = compact, progress: bool = True) -> list[Any]:
    """What ``keep`` makes of every scene, in order.

    Raises:
        ValueError: a scene cannot be read; it is named.
    """

    def one(index: int) -> object:
        return keep(cast(Scene, read_scene(source, index)))  # a SceneSource gives no others

    with ThreadPoolExecutor() as pool:  # decoding a PNG frees the interpreter's lock
        found: Iterable[Any] = pool.map(one, range(len(source)))
        return list(tqdm(found, "reading scenes", len(source), unit="scene", disable=not progress))


def read_scene(source: Scenes, index: int) -> Scene | KeptScene:
    """The scene; an error that does not say which one it is about is told with its name."""
    try:
        return source[index]
    except (OSError, ValueError) as error:
        if not isinstance(source, SceneSource) or (name := source.name(index)) in str(error):
            raise
        raise ValueError(f"scene {name} ({source.image_path(index)}): {error}") from error
