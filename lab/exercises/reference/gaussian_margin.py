"""Notebook 02's answers as loops in NumPy, written from the equations."""

import math

import numpy as np


def membership(embedding, centre, sharpness):
    """[P]: exp of minus the sum over both axes of κ times the squared distance; one κ counts for both."""
    result = np.zeros(embedding.shape[1])
    for i in range(embedding.shape[1]):
        exponent = 0.0
        for d in range(2):
            kappa = sharpness[d] if len(sharpness) == 2 else sharpness[0]
            exponent += kappa * (embedding[d, i] - centre[d]) ** 2
        result[i] = math.exp(-exponent)
    return result


def margin(bandwidth):
    """Of every b the distance in px at which membership is one half."""
    result = np.zeros(len(bandwidth))
    for i, b in enumerate(bandwidth):
        sigma = 1024 / math.sqrt(2 * math.exp(10 * b))
        result[i] = sigma * math.sqrt(2 * math.log(2))
    return result


def instance_sigma(bandwidth, mask):
    """[S] in px: from the mean b over the mask's pixels, each channel by itself."""
    channels, height, width = bandwidth.shape
    result = np.zeros(channels)
    for s in range(channels):
        total, count = 0.0, 0
        for y in range(height):
            for x in range(width):
                if mask[y, x]:
                    total += bandwidth[s, y, x]
                    count += 1
        result[s] = 1024 / math.sqrt(2 * math.exp(10 * total / count))
    return result


def bandwidth_of_margin(pixels):
    """The b whose margin is so many pixels."""
    kappa = math.log(2) / (pixels / 1024) ** 2
    return math.log(kappa) / 10
