"""A folder of nuclei that appears whole or not at all: it grows under another name beside its place."""

import csv
import io
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8, UInt16
from PIL import Image

from lab.datasets.manifest import COLUMNS, MANIFEST
from lab.folders import save_error, sync
from lab.json_text import from_json

ORIGIN = "origin.json"


def what_is_there(target: Path) -> Mapping[str, Any]:
    """What `new_folder` noted of a folder that is already there; empty if there is none.

    Raises:
        ValueError: something else is in the way.
    """
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return {}
    if not (target / MANIFEST).is_file():
        raise ValueError(
            f"{target}: found other files without {MANIFEST}, expected no folder or one that this command made. Move "
            "it away, or name another one: --folder."
        )
    try:
        return {"source": "unknown"} | from_json((target / ORIGIN).read_text())
    except (OSError, ValueError, TypeError):
        return {"source": "unknown"}  # made by hand


@contextmanager
def new_folder(target: Path, origin: Mapping[str, Any]) -> Iterator[Path]:
    """A folder to fill, which takes its place when the block ends well and goes when it does not.

    What a killed process left is removed first.  ``origin`` is written into it as origin.json.
    """
    growing = target.absolute().with_name(f".{target.name}.part")
    shutil.rmtree(growing, ignore_errors=True)
    try:
        for name in ("images", "masks"):
            (growing / name).mkdir(parents=True)
        yield growing
        save(growing / ORIGIN, (json.dumps(dict(origin), indent=1) + "\n").encode())
        with suppress(OSError):
            target.rmdir()  # an empty one; Windows would not rename over it
        sync(growing)
        os.replace(growing, target)
    finally:
        shutil.rmtree(growing, ignore_errors=True)


def write_image(
    folder: Path, name: str, image: UInt8[np.ndarray, "H W"], labels: UInt16[np.ndarray, "H W"]
) -> dict[str, int | str]:
    """Write one grey image and its labels; gives what the table says of them."""
    save(folder / "images" / f"{name}.png", _png(image))
    save(folder / "masks" / f"{name}.png", _png(labels))
    return {"name": name, "width": image.shape[1], "height": image.shape[0], "instances": int(labels.max(initial=0))}


def write_table(folder: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write manifest.csv."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    save(folder / MANIFEST, text.getvalue().encode())


def save(path: Path, content: bytes) -> None:
    """Write a file of a growing folder.  Raises OSError in words."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise save_error(error, path, len(content)) from error


def _png(array: UInt8[np.ndarray, "H W"] | UInt16[np.ndarray, "H W"]) -> bytes:
    memory = io.BytesIO()
    Image.fromarray(array).save(memory, "PNG")
    return memory.getvalue()
