"""Numba's compiler, with what it compiled kept on disk where that is possible.

Numba keeps it in ``__pycache__`` beside the source or, where that cannot be written, in the user's cache folder;
NUMBA_CACHE_DIR names another. It knows by the source's date and size, the processor and its own version whether what is
there still fits. Two things it does not see: an option changed in this module, and a file left broken by two first runs
at once. Then, should a kernel fail to load or behave as before a change, delete ``*.nbi`` and ``*.nbc`` in that folder
(``find lab -name '*.nb[ic]' -delete``): they are made again.
"""

import functools
import inspect
import os
from collections.abc import Callable
from pathlib import Path
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

    The result is the same in every run on a processor, only rounded otherwise than from left to right.  Nothing else
    of fastmath is allowed, and nothing that is compared or sorted may be such a sum.
    """
    return _compiled(function, fastmath={"reassoc"})


def why_no_compiler() -> str:
    """Why numba cannot be imported; empty where it can."""
    try:
        import numba  # noqa: F401  alone, so that no other failure is taken for its absence
    except (ImportError, OSError) as reason:  # OSError: a library that it consists of cannot be loaded
        return f"numba cannot be imported ({reason})"
    return ""


def _compiled(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    import numba

    function = inspect.unwrap(function)  # the tests wrap every function of the lab to check shapes
    try:
        _check_that_it_can_be_kept(function)
        kernel = numba.njit(cache=True, nogil=True, error_model="numpy", **options)(function)
    except RuntimeError:  # numba found no folder that can be written; its words name the function: a warning for each
        _say_not_kept()
        return numba.njit(nogil=True, error_model="numpy", **options)(function)
    # The disk may be full by the time of the first call, which has its kernel by then. Numba has no other way in.
    kernel._cache.save_overload = _forgiving(kernel._cache.save_overload)
    return kernel


def _check_that_it_can_be_kept(function: Callable[..., Any]) -> None:
    """Raise RuntimeError, as numba does, for a user without a home, for whom numba makes a folder that is called ~."""
    beside = os.access(Path(inspect.getfile(function)).parent, os.W_OK)
    if not (os.environ.get("NUMBA_CACHE_DIR") or beside or Path(os.path.expanduser("~")).is_absolute()):
        raise RuntimeError("no folder to keep what is compiled")


def _forgiving(save: Callable[..., None]) -> Callable[..., None]:
    """Save what was compiled if that is possible."""

    @functools.wraps(save)
    def try_to_save(*args: Any) -> None:
        try:
            save(*args)
        except OSError:
            _say_not_kept()

    return try_to_save


@functools.cache  # Python's own memory of what was said is wiped whenever numba compiles
def _say_not_kept() -> None:
    fallback_once(
        "Numba cannot write what it compiles to its cache folder, so that every process compiles anew: "
        "NUMBA_CACHE_DIR may name a folder with room."
    )
