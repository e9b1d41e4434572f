"""Low-poly solids: quadrilaterals in metres, x to the right, y up, z forward.

Every convex solid is wound outwards, so faces that look away from the camera can be dropped; a sheet is
stored twice, once per side. A triangle is a quadrilateral whose last corner is given twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import numpy as np
from jaxtyping import Float, Int

Number = float | int
Point = tuple[Number, Number, Number]
Colour = tuple[Number, Number, Number]


class Material(IntEnum):
    """How a face answers light."""

    MATTE = 0
    PAINT = 1
    GLASS = 2
    LAMP = 3
    FACADE = 4
    FOLIAGE = 5
    SPOKES = 6


@dataclass(frozen=True)
class Mesh:
    """Faces with their looks.

    Attributes:
        faces: corners in metres.
        albedo: sRGB reflectance in 0..1.
        material: values of `Material`.
        style: number of the facade style that a FACADE face wears, else 0.
    """

    faces: Float[np.ndarray, "F 4 3"]
    albedo: Float[np.ndarray, "F 3"]
    material: Int[np.ndarray, " F"]
    style: Int[np.ndarray, " F"]


def mesh(faces: np.ndarray, colour: Colour, material: Material = Material.MATTE, style: int = 0) -> Mesh:
    """One colour and one material over all `faces`."""
    faces = np.asarray(faces, float).reshape(-1, 4, 3)
    count = len(faces)
    albedo = np.empty((count, 3))
    albedo[:] = colour
    return Mesh(faces, albedo, np.full(count, int(material)), np.full(count, style))


def join(meshes: Sequence[Mesh]) -> Mesh:
    """All faces of `meshes` as one mesh."""
    return Mesh(
        np.concatenate([m.faces for m in meshes]),
        np.concatenate([m.albedo for m in meshes]),
        np.concatenate([m.material for m in meshes]),
        np.concatenate([m.style for m in meshes]),
    )


def place(shape: Mesh, x: Number, z: Number, heading: Number = 0.0, y: Number = 0.0, scale: Number = 1.0) -> Mesh:
    """`shape` scaled, turned about the vertical by `heading` (radians, 0 looks along +z) and set down."""
    cos, sin = np.cos(heading), np.sin(heading)
    turn = np.array([[cos, 0.0, -sin], [0.0, 1.0, 0.0], [sin, 0.0, cos]])
    faces = scale * shape.faces @ turn + np.array([x, y, z])
    return Mesh(faces, shape.albedo, shape.material, shape.style)


def cross(a: Float[np.ndarray, "*n 3"], b: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
    """The cross product; np.cross takes four times as long on a solid's few faces."""
    out = np.empty_like(a)
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        out[..., i] = a[..., j] * b[..., k] - a[..., k] * b[..., j]
    return out


def normals(faces: Float[np.ndarray, "F 4 3"]) -> Float[np.ndarray, "F 3"]:
    """Unit normals by the cross product of the diagonals, which serves triangles too."""
    across = cross(faces[:, 2] - faces[:, 0], faces[:, 3] - faces[:, 1])
    return across / np.maximum(np.sqrt((across * across).sum(axis=1, keepdims=True)), 1e-12)


def outwards(faces: Float[np.ndarray, "F 4 3"]) -> Float[np.ndarray, "F 4 3"]:
    """The faces of one convex solid, each wound so that its normal looks away from the middle."""
    away = faces.mean(axis=1) - faces.mean(axis=(0, 1))
    inward = (normals(faces) * away).sum(axis=1) < 0
    return np.where(inward[:, None, None], faces[:, ::-1], faces)


# Corners 0..3 are the bottom, 4..7 the top.
BOX_CORNERS = np.array([[0, 1, 2, 3], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]])


def hexahedron(
    bottom: Float[np.ndarray, "4 3"],
    top: Float[np.ndarray, "4 3"],
    colour: Colour,
    material: Material = Material.MATTE,
) -> Mesh:
    """A solid between two quadrilaterals. Faces in order: bottom, top, then the sides by `bottom`'s edges."""
    return mesh(outwards(np.concatenate([bottom, top])[BOX_CORNERS]), colour, material)


def rectangle(x: float, z0: float, z1: float, y: float) -> np.ndarray:
    """Corners of the level rectangle -x..x by z0..z1: back left, back right, front right, front left."""
    return np.array([[-x, y, z0], [x, y, z0], [x, y, z1], [-x, y, z1]])


def box(size: Point, centre: Point, colour: Colour, material: Material = Material.MATTE) -> Mesh:
    """A box of `size` (x, y, z) about `centre`."""
    x, y, z = (s / 2 for s in size)
    bottom = rectangle(x, -z, z, -y) + np.asarray(centre)
    return hexahedron(bottom, bottom + np.array([0, 2 * y, 0]), colour, material)


