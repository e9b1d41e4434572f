"""What an ideal network would put out for a scene: offsets to where they should go, the best margins.  Pure."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from lab.embedding import MARGIN_PER_SIGMA, PIXELS_PER_UNIT, membership, sigma_to_bandwidth

MARGINS = np.geomspace(1.0, 90.0, 19)  # px, tried for either axis
APART = 10.0  # px between learned centres, at least: two margins side by side
MOST_POINTS = 800  # of the object, and of all others, that a margin is tried on
SMALL = 5.0  # px; a margin round a single place
SURE = 0.97  # highest seed score


@dataclass(frozen=True)
class Ideal:
    """Where the pixels of an ideal network point.

    Attributes:
        learned: to centres of its own choice, which keep apart; else to the objects' centroids.
        share: of the way there that an offset takes its pixel; 1 is all of it.
    """

    learned: bool = False
    share: float = 1.0


def ideal_output(labels: Int[np.ndarray, "H W"], ideal: Ideal, channels: int, classes: int) -> Float[Tensor, "C H W"]:
    """The raw output for these labels: 2 offsets, ``channels`` bandwidths, ``classes`` seed maps of which the first
    is used.

    Each object gets the best margin along the axes, and its seed map is the membership in it, as in a training
    that has reached its aim.
    """
    output = torch.zeros(2 + channels + classes, *labels.shape)
    output[2 + channels :] = torch.logit(torch.tensor(1e-4))
    y, x = np.nonzero(labels)
    owner = labels[y, x]
    place = np.stack([x, y]).astype(float)
    centres = learned_centres(labels) if ideal.learned else centroids(labels)
    if not centres:
        return output
    target = np.stack([centres[k] for k in owner.tolist()], axis=1)
    offset = ideal.share * (target - place)
    output[:2, y, x] = torch.atanh(torch.from_numpy(offset / PIXELS_PER_UNIT)).float()
    for k, centre in centres.items():
        margin = best_margin(place + offset, owner, k, centre, circle=channels == 1)
        where = y[owner == k], x[owner == k]
        sigma = torch.tensor(margin[:channels]).float() / MARGIN_PER_SIGMA
        output[2 : 2 + channels, *where] = sigma_to_bandwidth(sigma)[:, None]
        sharpness = 0.5 * (PIXELS_PER_UNIT / sigma).square()
        points = torch.from_numpy((place + offset)[:, owner == k] / PIXELS_PER_UNIT).float()
        phi = membership(points, torch.tensor(centre).float() / PIXELS_PER_UNIT, sharpness)
        output[2 + channels, *where] = torch.logit(SURE * phi, eps=1e-4)
    return output


def centroids(labels: Int[np.ndarray, "H W"]) -> dict[int, tuple[float, float]]:
    """Mean column and row of each object's pixels."""
    places = {k: np.nonzero(labels == k) for k in np.unique(labels[labels > 0]).tolist()}
    return {k: (float(columns.mean()), float(rows.mean())) for k, (rows, columns) in places.items()}


def learned_centres(labels: Int[np.ndarray, "H W"]) -> dict[int, tuple[float, float]]:
    """Centres that an object's pixels may agree on: its centroid, moved off where another one is too near.

    A learned centre is the mean of where the pixels point; so any place will do, if all agree on it.
    """
    centres = {k: np.array(c) for k, c in centroids(labels).items()}
    for _ in range(60):
        moved = False
        for a in centres:
            for b in centres:
                way = centres[b] - centres[a]
                length = float(np.hypot(*way))
                if a < b and length < APART - 1e-6:
                    step = (way / length if length > 1e-6 else np.array([1.0, 0.0])) * (APART - length) / 2
                    centres[a], centres[b], moved = centres[a] - step, centres[b] + step, True
        if not moved:
            break
    return {k: (float(x), float(y)) for k, (x, y) in centres.items()}


def best_margin(
    points: Float[np.ndarray, "2 P"], owner: Int[np.ndarray, " P"], k: int, centre: tuple[float, float], circle: bool
) -> tuple[float, float]:
    """Radii (px) of the ellipse along the axes that holds the object's points and no others, as well as can be.

    Where several are as good, the one nearest to the points' own spread, or to `SMALL`, wins.
    """
    away = np.square(points - np.array(centre)[:, None])
    own, others = (_thinned(away[:, part]) for part in (owner == k, owner != k))
    square = MARGINS[:, None] ** 2
    hits, wrong = (
        ((part[0] / square[:, None] + part[1] / square) < 1).sum(-1) * weight for part, weight in (own, others)
    )  # [x margins, y margins]
    iou = hits / ((owner == k).sum() + wrong)
    spread = np.maximum(2 * np.sqrt(away[:, owner == k].mean(1)), SMALL)
    wanted_x, wanted_y = (np.abs(np.log(MARGINS / s)) for s in spread)
    score = iou - 1e-3 * (wanted_x[:, None] + wanted_y)
    if circle:
        score = np.where(np.eye(len(MARGINS), dtype=bool), score, -1)
    at_x, at_y = np.unravel_index(score.argmax(), score.shape)
    return float(MARGINS[at_x]), float(MARGINS[at_y])


def _thinned(points: Float[np.ndarray, "2 P"]) -> tuple[Float[np.ndarray, "2 Q"], int]:
    """Every n-th, few enough to be quick, and n."""
    every = max(1, -(-points.shape[1] // MOST_POINTS))
    return points[:, ::every], every
