"""The clustering's loops over pixels, for the compiler.  Importing this module imports numba.

Kernels get NumPy arrays of one float type, float32 or float64, and keep to it: a product with a Python number would be
float64 and round otherwise than torch does.  They take and give plain tuples: what numba keeps on disk names every
class that a kernel was given, and could not be read any more once such a class is renamed.
"""

import math

import numpy as np

from lab.fast.compiler import compiled

GRANULE = 64  # pixels; no vectorised loop of torch takes more values a step
PIXELS_PER_CELL = 4  # on average, if embeddings were spread evenly
# Reaches are computed in float64 from rounded numbers; a box a hundred thousandth wider holds whatever was rounded.
PADDING = 1 + 1e-5


@compiled
def count_above(planes, low, above):
    """Count the values above ``low`` of every plane, `GRANULE` pixels at a time, into ``above`` [N, granules]."""
    whole = planes.shape[1] // GRANULE
    for c in range(planes.shape[0]):
        plane = planes[c]
        for g in range(whole):
            count = np.int32(0)  # of the values' own width, over a known number of them: many are compared in one step
            for i in range(GRANULE):
                count = np.int32(count + np.int32(plane[g * GRANULE + i] > low))
            above[c, g] = count
        for g in range(whole, above.shape[1]):  # the last one, where the image is not made of whole granules
            above[c, g] = (plane[g * GRANULE :] > low).sum()


@compiled
def take(scores, places, granules, end, threshold, pixel, score, n):
    """Append the scores above ``threshold`` and their pixels, to place ``n`` on; gives the new end.

    The scores of granule ``granules[g]`` begin at ``places[g]``; the plane has ``end`` pixels.
    """
    for g in range(granules.shape[0]):
        first, place = granules[g] * GRANULE, places[g]
        for i in range(min(GRANULE, end - first)):
            # Written first and kept if the score is above: no branch for the processor to guess.
            pixel[n] = first + i
            score[n] = scores[place + i]
            n += scores[place + i] > threshold
    return n


@compiled
def gather(plane, pixel, out):
    """The plane's values at the pixels."""
    for i in range(pixel.shape[0]):
        out[i] = plane[pixel[i]]


@compiled
def add_place(x, y, pixel, width, unit):
    """Add to tanh(offset) each pixel's own place, in units of 1024 px.  ``unit``: 1/1024 in x's type."""
    row, end = 0, width
    for i in range(pixel.shape[0]):
        while pixel[i] >= end:  # pixels ascend: no division
            row += 1
            end += width
        # Products with a power of two are exact; the sums are then torch's own.
        x[i] += np.float32(pixel[i] - end + width) * unit
        y[i] += np.float32(row) * unit


@compiled
def seed_keys(score, bits, threshold):
    """For candidates of at least the threshold: what they lack to the largest number in the upper half, their own
    number in the lower half.  ``bits``: the scores', as int32; of positive numbers they rise as the numbers do."""
    keys, n = np.empty(score.shape[0], np.int64), 0
    for i in range(score.shape[0]):
        keys[n] = (np.int64(0x7FFFFFFF - bits[i]) << 32) + i
        n += score[i] >= threshold
    return keys[:n]


@compiled
def cell_of(value, left, per_unit, count):
    """The cell of a coordinate, 0..count - 1; never falls as the coordinate rises."""
    place = (value - left) * per_unit
    if place >= count - 1:
        return count - 1
    return int(place) if place > 0 else 0


@compiled
def one_cell(x, y):
    """All candidates in one cell; gives the fields of `lab.fast.clustering_cpu.Cells`."""
    start = np.array([0, x.shape[0]])
    return x, y, np.arange(x.shape[0]).astype(np.int32), start, 1, 1, 0.0, 0.0, 0.0


@compiled
def sort_into_cells(x, y):
    """A counting sort by square cells over the embeddings' bounding box, about one cell for `PIXELS_PER_CELL`.

    Gives the fields of `lab.fast.clustering_cpu.Cells`.
    """
    left, top = np.float64(x.min()), np.float64(y.min())
    width, height = x.max() - left, y.max() - top
    crowd = PIXELS_PER_CELL / x.shape[0]
    # The second: however thin the box, there are no more cells than candidates.
    side = max(math.sqrt(width * height * crowd), max(width, height) * crowd)
    per_unit = 1 / side if side > 1e-300 else 0.0  # all embeddings the same: one cell
    columns, rows = int(width * per_unit) + 1, int(height * per_unit) + 1
    cell = np.empty(x.shape[0], np.int32)
    start = np.zeros(columns * rows + 2, np.int64)
    for i in range(x.shape[0]):
        cell[i] = cell_of(y[i], top, per_unit, rows) * columns + cell_of(x[i], left, per_unit, columns)
        start[cell[i] + 2] += 1
    start = np.cumsum(start)  # start[c + 1] is where cell c begins, and moves to its end as it fills
    own_x, own_y, member = np.empty_like(x), np.empty_like(y), np.empty(x.shape[0], np.int32)
    for i in range(x.shape[0]):
        place = start[cell[i] + 1]
        own_x[place], own_y[place], member[place] = x[i], y[i], i
        start[cell[i] + 1] += 1
    return own_x, own_y, member, start, columns, rows, left, top, per_unit


