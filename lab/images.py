"""Any image file as the RGB that the network takes."""

import os
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Num, Shaped, UInt8, UInt16
from PIL import Image, ImageOps

from lab.datasets.intensity import STRIP, applied, check_intensity, stretch
from lab.out_of_memory import in_words, is_out_of_memory

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".ppm", ".pgm"})
EXPECTED = "an image (PNG, JPEG, TIFF, BMP, WebP or PNM; grey or colour, 8 or 16 bits)"
# Formats that Pillow may open, whatever a file is called: they hold pixels. It knows others, too, among them PostScript
# (EPS), a program that it would have Ghostscript run.
PIXELS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "PPM", "GIF")
MOST_PIXELS = 178_956_970  # Pillow opens no larger picture
# What Pillow raises for files that are no sound image: ValueError for a text chunk that unpacks to too much.
BROKEN = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
ORIENTATION = 0x0112  # EXIF's tag
ON_ITS_SIDE = (5, 6, 7, 8)
PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"


def load_image(path: Path, intensity: str = "stored") -> UInt8[np.ndarray, "H W 3"]:
    """An image file as 8-bit RGB, turned upright as its EXIF data say.

    Transparency is laid on white.  Grey becomes three equal channels.  Values of more than 8 bits are divided by the
    full range of the fewest bits that hold the largest of them (8 to 16 or 32), so that 12-bit pictures in 16-bit
    files are not black; with the ``intensity`` "percentile" they are stretched before they are cut to 8 bits.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file is no image, is cut off, or has values that are no brightness.
    """
    check_intensity(intensity)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: found no file, expected {EXPECTED}. Check the path.")
    try:
        with Image.open(path, formats=PIXELS) as file:
            # Asked before it is decoded: Pillow keeps 8 bits and forgets the others.
            deep, turn = _is_deep_colour(file), _turn(file)
            file.load()
            image = ImageOps.exif_transpose(file)
    except BROKEN as error:
        raise _unreadable(path, error) from error
    if deep:
        return _eight_bits(_turned(_deep_colour(path), turn), str(path), intensity)
    return to_rgb(image, str(path), intensity)


def image_size(path: Path) -> tuple[int, int]:
    """Height and width of an image file as `load_image` gives it, by the file's header alone.

    Raises:
        FileNotFoundError, ValueError: no file, no image.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: found no file, expected {EXPECTED}. Check the path.")
    try:
        with Image.open(path, formats=PIXELS) as file:
            return (file.width, file.height) if _turn(file) in ON_ITS_SIDE else (file.height, file.width)
    except BROKEN as error:
        raise _unreadable(path, error) from error


def turn_of(path: Path) -> int:
    """EXIF's 1 to 8 for how `load_image` turns or mirrors a picture; 1: not at all, it is as it is stored.

    Raises:
        FileNotFoundError, ValueError: no file, no image.
    """
    image_size(path)  # for what it raises
    with Image.open(path, formats=PIXELS) as file:
        return _turn(file)


def whole(path: Path) -> bool:
    """Is the file there, from the first byte of a PNG to the last?"""
    if not path.is_file():  # opening a pipe would wait for its other end
        return False
    try:
        with path.open("rb") as file:
            if file.read(4) != b"\x89PNG":
                return False
            file.seek(-len(PNG_END), os.SEEK_END)
            return file.read() == PNG_END
    except OSError:
        return False


def to_rgb(image: Image.Image, source: str, intensity: str = "stored") -> UInt8[np.ndarray, "H W 3"]:
    """A Pillow image of any mode as 8-bit RGB, as in `load_image`; ``source`` names it in errors."""
    if image.mode.startswith("I") or image.mode == "F":
        grey = _eight_bits(np.asarray(image), source, intensity)
        return np.repeat(grey[..., None], 3, axis=2)
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), coloured)
    return applied(intensity, np.array(image.convert("RGB")))


def _is_deep_colour(file: Image.Image) -> bool:
    """Colour of 16 bits, which Pillow itself would give as 8 bits."""
    return file.mode in ("RGB", "RGBA") and any(";16" in str(tile) for tile in getattr(file, "tile", ()))


def _turn(file: Image.Image) -> int:
    """EXIF's 1 to 8 where the picture is yet to be turned; 1 for a TIFF, which Pillow and OpenCV turn by themselves."""
    return 1 if file.format == "TIFF" else file.getexif().get(ORIENTATION, 1)


def _turned(values: Shaped[np.ndarray, "H W 3"], turn: int) -> Shaped[np.ndarray, "h w 3"]:
    """Upright, as Pillow's exif_transpose makes pictures of 8 bits."""
    if turn in ON_ITS_SIDE:
        values = values.transpose(1, 0, 2)
    if turn in (3, 4, 7, 8):
        values = values[::-1]
    return values[:, ::-1] if turn in (2, 3, 6, 7) else values


def _deep_colour(path: Path) -> Shaped[np.ndarray, "H W 3"]:
    """16-bit RGB by OpenCV; transparency is laid on white."""
    # Not cv2.imread, which on Windows opens no path outside its code page.
    try:
        values = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:  # more than 2^20 px wide or high, for one
        if is_out_of_memory(error):
            raise MemoryError(f"{path}: {in_words(error)}") from error
        raise _unreadable(path, error) from error
    if values is None:
        raise _unreadable(path, ValueError("16-bit colour that OpenCV does not decode"))
    colour: UInt16[np.ndarray, "H W 3"] = values[..., 2::-1]
    if values.shape[2] == 3:
        return colour
    white = np.empty(colour.shape, np.uint16)
    for top in range(0, len(values), STRIP):
        opaque = values[top : top + STRIP, :, 3:].astype(np.float64) / 65535
        white[top : top + STRIP] = (colour[top : top + STRIP] * opaque + 65535 * (1 - opaque)).round()
    return white


def _eight_bits(values: Num[np.ndarray, "H W *channels"], source: str, intensity: str) -> UInt8[np.ndarray, "H W *c"]:
    if not np.isfinite(values).all() or values.min() < 0:
        raise ValueError(
            f"{source}: found values from {values.min()} to {values.max()}, expected brightness: finite, 0 or more. "
            "Shift or scale the picture first."
        )
    if intensity == "percentile":
        return stretch(values)
    largest = float(values.max())
    # Floating-point pictures usually run from 0 to 1.
    unit = values.dtype.kind == "f" and largest <= 1
    full = 1.0 if unit else 2.0 ** max(8, int(np.ceil(largest)).bit_length()) - 1
    eight = np.empty(values.shape, np.uint8)
    for top in range(0, len(values), STRIP):  # of a large picture all fractions at once would take gigabytes
        eight[top : top + STRIP] = (values[top : top + STRIP].astype(np.float64) * (255 / full)).round()
    return eight


def _unreadable(path: Path, error: Exception) -> ValueError:
    return ValueError(
        f"{path}: found a file that cannot be read as an image ({error}), expected {EXPECTED}. "
        "Look at its size: it may be empty, a part of a file, or of another kind."
    )
