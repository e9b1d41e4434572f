"""The three terms of the loss and their gradients in one go: the fast twin of the readable loss.

What cannot be avoided is to read the network's output once and to write its gradient once, 8 · (2 + S + N) bytes a
pixel in float32, and a tanh or a sigmoid for most of these numbers. The readable version adds a sort of all that the
Gaussian reaches, an exponential a pixel and a dozen maps of the image's size for every instance, and keeps them until
backward. The tricks that remove that, and where they are:

- Closed form. The increments of the Jaccard loss are plain numbers once the order is known, so that the gradient is
  written down together with the value and backward only scales it: nothing of size K·H·W is kept (`Terms`).
- Only pixels that can matter: once all own pixels have been passed nothing counts any more (`loss_reach.reaches`).
- Found by their place: pixels are sorted by the cell that their embedding lies in, once an image; an instance looks
  into the cells that its reach touches (`loss_reach.fill_grid`, `loss_kernels.reach_out`).
- Sort distances, not errors: own pixels and others are each in the order of their distances, and a merge gives the
  order of all errors (`loss_hinge_kernels.merge_errors`). What is sorted are whole numbers (`loss_reach.Room`).
- The images of a batch run beside one another, each by itself: two threads give the loops the same bits as one
  (`loss_cpu`). (Torch's tanh and sigmoid before them may differ in a last bit, by how threads share out the pixels.)

On a GPU the same sums are made of operations on the whole batch (`loss_torch`).
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import FunctionCtx

from lab.fast.choice import fallback_once
from lab.fast.compiler import why_no_compiler
from lab.fast.loss_parts import LabelFault, Parts, Slopes
from lab.labels import check_labels


def fast_terms(
    output: Float[Tensor, "B C H W"],
    instances: Int[Tensor, "B H W"],
    classes: Int[Tensor, "B H W"],
    bandwidth_channels: int,
    centre: str,
    foreground_weight: float | int,
) -> dict[str, Float[Tensor, ""]]:
    """The named terms, means over the batch, as `lab.losses.SpatialEmbeddingLoss` gives them; differentiable once.

    ``output`` is float32 or float64, and this is also the precision. Shapes have been checked. Where errors tie, as all
    do by fours and eights before the first step, their order is another than in the readable version: another
    subgradient, just as valid.

    Raises:
        ValueError: labels that do not fit each other or the seed maps, as `lab.labels.check_labels` words it.
    """
    parts = Parts(instances, classes, bandwidth_channels, centre == "learned", float(foreground_weight))
    try:
        values = Terms.apply(output, parts)
    except LabelFault:
        check_labels(instances, classes, output.shape[1] - 2 - bandwidth_channels)
        raise
    return dict(zip(("instance", "smoothness", "seed"), values, strict=True))


class Terms(torch.autograd.Function):
    """The three terms; their gradients are ready before anybody asks for them."""

    @staticmethod
    def forward(ctx: FunctionCtx, output: Tensor, parts: Parts) -> tuple[Tensor, Tensor, Tensor]:
        (instance, smoothness, seed), slopes = _backend(output.device)(output, parts)
        ctx.save_for_backward(*slopes)
        anchor = zero_or_nan(output)
        return anchor + instance, anchor + smoothness, anchor + seed

    @staticmethod
    def backward(ctx: FunctionCtx, instance: Tensor, smoothness: Tensor, seed: Tensor) -> tuple[Tensor, None]:
        """Scale the gradients by what comes from above. Offsets, bandwidths and seed maps are channels of their own.

        Raises:
            RuntimeError: a gradient was asked for that can be differentiated again; this one would pass for constant.
        """
        if torch.is_grad_enabled():  # so torch calls it under create_graph, and only then
            raise RuntimeError(
                "the fast loss can be differentiated once; found create_graph=True, which asks for a gradient that can "
                'be differentiated again: use SpatialEmbeddingLoss(implementation="readable").'
            )
        slopes = Slopes(*ctx.saved_tensors)  # type: ignore[attr-defined]  # torch makes it in C++
        sizes = [part.shape[1] for part in (slopes.offset, slopes.bandwidth, slopes.seed)]
        gradient = slopes.offset.new_empty(len(slopes.offset), sum(sizes), *slopes.offset.shape[2:])
        by_offset, by_bandwidth, by_seed = gradient.split(sizes, 1)
        torch.mul(slopes.offset, instance, out=by_offset)  # straight into its place: one pass through memory
        torch.mul(slopes.bandwidth, instance, out=by_bandwidth).add_(slopes.smoothness * smoothness)
        torch.mul(slopes.seed, seed, out=by_seed)
        return gradient, None


def zero_or_nan(output: Float[Tensor, "B C H W"]) -> Float[Tensor, ""]:
    """0; or NaN if any number of the output is infinite or none, so that no term hides it, as in the readable version.

    A sum, which reads the output once and keeps nothing, is enough on the processor, unless huge numbers overflow in
    it. On a GPU looking at the sum would mean to wait.
    """
    if output.device.type == "cpu" and torch.isfinite(output.sum()):
        return output.new_zeros(())
    return torch.where(torch.isfinite(output).all(), output.new_zeros(()), torch.nan)


def _backend(device: torch.device) -> Callable[[Tensor, Parts], tuple[tuple[Tensor, Tensor, Tensor], Slopes]]:
    """Compiled loops on the processor; operations on the whole batch on a GPU, and where numba is missing."""
    from lab.fast.loss_torch import torch_terms

    if device.type != "cpu":
        return torch_terms
    if reason := why_no_compiler():
        fallback_once(f"The loss cannot be compiled, {reason}: it runs on torch alone.")
        return torch_terms
    from lab.fast.loss_cpu import cpu_terms

    return cpu_terms
