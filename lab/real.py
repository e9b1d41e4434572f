"""A real number, Python's own or a NumPy scalar: what a sum over an array gives where a plain number would do too."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Type checkers do not count a float among the kind of numbers.Real.
    from typing import TypeAlias

    Real: TypeAlias = float
else:
    from numbers import Real

__all__ = ["Real"]
