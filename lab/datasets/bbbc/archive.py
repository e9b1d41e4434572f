"""What is in the archive: per image a folder ID/ with images/ID.png, and in masks/ one PNG per nucleus, 0 or 255.

Nothing is unpacked onto the disk: the files that are wanted are read one by one, and what is written gets its name from
the split. So no name in an archive, be it absolute or with "..", and no link leads anywhere; and no file is unpacked
further than it says it is long, nor if it says that it is longer than pictures are.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8, UInt16
from PIL import Image

from lab.datasets.bbbc.split import Row
from lab.images import BROKEN

# Of one file, unpacked, and of one picture: many times those of the real archive, of which the largest is 1388x1040.
MOST_BYTES = 32 * 2**20
MOST_PIXELS = 2**24
MOST_MASKS = 2**16 - 1  # of one picture: labels have 16 bits
# What zipfile raises for files that are no sound archive; of a version, a method or a name that it does not know, too.
BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    struct.error,
)


class Files(NamedTuple):
    """The files of one image, as they are called in the archive."""

    image: str
    masks: tuple[str, ...]


class Merged(NamedTuple):
    """The masks of one image in one: 0 background, 1..K nuclei.

    Attributes:
        labels: the label image.
        empty: mask files without a pixel.
        hidden: mask files all of whose pixels earlier files hold, say a nucleus that is there twice.
        shared: pixels that more than one file claims.
    """

    labels: UInt16[np.ndarray, "H W"]
    empty: int
    hidden: int
    shared: int


class Archive:
    """The zip file, opened.  A context manager.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no whole zip archive.
    """

    def __init__(self, path: Path):
        self.path = path
        if not path.is_file():
            raise FileNotFoundError(f"{path}: found no file, expected the archive stage1_train.zip. Check the path.")
        try:
            self.zip = zipfile.ZipFile(path)
        except BROKEN_ZIP as error:
            raise self._broken(error) from error

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self.zip.close()

    def files(self, rows: Sequence[Row]) -> dict[str, Files]:
        """The files of each image of the split, by id; what else is in the archive is left alone.

        Raises:
            ValueError: images of the split without a picture, without masks, or with more than labels have numbers.
        """
        found = _by_id(self.zip.namelist(), {row.id for row in rows})
        lacking = [row.id for row in rows if row.id not in found]
        if lacking:
            raise ValueError(
                f"{self.path}: found images and masks for {len(rows) - len(lacking)} of the {len(rows)} ids of the "
                f"split, expected all (ID/images/ID.png and ID/masks/*.png); the first missing is {lacking[0]}. Is "
                "this BBBC038v1 stage1_train.zip? Delete it and run the same command again to fetch it anew."
            )
        for files in found.values():
            if len(files.masks) > MOST_MASKS:
                raise self._unfit(files.image, f"{len(files.masks)} masks", f"at most {MOST_MASKS}")
        return found

    def image(self, files: Files) -> UInt8[np.ndarray, "H W"]:
        """The picture as 8-bit grey.  Transparency, which the pictures do not use, is left out."""
        with self._opened(files.image) as picture:
            if picture.mode not in ("RGBA", "RGB", "L", "LA", "P"):
                raise self._unfit(files.image, f"mode {picture.mode}", "an 8-bit picture")
            return np.asarray(picture.convert("RGB").convert("L"))

    def labels(self, files: Files, shape: tuple[int, int]) -> Merged:
        """All masks of a picture of this shape in one label image.

        Where masks overlap the pixel stays with the earlier file (in the order of the names, which means nothing but
        is the same everywhere): a later file never takes a pixel away, so a nucleus that is there twice counts once.
        """
        labels = np.zeros(shape, np.uint16)
        empty = hidden = shared = count = 0
        for name in files.masks:
            mask = self._mask(name, shape)
            new = mask & (labels == 0)
            shared += int(mask.sum() - new.sum())
            if new.any():
                count += 1
                labels[new] = count
            elif mask.any():
                hidden += 1
            else:
                empty += 1
        return Merged(labels, empty, hidden, shared)

    def _mask(self, name: str, shape: tuple[int, int]) -> np.ndarray:
        with self._opened(name) as picture:
            mask = np.asarray(picture.convert("L")) > 0
        if mask.shape != shape:
            found, expected = (f"{s[1]}x{s[0]} px" for s in (mask.shape, shape))
            raise self._unfit(name, found, f"{expected} like the image")
        return mask

    def _opened(self, name: str) -> Image.Image:
        content = self._read(name)
        try:
            picture = Image.open(io.BytesIO(content), formats=["PNG"])
            if small := picture.width * picture.height <= MOST_PIXELS:
                picture.load()
        except BROKEN as error:
            raise self._unfit(name, f"bytes that are no image ({error})", "a PNG") from error
        if not small:
            raise self._unfit(name, f"{picture.width}x{picture.height} px", f"at most {MOST_PIXELS} pixels")
        return picture

    def _read(self, name: str) -> bytes:
        """A file of the archive, unpacked and compared with its CRC."""
        info = self.zip.getinfo(name)
        if info.file_size > MOST_BYTES:
            raise self._unfit(name, f"{info.file_size} bytes when unpacked", f"at most {MOST_BYTES}")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # zipfile unpacks the others without a limit.
            raise self._unfit(name, f"the compression method {info.compress_type}", "deflate (8) or none (0)")
        try:
            with self.zip.open(info) as file:
                # A byte more than it should have, so that the CRC is compared. Without a number zipfile would unpack
                # up to 2 GiB of a file that says it is short.
                return file.read(info.file_size + 1)
        except BROKEN_ZIP as error:
            raise self._broken(error) from error

    def _broken(self, error: Exception) -> ValueError:
        return ValueError(
            f"{self.path}: found a broken archive ({error}), expected a whole zip file. It is cut off or was changed: "
            "delete it and run the same command again to fetch it anew."
        )

    def _unfit(self, name: str, found: str, expected: str) -> ValueError:
        return ValueError(
            f"{self.path}: {name}: found {found}, expected {expected}. Is this BBBC038v1 stage1_train.zip, unchanged? "
            "Fetch it anew."
        )


def _by_id(names: Sequence[str], wanted: set[str]) -> dict[str, Files]:
    """The files of the wanted ids that have a picture and masks; folders above ID/ do not matter."""
    images: dict[str, str] = {}
    masks: dict[str, list[str]] = {}
    for name in sorted(names):
        parts = PurePosixPath(name).parts
        if len(parts) < 3 or parts[-3] not in wanted or parts[0] == "__MACOSX" or not name.endswith(".png"):
            continue
        if parts[-2] == "images":
            images[parts[-3]] = name
        elif parts[-2] == "masks":
            masks.setdefault(parts[-3], []).append(name)
    return {id: Files(images[id], tuple(masks[id])) for id in images.keys() & masks.keys()}