def slab(back: Point, front: Point, z0: float, z1: float, colour: Colour, material: Material = Material.PAINT) -> Mesh:
    """A length of bodywork from z0 to z1; each end is (half width, lower edge, upper edge)."""

    def end(shape: Point, z: float) -> np.ndarray:
        x, low, high = shape
        return np.array([[-x, low, z], [x, low, z], [x, high, z], [-x, high, z]])

    return hexahedron(end(back, z0), end(front, z1), colour, material)


@cache
def circle(sides: int) -> Float[np.ndarray, "K 2"]:
    """Points on the unit circle."""
    angle = np.linspace(0.0, 2 * np.pi, sides, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


@cache
def tube_corners(sides: int) -> Int[np.ndarray, "F 4"]:
    """Corner numbers of a tube's walls and caps, outwards; 0..sides-1 is the start's rim, then the end's."""
    low = np.arange(sides)
    after = (low + 1) % sides
    walls = np.stack([low, after, after + sides, low + sides], axis=1)
    start, end = fan(sides)[:, ::-1], fan(sides) + sides
    return np.concatenate([walls, start, end])


@cache
def fan(sides: int) -> Int[np.ndarray, "F 4"]:
    """Corner numbers of the quadrilaterals that fill a polygon with an even number of corners."""
    first = np.arange(1, sides - 1, 2)
    return np.stack([0 * first, first, first + 1, (first + 2) % sides], axis=1)


@cache
def unit_ball(sides: int, rings: int) -> Float[np.ndarray, "F 4 3"]:
    """A ball of radius 1 in bands, wound outwards."""
    tilt, rim = np.linspace(-np.pi / 2, np.pi / 2, rings + 1), circle(sides)
    flat = np.cos(tilt)[:, None, None] * rim
    points = np.stack([flat[..., 0], np.repeat(np.sin(tilt)[:, None], sides, axis=1), flat[..., 1]], axis=2)
    ahead = np.roll(points, -1, axis=1)
    return outwards(np.stack([points[:-1], ahead[:-1], ahead[1:], points[1:]], axis=2).reshape(-1, 4, 3))


def limb(
    start: Point,
    end: Point,
    start_radius: float | tuple[float, float],
    end_radius: float | tuple[float, float],
    colour: Colour,
    sides: int = 6,
    material: Material = Material.MATTE,
) -> Mesh:
    """A tapered prism from `start` to `end`; a pair of radii is (sideways, across)."""
    p, q = np.array(start, float), np.array(end, float)
    axis = (q - p) / max(float(np.sqrt((q - p) @ (q - p))), 1e-9)
    side = np.array([1.0, 0, 0]) if abs(axis[0]) < 0.9 else np.array([0, 0, 1.0])
    side = side - axis * (side @ axis)
    side /= np.sqrt(side @ side)
    basis = np.stack([side, cross(axis, side)])
    rims = [c + (circle(sides) * r) @ basis for c, r in ((p, start_radius), (q, end_radius))]
    return mesh(np.concatenate(rims)[tube_corners(sides)], colour, material)


def ball(
    centre: Point,
    radii: Point,
    colour: Colour,
    sides: int = 8,
    rings: int = 4,
    material: Material = Material.MATTE,
) -> Mesh:
    """An ellipsoid of `rings` bands."""
    return mesh(unit_ball(sides, rings) * np.array(radii) + np.array(centre), colour, material)


def two_sided(faces: np.ndarray, colour: Colour, material: Material = Material.MATTE) -> Mesh:
    """Sheets without thickness, seen from both sides."""
    faces = np.asarray(faces, float).reshape(-1, 4, 3)
    return mesh(np.concatenate([faces, faces[:, ::-1]]), colour, material)


def wheel_points(centre: Point, radius: float, sides: int) -> Float[np.ndarray, "K 3"]:
    """Points on a wheel's rim; the axle lies along x."""
    rim = circle(sides) * radius
    return np.stack([np.zeros(sides), rim[:, 1], rim[:, 0]], axis=1) + np.asarray(centre, float)


def disc(centre: Point, radius: float, colour: Colour, sides: int = 10, material: Material = Material.MATTE) -> Mesh:
    """A round sheet whose axis lies along x."""
    return two_sided(wheel_points(centre, radius, sides)[fan(sides)], colour, material)


def inset(
    face: Float[np.ndarray, "4 3"], u: tuple[float, float], v: tuple[float, float], lift: float = 0.012
) -> Float[np.ndarray, "4 3"]:
    """A patch of `face` (u along its first edge, v along its last, both 0..1), `lift` metres before it."""

    def at(s: float, t: float) -> np.ndarray:
        return (1 - t) * ((1 - s) * face[0] + s * face[1]) + t * ((1 - s) * face[3] + s * face[2])

    corners = np.stack([at(u[0], v[0]), at(u[1], v[0]), at(u[1], v[1]), at(u[0], v[1])])
    return corners + lift * normals(face[None])[0]
