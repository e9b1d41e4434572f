"""Processes that work for this one: one that dies is told, and none outlives who asked."""

import os
import threading
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import islice
from typing import TypeVar

import psutil
from loky import ProcessPoolExecutor

LOOK = 0.5  # seconds between two looks whether the parent lives

Task = TypeVar("Task")
Result = TypeVar("Result")


def worked_off(
    work: Callable[[Task], Result],
    tasks: Iterable[Task],
    workers: int,
    ahead: int = 0,
    begin: Callable[[], None] | None = None,
) -> Generator[tuple[Task, Future[Result]]]:
    """Each task with its ended future, as they end.  Whoever stops asking waits for the tasks that have begun.

    Args:
        ahead: tasks that wait at the workers' door, for short ones; those are done even after a stop.
        begin: called in every worker first.

    Raises:
        concurrent.futures.process.BrokenProcessPool: here or from a future: a worker was ended from outside.
    """
    # Python's own pool waits for ever where a process dies while others are being started.
    pool = ProcessPoolExecutor(workers, initializer=_begin, initargs=(os.getpid(), begin))
    queue = iter(tasks)
    running: dict[Future[Result], Task] = {}
    try:
        while True:
            running |= {pool.submit(work, task): task for task in islice(queue, workers + ahead - len(running))}
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future
    finally:
        for future in running:
            future.cancel()
        pool.shutdown()


def _begin(parent: int, then: Callable[[], None] | None) -> None:
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    if then:
        then()


def _end_with(parent: int) -> None:
    """A parent that was killed cannot end its workers: each looks for itself."""
    # Under Unix an orphan has another parent at once; under Windows it keeps the number of one that is gone.
    while os.getppid() == parent and psutil.pid_exists(parent):
        time.sleep(LOOK)
    os._exit(1)  # not sys.exit, which would end this thread only
