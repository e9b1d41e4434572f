"""One process at a time in a folder: a second one is told who is at work there, before it has touched anything.

The lock is the operating system's own: it ends with the process that holds it, also with one that was killed, so
nothing has to be cleared away by hand.
"""

import contextlib
import errno
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.folders import write_whole

if TYPE_CHECKING:
    import filelock

# The processes that read files for a killed training look for it every five seconds, and hold its lock until then.
DYING_SECONDS = 15.0
WITHOUT_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)  # what file systems that have none say


@contextlib.contextmanager
def alone(sign: Path, instead: str) -> Iterator[None]:
    """Hold ``sign`` while the block runs, and take it away at the end.

    Where it cannot be made (a folder that cannot be written to, a file system without locks) the block runs without:
    what is wrong with the folder is told by whoever writes into it.

    Args:
        sign: two hidden files of this name, .lock and .json, of which the second says who is at work.
        instead: what else one could do than wait, as in "give another --name".

    Raises:
        OSError: another process holds it, or may: its lock is a file that may not be opened; which one, since when, and
            what to do.
    """
    with contextlib.suppress(OSError):
        sign.parent.mkdir(parents=True, exist_ok=True)
    lock = _lock(sign.with_name(f"{sign.name}.lock"))
    if not _taken(lock, sign, instead):
        yield
        return
    note = _note(sign)
    try:
        with contextlib.suppress(OSError):
            write_whole(note, json.dumps(_this_process()).encode())
        yield
    finally:
        for path in (note, Path(lock.lock_file)):
            with contextlib.suppress(OSError):  # Windows removes no file that is open
                path.unlink(missing_ok=True)
        lock.release()


def _lock(path: Path) -> "filelock.FileLock":
    import filelock

    try:  # not a file in the lock's place, where there are none: of a killed process it would stay for ever
        return filelock.FileLock(path, timeout=0, fallback_to_soft=False)
    except TypeError:  # earlier releases do not know the word, and have no such fallback
        return filelock.FileLock(path, timeout=0)


def _taken(lock: "filelock.FileLock", sign: Path, instead: str) -> bool:
    """Whether the lock could be had; False where there are no locks.  Raises as `alone`."""
    import filelock

    deadline = time.monotonic() + DYING_SECONDS
    while True:
        try:
            lock.acquire()
            return True
        except filelock.Timeout as error:
            if not _is_dead(_holder(sign)) or time.monotonic() > deadline:
                raise OSError(errno.EBUSY, _words(sign.parent, _holder(sign), instead)) from error
            time.sleep(0.1)
        except (OSError, NotImplementedError) as error:
            if isinstance(error, PermissionError) and os.path.exists(lock.lock_file):
                raise OSError(errno.EACCES, _words_of_a_closed_lock(lock.lock_file, sign, instead)) from error
            # The lowest filelock says of a missing lock that it is not implemented.
            if isinstance(error, NotImplementedError) or error.errno in WITHOUT_LOCKS:
                Path(lock.lock_file).unlink(missing_ok=True)
            return False


def _note(sign: Path) -> Path:
    return sign.with_name(f"{sign.name}.json")


def _this_process() -> dict[str, str | int]:
    return {
        "process": os.getpid(),
        "machine": socket.gethostname(),
        "since": datetime.now().isoformat(" ", "seconds"),
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:3]]),
    }


def _holder(sign: Path) -> dict[str, Any]:
    """What the holder wrote of itself; nothing before it has, or where it could not."""
    try:
        found = json.loads(_note(sign).read_text(encoding="utf-8"))
        whole = {"process", "machine", "since", "command"} <= found.keys() and type(found["process"]) is int
        return found if whole and 0 < found["process"] < 2**31 else {}
    except (OSError, ValueError, AttributeError):
        return {}


def _is_dead(holder: dict[str, Any]) -> bool:
    """Whether the process that wrote this is no more; unknown ones, and those of other machines, are taken to live."""
    import psutil

    return bool(holder) and holder["machine"] == socket.gethostname() and not psutil.pid_exists(holder["process"])


def _words(folder: Path, holder: dict[str, Any], instead: str) -> str:
    who = "another process"
    if holder:
        who = f"process {holder['process']} on {holder['machine']} ({holder['command']}, since {holder['since']})"
    return (
        f"{folder}: found {who} at work in it, expected none: two would write over each other. Nothing was changed. "
        f"Wait until it ends, or stop it and run the same command again; or {instead}"
    )


def _words_of_a_closed_lock(file: str, sign: Path, instead: str) -> str:
    """A lock that this user may not open: whether its process still lives cannot be asked."""
    return (
        f"{_words(sign.parent, _holder(sign), instead)}. Its sign is {file}, a file that you may not open, "
        "another user's or one without the right to write: if nobody is at work there any more, remove it"
    )
