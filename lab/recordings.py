"""Recordings: arrays of a real training, kept in one small file with the words that say where they come from."""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lab.folders import data_folder, write_whole
from lab.origin import origin_of

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
    write_arrays(path, {"recipe": recipe, **settings, **origin_of("cpu")}, arrays)


def write_arrays(path: Path, origin: Mapping[str, object], arrays: Mapping[str, np.ndarray]) -> None:
    """Keep the arrays whole with an origin that is already known.  Raises as `write_recording`."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{ORIGIN: np.array(json.dumps(origin))}, **arrays)
    write_whole(path, buffer.getvalue())


def read_recording(path: Path, recipe: str) -> tuple[dict[str, np.ndarray], dict]:
    """The arrays and their origin.

    Raises:
        FileNotFoundError: there is no such file; names the command that makes it.
        ValueError: the file is not a recording.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: found no file, expected a recorded training. Make it with `{recipe}`.")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        return arrays, json.loads(str(arrays.pop(ORIGIN)))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{path}: found no recording in it ({error}), expected arrays and their origin. "
            f"Restore the file that ships, or make it again with `{recipe}`."
        ) from error


def tell_origin(origin: Mapping) -> str:
    """Recipe, device, versions and commit in two lines."""
    versions = ", ".join(f"{name} {origin['versions'][name]}" for name in ("python", "torch", "numpy"))
    return f"{origin['recipe']}\n{origin['device']}, {versions}, commit {origin['commit']}"
