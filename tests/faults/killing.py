"""Work in processes that are killed in the middle of it."""

import contextlib
import importlib
import multiprocessing
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

PATIENCE = 300.0  # seconds until something is taken to hang: far more than the busiest machine needs
PARTS = ".*.part"


class Launcher:
    """Forks processes, one at a time, from one that has imported what they need and done nothing else.

    So twenty of them cost little more than their work; and a fork of the tests' own process would inherit the locks
    of its threads.  A context manager.
    """

    def __init__(self, imports: Sequence[str]):
        context = multiprocessing.get_context("spawn")
        self.connection, there = context.Pipe()
        self.process = context.Process(target=_serve, args=(there, list(imports)), daemon=True)
        self.code: int | None = 0
        self.process.start()
        there.close()

    def __enter__(self) -> "Launcher":
        return self

    def __exit__(self, *_: object) -> None:
        if not self.ended():
            self.kill()
        self.process.kill()
        self.process.join()

    def begin(self, work: Callable, *arguments: object) -> None:
        """Run ``work``, a function of a module, in a new process; the one before it has ended."""
        self.connection.send((work, arguments))
        self.code, self.pid = None, self._answer()

    def ended(self) -> bool:
        """Whether it has; ``code`` is then its exit code, -9 of one that was killed."""
        if self.code is None and self.connection.poll():
            self.code = self.connection.recv()
        return self.code is not None

    def kill(self) -> int:
        """End it as a power cut would, and see that it is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        return self.wait()

    def wait(self) -> int:
        """Until it ends by itself."""
        if self.code is None:
            self.code = self._answer()
        return self.code

    def until(self, happened: Callable[[], object]) -> bool:
        """Wait for something; False if the process ended before."""
        deadline = time.monotonic() + PATIENCE
        while not happened():
            if self.ended():
                return bool(happened())
            assert time.monotonic() < deadline, "nothing happened"
            time.sleep(0.0005)
        return True

    def _answer(self) -> int:
        assert self.connection.poll(PATIENCE), "no answer: it hangs"
        return self.connection.recv()


def _serve(connection: Connection, imports: Sequence[str]) -> None:
    for name in imports:
        importlib.import_module(name)
    while True:
        work, arguments = connection.recv()
        pid = os.fork()
        if not pid:
            _work_and_exit(work, arguments)
        connection.send(pid)
        connection.send(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _work_and_exit(work: Callable, arguments: Sequence[object]) -> None:
    try:
        work(*arguments)
        sys.stdout.flush()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def parts_begun(folder: Path, count: int) -> Callable[[], bool]:
    """Whether so many new files have begun to be written below the folder, as far as one looked."""
    old = set(folder.rglob(PARTS))
    seen: set[Path] = set()

    def enough() -> bool:
        seen.update(path for path in folder.rglob(PARTS) if path not in old)
        return len(seen) >= count

    return enough


def seed() -> int:
    """Of the random moments: LAB_FAULT_SEED, or the same as ever."""
    return int(os.environ.get("LAB_FAULT_SEED", "20261123"))


def moments(name: str) -> random.Random:
    """Random numbers of one test."""
    return random.Random(f"{seed()} {name}")
