"""The greedy clustering of one class, as a learner may write it."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from lab.embedding import membership


def greedy_clustering(
    embedding: Float[Tensor, "2 P"],
    sharpness: Float[Tensor, "S P"],
    score: Float[Tensor, "P"],
    seed_threshold: float,
    min_pixels: int,
    min_unassigned: float,
) -> list[Bool[Tensor, "P"]]:
    """Masks of the accepted proposals among the P candidates of one class, in order of acceptance."""
    accepted = []
    unassigned = torch.ones_like(score, dtype=torch.bool)
    while unassigned.sum() > min_pixels:
        seed = torch.where(unassigned, score, -1.0).argmax()
        if score[seed] < seed_threshold:
            break
        unassigned[seed] = False
        proposal = membership(embedding, embedding[:, seed], sharpness[:, seed]) > 0.5
        size, fresh = proposal.sum(), (proposal & unassigned).sum()
        if size > min_pixels and fresh / size > min_unassigned:
            accepted.append(proposal)
        unassigned &= ~proposal  # in either case
    return accepted
