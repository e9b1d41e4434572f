"""Looks at every scene of a data set, whatever state its files are in."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
from jaxtyping import Int32, UInt8

from lab.datasets.label_doctor.finding import Finding
from lab.datasets.label_doctor.pieces import find_pieces
from lab.datasets.label_doctor.rules import MIN_PIXELS, Said, of_the_labels, of_the_picture
from lab.datasets.scene import SceneSource, as_text, in_px, other_size
from lab.images import load_image, turn_of

JPEG = frozenset({".jpg", ".jpeg"})
MOST_LISTED = 5  # ids in the words
CANNOT_BE_USED = (ValueError, OSError)
# After these the source's own checks would say the same again.
SAID_ALREADY = frozenset({"unsound", "size", "lossy", "binary"})
# EXIF's numbers, in words; after the others a picture has height and width exchanged.
KEEP_THE_SIZE = MappingProxyType({2: "mirrored", 3: "turned by 180°", 4: "mirrored upside down"})
EXCHANGE_THE_SIDES = MappingProxyType(
    {5: "turned by 90° and mirrored", 6: "turned by 90°", 7: "turned by 90° and mirrored", 8: "turned by 90°"}
)


def examine(source: SceneSource, limit: int | None = None, min_pixels: int = MIN_PIXELS) -> Iterator[Finding]:
    """Findings scene by scene, as they are made; a scene that cannot be read is a finding like the others.

    Args:
        source: the data set.
        limit: the first so many scenes only.
        min_pixels: objects under this size are named.
    """
    seen: dict[bytes, Path] = {}
    for index in range(len(source) if limit is None else min(limit, len(source))):
        yield from examine_scene(source, index, min_pixels, seen)


def examine_scene(
    source: SceneSource, index: int, min_pixels: int = MIN_PIXELS, seen: dict[bytes, Path] | None = None
) -> list[Finding]:
    """Findings of one scene.  ``seen`` remembers the pictures of earlier ones."""
    name, seen = source.name(index), {} if seen is None else seen
    instances, of_labels = read_labels(source, index)
    image, of_image = read_image(source, index)
    if instances is not None:
        numbers = file_numbers(source, index, instances)
        of_labels += of_the_labels(instances, find_pieces(instances), min_pixels, numbers)
        of_labels += _of_outside(source, index, instances.shape)
    if image is not None and instances is not None:
        of_labels += _of_size(image.shape[:2], instances.shape, source, index)
        of_image += of_the_picture(image, instances) if image.shape[:2] == instances.shape else []
        of_image += _of_turn(image.shape[:2], instances, source.image_path(index))
    if image is not None:
        of_image += _of_earlier(image, source.image_path(index), seen)
    if not {said[0] for said in of_labels + of_image} & SAID_ALREADY:
        of_labels += _of_other_files(source, index)
    of_files = ((of_labels, source.label_path(index)), (of_image, source.image_path(index)))
    return [
        Finding(kind, as_text(name), index, where, ids, as_text(words), path)
        for found, path in of_files
        for kind, where, ids, words in found
    ]


def read_labels(source: SceneSource, index: int) -> tuple[Int32[np.ndarray, "H W"] | None, list[Said]]:
    """The scene's instances, or what is to be said where there are none."""
    try:
        return source.labels(index)[0], []
    except CANNOT_BE_USED as error:
        lossy = source.label_path(index).suffix.lower() in JPEG
        return None, [("lossy" if lossy else "unsound", None, (), str(error))]


def read_image(source: SceneSource, index: int) -> tuple[UInt8[np.ndarray, "H W 3"] | None, list[Said]]:
    """The scene's picture as it is stored, or what is to be said where there is none."""
    try:
        return load_image(source.image_path(index)), []
    except CANNOT_BE_USED as error:
        return None, [("unsound", None, (), str(error))]


def file_numbers(source: SceneSource, index: int, instances: Int32[np.ndarray, "H W"]) -> Sequence[int]:
    """The numbers that the file gives the instances 1..K, where a source tells them; else 1..K."""
    tell = getattr(source, "stored_ids", None)
    return range(1, int(instances.max(initial=0)) + 1) if tell is None else tell(index)


def _of_size(found: tuple[int, ...], labelled: tuple[int, ...], source: SceneSource, index: int) -> list[Said]:
    if found == labelled:
        return []
    path = source.image_path(index)
    return [("size", None, (), other_size(labelled, found, path, path.name))]


def _of_turn(found: tuple[int, ...], instances: Int32[np.ndarray, "H W"], path: Path) -> list[Said]:
    """Of a picture that its EXIF data turn, where the labels' size does not tell whether they were turned as well."""
    if found != instances.shape or not instances.any():
        return []
    turn, square = turn_of(path), found[0] == found[1]
    how = KEEP_THE_SIZE.get(turn) or (EXCHANGE_THE_SIDES.get(turn) if square else None)
    if how is None:
        return []
    words = (
        f"its EXIF data have it {how}, and the labels' size does not tell whether they are, too. Look at them on the "
        "picture: if they do not fit, turn them likewise, or save the picture upright and label that."
    )
    return [("turned", None, (), words)]


def _of_outside(source: SceneSource, index: int, shape: tuple[int, ...]) -> list[Said]:
    """Of annotations that draw nothing, where a source tells them."""
    tell = getattr(source, "drawing_nothing", None)
    ids = [] if tell is None else tell(index)
    if not ids:
        return []
    listed = ", ".join(map(str, ids[:MOST_LISTED])) + (" and more" if len(ids) > MOST_LISTED else "")
    words = (
        f"{len(ids)} annotation{'s' * (len(ids) > 1)} without a pixel in the picture of {in_px(shape)}: {listed}. If "
        "they lie outside, they were made for a larger picture: scale them like it. If they are too small, drop them."
    )
    return [("outside", None, (), words)]


def _of_earlier(image: UInt8[np.ndarray, "H W 3"], path: Path, seen: dict[bytes, Path]) -> list[Said]:
    digest = hashlib.sha256(repr(image.shape).encode() + image.tobytes()).digest()
    first = seen.setdefault(digest, path)
    if first == path:
        return []
    words = f"all its pixels are those of {first}. Keep one; in two splits it gives the test away."
    return [("twice", None, (), words)]


def _of_other_files(source: SceneSource, index: int) -> list[Said]:
    """What the source itself checks beyond the label file: other label files, for one."""
    try:
        source.checked_labels(index)
    except CANNOT_BE_USED as error:
        return [("unsound", None, (), str(error))]
    return []
