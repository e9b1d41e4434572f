"""Memory that is given back and asked for again in every layer of a large picture.

glibc, the C library of most Linux systems, gives a freed block above 32 MiB back to the system at once. The next one of
that size comes in pages that have to be found and zeroed one by one: at 1024x2048, where a map of 16 channels and half
the size has 32 MiB, that is a third of the plain network's time and a quarter of the prepared one's.
"""

import ctypes

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # the names of mallopt's settings in malloc.h
BYTES = 2**30  # larger than any map of a picture


def keep_freed_memory() -> bool:
    """Have the process keep blocks up to 1 GiB when they are freed, for the next layer and the next picture.

    It concerns the whole process, which then holds what it held at its peak: for commands that work through pictures,
    not for libraries.

    Returns:
        whether the C library understood; elsewhere than on Linux nothing happens.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, TypeError, AttributeError):  # Windows has no such handle, macOS no such function
        return False
    return all(mallopt(name, BYTES) == 1 for name in (TRIM_THRESHOLD, MMAP_THRESHOLD))
