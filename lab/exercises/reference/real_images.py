"""NumPy references for notebook 14's exercises: mended outputs and pictures, and what an ellipse can hold."""

import numpy as np

RATIOS = np.geomspace(1 / 100, 100, 41)  # of one sharpness to the other


def swap_offsets(output):
    """Channels 0 and 1 of [5, H, W] in each other's place."""
    mended = np.array(output)
    mended[0], mended[1] = output[1], output[0]
    return mended


def stretch(picture, low=1.0, high=99.8):
    """Grey values between two percentiles, as 0..255."""
    values = np.sort(np.asarray(picture, float).ravel())
    dark, bright = (_at(values, percent / 100 * (len(values) - 1)) for percent in (low, high))
    return 255 * np.minimum(np.maximum((picture - dark) / (bright - dark), 0), 1)


def _at(values, place):
    """Between two neighbours in a sorted list."""
    left = int(place)
    right = min(left + 1, len(values) - 1)
    return values[left] + (place - left) * (values[right] - values[left])


def channel_statistics(features):
    """Mean and unbiased variance of each channel of [B, C, H, W]: what a batch norm keeps of one batch."""
    per_channel = np.moveaxis(features, 1, 0).reshape(features.shape[1], -1)
    mean = per_channel.mean(1)
    return mean, ((per_channel - mean[:, None]) ** 2).sum(1) / (per_channel.shape[1] - 1)


def fits_an_ellipse(labels, k, ratios=RATIOS):
    """Whether some ellipse along the axes holds all pixels of object k and no pixel of another object.

    By trying: every pixel of the object as the centre, as the clustering does, and every ratio of the two
    sharpnesses.  Background counts for nobody, as the seed map keeps it out.
    """
    own, others = np.argwhere(labels == k), np.argwhere((labels != k) & (labels > 0))
    weights = np.stack([ratios, np.ones_like(ratios)])
    for centre in own:
        inner = ((own - centre) ** 2 @ weights).max(0)
        outer = ((others - centre) ** 2 @ weights).min(0)
        if (inner < outer).any():
            return True
    return False


def centroids(labels):
    """(row, column) of every object's mean position, by its number."""
    return {int(k): tuple(np.argwhere(labels == k).mean(0)) for k in np.unique(labels) if k}