@compiled
def find_members(cells, x, y, kappa_x, kappa_y, limit, out, n):
    """Append to ``out``, from place ``n`` on, the candidates with Σ κ (e - C)² <= ``limit``; gives the new end.

    Only cells that the margin's bounding box touches are looked into; within a row of cells they lie side by side.
    """
    all_x, all_y, member, start, columns, rows, left_end, top_end, per_unit = cells
    reach_x = math.sqrt(np.float64(limit) / kappa_x) * PADDING
    reach_y = math.sqrt(np.float64(limit) / kappa_y) * PADDING
    first = cell_of(x - reach_x, left_end, per_unit, columns)
    last = cell_of(x + reach_x, left_end, per_unit, columns)
    top = cell_of(y - reach_y, top_end, per_unit, rows)
    bottom = cell_of(y + reach_y, top_end, per_unit, rows)
    for row in range(top, bottom + 1):
        for i in range(start[row * columns + first], start[row * columns + last + 1]):
            dx, dy = all_x[i] - x, all_y[i] - y
            out[n] = member[i]
            n += kappa_x * (dx * dx) + kappa_y * (dy * dy) <= limit
    return n


@compiled
def assign(members, free):
    """Take the members; gives how many of them were free."""
    fresh = 0
    for j in members:
        fresh += free[j]
        free[j] = False
    return fresh


@compiled
def next_free(seeds, place, free, most):
    """The next seeds from ``place`` on that are free, at most so many, and the place behind them."""
    batch, n = np.empty(min(most, seeds.shape[0] - place), np.int64), 0
    while place < seeds.shape[0] and n < most:
        batch[n] = seeds[place]
        n += free[seeds[place]]
        place += 1
    return batch[:n], place


@compiled
def propose(cells, x, y, free, left, seeds, kappa_x, kappa_y, limit, min_pixels, min_unassigned):
    """Let seed after seed propose, if it is still free, as `lab.clustering.grow` does.

    Args:
        x, y: the candidates' embeddings.
        free, left: which candidates no proposal has taken, to be changed, and their number.
        seeds: candidates in the order in which they are asked.
        kappa_x, kappa_y: the seeds' sharpness.
        limit: the largest Σ κ (e - C)² of a member.

    Gives the fields of `lab.fast.clustering_cpu.Proposals`.
    """
    seed, size = np.empty(seeds.shape[0], np.int64), np.empty(seeds.shape[0], np.int64)
    fresh, end = np.empty_like(seed), np.empty_like(seed)
    members = np.empty(x.shape[0] + 1, np.int32)
    made, kept = 0, 0
    for s in range(seeds.shape[0]):
        if left <= min_pixels:
            break
        j = seeds[s]
        if not free[j]:
            continue
        free[j] = False
        if members.shape[0] <= kept + x.shape[0]:
            members = np.concatenate((members, np.empty_like(members)))
        found = find_members(cells, x[j], y[j], kappa_x[s], kappa_y[s], limit, members, kept)
        seed[made], size[made], fresh[made] = s, found - kept, assign(members[kept:found], free)
        left -= 1 + fresh[made]
        if size[made] > min_pixels and not fresh[made] / size[made] <= min_unassigned:
            kept = found  # as `lab.instances.judge`, which is asked later, for its words: of others nothing is kept
        end[made] = kept
        made += 1
    return seed[:made], size[:made], fresh[:made], end[:made], members[:kept].copy(), left


@compiled
def paint(mask, labels, scores, number, pixel, members):
    """Draw an instance: its mask, and its number where nothing of a higher score, or of the same earlier, lies.

    ``scores``: of every instance by its number; of 0, the ground, lower than any.
    """
    for j in members:
        p = pixel[j]
        mask[p] = True
        below = labels[p]
        labels[p] = number if scores[number] > scores[below] else below
