"""Files get to their place whole, or not at all with a message that names them."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest

from lab.folders import data_folder, download_folder, repository, runs_folder, write_whole


def _refusing(number: int) -> Callable[..., None]:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


@pytest.mark.parametrize("call", ["tempfile.mkstemp", "os.fsync", "os.chmod", "os.replace"])
@pytest.mark.parametrize(
    ("number", "advice"), [(errno.EACCES, "check the folder's permissions"), (errno.EDQUOT, "free some space")]
)
def test_wherever_the_disk_refuses_the_file_is_named_and_no_part_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, advice: str
):
    (tmp_path / "x").write_bytes(b"old")
    monkeypatch.setattr(f"lab.folders.{call}", _refusing(number))
    message = rf"could not save {tmp_path}/x: {os.strerror(number)}\. Needed: 0\.0 KiB.*unchanged; {advice}, then"
    with pytest.raises(OSError, match=message) as raised:
        write_whole(tmp_path / "x", b"content")
    assert raised.value.errno == number
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_bytes() == b"old"


def test_a_file_in_the_folders_place_is_told(tmp_path: Path):
    (tmp_path / "runs").write_bytes(b"")
    with pytest.raises(OSError, match=rf"could not save {tmp_path}/runs/first/x: .*move away the file"):
        write_whole(tmp_path / "runs" / "first" / "x", b"content")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_is_read_only_is_told(tmp_path: Path):
    tmp_path.chmod(0o500)
    with pytest.raises(OSError, match=rf"could not save {tmp_path}/x: Permission denied"):
        write_whole(tmp_path / "x", b"content")


def test_a_file_system_that_cannot_sync_folders_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    real = os.fsync

    def files_only(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        real(handle)

    monkeypatch.setattr("lab.folders.os.fsync", files_only)
    write_whole(tmp_path / "x", b"content")
    assert (tmp_path / "x").read_bytes() == b"content"


def test_a_failed_removal_does_not_hide_why_the_save_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lab.folders.os.replace", _refusing(errno.ENOSPC))
    monkeypatch.setattr("lab.folders.os.unlink", _refusing(errno.EACCES))
    with pytest.raises(OSError, match="No space left on device"):
        write_whole(tmp_path / "x", b"content")


def test_without_the_repository_folders_are_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As installed from a wheel: nothing is written beside the packages."""
    monkeypatch.delenv("LAB_RUNS", raising=False)
    monkeypatch.delenv("LAB_DATA", raising=False)
    assert data_folder() == repository() / "data"
    monkeypatch.setattr("lab.folders.__file__", str(tmp_path / "site-packages" / "lab" / "folders.py"))
    assert repository() is None
    for folder in (data_folder(), runs_folder(), download_folder("toyscapes")):
        assert folder.is_relative_to(platformdirs.user_data_path("spatial-embedding-lab"))
