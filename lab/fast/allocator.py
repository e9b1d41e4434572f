"""Memory that is given back and asked for again in every layer of a large picture.

glibc, the C library of most Linux systems, gives a freed block above 32 MiB back to the system at once. The next one of
that size comes in pages that have to be found and zeroed one by one, and at 1024x2048 a map of 16 channels and half the
size has 32 MiB already: a network's passes over its maps then cost the system's time beside their own.
"""

import ctypes

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # the names of mallopt's settings in malloc.h
BYTES = 2**30  # larger than any map of a picture
LEAST = 2**25  # more than this older versions of glibc refuse to keep


def keep_freed_memory() -> int:
    """Have the process keep blocks up to 1 GiB when they are freed, for the next layer and the next picture.

    It concerns the whole process, which then holds what it held at its peak: for commands that work through pictures,
    not for libraries.

    Returns:
        the size in bytes up to which blocks are kept; 0: the C library knows no such setting, and nothing happened.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, TypeError, AttributeError):  # Windows has no such handle, macOS no such function
        return 0
    for size in (BYTES, LEAST):
        # The other setting alone would only end glibc's own search for a good size, and make things slower.
        if mallopt(MMAP_THRESHOLD, size) == 1:
            mallopt(TRIM_THRESHOLD, BYTES)
            return size
    return 0
