"""The loops of the fast loss, compiled by numba. Imported late: numba itself takes a while to import.

All are plain loops over one image. A pixel is a number, row · width + column; an instance is a slot, 0..K-1. What is
summed over pixels (the terms, the means of an instance, what its centre and its bandwidth receive) is summed in
float64, whatever the dtype of the input; distances, and what one pixel's gradient receives from several instances, are
in the input's dtype. The order of the sums is fixed by the input and the compiler: it does not depend on the number of
threads. (`compiled_sums` lets the compiler regroup them, the same way in every run.)
"""

import numpy as np

from lab.fast.compiler import compiled, compiled_sums

NO_SLOT, VOID_SLOT = -1, -2


@compiled
def survey_labels(instances, classes, num_classes):
    """Whether classes are in range and match the instances; lowest and highest number of an instance.

    (``lowest`` > ``highest``: there is none.)
    """
    sound, lowest, highest = True, np.iinfo(np.int64).max, np.iinfo(np.int64).min
    for i in range(len(classes)):
        c = classes[i]
        if c < -1 or c > num_classes or (c >= 0 and (instances[i] != 0) != (c != 0)):
            sound = False
        if c > 0:
            lowest, highest = min(lowest, instances[i]), max(highest, instances[i])
    return sound, lowest, highest


@compiled
def number_pixels(instances, classes, lowest, table):
    """Slot of every pixel and class of every slot; ``table`` (-1 everywhere) has a place for each possible number."""
    for i in range(len(classes)):
        if classes[i] > 0:
            table[instances[i] - lowest] = 0
    count = 0
    for number in range(len(table)):
        if table[number] == 0:
            table[number] = count
            count += 1
    sound, slots, class_of = True, np.empty(len(classes), np.int32), np.zeros(count, np.int64)
    for i in range(len(classes)):
        slots[i] = VOID_SLOT if classes[i] < 0 else NO_SLOT
        if classes[i] > 0:
            k = table[instances[i] - lowest]
            slots[i] = k
            sound = sound and (class_of[k] == 0 or class_of[k] == classes[i])
            class_of[k] = classes[i]
    return sound, slots, class_of


@compiled
def running_total(counts):
    """Turn counts of a list's parts, written two places further on, into where each part starts, one place further on.

    Filling the parts then moves every start on to its right place: to where the next part starts.
    """
    for i in range(1, len(counts)):
        counts[i] += counts[i - 1]


@compiled
def list_pixels(slots, count):
    """The pixels of every slot, one list after the other: pixels [Q], starts [K + 1]. A counting sort."""
    starts = np.zeros(count + 2, np.int64)
    for i in range(len(slots)):
        if slots[i] >= 0:
            starts[slots[i] + 2] += 1
    running_total(starts)
    pixels = np.empty(starts[-1], np.uint32)
    for i in range(len(slots)):
        if slots[i] >= 0:
            pixels[starts[slots[i] + 1]] = i
            starts[slots[i] + 1] += 1
    return pixels, starts[:-1]


