"""Shadows on the ground: what stands between ground and sun, drawn from above and softened."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float32

from lab.datasets.toyscapes.light import Light
from lab.datasets.toyscapes.texture import look_up
from lab.datasets.toyscapes.things import Thing

CELL = 8  # map cells a metre
LEFT, BACK, WIDTH, DEPTH = -36.0, -8.0, 72.0, 136.0  # metres
NEAR_DETAIL = 25.0  # metres; up to here a thin thing's shadow is drawn face by face, beyond it as one hull
LONGEST = 2.4  # metres of shadow a metre of height; a lower sun would black out the street


@dataclass(frozen=True)
class ShadowMap:
    """Seen from above, 1 cell = 1/CELL m.

    Attributes:
        solid: sun taken by houses and trees.
        sun: sun taken by anything.
        contact: sky taken by what stands close to the ground.
    """

    solid: Float32[np.ndarray, "Z X"]
    sun: Float32[np.ndarray, "Z X"]
    contact: Float32[np.ndarray, "Z X"]


def _cells(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    return np.rint(np.stack([(x - LEFT) * CELL, (z - BACK) * CELL], axis=-1) * 16).astype(np.int32)


def _hull(canvas: np.ndarray, cells: np.ndarray) -> None:
    cv2.fillConvexPoly(canvas, cv2.convexHull(cells.reshape(-1, 1, 2)), 255, cv2.LINE_8, 4)


def cast(things: list[Thing], light: Light) -> ShadowMap:
    """The shadow maps of a street."""
    shape = (int(DEPTH * CELL), int(WIDTH * CELL))
    solid, sun, contact = (np.zeros(shape, np.uint8) for _ in range(3))
    slope = light.to_sun[[0, 2]] / max(light.to_sun[1], 1e-3)
    slope *= min(1.0, LONGEST / max(float(np.hypot(*slope)), 1e-6))
    for thing in things:
        faces = thing.mesh.faces
        if faces[..., 2].min() > BACK + DEPTH:
            continue
        x, z = (faces[..., axis] - faces[..., 1] * slope[k] for k, axis in enumerate((0, 2)))
        cells = _cells(x, z)
        if faces[..., 2].mean() < NEAR_DETAIL and not thing.solid:
            for face in cells:
                cv2.fillConvexPoly(sun, face, 255, cv2.LINE_8, 4)
        else:
            _hull(solid if thing.solid else sun, cells)
        foot = faces[faces[..., 1] < 0.5]
        if len(foot) >= 3:
            _hull(contact, _cells(foot[:, 0], foot[:, 2]))
    hard = [
        cv2.GaussianBlur(m, (0, 0), s).astype(np.float32) / 255 for m, s in ((solid, 2.0), (sun, 1.0), (contact, 2.6))
    ]
    return ShadowMap(hard[0], np.maximum(hard[0], hard[1]), hard[2])


def shadow_at(
    shadow: Float32[np.ndarray, "Z X"], x: Float[np.ndarray, "..."], z: Float[np.ndarray, "..."]
) -> Float32[np.ndarray, "..."]:
    """The map at ground points in metres; 0 outside."""
    return look_up(shadow, (x - LEFT) * CELL, (z - BACK) * CELL, cv2.BORDER_CONSTANT)
