"""Notebook 05's answers as loops in NumPy, written from the equations."""

import numpy as np


def seed_target(phi, instances, classes, class_index):
    """[H, W]: on a pixel of an object of this class the membership in that object, else 0."""
    height, width = instances.shape
    target = np.zeros((height, width))
    for y in range(height):
        for x in range(width):
            if classes[y, x] == class_index:
                target[y, x] = phi[int(instances[y, x]) - 1, y, x]
    return target


def seed_term(seed_map, phi, inside, valid, foreground_weight=10.0):
    """The term's value, and what it asks of either side: its derivatives, with phi held fixed."""
    height, width = seed_map.shape
    total, count = 0.0, 0
    pull = np.zeros((height, width))
    for y in range(height):
        for x in range(width):
            if not valid[y, x]:
                continue
            count += 1
            weight = foreground_weight if inside[y, x] else 1.0
            error = seed_map[y, x] - (phi[y, x] if inside[y, x] else 0.0)
            total += weight * error**2
            pull[y, x] = 2 * weight * error
    return {"value": total / count, "gradient on seed_map": pull / count, "gradient on phi": np.zeros_like(phi)}


def best_constant(share, mean_phi, foreground_weight=10.0):
    """The one number that, put out on every pixel, makes the seed term smallest, found by trying."""
    candidates = np.arange(0, 1.00005, 0.0001)
    # A constant spread of phi around its mean adds a constant to the term: it does not move the best candidate.
    costs = share * foreground_weight * (candidates - mean_phi) ** 2 + (1 - share) * candidates**2
    return float(candidates[np.argmin(costs)])
