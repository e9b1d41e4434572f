"""The clustering on a CPU, its loops compiled.  Importing this module imports numba; see `lab.fast.clustering`."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lab.embedding import PIXELS_PER_UNIT, bandwidth_to_sharpness
from lab.fast import clustering_kernels as kernels
from lab.fast.clustering_kernels import GRANULE
from lab.fast.clustering_parts import largest_inside, logit_bound, zero_pages
from lab.instances import Instances, Step, Thresholds, instances_of, made_step
from lab.regions import Regions, regions_of

FIRST_BATCH, GROWTH = 8, 8  # seeds
SMALL_SHARE = 1 / 4
LEAST_SHARE = 32768  # values: torch cuts no smaller pieces for its threads (at::internal::GRAIN_SIZE)
TOGETHER = 256  # granules: fewer values than that, so that these are not shared out


class _Piece(NamedTuple):
    """Seed scores of some granules: where each begins, and which they are."""

    scores: Float[np.ndarray, "_"]
    places: Int[np.ndarray, "granules"]
    granules: Int[np.ndarray, "granules"]


class _Candidates(NamedTuple):
    """One class's, as `lab.clustering.Candidates`, in row-major order; the bandwidth is every pixel's."""

    pixel: Int[np.ndarray, "P"]
    score: Float[np.ndarray, "P"]
    x: Float[np.ndarray, "P"]
    y: Float[np.ndarray, "P"]
    bandwidth: Float[np.ndarray, "S HW"]


class Cells(NamedTuple):
    """Candidates by cell, row-major: cell c holds member[start[c]:start[c + 1]], with their embeddings beside."""

    x: Float[np.ndarray, "P"]
    y: Float[np.ndarray, "P"]
    member: Int[np.ndarray, "P"]
    start: Int[np.ndarray, "_"]
    columns: int
    rows: int
    left: float
    top: float
    per_unit: float


class Proposals(NamedTuple):
    """Proposals, and how many candidates are left.

    Attributes:
        seed: which of the seeds that were asked.
        size, fresh: how many pixels, and how many of them new.
        end: where its members end in ``members``, which holds those of accepted ones only.
    """

    seed: Int[np.ndarray, "proposals"]
    size: Int[np.ndarray, "proposals"]
    fresh: Int[np.ndarray, "proposals"]
    end: Int[np.ndarray, "proposals"]
    members: Int[np.ndarray, "_"]
    left: int


class _Batch(NamedTuple):
    """Proposals, with the number and the sharpness of the candidate that made each."""

    made: Proposals
    chosen: Int[np.ndarray, "proposals"]
    sharpness: Float[np.ndarray, "S proposals"]


class _Found(NamedTuple):
    """What one class found: every proposal, and of each accepted one its members, numbers of candidates."""

    steps: list[Step]
    members: list[Int[np.ndarray, "_"]]
    pixel: Int[np.ndarray, "P"]


def cluster_compiled(output: Float[Tensor, "C H W"], bandwidth_channels: int, thresholds: Thresholds) -> Instances:
    """`lab.clustering.cluster` of a float32 or float64 output on the CPU."""
    found = list(_classes(output, bandwidth_channels, thresholds))
    steps = [step for one in found for step in one.steps]
    masks, labels = _paint(found, np.array([step.score for step in steps if step.accepted]), output.shape[1:])
    return instances_of(steps, masks, labels, output, bandwidth_channels)


def regions_compiled(output: Float[Tensor, "C H W"], bandwidth_channels: int, thresholds: Thresholds) -> Regions:
    """`lab.clustering.cluster_to_regions` of a float32 or float64 output on the CPU."""
    found = list(_classes(output, bandwidth_channels, thresholds))
    pixels = [one.pixel[members] for one in found for members in one.members]
    _, height, width = output.shape
    return regions_of([step for one in found for step in one.steps], pixels, (height, width))


def _classes(output: Float[Tensor, "C H W"], bandwidth_channels: int, thresholds: Thresholds) -> Iterator[_Found]:
    planes = output.contiguous().flatten(1)  # the loops read plane after plane
    number, first = planes.numpy().dtype.type, 2 + bandwidth_channels
    limit, threshold = number(largest_inside(output.dtype)), number(thresholds.foreground_threshold)
    above = np.empty((len(planes) - first, -(-planes.shape[1] // GRANULE)), np.int32)
    kernels.count_above(planes[first:].numpy(), number(logit_bound(thresholds.foreground_threshold)), above)
    for index, pieces in enumerate(_seed_scores(output, planes[first:], above)):
        pixel, score = _taking_part(pieces, int(above[index].sum()), planes.shape[1], threshold)
        x, y = _embedding(planes[:2].numpy(), pixel, output.shape[2])
        candidates = _Candidates(pixel, score, x, y, planes[2:first].numpy())
        order = by_falling_score(score, number(thresholds.seed_threshold))
        proposals = list(_proposals(candidates, order, limit, thresholds))
        yield _found(proposals, candidates, index + 1, output.shape[2], thresholds)


def _seed_scores(
    output: Float[Tensor, "C H W"], logits: Float[Tensor, "N HW"], above: Int[np.ndarray, "N granules"]
) -> Iterator[Iterator[_Piece]]:
    """The seed scores of each class, wherever one may be above the foreground threshold."""
    if output.is_contiguous() and granules_keep_bits(len(logits), logits.shape[1], torch.get_num_threads()):
        for plane, counts in zip(logits.numpy(), above, strict=True):
            yield _sigmoid_of_granules(plane.reshape(-1, GRANULE), np.flatnonzero(counts))
    else:
        # Of the very tensor of which the readable version takes it: also its layout decides about last bits.
        seed_map = torch.sigmoid(output[None][:, -len(logits) :])[0]
        for plane, counts in zip(seed_map.flatten(1).numpy(), above, strict=True):
            granules = np.flatnonzero(counts)
            yield iter([_Piece(plane, granules * GRANULE, granules)])


def granules_keep_bits(classes: int, pixels: int, threads: int) -> bool:
    """Whether torch's sigmoid of contiguous [classes, pixels] at once has the bits of its sigmoid of granules of it.

    It does if every plane, and every thread's share of the whole, is made of whole granules. torch wakes no more
    threads than can have `LEAST_SHARE` values each, gives all but the last as many, and leaves the rest to the last.
    """
    values = classes * pixels
    used = max(1, min(threads, -(-values // LEAST_SHARE)))
    share = -(-values // used)
    return pixels % GRANULE == 0 and (used == 1 or share % GRANULE == 0)


def _sigmoid_of_granules(logits: Float[np.ndarray, "granules G"], granules: Int[np.ndarray, "_"]) -> Iterator[_Piece]:
    for begin in range(0, len(granules), TOGETHER):
        those = granules[begin : begin + TOGETHER]
        scores = torch.from_numpy(logits[those]).sigmoid_()
        yield _Piece(scores.flatten().numpy(), np.arange(len(those)) * GRANULE, those)


def _taking_part(
    pieces: Iterator[_Piece], most: int, end: int, threshold: np.floating
) -> tuple[Int[np.ndarray, "P"], Float[np.ndarray, "P"]]:
    """Pixels and scores above the foreground threshold; there are ``most`` or fewer."""
    # One more: a score is written before it is known whether it stays.
    pixel, score, n = np.empty(most + 1, np.int32), np.empty(most + 1, type(threshold)), 0
    for piece in pieces:
        n = kernels.take(*piece, end, threshold, pixel, score, n)
    return pixel[:n], score[:n]


def _embedding(
    offset: Float[np.ndarray, "2 HW"], pixel: Int[np.ndarray, "P"], width: int
) -> tuple[Float[np.ndarray, "P"], Float[np.ndarray, "P"]]:
    x, y = torch.from_numpy(_gathered(offset, pixel)).tanh_().numpy()
    kernels.add_place(x, y, pixel, width, x.dtype.type(1 / PIXELS_PER_UNIT))
    return x, y


def _gathered(planes: Float[np.ndarray, "planes HW"], pixel: Int[np.ndarray, "P"]) -> Float[np.ndarray, "planes P"]:
    values = np.empty((len(planes), len(pixel)), planes.dtype)
    for plane, out in zip(planes, values, strict=True):
        kernels.gather(plane, pixel, out)
    return values


def by_falling_score(score: Float[np.ndarray, "P"], threshold: np.floating) -> Int[np.ndarray, "Q"]:
    """The numbers of those of at least the threshold, by falling score, and of equal ones by rising number."""
    if score.dtype == np.float32:
        # One plain sort of integers, which numpy does with vector instructions; a stable sort it does not.
        return np.sort(kernels.seed_keys(score, score.view(np.int32), threshold)) & 0xFFFFFFFF
    seeds = np.flatnonzero(score >= threshold)
    return seeds[np.argsort(-score[seeds], kind="stable")]


def _proposals(
    candidates: _Candidates, seeds: Int[np.ndarray, "Q"], limit: np.floating, thresholds: Thresholds
) -> Iterator[_Batch]:
    """All proposals of one class, in batches, each `GROWTH` times as large as the one before.

    In between, seeds that were taken are left out, and only those of the next batch get their sharpness: of hundreds
    of thousands some dozens are ever asked. The first batch looks at every candidate: cells cost as much as some ten
    looks, and pay where there are many proposals, each of a small share of the candidates.
    """
    pixel, _, x, y, bandwidth = candidates
    cells, free, left, size = Cells(*kernels.one_cell(x, y)), np.ones(len(x), np.bool_), len(x), FIRST_BATCH
    batch, place = kernels.next_free(seeds, 0, free, size)
    while len(batch) and left > thresholds.min_pixels:
        sharpness = bandwidth_to_sharpness(torch.from_numpy(_gathered(bandwidth, pixel[batch]))).numpy()
        limits = (limit, int(thresholds.min_pixels), float(thresholds.min_unassigned))
        # One sharpness is that of both axes.
        kappa = (sharpness[0], sharpness[-1])
        made = Proposals(*kernels.propose(tuple(cells), x, y, free, left, batch, *kappa, *limits))
        yield _Batch(made, batch[made.seed], sharpness[:, made.seed])
        left, size = made.left, size * GROWTH
        batch, place = kernels.next_free(seeds, place, free, size)
        if cells.columns * cells.rows == 1 and len(batch) and made.size.mean() < SMALL_SHARE * len(x):
            cells = Cells(*kernels.sort_into_cells(x, y))


def _found(
    batches: Sequence[_Batch], candidates: _Candidates, class_index: int, width: int, thresholds: Thresholds
) -> _Found:
    steps, members = [], []
    for made, chosen, sharpness in batches:
        rows, columns = np.divmod(candidates.pixel[chosen], width)
        centres = zip(candidates.x[chosen].tolist(), candidates.y[chosen].tolist(), strict=True)
        numbers = (rows.tolist(), columns.tolist(), candidates.score[chosen].tolist(), centres)
        counts = (map(tuple, sharpness.T.tolist()), made.size.tolist(), made.fresh.tolist())
        values = zip(*numbers, *counts, strict=True)
        new = [made_step(thresholds, class_index, *of) for of in values]
        begin = [0, *made.end.tolist()]
        members += [made.members[begin[k] : begin[k + 1]] for k, step in enumerate(new) if step.accepted]
        steps += new
    return _Found(steps, members, candidates.pixel)


def _paint(
    found: Sequence[_Found], scores: Float[np.ndarray, "K"], size: torch.Size
) -> tuple[Bool[Tensor, "K H W"], Int[Tensor, "H W"]]:
    masks, labels = zero_pages((len(scores), *size)), torch.zeros(size, dtype=torch.int64, device="cpu")
    flat, ranks = labels.flatten().numpy(), np.concatenate([[-1.0], scores])
    pairs = ((one.pixel, members) for one in found for members in one.members)
    for k, (pixel, members) in enumerate(pairs):
        kernels.paint(masks[k].flatten().numpy(), flat, ranks, k + 1, pixel, members)
    return masks, labels
