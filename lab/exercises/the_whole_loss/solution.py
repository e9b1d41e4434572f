"""The whole loss in thirty lines: what notebook 06 writes, and the solution of its first exercise."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from lab.embedding import membership, split
from lab.lovasz import lovasz_hinge


def whole_loss(
    output: Float[Tensor, "B C H W"], instances: Int[Tensor, "B H W"], classes: Int[Tensor, "B H W"]
) -> dict[str, Float[Tensor, ""]]:
    """The three terms for elliptical margins (S = 2) and learned centres, as a mean over the images of the batch."""
    p = split(output, bandwidth_channels=2)
    images = []
    for e, b, s, ids, cls in zip(p.embedding, p.bandwidth, p.seed_map, instances, classes, strict=True):
        valid = cls >= 0  # void takes part in nothing
        ids = torch.where(valid, ids, 0)
        target, weight = torch.zeros_like(s), torch.ones_like(s)
        hinges, spreads = [], []
        for k in ids[ids != 0].unique():
            mask = ids == k
            centre = e[:, mask].mean(1)
            b_k = b[:, mask].mean(1)
            phi = membership(e, centre, torch.exp(10 * b_k))
            hinges.append(lovasz_hinge(2 * phi[valid] - 1, mask[valid]))
            spreads.append((b[:, mask] - b_k.detach()[:, None]).square().mean())
            c = cls[mask][0] - 1
            target[c][mask] = phi.detach()[mask]
            weight[c][mask] = 10
        error = weight * (s - target).square()
        none = 0 * output.sum()  # an image without instances adds 0
        images.append({
            "instance": torch.stack(hinges).mean() if hinges else none,
            "smoothness": torch.stack(spreads).mean() if spreads else none,
            "seed": error[:, valid].sum() / valid.sum().clamp(min=1),
        })  # fmt: skip
    return {name: torch.stack([terms[name] for terms in images]).mean() for name in images[0]}


def total(terms: dict[str, Float[Tensor, ""]]) -> Float[Tensor, ""]:
    """1 · instance + 10 · smoothness + 1 · seed."""
    return terms["instance"] + 10 * terms["smoothness"] + terms["seed"]