@compiled
def instance_means(embedding, bandwidth, pixels, starts, width, learned, centre, mean):
    """Write the centre of attraction [K, 2] and the mean b [K, S] of every instance; both come as zeros."""
    for k in range(len(centre)):
        size = starts[k + 1] - starts[k]
        for i in range(starts[k], starts[k + 1]):
            p = pixels[i]
            centre[k, 0] += embedding[p, 0] if learned else (p % width) / 1024
            centre[k, 1] += embedding[p, 1] if learned else (p // width) / 1024
            for s in range(len(bandwidth)):
                mean[k, s] += bandwidth[s, p]
        for axis in range(2):
            centre[k, axis] /= size
        for s in range(len(bandwidth)):
            mean[k, s] /= size


@compiled
def own_distances(embedding, pixels, starts, centre, sharpness, distance, pixel):
    """κ (e - C)² summed over both axes, for every pixel of every instance, beside the pixel's number."""
    for k in range(len(starts) - 1):
        for i in range(starts[k], starts[k + 1]):
            x, y = embedding[pixels[i], 0] - centre[k, 0], embedding[pixels[i], 1] - centre[k, 1]
            distance[i] = sharpness[k, 0] * x * x + sharpness[k, 1] * y * y
            pixel[i] = pixels[i]


@compiled
def smoothness(bandwidth, pixels, starts, mean, scale, gradient):
    """Sum over instances of the mean of (b - b_k)², b_k held fixed; ``scale`` times its gradient is written."""
    total = 0.0
    for s in range(len(bandwidth)):
        for k in range(len(mean)):
            share = 1 / ((starts[k + 1] - starts[k]) * len(bandwidth))
            for i in range(starts[k], starts[k + 1]):
                away = bandwidth[s, pixels[i]] - mean[k, s]
                total += share * away * away
                gradient[s, pixels[i]] = 2 * scale * share * away
    return total


@compiled_sums
def seeds_against(seeds, valid, pixel, target, classes, foreground_weight, factor):
    """Sum of weight (s - target)² over classes and pixels; ``factor`` / 2 times its gradient by the logits replaces s.

    First every class's map against 0 wherever ``valid`` is 1, in one straight run; what the own pixels of objects add
    to that was taken down before.
    """
    total, slope = 0.0, np.empty(len(pixel))
    for i in range(len(pixel)):
        s = seeds[classes[pixel[i]] - 1, pixel[i]]
        away = s - target[i]
        total += foreground_weight * away * away - s * s
        slope[i] = factor * foreground_weight * away * s * (1 - s)
    for n in range(len(seeds)):
        for i in range(len(valid)):
            s = seeds[n, i]
            square = valid[i] * s * s
            total += square
            seeds[n, i] = factor * square * (1 - s)
    for i in range(len(pixel)):
        seeds[classes[pixel[i]] - 1, pixel[i]] = slope[i]
    return total


@compiled
def cell_number(position, first, per_unit, count):
    """The cell of a coordinate along one axis; what lies outside, or is NaN, belongs to the nearest end."""
    cell = (position - first) * per_unit
    if cell >= count:
        return count - 1
    return int(cell) if cell > 0 else 0


@compiled
def fill_grid(embedding, slots, first, per_unit, columns, rows):
    """Sort the pixels that are not void by the cell that their embedding lies in, row by row. A counting sort.

    Gives where every cell starts, and embeddings [2, Q], slots [Q] and numbers [Q] of the pixels in the new order.
    """
    cells = np.empty(len(slots), np.int32)
    starts = np.zeros(columns * rows + 2, np.int64)
    for i in range(len(slots)):
        if slots[i] != VOID_SLOT:
            row = cell_number(embedding[i, 1], first[1], per_unit, rows)
            cells[i] = row * columns + cell_number(embedding[i, 0], first[0], per_unit, columns)
            starts[cells[i] + 2] += 1
    running_total(starts)
    points = np.empty((2, starts[-1]), embedding.dtype)
    slot, pixel = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.uint32)
    for i in range(len(slots)):
        if slots[i] != VOID_SLOT:
            place = starts[cells[i] + 1]
            starts[cells[i] + 1] += 1
            points[0, place], points[1, place] = embedding[i, 0], embedding[i, 1]
            slot[place], pixel[place] = slots[i], i
    return starts[:-1], points, slot, pixel


@compiled
def cells_in_reach(centre, radius, first, per_unit, columns, rows):
    """First and last cell that the reach of every instance touches: [K, 4], left, right, top, bottom."""
    boxes = np.empty((len(centre), 4), np.int64)
    for k in range(len(centre)):
        for axis, count in ((0, columns), (1, rows)):
            low, high = centre[k, axis] - radius[k, axis], centre[k, axis] + radius[k, axis]
            boxes[k, 2 * axis] = cell_number(low, first[axis], per_unit, count)
            boxes[k, 2 * axis + 1] = cell_number(high, first[axis], per_unit, count)
    return boxes


@compiled
def count_in_boxes(boxes, cell_starts, columns):
    """How many pixels lie in the cells of every box: at most so many are in reach."""
    counts = np.zeros(len(boxes), np.int64)
    for k in range(len(boxes)):
        left, right, top, bottom = boxes[k]
        for row in range(top, bottom + 1):
            counts[k] += cell_starts[row * columns + right + 1] - cell_starts[row * columns + left]
    return counts


@compiled
def reach_out(first_slot, boxes, cell_starts, columns, points, slots, centre, sharpness, reach, distance, place):
    """Distance and place in the grid of every pixel in reach that is not the instance's own; starts [len(boxes) + 1].

    The cells of a box's row lie side by side in memory, so that the inner loop runs straight on.
    """
    starts, found = np.zeros(len(boxes) + 1, np.int64), 0
    for box in range(len(boxes)):
        k = first_slot + box
        left, right, top, bottom = boxes[box, 0], boxes[box, 1], boxes[box, 2], boxes[box, 3]
        cx, cy, sharp_x, sharp_y = centre[k, 0], centre[k, 1], sharpness[k, 0], sharpness[k, 1]
        for row in range(top, bottom + 1):
            for i in range(cell_starts[row * columns + left], cell_starts[row * columns + right + 1]):
                away_x, away_y = points[0, i] - cx, points[1, i] - cy
                d = sharp_x * away_x * away_x + sharp_y * away_y * away_y
                if d < reach[k] and slots[i] != k:
                    distance[found] = d
                    place[found] = i
                    found += 1
        starts[box + 1] = found
    return starts


@compiled
def share_among_own(pixels, starts, by_centre, by_bandwidth, embedding_gradient, bandwidth_gradient):
    """A mean passes its gradient on in equal parts to the pixels that it was taken over."""
    for k in range(len(starts) - 1):
        size = starts[k + 1] - starts[k]
        for i in range(starts[k], starts[k + 1]):
            for axis in range(2):
                embedding_gradient[pixels[i], axis] += by_centre[k, axis] / size
            for s in range(by_bandwidth.shape[1]):
                bandwidth_gradient[s, pixels[i]] = by_bandwidth[k, s] / size
