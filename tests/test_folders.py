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
from lab.folders import data_folder, download_folder, remove_parts, repository, runs_folder, write_whole


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


def test_parts_that_were_left_are_removed_and_nothing_else(tmp_path: Path):
    (tmp_path / "deep").mkdir()
    kept = [tmp_path / name for name in ("a.part", ".hidden", ".part", "deep/x.png")]
    for path in (*kept, tmp_path / ".x.abc.part", tmp_path / "deep" / ".y.png.def.part"):
        path.write_bytes(b"")
    remove_parts(tmp_path)
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(kept)


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
