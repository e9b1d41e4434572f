"""What a piece of work takes: the processor's time, and the most memory that the process held meanwhile."""

import contextlib
import ctypes
import gc
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from lab.speed.memory import RESET, kept

MEBIBYTE = 2**20


@dataclass
class Watch:
    """Grows phase by phase.

    Attributes:
        phases: of each by its name: "processor_s", all threads together, and on Linux in MiB "before", what the
            process held when it began, and "peak", the most that it held, libraries and all that was made before
            included.
    """

    phases: dict[str, dict[str, float]] = field(default_factory=dict)

    @contextlib.contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Watch what is done inside."""
        before = held()
        start = time.process_time()
        yield
        found = {"processor_s": round(time.process_time() - start, 3)}
        if before is not None:
            found |= {"before": before, "peak": mebibytes(kept("VmHWM"))}
        self.phases[name] = found


def held() -> float | None:
    """MiB that the process holds once it has given back what it can; from here on its peak is counted anew.

    None where the system does not tell.
    """
    gc.collect()
    if not RESET.exists():
        return None
    with contextlib.suppress(AttributeError):  # only glibc has it
        ctypes.CDLL(None).malloc_trim(0)
    RESET.write_text("5")
    return mebibytes(kept("VmRSS"))


def mebibytes(size: float | int) -> float:
    """Bytes as MiB, one digit behind the point."""
    return round(size / MEBIBYTE, 1)
