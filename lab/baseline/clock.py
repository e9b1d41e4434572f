"""Which seconds count as training."""

import time

import torch


def now(device: torch.device) -> float:
    """Seconds of work so far, of which differences are taken.

    On a CPU the processor seconds of this process, all threads together: on a machine that others use, too, the clock
    on the wall would give less training to whoever runs at the busier hour.  On a GPU the wall clock, once all that
    was asked of it is done.
    """
    if device.type != "cuda":
        return time.process_time()
    torch.cuda.synchronize(device)
    return time.perf_counter()


def clock_words(device: torch.device) -> str:
    """The same, for a reader of the result."""
    if device.type == "cuda":
        return "seconds by the clock, the GPU's work done"
    return "processor seconds of the process, all threads together"
