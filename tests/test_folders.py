"""Files get to their place whole, or not at all with a message that names them."""

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import platformdirs
import pytest

from lab.datasets.bbbc.folder import new_folder, write_image
from lab.exercises.progress import progress_file, read_progress
from lab.folders import (
    data_folder,
    dataset_folder,
    download_folder,
    remove_parts,
    repository,
    runs_folder,
    typed_path,
    write_whole,
)


def _refusing(number: int) -> Callable[..., None]:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


@pytest.mark.parametrize("call", ["tempfile.mkstemp", "os.fsync", "os.chmod", "os.replace"])
@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.EACCES, "check the folder's permissions"),
        (errno.EDQUOT, "free some space"),
        (errno.ENOENT, "name a folder that is there or can be made"),
    ],
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


WRITER = """
import itertools, sys
from pathlib import Path
from lab.folders import write_whole
for number in itertools.count():
    write_whole(Path(sys.argv[1]), bytes([number % 251]) * int(sys.argv[2]))
"""


def test_whoever_reads_meanwhile_or_after_a_kill_has_one_file_or_the_other(tmp_path: Path):
    path, size, seen = tmp_path / "x", 2**22, set()

    def whole(content: bytes) -> bool:
        return len(content) == size and content == content[:1] * size

    with subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(size)]) as writer:
        try:
            while len(seen) < 12 and writer.poll() is None:
                if path.exists():
                    content = path.read_bytes()
                    assert whole(content)
                    seen.add(content[0])
            assert writer.poll() is None
        finally:
            writer.kill()
    assert whole(path.read_bytes())


def test_a_limit_on_sizes_is_no_matter_of_permissions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("os.fsync", _refusing(errno.EFBIG))
    with pytest.raises(OSError, match=r"File too large.*unchanged; lift the limit on the size of files"):
        write_whole(tmp_path / "x", b"content")


def test_a_file_in_the_folders_place_is_told(tmp_path: Path):
    (tmp_path / "runs").write_bytes(b"")
    with pytest.raises(OSError, match=rf"could not save {tmp_path}/runs/first/x: .*move away the file"):
        write_whole(tmp_path / "runs" / "first" / "x", b"content")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the system is asked for, in order: "sync NAME" and "rename NAME" (as it is called before)."""
    found: list[str] = []
    real = {"fsync": os.fsync, "replace": os.replace}

    def fsync(handle: int) -> None:
        found.append(f"sync {Path(f'/proc/self/fd/{handle}').resolve().name}")
        real["fsync"](handle)

    def replace(source: Path | str, target: Path | str) -> None:
        found.append(f"rename {Path(source).name}")
        real["replace"](source, target)

    monkeypatch.setattr("os.fsync", fsync)
    monkeypatch.setattr("os.replace", replace)
    return found


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="looks for names in /proc")
class TestPowerCut:
    """A file system may do a renaming before the writing that came before it, unless it is told to wait."""

    def test_a_file_is_on_the_disk_before_it_gets_its_name_and_then_the_name(self, tmp_path: Path, calls: list[str]):
        write_whole(tmp_path / "x", b"content")
        first, second, third = calls
        assert first.startswith("sync .x.")
        assert second == first.replace("sync", "rename")
        assert third == f"sync {tmp_path.name}"

    def test_so_is_all_that_lies_in_a_folder(self, tmp_path: Path, calls: list[str]):
        with new_folder(tmp_path / "set", {"source": "nowhere"}) as folder:
            write_image(folder, "a", np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.uint16))
        assert calls == ["sync a.png", "sync a.png", "sync origin.json", "rename .set.part"]


class _Killed(BaseException):
    pass


def _killed(*_: object) -> None:
    raise _Killed


def test_parts_that_were_left_are_removed_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Not those of other programs, nor those in folders inside, which may be somebody else's."""
    names = ("a.part", ".hidden", ".part", ".film.mkv.part", ".x.ABCDEFGH.part", "deep/.x.png.12345678.part")
    kept = [tmp_path / name for name in names]
    (tmp_path / "deep").mkdir()
    for path in kept:
        path.write_bytes(b"")
    with monkeypatch.context() as patch:
        patch.setattr("lab.folders.os.replace", _killed)
        patch.setattr("lab.folders.os.unlink", lambda path: None)
        for name in ("x.png", "two words\n", "n" * 255):
            with pytest.raises(_Killed):
                write_whole(tmp_path / name, b"content")
    assert len(list(tmp_path.iterdir())) == 9
    remove_parts(tmp_path, tmp_path / "nowhere")
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(kept)


@pytest.mark.parametrize("name", ["n" * 255, "é" * 127, "😀" * 63], ids=["ASCII", "two bytes", "four bytes"])
def test_the_longest_name_that_the_system_takes(tmp_path: Path, name: str):
    write_whole(tmp_path / name, b"content")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_name_that_is_too_long_is_no_matter_of_permissions(tmp_path: Path):
    with pytest.raises(OSError, match=r"File name too long.*unchanged; give it a shorter name, then"):
        write_whole(tmp_path / ("n" * 256), b"content")


@pytest.mark.parametrize("path", ["~no-such-user/pictures", "~no-such-user"])
def test_a_home_that_is_nobodys_is_told(path: str):
    with pytest.raises(OSError, match=rf"^\[Errno 2\] {path}: found no home folder for ~no-such-user, expected"):
        typed_path(path)


@pytest.mark.usefixtures("homeless")
def test_without_a_home_the_sign_for_it_is_told(monkeypatch: pytest.MonkeyPatch):
    for name in ("LAB_DATA", "LAB_RUNS", "LAB_PROGRESS"):
        monkeypatch.setenv(name, "~/here")
    calls = (runs_folder, lambda: download_folder("x"), lambda: dataset_folder("~/x"), progress_file)
    for call in calls:
        with pytest.raises(OSError, match="found no home folder for ~, expected"):
            call()
    assert "found no home folder for ~" in read_progress().trouble


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
