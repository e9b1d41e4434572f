"""References for "pixels that point": loops over pixels, straight from the definitions; nothing of lab is used."""

import math
from typing import Any

import numpy as np


def embed(offset: np.ndarray) -> np.ndarray:
    """e = x + tanh(o) for offsets [2, H, W], in units of 1024 px."""
    _, height, width = offset.shape
    embedding = np.zeros((2, height, width))
    for row in range(height):
        for column in range(width):
            embedding[0, row, column] = column / 1024 + math.tanh(offset[0, row, column])
            embedding[1, row, column] = row / 1024 + math.tanh(offset[1, row, column])
    return embedding


def fixed_margin_hinge(embedding: np.ndarray, centre: np.ndarray, delta: float) -> float:
    """Σ max(0, ‖e - C‖ - δ) in px, for embeddings [2, P] and a centre [2] in units of 1024 px, δ in px."""
    total = 0.0
    for x, y in embedding.T:
        distance = 1024 * math.sqrt((x - centre[0]) ** 2 + (y - centre[1]) ** 2)
        total += max(0.0, distance - delta)
    return total


def sunflower(x: float, y: float, spread: float, pixels: int) -> np.ndarray:
    """Embeddings [2, P] that fill a disc of radius ``spread`` evenly, in px."""
    points = []
    for i in range(pixels):
        radius, angle = spread * math.sqrt((i + 0.5) / pixels), i * math.pi * (3 - math.sqrt(5))
        points.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
    return np.array(points).T


def iou_at(scene: list[Any], delta: float) -> list[float]:
    """IoU of every object (x, y, spread, pixels) with the embeddings closer than δ to its centre."""
    clouds = [sunflower(*thing) for thing in scene]
    result = []
    for k, (x, y, _, pixels) in enumerate(scene):
        inside = [int((np.hypot(c[0] - x, c[1] - y) < delta).sum()) for c in clouds]
        result.append(inside[k] / (pixels + sum(inside) - inside[k]))
    return result
