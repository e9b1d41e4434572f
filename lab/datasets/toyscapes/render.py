"""A furnished street to a picture and its label images."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Int, Int32, UInt8

from lab.datasets.toyscapes import labels
from lab.datasets.toyscapes.camera import Camera
from lab.datasets.toyscapes.ground import ground_labels
from lab.datasets.toyscapes.mesh import Material, Mesh, join, normals
from lab.datasets.toyscapes.raster import Buffers, Polygons, project, rasterise
from lab.datasets.toyscapes.shade import Look, facade_colours, face_colours, ground_colours, haze, sky
from lab.datasets.toyscapes.shadows import shadow_at
from lab.datasets.toyscapes.texture import sample
from lab.datasets.toyscapes.things import Thing

Flat = Float32[np.ndarray, " P"]
SUPERSAMPLING = 2  # samples per pixel and axis: edges have five grey levels
SPOKES_COVER = 0.4  # share of the wheel's disc that its spokes hide


@dataclass(frozen=True)
class View:
    """Geometry as the camera sees it, at the supersampled size.

    Attributes:
        shape: all faces.
        owner: the thing that each face belongs to.
        normal: unit normals.
        solid: nearest opaque faces.
        veil: nearest see-through faces before them.
    """

    shape: Mesh
    owner: Int[np.ndarray, " F"]
    normal: np.ndarray
    solid: Buffers
    veil: Buffers


def look_at(things: list[Thing], camera: Camera, height: int, width: int) -> View:
    """Rasterise all things."""
    shape = join([t.mesh for t in things])
    owner = np.repeat(np.arange(len(things)), [len(t.mesh.faces) for t in things])
    normal = normals(shape.faces)
    solid = Buffers(np.zeros((height, width), np.float32), np.zeros((height, width), np.int32))
    clear = shape.material == Material.SPOKES
    rasterise(_subset(shape, normal, ~clear, camera, height, width), solid)
    veil = Buffers(solid.inverse_depth.copy(), np.zeros((height, width), np.int32))
    rasterise(_subset(shape, normal, clear, camera, height, width), veil)
    return View(shape, owner, normal, solid, veil)


def _subset(shape: Mesh, normal: np.ndarray, chosen: np.ndarray, camera: Camera, height: int, width: int) -> Polygons:
    """Project only the `chosen` faces, numbered as in the whole."""
    rows = np.flatnonzero(chosen)
    found = project(shape.faces[rows], normal[rows], camera, height, width)
    return Polygons(found.corners, found.plane, found.span, found.box, rows[found.number])


def ground_hit(
    rays: Float32[np.ndarray, "H W 3"], bare: Bool[np.ndarray, "H W"], camera: Camera
) -> tuple[Bool[np.ndarray, "H W"], Flat, Flat, Flat]:
    """Where rays that meet no face meet the ground -> mask [H, W], depth, x, z (each [P], metres)."""
    hit = bare & (rays[..., 1] < -1e-3)
    way = rays[hit]
    depth = -camera.height / way[:, 1]
    return hit, depth, camera.x + way[:, 0] * depth, way[:, 2] * depth


def colours(view: View, things: list[Thing], look: Look, camera: Camera) -> Float32[np.ndarray, "H W 3"]:
    """Linear light of every sample."""
    height, width = view.solid.face.shape
    rays = camera.rays(height, width)
    pixel = np.float32(1.0 / (camera.focal * width))
    per_face = _lit_faces(view, things, look, camera)
    faces = view.solid.face
    out = np.zeros((height, width, 3), np.float32)
    drawn = faces > 0
    rows, depth, way = faces[drawn] - 1, 1.0 / view.solid.inverse_depth[drawn], rays[drawn]
    out[drawn] = haze(look.light, _faces(view, things, look, camera, per_face, rows, depth, way, pixel), depth)
    hit, depth, x, z = ground_hit(rays, ~drawn, camera)
    out[hit] = haze(look.light, ground_colours(look, x, z, depth * pixel, camera.height), depth)
    above = ~drawn & ~hit
    out[above] = sky(look.light, rays[above], look.smooth)
    veil = view.veil.face > 0
    spokes = haze(look.light, per_face[view.veil.face[veil] - 1], 1.0 / view.veil.inverse_depth[veil])
    out[veil] += SPOKES_COVER * (spokes - out[veil])
    return out


def _lit_faces(view: View, things: list[Thing], look: Look, camera: Camera) -> Float32[np.ndarray, "F 3"]:
    """Every face's colour, things in the shade of houses or trees dimmed as a whole."""
    middle = np.stack([t.mesh.faces.mean(axis=(0, 1)) for t in things])
    shaded = shadow_at(look.shadows.solid, middle[:, 0], middle[:, 2])
    shaded = np.where([t.solid for t in things], 0.0, shaded)
    return face_colours(view.shape, view.normal, shaded[view.owner], camera, look.light)


def _faces(
    view: View,
    things: list[Thing],
    look: Look,
    camera: Camera,
    per_face: np.ndarray,
    rows: np.ndarray,
    depth: np.ndarray,
    way: np.ndarray,
    pixel: np.float32,
) -> np.ndarray:
    """Colours of face samples, with what varies inside a face: windows, leaves, the dark near the ground."""
    points = way * depth[:, None] + np.array([camera.x, camera.height, 0.0], np.float32)
    colour = per_face[rows]
    counted = np.array([t.counted for t in things])[view.owner[rows]]
    colour = colour * np.where(counted, 0.6 + 0.4 * np.clip(points[:, 1] / 0.55, 0, 1), 1.0)[:, None].astype(np.float32)
    leaves = view.shape.material[rows] == Material.FOLIAGE
    p = points[leaves]
    rough = sample(look.rough, (p[:, 0] + p[:, 2]) / 3.1, (p[:, 1] + 0.3 * p[:, 2]) / 3.1)
    colour[leaves] *= (1 + 0.22 * np.clip(rough, -2, 2))[:, None]
    walls = view.shape.material[rows] == Material.FACADE
    colour[walls] = facade_colours(
        look, view.shape, view.normal, rows[walls], points[walls], depth[walls] * pixel, way[walls]
    )
    return colour


def shrink(colour: Float32[np.ndarray, "H2 W2 3"]) -> Float32[np.ndarray, "H W 3"]:
    """Average the samples of each pixel; lamps are cut at a value that the film shows as white anyway."""
    height, width = (n // SUPERSAMPLING for n in colour.shape[:2])
    return cv2.resize(np.minimum(colour, 12.0), (width, height), interpolation=cv2.INTER_AREA)


def label_images(
    view: View, things: list[Thing], look: Look, camera: Camera
) -> tuple[UInt8[np.ndarray, "H W"], Int32[np.ndarray, "H W"]]:
    """Label ids, and 1 + the number of the thing (0 where there is none), one sample per pixel."""
    step = slice(SUPERSAMPLING // 2, None, SUPERSAMPLING)
    face = np.where(view.veil.face > 0, view.veil.face, view.solid.face)[step, step]
    rays = camera.rays(*view.solid.face.shape)[step, step]
    kinds = np.full(face.shape, labels.SKY, np.uint8)
    hit, _, x, z = ground_hit(rays, face == 0, camera)
    kinds[hit] = ground_labels(look.street, x, z)
    thing = np.where(face > 0, view.owner[np.maximum(face - 1, 0)] + 1, 0).astype(np.int32)
    names = np.array([0] + [t.label for t in things], np.uint8)
    return np.where(thing > 0, names[thing], kinds), thing
