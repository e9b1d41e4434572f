"""Recordings: whole or not at all, with their origin, and with words where one is missing or broken."""

import numpy as np
import pytest

from lab.folders import data_folder
from lab.recordings import read_recording, recording_file, tell_origin, write_recording

SHIPPED = sorted((data_folder() / "recordings").glob("*.npz"))


def test_round_trip(tmp_path) -> None:
    path = tmp_path / "new" / "run.npz"
    write_recording(path, "python -m make", {"loss": np.arange(3.0)}, steps=3)
    arrays, origin = read_recording(path, "python -m make")
    assert arrays.keys() == {"loss"}
    assert (arrays["loss"] == np.arange(3.0)).all()
    assert {"recipe", "steps", "device", "versions", "commit", "time"} == set(origin)
    assert tell_origin(origin).startswith("python -m make\nCPU")
    assert [p.name for p in path.parent.iterdir()] == ["run.npz"]


def test_missing_names_the_command(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match="Make it with `python -m make`"):
        read_recording(tmp_path / "none.npz", "python -m make")


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04broken"])
def test_broken_file_is_told(tmp_path, content: bytes) -> None:
    path = tmp_path / "run.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="found no recording in it"):
        read_recording(path, "python -m make")


def test_objects_are_never_unpickled(tmp_path) -> None:
    path = tmp_path / "run.npz"
    np.savez(path, origin=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="found no recording in it"):
        read_recording(path, "python -m make")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_what_ships_says_where_it_comes_from(path) -> None:
    assert path == recording_file(path.stem)
    arrays, origin = read_recording(path, "?")
    assert arrays
    assert origin["recipe"].startswith(("python -m lab.", "python -m lab "))
    assert origin["versions"]["torch"]
    assert origin["commit"]
