"""Which of the two versions of a thing runs: the readable one that is taught, or its fast twin."""

import warnings
from typing import Literal, get_args

Implementation = Literal["auto", "readable", "fast"]


class ReadableInstead(UserWarning):
    """Something slower runs in place of the fast version, with the same result."""


def check_implementation(implementation: str) -> None:
    """Raise ValueError unless it is "auto", "readable" or "fast"."""
    if implementation not in get_args(Implementation):
        raise ValueError(f'implementation is {implementation!r}; expected "auto", "readable" or "fast".')


def fallback_once(reason: str) -> None:
    """Warn that something slower with the same result runs, and why; Python shows equal warnings of a place once."""
    warnings.warn(f"{reason} The result is the same, it only takes longer.", ReadableInstead, stacklevel=2)
