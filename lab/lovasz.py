"""The Lovász hinge: a convex surrogate of 1 - IoU that equals 2 (1 - IoU) where all logits are ±1.

M. Berman, A. Rannen Triki, M. Blaschko, *The Lovász-Softmax loss*, CVPR 2018; J. Yu, M. Blaschko, arXiv 1512.07797.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from lab.embedding import at_least_float32


def lovasz_hinge(logits: Float[Tensor, "*batch P"], labels: Bool[Tensor, "*batch P"]) -> Float[Tensor, "*batch"]:
    """Σ relu(m) ΔJ over the pixels in descending order of their errors m = 1 - logit · sign.

    ``logits`` are any reals: positive says foreground. For logits of exactly ±1 the value is 2 (1 - IoU); with the
    method's logits 2φ - 1 it lies in 0..2. Computed in float32 at least, also under autocast.
    """
    with torch.autocast(logits.device.type, enabled=False):
        logits = at_least_float32(logits)
        signs = labels.to(logits.dtype) * 2 - 1
        errors, order = torch.sort(1 - logits * signs, dim=-1, descending=True)
        increments = jaccard_increments(labels.gather(-1, order), logits.dtype)
        return (torch.relu(errors) * increments).sum(-1)


def jaccard_increments(
    sorted_labels: Bool[Tensor, "*batch P"], dtype: torch.dtype = torch.float32
) -> Float[Tensor, "*batch P"]:
    """How much the Jaccard loss 1 - IoU grows when the pixels turn wrong one after the other, in this order.

    With G foreground pixels in all, and f and b foreground and background pixels up to and including this one, the
    loss is 1 - (G - f) / (G + b). The differences are written out rather than taken, as both terms are near 1 and
    float32 would lose the small increments of large images:

    - a foreground pixel adds 1 / (G + b): the intersection loses a pixel;
    - a background pixel adds (G - f) / ((G + b) (G + b - 1)): the union gains one;
    - without foreground (G = 0) the first pixel costs everything: 1, then 0.
    """
    foreground = sorted_labels.cumsum(-1)
    background = (~sorted_labels).cumsum(-1)
    total = sorted_labels.sum(-1, keepdim=True)
    union = (total + background).to(dtype)
    remaining = (total - foreground).to(dtype)
    increments = torch.where(sorted_labels, 1 / union, remaining / (union * (union - 1).clamp(min=1)))
    first = torch.arange(sorted_labels.shape[-1], device=sorted_labels.device) == 0
    return torch.where((total == 0) & first, torch.ones_like(increments), increments)
