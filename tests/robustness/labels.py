"""Label files that do not say what is an object: of another size, kind or class, with numbers that are none."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from tests.own import SIZE, discs
from tests.robustness.pictures import BROKEN, Builder, encoded, stored

NAME = "scene_0.png"


def _of(values: Callable[[], np.ndarray], kind: str = "PNG", name: str = NAME) -> Builder:
    return stored(name, lambda: encoded(Image.fromarray(values()), kind))


def _with(number: int, dtype: str) -> Callable[[], np.ndarray]:
    def values() -> np.ndarray:
        found = discs().astype(dtype)
        found[found == 2] = number
        return found

    return values


def _mode(mode: str) -> Callable[[], np.ndarray]:
    return lambda: np.asarray(Image.fromarray(discs().astype(np.uint8)).convert(mode))


LABELS: dict[str, Builder] = {
    "sound": _of(discs),
    "8 bits": _of(lambda: discs().astype(np.uint8)),
    "32 bits": _of(lambda: discs().astype(np.int32), "TIFF"),
    "numbers with gaps": _of(lambda: discs() * 1000),
    "65535": _of(_with(65535, "uint16")),
    "65536": _of(_with(65536, "int32"), "TIFF"),
    "the largest number": _of(_with(2**31 - 1, "int32"), "TIFF"),
    "negative": _of(_with(-1, "int32"), "TIFF"),
    "the least number": _of(_with(-(2**31), "int32"), "TIFF"),
    "whole numbers as fractions": _of(lambda: discs().astype(np.float32), "TIFF"),
    "fractions": _of(lambda: discs().astype(np.float32) / 3, "TIFF"),
    "NaN": _of(lambda: discs().astype(np.float32) * np.nan, "TIFF"),
    "infinite": _of(lambda: discs().astype(np.float32) + np.inf, "TIFF"),
    "empty": _of(lambda: np.zeros(SIZE, np.uint16)),
    "full": _of(lambda: np.ones(SIZE, np.uint16)),
    "each pixel an object": _of(lambda: np.arange(1, 1 + SIZE[0] * SIZE[1]).astype(np.uint16).reshape(SIZE)),
    "binary": _of(lambda: (discs() > 0).astype(np.uint8) * 255),
    "one bit": stored(NAME, lambda: encoded(Image.fromarray(discs() > 0), "PNG")),
    "colour": _of(_mode("RGB")),
    "alpha": _of(_mode("RGBA")),
    "grey with alpha": _of(_mode("LA")),
    "palette": stored(NAME, lambda: encoded(Image.fromarray(discs().astype(np.uint8)).convert("P"), "PNG")),
    "turned": _of(lambda: np.rot90(discs()).copy()),
    "a pixel smaller": _of(lambda: discs()[:-1]),
    "twice as large": _of(lambda: np.kron(discs(), np.ones((2, 2), np.uint16))),
    "1x1": _of(lambda: np.ones((1, 1), np.uint16)),
    "jpeg": _of(lambda: discs().astype(np.uint8), "JPEG"),
    "jpeg by its name": _of(lambda: discs().astype(np.uint8), "JPEG", "scene_0.jpg"),
    "pages": stored(
        NAME,
        lambda: encoded(Image.fromarray(discs()), "TIFF", save_all=True, append_images=[Image.fromarray(discs())]),
    ),
    # Of Cityscapes' numbers: what no class has.
    "a class of none": _of(lambda: np.full(SIZE, 99_001 % 65536, np.uint16)),
    "class 34": _of(lambda: np.full(SIZE, 34, np.uint16)),
    "an object of a wall": _of(lambda: np.full(SIZE, 12_001, np.uint16)),
    "a car": _of(lambda: np.where(discs() > 0, 26_000 + discs(), 7).astype(np.uint16)),
    **{f"broken: {name}": build for name, build in BROKEN.items() if "bomb" not in name and "long" not in name},
}
