"""The switch that asks torch for the same bits in every run."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

# cuBLAS sums in one order only with a workspace of its own; it reads this when it is first used.
CUBLAS = ("CUBLAS_WORKSPACE_CONFIG", ":4096:8")


@contextmanager
def same_bits(wanted: bool) -> Iterator[None]:
    """Inside of the block torch takes, wherever it has one, the algorithm that gives equal bits in every run.

    Without ``wanted`` nothing is changed; afterwards all is as it was before. On the CPU the lab's operations sum in a
    fixed order as it is; on CUDA cuDNN's convolutions and `index_add_`, among others, do not.

    On a CPU core a step took 1.06 times as long with it (processor time, median of 20 pairs, four crops of 96x96); on a
    GPU neither its cost nor its hold has been measured yet: the tests marked cuda ask for the latter.

    Where torch has no such algorithm it warns and names the operation, rather than to end a training: it may name the
    largest of whole numbers (`scatter_reduce_` by "amax" in the fast loss), too, which no order changes.
    """
    if not wanted:
        yield
        return
    before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    benchmark, workspace = torch.backends.cudnn.benchmark, os.environ.get(CUBLAS[0])
    os.environ.setdefault(*CUBLAS)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False  # which would time algorithms, and choose by the clock
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])
        torch.backends.cudnn.benchmark = benchmark
        if workspace is None:
            os.environ.pop(CUBLAS[0], None)
