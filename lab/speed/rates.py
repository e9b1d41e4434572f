"""What this machine does at its best, measured: bytes copied, operations of a matrix product, exponentials.

In seconds of the clock that counts: on a CPU the processor's, all threads together, so that a machine that others use
gives the same rates; on a GPU the wall's.
"""

import torch

from lab.speed.floors import Rates
from lab.speed.interleaved import Clock, compare

COPIED = 128 * 2**20  # numbers of float32, 512 MiB: with the copy far more than any cache holds
SIDE = 2048  # of the square matrices
IN_CACHE = 2**17  # numbers of float32, 512 KiB: memory plays no part, and starting threads hardly any
REPEATED = 64
ROUNDS = 7


def clock_of(device: torch.device | str) -> Clock:
    """The clock that counts there."""
    return "wall" if torch.device(device).type == "cuda" else "processor"


@torch.no_grad()
def measure_rates(device: torch.device | str = "cpu", rounds: int = ROUNDS, share: float = 1.0) -> Rates:
    """The three rates, each of the best of ``rounds`` in turns; about 1 GiB of memory and two seconds.

    Args:
        share: of the usual amount of numbers to copy and of rows to multiply; below 1 for a rehearsal.
    """
    copied, rows = int(COPIED * share), max(8, int(SIDE * share))
    small = IN_CACHE if torch.device(device).type == "cpu" else 2**22
    source, target = torch.ones(copied, device=device), torch.zeros(copied, device=device)
    left, right = torch.ones(rows, SIDE, device=device), torch.ones(SIDE, SIDE, device=device)
    product = torch.empty(rows, SIDE, device=device)
    numbers, results = torch.linspace(-2, 0, small, device=device), torch.empty(small, device=device)
    ways = {
        "bytes": lambda: target.copy_(source),
        "flops": lambda: torch.mm(left, right, out=product),
        "exponentials": lambda: [torch.exp(numbers, out=results) for _ in range(REPEATED)],
    }
    done = {"bytes": 2 * 4 * copied, "flops": 2 * rows * SIDE * SIDE, "exponentials": REPEATED * small}
    found = compare(ways, rounds, device=device)
    return Rates(**{name: 1e3 * done[name] / getattr(found[name], clock_of(device)).min() for name in ways})
