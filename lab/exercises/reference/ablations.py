"""References for "ablations": by brute force, straight from the definitions; nothing of lab is used."""

from itertools import permutations

import numpy as np


def compare_seeds(a: tuple[float, ...], b: tuple[float, ...]) -> tuple[float, float, float, float]:
    """Mean, lowest and highest of ``a``, and the share of all orders of all values in which the first ones are at
    least as far ahead of the rest as ``a`` is of ``b``."""
    size = len(a)
    orders = np.array(list(permutations([*a, *b])))
    ahead = orders[:, :size].mean(1) - orders[:, size:].mean(1)
    observed = np.mean(a) - np.mean(b)
    ascending = np.sort(np.array(a))
    return float(np.mean(a)), float(ascending[0]), float(ascending[-1]), float((ahead >= observed - 1e-9).mean())
