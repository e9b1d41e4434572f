"""Numba's compiler, with what it compiled kept on disk where that is possible."""

import inspect
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
    return _compiled(function)


def compiled_sums(function: Callable[..., Any]) -> Callable[..., Any]:
    """As `compiled`, but sums may be regrouped: into one partial sum for each lane of a vector register.

    The result is the same in every run, only rounded otherwise than from left to right.  Nothing else of fastmath is
    allowed, and nothing that is compared or sorted may come from such a function.
    """
    return _compiled(function, fastmath={"reassoc"})


def _compiled(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    import numba

    function = inspect.unwrap(function)  # the tests wrap every function of the lab to check shapes
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy", **options)(function)
    except RuntimeError as reason:  # numba found no folder that can be written
        fallback_once(f"Numba cannot keep what it compiles ({reason}): every process compiles anew.")
        return numba.njit(nogil=True, error_model="numpy", **options)(function)
