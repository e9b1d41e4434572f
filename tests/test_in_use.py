"""One process at a time in a folder; a second one is told who is at work in it."""

import errno
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.in_use import alone

HOLD = """
import sys
from pathlib import Path
from lab.in_use import alone
with alone(Path(sys.argv[1]), "go elsewhere"):
    print("at work", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen]:
    """Another process at work in the folder, until its input ends."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "run" / ".in_use")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "at work\n"
        yield process
        process.kill()


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_second_process_is_told_who_has_it_and_a_killed_one_has_nothing(tmp_path: Path, other: subprocess.Popen):
    sign, before = tmp_path / "run" / ".in_use", _names(tmp_path / "run")
    who = rf"{sign.parent}: found process {other.pid} on \S+ \(.*since 20\d\d-.*two would write over each other.*or fly"
    with pytest.raises(OSError, match=who) as raised, alone(sign, "fly"):
        pytest.fail("both are in it")
    assert raised.value.errno == errno.EBUSY
    assert _names(sign.parent) == before == [".in_use.json", ".in_use.lock"]
    other.kill()
    other.wait()
    with alone(sign, "fly"):
        assert json.loads((sign.parent / ".in_use.json").read_text())["process"] == os.getpid()
    assert _names(sign.parent) == []


def test_it_ends_with_the_block_however_that_ends(tmp_path: Path):
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt), alone(tmp_path / "new" / ".in_use", "fly"):
            raise KeyboardInterrupt
    assert _names(tmp_path / "new") == []


def test_a_second_thread_is_another(tmp_path: Path):
    """As of a notebook whose training still runs."""
    with (
        alone(tmp_path / ".in_use", "fly"),
        pytest.raises(OSError, match=f"process {os.getpid()} "),
        alone(tmp_path / ".in_use", "fly"),
    ):
        pytest.fail("both are in it")


def test_what_a_dead_process_still_holds_is_waited_for(tmp_path: Path, other: subprocess.Popen):
    """Processes that read files for a killed training live on for seconds, with what they inherited of it."""
    sign = tmp_path / "run" / ".in_use"
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    note = sign.with_name(".in_use.json")
    note.write_text(json.dumps(json.loads(note.read_text()) | {"process": dead.pid}))
    threading.Timer(0.3, other.kill).start()
    with alone(sign, "fly"):
        assert json.loads(note.read_text())["process"] == os.getpid()


def _note(process: object) -> str:
    return json.dumps({"process": process, "machine": socket.gethostname(), "since": "today", "command": "x"})


@pytest.mark.parametrize("content", ["", "[]", "{}", "no json", *map(_note, ("x", None, 1.5, -1, 2**70))])
def test_a_holder_that_said_nothing_is_another_process(tmp_path: Path, other: subprocess.Popen, content: str):
    (tmp_path / "run" / ".in_use.json").write_text(content)
    with pytest.raises(OSError, match="found another process at work"), alone(tmp_path / "run" / ".in_use", "fly"):
        pytest.fail("both are in it")


def test_where_there_can_be_no_lock_the_work_is_done_without(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    done = []
    with alone(tmp_path / "file" / ".in_use", "fly"):
        done.append(True)
    assert done
    assert _names(tmp_path) == ["file"]


def test_a_lock_of_another_users_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """It may not be opened, so nobody knows whether it is held; said in the system's place, for root may open all."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    done = []
    with alone(tmp_path / ".in_use", "fly"):
        done.append(True)  # no lock can be made: whoever writes says what is wrong with the folder
    (tmp_path / ".in_use.lock").write_bytes(b"")
    words = r"found another process at work.*or fly\. Its sign is .*\.in_use\.lock, a file that you may not open,.*: if"
    with pytest.raises(PermissionError, match=words), alone(tmp_path / ".in_use", "fly"):
        done.append(True)
    assert done == [True]
    assert _names(tmp_path) == [".in_use.lock"]


@pytest.mark.skipif(os.name != "posix", reason="looks at the locks of Unix")
@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_keeps_no_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int):
    """Nor is one believed that somebody has left there: what a killed process leaves would stay for ever."""

    def without(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", without)
    for left in (None, "1\nanother-machine\n"):
        if left:
            (tmp_path / ".in_use.lock").write_text(left)
        with alone(tmp_path / ".in_use", "fly"):
            pass
        assert _names(tmp_path) == []
