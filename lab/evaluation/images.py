"""Any image file as the RGB that the network takes."""

from pathlib import Path

import numpy as np
from jaxtyping import Num, UInt8
from PIL import Image, ImageOps

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".ppm", ".pgm"})
EXPECTED = "an image (PNG, JPEG, TIFF, BMP, WebP or PNM; grey or colour, 8 or 16 bits)"


def load_image(path: Path) -> UInt8[np.ndarray, "H W 3"]:
    """An image file as 8-bit RGB, turned upright as its EXIF data say.

    Transparency is laid on white.  Grey becomes three equal channels.  Grey of more than 8 bits is divided by the
    full range of the fewest bits that hold its largest value (8 to 16 or 32), so that 12-bit pictures in 16-bit
    files are not black.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file is no image, is cut off, or has values that are no brightness.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: found no file, expected {EXPECTED}. Check the path.")
    try:
        with Image.open(path) as file:
            file.load()
            image = ImageOps.exif_transpose(file)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(
            f"{path}: found a file that cannot be read as an image ({error}), expected {EXPECTED}. "
            "Look at its size: it may be empty, a part of a file, or of another kind."
        ) from error
    return to_rgb(image, str(path))


def to_rgb(image: Image.Image, source: str) -> UInt8[np.ndarray, "H W 3"]:
    """A Pillow image of any mode as 8-bit RGB, as in `load_image`; ``source`` names it in errors."""
    if image.mode.startswith("I") or image.mode == "F":
        grey = _to_8_bits(np.asarray(image), source)
        return np.repeat(grey[..., None], 3, axis=2)
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), coloured)
    return np.array(image.convert("RGB"))


def _to_8_bits(values: Num[np.ndarray, "H W"], source: str) -> UInt8[np.ndarray, "H W"]:
    if not np.isfinite(values).all() or values.min() < 0:
        raise ValueError(
            f"{source}: found values from {values.min()} to {values.max()}, expected brightness: finite, 0 or more. "
            "Shift or scale the picture first."
        )
    largest = float(values.max())
    # Floating-point pictures usually run from 0 to 1.
    unit = values.dtype.kind == "f" and largest <= 1
    full = 1.0 if unit else 2.0 ** max(8, int(np.ceil(largest)).bit_length()) - 1
    return (values.astype(np.float64) * (255 / full)).round().astype(np.uint8)
