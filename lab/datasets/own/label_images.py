"""Reads a label image: one channel of whole numbers, 0 background, a number for each object."""

from pathlib import Path

import numpy as np
from jaxtyping import Int32, Int64, UInt8
from PIL import Image

from lab.images import BROKEN, PIXELS

LABEL_SUFFIXES = (".png", ".tif", ".tiff", ".bmp")
LOSSY_SUFFIXES = (".jpg", ".jpeg", ".webp")  # found, so that they can be refused by name
ONE_CHANNEL = ("1", "L", "P", "I", "I;16", "I;16B", "I;16L", "I;16N")
EXPECTED = "one channel of whole numbers, 0 for background and another number for each object (8, 16 or 32 bits)"


def read_label_image(path: Path) -> Int64[np.ndarray, "H W"]:
    """The numbers as they are stored; a palette's indices, not its colours.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no image, a lossy one, colours, fractions, negative numbers, several pages.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: found no file, expected {EXPECTED}. Restore it, or take its image out.")
    try:
        with Image.open(path, formats=PIXELS) as file:
            kind, pages = file.format, getattr(file, "n_frames", 1)
            file.load()
    except BROKEN as error:
        raise _refused(path, f"a file that cannot be read ({error})", "Copy or make the file again.") from error
    if kind == "JPEG":
        raise _refused(path, "a JPEG, which shifts numbers", "Save the labels as PNG from where they were made.")
    if pages > 1:
        raise _refused(path, f"{pages} pages", "Save every page as a picture of its own, with its own labels.")
    if file.mode not in ONE_CHANNEL:
        raise _refused(path, *_why_not(file))
    numbers = np.array(file).astype(np.int64)
    if numbers.min() < 0:
        raise _refused(path, f"the number {numbers.min()}", "Numbers run from 0 to 2147483647; 0 is background.")
    return numbers


def _why_not(file: Image.Image) -> tuple[str, str]:
    """What a picture of another mode is, and what to do."""
    if file.mode == "F":
        values = np.array(file)
        if np.isfinite(values).all() and (values == np.rint(values)).all():
            return "whole numbers stored as fractions (32-bit floating point)", "Save them as 16-bit integers."
        return "fractions", "A map of probabilities is no label image: give every object its number first."
    return f"a colour picture (mode {file.mode})", (
        "If each colour is an object, lab.datasets.own.number_colours makes numbers of the colours: save its result as "
        "16-bit PNG. If each colour is a class, the objects are not told apart: label them anew."
    )


def _refused(path: Path, found: str, remedy: str) -> ValueError:
    return ValueError(f"{path}: found {found}, expected {EXPECTED}. {remedy}")


def number_colours(picture: UInt8[np.ndarray, "H W 3"]) -> Int32[np.ndarray, "H W"]:
    """Labels of a picture in which every colour is an object and black is background: numbers 1..K by colour."""
    codes = picture.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
    colours, inverse = np.unique(codes, return_inverse=True)
    table = np.arange(len(colours), dtype=np.int32) + (0 if 0 in colours else 1)
    return table[inverse].reshape(codes.shape)


def renumbered(numbers: Int64[np.ndarray, "H W"]) -> tuple[Int32[np.ndarray, "H W"], Int64[np.ndarray, " K"]]:
    """Numbers 1..K in ascending order of those stored, and these."""
    present, inverse = np.unique(numbers, return_inverse=True)
    table = np.arange(len(present), dtype=np.int32) + (0 if present[0] == 0 else 1)
    return table[inverse].reshape(numbers.shape), present[present > 0]
