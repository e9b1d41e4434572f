"""Pictures of 16 bits stand as upright as those of 8, and their size is known without reading them."""

import tracemalloc
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from lab.images import ORIENTATION, image_size, load_image

STORED = np.random.default_rng(0).integers(0, 256, (4, 6, 3)) * 257  # of 16 bits, and the same of 8 without rounding
STORED[0, 0] = 65535


def upright(stored: np.ndarray, turn: int) -> np.ndarray:
    """As EXIF defines its eight numbers: which side of the picture the file's first row and first column are."""
    turns = {
        1: stored,  # top, left
        2: np.fliplr(stored),  # top, right
        3: np.rot90(stored, 2),  # bottom, right
        4: np.flipud(stored),  # bottom, left
        5: stored.swapaxes(0, 1),  # left, top
        6: np.rot90(stored, -1),  # right, top
        7: np.rot90(stored, 2).swapaxes(0, 1),  # right, bottom
        8: np.rot90(stored),  # left, bottom
    }
    return turns[turn]


def write_png(path: Path, pixels: np.ndarray, turn: int) -> None:
    """With an eXIf chunk, which OpenCV does not write, after the header."""
    content = cv2.imencode(".png", pixels[..., ::-1])[1].tobytes()
    exif = Image.Exif()
    exif[ORIENTATION] = turn
    chunk = b"eXIf" + exif.tobytes().removeprefix(b"Exif\0\0")
    sized = (len(chunk) - 4).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    path.write_bytes(content[:33] + sized + content[33:])


def write_tiff(path: Path, pixels: np.ndarray, turn: int) -> None:
    tifffile.imwrite(path, pixels, photometric="rgb", extratags=[(ORIENTATION, "H", 1, turn, True)])


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("bits", [np.uint8, np.uint16])
@pytest.mark.parametrize("write", [write_png, write_tiff])
def test_turned_upright_at_any_depth(tmp_path: Path, write, bits, turn: int):
    write(tmp_path / "a", (STORED // 257 if bits is np.uint8 else STORED).astype(bits), turn)
    assert np.array_equal(load_image(tmp_path / "a"), upright(STORED // 257, turn))
    assert image_size(tmp_path / "a") == upright(STORED, turn).shape[:2]


@pytest.mark.parametrize("channels", [3, 4])
def test_pictures_of_16_bits_take_no_more_memory_than_they_must(tmp_path: Path, channels: int):
    """All their fractions at once would take 48 bytes a pixel."""
    cv2.imwrite(str(tmp_path / "a.png"), np.full((2000, 500, channels), 40_000, np.uint16))
    tracemalloc.start()
    try:
        image = load_image(tmp_path / "a.png")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert image.shape == (2000, 500, 3)
    assert most < 30 * 2000 * 500
