"""The loops that make the Lovász hinges of an image and pass their gradient on, compiled by numba.

Imported late, as `loss_kernels`. Errors need no sort of their own: see `merge_errors`.
"""

import numpy as np

from lab.fast.compiler import compiled, compiled_sums


@compiled_sums
def merge_errors(own_phi, far_phi, scale, own_pull, far_pull):
    """The Lovász hinge of one instance; twice ``scale`` dL / d(-log φ) of every pixel is written, zero where none is.

    Own pixels have the error 2 - 2φ, so theirs falls as φ rises; all others have 2φ. Both lists come sorted by
    distance: the order of all errors is made by merging one, read backwards, with the other. It ends with the last own
    pixel: from there on the Jaccard loss is 1 and cannot grow.

    What is compared here has nothing in it that regrouping could change: a doubling is exact, and a lone difference is
    rounded once. (A loop of its own for the sums alone takes up to twice as long, where runs are short.)
    """
    total, passed = 0.0, 0
    for own in range(len(own_phi) - 1, -1, -1):
        own_error, remaining, first = 2 - 2 * own_phi[own], own + 1.0, passed
        while passed < len(far_phi) and 2 * far_phi[passed] > own_error:
            passed += 1
        for i in range(first, passed):
            union = len(own_phi) + i  # before this pixel came
            share = 2 * remaining * far_phi[i] / (float(union) * (union + 1))
            total += share
            far_pull[i] = -2 * scale * share
        union = len(own_phi) + passed
        total += own_error / union
        own_pull[own] = 4 * scale * own_phi[own] / union
    far_pull[passed:] = 0
    return total


@compiled
def pull_own(pixels, pull, axis, embedding, centre, sharpness, gradient):
    """Pass the pulls of an instance's own pixels on; gives Σ dL/de and Σ dL/dκ κ along one axis."""
    total = wide = 0.0
    for i in range(len(pixels)):
        away = embedding[pixels[i], axis] - centre
        slope = sharpness * pull[i] * away
        gradient[pixels[i], axis] += slope
        total += slope
        wide += 0.5 * slope * away
    return total, wide


@compiled_sums
def pull_far(pull, points, centre, sharpness, gradient):
    """The same for a run of pixels in the grid's order, straight through memory.

    One axis at a time, and given the run alone rather than its ends: for more arrays, or an index that might be
    negative, the compiler does not use vector registers.
    """
    total = wide = 0.0
    for i in range(len(pull)):
        away = points[i] - centre
        slope = sharpness * pull[i] * away
        gradient[i] += slope
        total += slope
        wide += 0.5 * slope * away
    return total, wide


@compiled
def pull_box(box, cell_starts, columns, points, pull, centre, sharpness, in_grid, sums):
    """Pass the pulls in one instance's box on, both axes, and clear them; the sums are added to ``sums``."""
    left, right, top, bottom = box[0], box[1], box[2], box[3]
    for row in range(top, bottom + 1):
        first, last = cell_starts[row * columns + left], cell_starts[row * columns + right + 1]
        run = pull[first:last]
        for axis in range(2):
            slopes = in_grid[axis, first:last]
            total, wide = pull_far(run, points[axis, first:last], centre[axis], sharpness[axis], slopes)
            sums[axis] += total
            sums[2 + axis] += wide
        for i in range(len(run)):
            run[i] = 0


@compiled
def hinges(first_slot, boxes, objects, own, far, grid, scale, gradients):
    """Sum of the Lovász hinges of some instances; ``scale`` times their gradients is added to ``gradients``.

    These are by the embeddings of own pixels; by those of others, in the grid's order; and for every instance the sums
    Σ dL/de and Σ dL/dκ κ along both axes. (The groups are bare tuples: numba keeps the names of other types on disk,
    and could not read what it compiled once such a name has changed.)
    """
    embedding, centres, sharpnesses = objects
    own_starts, own_phi, own_pixel = own
    far_starts, far_phi, far_place = far
    cell_starts, columns, points = grid
    by_embedding, in_grid, by_instance = gradients
    total, own_pulls, far_pulls = 0.0, np.empty_like(own_phi), np.empty_like(far_phi)
    pull_of = np.zeros(points.shape[1], points.dtype)  # by place in the grid; zero again after every instance
    for box in range(len(boxes)):
        k = first_slot + box
        mine, more = own_starts[k], own_starts[k + 1]
        first, last = far_starts[box], far_starts[box + 1]
        own_pull, far_pull = own_pulls[mine:more], far_pulls[first:last]
        total += merge_errors(own_phi[mine:more], far_phi[first:last], scale, own_pull, far_pull)
        for i in range(first, last):
            pull_of[far_place[i]] = far_pulls[i]
        centre, sharpness, sums = centres[k], sharpnesses[k], by_instance[k]
        for axis in range(2):
            sums[axis], sums[2 + axis] = pull_own(
                own_pixel[mine:more], own_pull, axis, embedding, centre[axis], sharpness[axis], by_embedding
            )
        pull_box(boxes[box], cell_starts, columns, points, pull_of, centre, sharpness, in_grid, sums)
    return total


@compiled
def from_grid(pixels, slopes, gradient):
    """Add slopes in the grid's order to the pixels they belong to."""
    for i in range(len(pixels)):
        gradient[pixels[i], 0] += slopes[0, i]
        gradient[pixels[i], 1] += slopes[1, i]
