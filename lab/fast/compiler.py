"""Numba's compiler, with what it compiled kept on disk where that is possible."""

from collections.abc import Callable
from typing import Any

from lab.fast.choice import fallback_once


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function compiled for the processor when it is first called; imports numba.

    The machine code is kept beside the source, or in the user's cache folder, so that only the first process waits
    for the compiler.  Where neither can be written every process compiles, and says so once.

    No fastmath: sums keep their order and nothing is contracted into a fused multiply-add, so that float32 arithmetic
    gives torch's bits.

    Raises:
        ImportError: numba is not installed, or does not go with the NumPy that is.
    """
    import numba

    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError as reason:  # numba found no folder that can be written
        fallback_once(f"Numba cannot keep what it compiles ({reason}): every process compiles anew.")
        return numba.njit(nogil=True, error_model="numpy")(function)
