"""What the paper argues against, written out so that it can be tried beside the method.

- A fixed margin: assign a pixel to an instance iff its embedding lies within δ of the centre, and charge a hinge for
  what lies further out. δ is one number for all instances, tuned on validation data.
- Plain regression of every offset to the instance's centre.
- Cross-entropy of the membership, in place of the Lovász hinge.

The first two as secondary texts report them; how the paper tuned its δ is not known to us. The third is our reading of
"cross-entropy in place of the hinge": of φ itself, pixel by pixel.

Embeddings, offsets, positions and centres are in units of 1024 px, as everywhere. Lengths that are put out, and δ,
are in px: 3 px can be pictured, 0.0029 cannot. Only the scale of the loss depends on it.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lab.embedding import PIXELS_PER_UNIT


def distance_to_centre(embedding: Float[Tensor, "2 *pixels"], centre: Float[Tensor, "2"]) -> Float[Tensor, "*pixels"]:
    """‖e_i - C‖ in px. At a distance of 0 its gradient is taken as 0."""
    per_axis = (2,) + (1,) * (embedding.ndim - 1)
    return PIXELS_PER_UNIT * torch.linalg.vector_norm(embedding - centre.view(per_axis), dim=0)


def fixed_margin_members(
    embedding: Float[Tensor, "2 *pixels"], centre: Float[Tensor, "2"], delta: float
) -> Bool[Tensor, "*pixels"]:
    """Who belongs: ‖e_i - C‖ < δ, with δ in px."""
    return distance_to_centre(embedding, centre) < delta


def fixed_margin_hinge(embedding: Float[Tensor, "2 P"], centre: Float[Tensor, "2"], delta: float) -> Float[Tensor, ""]:
    """Σ max(0, ‖e_i - C‖ - δ) over the P pixels of one instance, in px.

    A pixel inside the margin is good enough: it costs nothing and is not pulled any more.
    """
    return torch.relu(distance_to_centre(embedding, centre) - delta).sum()


def offset_regression(
    offset: Float[Tensor, "2 P"], position: Float[Tensor, "2 P"], centre: Float[Tensor, "2"]
) -> Float[Tensor, ""]:
    """Σ ‖o_i - (C - x_i)‖ over the P pixels of one instance, in px.

    ``offset`` is the way that a pixel points, in units of 1024 px: tanh of the network's channels where the embedding
    is x + tanh(o). Every pixel is pulled to the centre for as long as it has not reached it, however near it is.
    """
    return PIXELS_PER_UNIT * torch.linalg.vector_norm(offset - (centre[:, None] - position), dim=0).sum()


def membership_cross_entropy(
    scaled_distance: Float[Tensor, "*batch P"], labels: Bool[Tensor, "*batch P"]
) -> Float[Tensor, "*batch"]:
    """Mean over P pixels of the binary cross-entropy of φ = exp(-d), from d = Σ_d κ_d (e_d - C_d)² itself.

    -log φ is d, so a pixel of the instance costs d; any other costs -log(1 - φ). Taken of φ as a rounded number the
    logarithm would be infinite from d = 104 on, in float32. A pixel of the background exactly at the centre does cost
    infinitely much: its d is taken as no less than the smallest normal number of its type, which costs 87 in float32
    (708 in float64) and has no gradient.

    ``scaled_distance`` is what ``lab.embedding.scaled_squared_distance`` gives.
    """
    apart = scaled_distance.clamp(min=torch.finfo(scaled_distance.dtype).tiny)
    return torch.where(labels, scaled_distance, -torch.log(-torch.expm1(-apart))).mean(-1)


def fixed_margin_iou(
    embedding: Float[Tensor, "2 P"],
    instances: Int[Tensor, "P"],
    centres: Float[Tensor, "2 K"],
    deltas: Float[Tensor, "D"],
) -> Float[Tensor, "K D"]:
    """IoU of every instance 1..K with its members, for every δ (px) that one may want to try.

    The P pixels are those of the instances alone, as if something else had told background from foreground without an
    error: the kindest case for a fixed margin. ``instances`` says which of 1..K each pixel belongs to. A pixel in the
    margins of two instances counts as a member of both.
    """
    rows = []
    for k, centre in enumerate(centres.T, start=1):
        distance = distance_to_centre(embedding, centre)
        own, others = distance[instances == k].sort().values, distance[instances != k].sort().values
        # The number of sorted values under δ is where δ would have to be inserted, before its equals.
        inside, strangers = torch.searchsorted(own, deltas), torch.searchsorted(others, deltas)
        rows.append(inside.to(embedding.dtype) / (len(own) + strangers).clamp(min=1))
    return torch.stack(rows)
