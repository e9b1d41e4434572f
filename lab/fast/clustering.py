"""The clustering at the speed of the memory, with the readable version's bits: masks, scores, labels, order and trace.

Floor.  Every value of the output must be read once to know that it is finite: C·H·W·4 bytes, 100 MB for 8 classes at
2 MP. What else must be touched is of the size of the objects, not of the image. How far the versions are from it
stands in `lab.speed.floors` and in data/results.

What makes the readable one slow, and what is done instead (`lab.fast.clustering_cpu`):

1. Sigmoid, tanh and exp of everything. Sigmoid rises, so logits are compared with a safe bound first
   (`clustering_parts.logit_bound`), and only granules of 64 pixels that hold a logit above it get their sigmoid; tanh
   is taken of candidates, exp(10 b) of seeds that are asked.
2. Every proposal asks every candidate. Embeddings are sorted into cells once, and a proposal looks into those that the
   bounding box of its margin touches.
3. Every proposal looks for the best seed. Seeds are sorted once, by falling score.
4. Every answer waits: sums and maxima become counters.
5. exp(-d²) > 1/2 becomes d² <= the largest d² for which torch's own exp says so (`clustering_parts.largest_inside`).
6. Masks are zero pages of the operating system: only pages with a pixel on them ever become memory.

Bits.  torch's tanh and exp give the same bits wherever a value stands in a tensor; its sigmoid does not: on a CPU the
last few values of each thread's share take another path than those before, and differ in the last bit. Hence 1. takes
whole granules where that changes no value's path (`granules_keep_bits`, beside the loops), else the sigmoid of all.

Tried and left out: the sigmoid of candidates alone (wrong last bits, as above); `numpy.zeros` for the masks (see
`clustering_parts.zero_pages`), and `torch.zeros`, which writes all of K·H·W before they are painted; members sorted
before they are painted (the sort costs what the painting gains); the rounds on a CPU (often slower than the readable
version).
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from lab.embedding import at_least_float32, check_channels
from lab.fast.clustering_parts import CannotServe
from lab.fast.compiler import why_no_compiler
from lab.instances import Instances, Thresholds, check_finite
from lab.regions import Regions


def fast_cluster(output: Float[Tensor, "C H W"], bandwidth_channels: int, thresholds: Thresholds) -> Instances:
    """`lab.clustering.cluster`, fast: compiled on a CPU, all classes in rounds on CUDA.

    Raises:
        ValueError: as `lab.clustering.cluster`.
        CannotServe: a ValueError: another device, no compiler, or an exp that does not fall steadily around one half.
        MemoryError: there is no room for the masks.
    """
    _check(output, bandwidth_channels)
    return _way(output.device)(at_least_float32(output.detach()), bandwidth_channels, thresholds)


def fast_regions(output: Float[Tensor, "C H W"], bandwidth_channels: int, thresholds: Thresholds) -> Regions:
    """`lab.clustering.cluster_to_regions`, fast, on a CPU.

    Raises:
        ValueError: as `lab.clustering.cluster`.
        CannotServe: a ValueError: another device, no compiler, or an exp that does not fall steadily around one half.
    """
    if output.device.type != "cpu":
        raise CannotServe(f'The output is on "{output.device.type}"; fast regions are written for "cpu".')
    if reason := why_no_compiler():
        raise CannotServe(f"The clustering cannot be compiled: {reason}.")
    _check(output, bandwidth_channels)
    from lab.fast.clustering_cpu import regions_compiled

    return regions_compiled(at_least_float32(output.detach()), bandwidth_channels, thresholds)


def _check(output: Float[Tensor, "C H W"], bandwidth_channels: int) -> None:
    """Raise ValueError as the readable version does: where there are two reasons, for the same one."""
    try:
        check_channels(len(output), bandwidth_channels)
    except ValueError:
        check_finite(output)
        raise
    # One look at all, nothing written: a sum that holds inf or nan is not finite. Nor need one be of huge values.
    if not torch.isfinite(output.sum()):
        check_finite(output)


def _way(device: torch.device) -> Callable[[Float[Tensor, "C H W"], int, Thresholds], Instances]:
    """Compiled loops on a CPU, rounds in plain torch on CUDA."""
    if device.type == "cuda":
        from lab.fast.clustering_rounds import cluster_in_rounds

        return cluster_in_rounds
    if device.type != "cpu":
        raise CannotServe(f'The output is on "{device.type}"; the fast clustering is written for "cpu" and "cuda".')
    if reason := why_no_compiler():
        # Not the rounds, which run here, too: on a CPU they gain nothing over the readable version.
        raise CannotServe(f"The clustering cannot be compiled: {reason}.")
    from lab.fast.clustering_cpu import cluster_compiled

    return cluster_compiled
