"""Faces to pixels: projection, near clipping and a depth buffer, one convex polygon at a time."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float32, Int, Int32

from lab.datasets.toyscapes.camera import NEAR, Camera

SHIFT = 4  # sub-pixel bits of the polygons' corners


@dataclass(frozen=True)
class Buffers:
    """What each pixel sees.

    Attributes:
        inverse_depth: 1/metres along the camera's axis, 0 where there is nothing.
        face: 0 for nothing, else 1 + the face's number.
    """

    inverse_depth: Float32[np.ndarray, "H W"]
    face: Int32[np.ndarray, "H W"]


@dataclass(frozen=True)
class Polygons:
    """Faces on the picture plane.

    Attributes:
        corners: columns and rows with `SHIFT` fractional bits, relative to the polygon's own box.
        plane: inverse depth as a·column + b·row + c.
        span: least and greatest inverse depth of the corners.
        box: left, top, right, bottom, right and bottom not included.
        number: the face's number.
    """

    corners: list[Int32[np.ndarray, "n 2"]]
    plane: Float[np.ndarray, "F 3"]
    span: Float[np.ndarray, "F 2"]
    box: Int[np.ndarray, "F 4"]
    number: Int[np.ndarray, " F"]


def clip_near(face: Float[np.ndarray, "4 3"]) -> Float[np.ndarray, "n 3"]:
    """The part of a face (camera coordinates) beyond the near plane: 0 to 5 corners."""
    kept = []
    for here, there in zip(face, np.roll(face, -1, axis=0), strict=True):
        if here[2] >= NEAR:
            kept.append(here)
        if (here[2] >= NEAR) != (there[2] >= NEAR):
            share = (NEAR - here[2]) / (there[2] - here[2])
            kept.append(here + share * (there - here))
    return np.asarray(kept).reshape(-1, 3)


def depth_planes(
    view: Float[np.ndarray, "F 4 3"], normal: Float[np.ndarray, "F 3"], focal: float, height: int, width: int
) -> Float[np.ndarray, "F 3"]:
    """Inverse depth is linear on the picture plane: n·p = d and p = depth·ray give 1/depth = n·ray/d."""
    distance = (view.mean(axis=1) * normal).sum(axis=1)
    scaled = normal / np.where(np.abs(distance) < 1e-9, 1e-9, distance)[:, None]
    a, b = scaled[:, 0] / focal, -scaled[:, 1] / focal
    c = scaled[:, 2] - a * (width / 2 - 0.5) - b * (height / 2 - 0.5)
    return np.stack([a, b, c], axis=1)


def project(
    faces: Float[np.ndarray, "F 4 3"],
    normal: Float[np.ndarray, "F 3"],
    camera: Camera,
    height: int,
    width: int,
) -> Polygons:
    """Visible faces (world coordinates, metres) as polygons; those that look away or lie outside are dropped."""
    view = camera.view(faces)
    seen_normal = normal @ camera.turn().T
    facing = ((view.mean(axis=1) * seen_normal).sum(axis=1) < 0) & (view[:, :, 2].max(axis=1) > NEAR)
    chosen = np.flatnonzero(facing)
    view, seen_normal = view[chosen], seen_normal[chosen]
    focal = camera.focal * width
    plane = depth_planes(view, seen_normal, focal, height, width)
    corners = [clip_near(f) if f[:, 2].min() < NEAR else f for f in view]
    rows = [i for i, c in enumerate(corners) if len(c) >= 3]
    return _boxed(rows, corners, plane, chosen, focal, height, width)


def _boxed(
    rows: list[int],
    corners: list[np.ndarray],
    plane: np.ndarray,
    chosen: np.ndarray,
    focal: float,
    height: int,
    width: int,
) -> Polygons:
    """Perspective division and bounding boxes, cut at the picture's border."""
    counts = [len(corners[i]) for i in rows]
    points = np.concatenate([corners[i] for i in rows] or [np.zeros((0, 3))])
    start = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(int) if rows else np.zeros(0, int)
    inverse = 1.0 / points[:, 2]
    middle = np.array([width / 2 - 0.5, height / 2 - 0.5])
    flat = middle + focal * points[:, :2] * inverse[:, None] * np.array([1.0, -1.0])
    flat = np.clip(flat, -8.0 * width, 8.0 * width)
    low = np.floor(np.minimum.reduceat(flat, start)).astype(int) if rows else np.zeros((0, 2), int)
    high = np.ceil(np.maximum.reduceat(flat, start)).astype(int) + 1 if rows else np.zeros((0, 2), int)
    box = np.concatenate([np.maximum(low, 0), np.minimum(high, [width, height])], axis=1)
    owner = np.repeat(np.arange(len(rows)), counts)
    fixed = np.rint((flat - box[owner, :2]) * (1 << SHIFT)).astype(np.int32)
    inside = np.flatnonzero((box[:, 2] > box[:, 0]) & (box[:, 3] > box[:, 1]))
    pieces = np.split(fixed, start[1:]) if rows else []
    spans = np.stack([np.minimum.reduceat(inverse, start), np.maximum.reduceat(inverse, start)], 1) if rows else low
    at = np.asarray(rows, int)[inside]
    return Polygons([pieces[i] for i in inside], plane[at], spans[inside], box[inside], chosen[at])


def rasterise(polygons: Polygons, buffers: Buffers) -> None:
    """Draw `polygons` into `buffers`, in place: at each pixel the nearest face stays."""
    height, width = buffers.face.shape
    columns, lines = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    scratch = np.zeros((height, width), np.uint8)
    plane, span = polygons.plane.astype(np.float32), polygons.span.astype(np.float32)
    for i, (left, top, right, bottom) in enumerate(polygons.box.tolist()):
        mask = scratch[: bottom - top, : right - left]
        mask[:] = 0
        cv2.fillConvexPoly(mask, polygons.corners[i], 1, cv2.LINE_8, SHIFT)
        a, b, c = plane[i]
        inverse = (a * columns[left:right] + c) + b * lines[top:bottom]
        # The polygon's drawn edge reaches half a pixel beyond it, where a steep plane would run away.
        np.minimum(np.maximum(inverse, span[i, 0], out=inverse), span[i, 1], out=inverse)
        seen = buffers.inverse_depth[top:bottom, left:right]
        nearer = mask.view(bool) & (inverse > seen)
        np.copyto(seen, inverse, where=nearer)
        np.copyto(buffers.face[top:bottom, left:right], np.int32(polygons.number[i] + 1), where=nearer)
