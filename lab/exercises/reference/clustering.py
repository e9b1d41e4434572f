"""The greedy clustering of one class in plain NumPy loops, and the wrong versions of it that people write.

Imports nothing of the lab: a fault in the library cannot hide in here.
"""

from dataclasses import dataclass

import numpy as np


def greedy(embedding, sharpness, score, seed_threshold, min_pixels, min_unassigned):
    """Masks [P] of the accepted proposals, in order; embedding [2, P], sharpness [S, P], score [P]."""
    count = len(score)
    kappa = [[sharpness[d if len(sharpness) == 2 else 0][i] for d in (0, 1)] for i in range(count)]
    unassigned = set(range(count))
    masks = []
    while len(unassigned) > min_pixels:
        seed = max(sorted(unassigned), key=lambda i: score[i])
        if score[seed] < seed_threshold:
            break
        unassigned.remove(seed)
        proposal = set()
        for i in range(count):
            distance = sum(kappa[seed][d] * (embedding[d][i] - embedding[d][seed]) ** 2 for d in (0, 1))
            if np.exp(-distance) > 0.5:
                proposal.add(i)
        fresh = len(proposal & unassigned)
        if len(proposal) > min_pixels and fresh / len(proposal) > min_unassigned:
            masks.append(np.array([i in proposal for i in range(count)]))
        unassigned -= proposal
    return masks


@dataclass(frozen=True)
class Slips:
    """What a wrong version does otherwise; see ``slipped``."""

    rejected_keep_pixels: bool = False
    counts_seed: bool = False
    share_of_all: bool = False
    mean_sharpness: bool = False
    mean_bandwidth: bool = False
    sorted_once: bool = False
    only_unassigned: bool = False
    counts_taken: bool = False
    centroid: bool = False
    stops_at_threshold: bool = False
    at_least_left: bool = False
    at_least_size: bool = False
    last_of_equals: bool = False
    no_threshold: bool = False
    half_share: bool = False
    at_least_share: bool = False
    no_size_rule: bool = False
    without_seed: bool = False
    disjoint: bool = False
    seed_lost: bool = False


def slipped(slips: Slips):
    """A version of ``greedy`` that makes these mistakes."""

    def wrong(embedding, sharpness, score, seed_threshold, min_pixels, min_unassigned):
        unassigned = np.ones(len(score), bool)
        masks = []
        for seed in _seeds(score, unassigned, seed_threshold, min_pixels, slips):
            unassigned[seed] = slips.counts_seed
            proposal = _propose(embedding, sharpness, seed, unassigned, slips)
            accepted = _accepts(proposal, unassigned, min_pixels, min_unassigned, slips)
            if accepted:
                masks.append(_mask(proposal, unassigned, seed, slips))
            unassigned[seed] = False
            if accepted or not slips.rejected_keep_pixels:
                unassigned &= ~proposal
        return masks

    return wrong


def _seeds(score, unassigned, seed_threshold, min_pixels, slips):
    if slips.sorted_once:
        for seed in np.argsort(-score, kind="stable"):
            if score[seed] >= seed_threshold and unassigned.sum() > min_pixels:
                yield seed
        return
    seed_threshold = -1 if slips.no_threshold else seed_threshold
    fewest = min_pixels if slips.at_least_left else min_pixels + 1
    while unassigned.sum() >= max(fewest, 1):
        free = np.where(unassigned, score, -1)
        seed = int(len(free) - 1 - free[::-1].argmax() if slips.last_of_equals else free.argmax())
        if score[seed] < seed_threshold or (slips.stops_at_threshold and score[seed] == seed_threshold):
            return
        yield seed


def _propose(embedding, sharpness, seed, unassigned, slips):
    kappa = sharpness.mean(1) if slips.mean_sharpness else sharpness[:, seed]
    kappa = np.exp(np.log(sharpness).mean(1)) if slips.mean_bandwidth else kappa
    centre = embedding.mean(1) if slips.centroid else embedding[:, seed]
    distance = (np.broadcast_to(kappa, 2)[:, None] * (embedding - centre[:, None]) ** 2).sum(0)
    proposal = np.exp(-distance) > 0.5
    if slips.only_unassigned:
        fresh = unassigned.copy()
        fresh[seed] = not slips.seed_lost
        proposal &= fresh
    return proposal


def _mask(proposal, unassigned, seed, slips):
    if not slips.disjoint:
        return proposal
    mask = proposal & unassigned
    mask[seed] = not slips.seed_lost
    return mask


def _accepts(proposal, unassigned, min_pixels, min_unassigned, slips):
    size = int(proposal.sum())
    fresh = int((proposal & unassigned).sum())
    if slips.counts_taken:
        fresh = size - 1
    whole = len(proposal) if slips.share_of_all else max(size - slips.without_seed, 1)
    share, enough_share = fresh / whole, 0.5 if slips.half_share else min_unassigned
    enough = size >= min_pixels if slips.at_least_size else size > min_pixels or slips.no_size_rule
    return enough and (share >= enough_share if slips.at_least_share else share > enough_share)
