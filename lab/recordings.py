"""Recordings: arrays of a real training, kept in one small file with the words that say where they come from."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lab.folders import data_folder, write_whole
from lab.json_text import from_json

ORIGIN = "origin"


def recording_file(name: str) -> Path:
    """Where the recording that ships under this name lies."""
    return data_folder() / "recordings" / f"{name}.npz"


def write_recording(path: Path, recipe: str, arrays: Mapping[str, np.ndarray], **settings: object) -> None:
    """Keep the arrays whole, with their origin: recipe (the command that makes them again), settings, device,
    versions, commit and time.

    Raises:
        OSError: the file cannot be written; an old one is untouched.
    """
    from lab.origin import origin_of  # brings torch along, which the list of commands does not wait for

    write_arrays(path, {"recipe": recipe, **settings, **origin_of("cpu")}, arrays)


def write_arrays(path: Path, origin: Mapping[str, object], arrays: Mapping[str, np.ndarray]) -> None:
    """Keep the arrays whole with an origin that is already known.  Raises as `write_recording`."""
    buffer = io.BytesIO()
    content: dict[str, Any] = {ORIGIN: np.array(json.dumps(origin)), **arrays}
    np.savez_compressed(buffer, **content)
    write_whole(path, buffer.getvalue())


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a .npz file by their names; objects, which would be unpickled, are refused.

    Raises:
        FileNotFoundError, PermissionError: the file cannot be opened.
        ValueError: it is no whole file of arrays, or says that it holds more than the memory.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            kept = dict(arrays)
        if not all(isinstance(array, np.ndarray) for array in kept.values()):
            raise TypeError("a file in it is no array")
        return kept
    except (FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # NumPy, zipfile and zlib have a dozen kinds for broken files: all mean the same here
        raise ValueError(f"{type(error).__name__}: {error}") from error


def read_recording(path: Path, recipe: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays and their origin.

    Raises:
        FileNotFoundError: there is no such file; names the command that makes it.
        ValueError: the file is not a recording.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: found no file, expected a recorded training. Make it with `{recipe}`.")
    try:
        arrays = read_arrays(path)
        origin = from_json(str(arrays.pop(ORIGIN)))
        if not isinstance(origin, dict):
            raise ValueError(f"its origin is {str(origin)[:40]!r}")
        return arrays, origin
    except (ValueError, KeyError) as error:
        raise ValueError(
            f"{path}: found no recording in it ({error}), expected arrays and their origin. "
            f"Restore the file that ships, or make it again with `{recipe}`."
        ) from error


def tell_origin(origin: Mapping[str, Any]) -> str:
    """Recipe, device, versions and commit in two lines."""
    versions = ", ".join(f"{name} {origin['versions'][name]}" for name in ("python", "torch", "numpy"))
    return f"{origin['recipe']}\n{origin['device']}, {versions}, commit {origin['commit']}"
