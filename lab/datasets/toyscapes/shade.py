"""Light on faces, ground and sky, and the haze between them and the camera."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int

from lab.datasets.toyscapes.camera import Camera
from lab.datasets.toyscapes.facade import Facade, Wall, paint_facade, wall_light
from lab.datasets.toyscapes.ground import ground_albedo
from lab.datasets.toyscapes.light import Light, ambient, linear
from lab.datasets.toyscapes.mesh import Material, Mesh
from lab.datasets.toyscapes.shadows import ShadowMap, shadow_at
from lab.datasets.toyscapes.street import Street
from lab.datasets.toyscapes.texture import sample

UP = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True)
class Look:
    """Everything that decides colours, apart from geometry."""

    light: Light
    street: Street
    styles: list[Facade]
    shadows: ShadowMap
    rough: Float32[np.ndarray, "256 256"]
    smooth: Float32[np.ndarray, "256 256"]
    worn: float
    slabs: Float[np.ndarray, "3"]


def sky(light: Light, rays: np.ndarray, clouds: np.ndarray) -> Float32[np.ndarray, "P 3"]:
    """The sky's colour along `rays` [P, 3]."""
    way = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    up = np.clip(way[:, 1], 0, 1)
    colour = light.horizon + (light.zenith - light.horizon) * np.power(np.clip(up / 0.55, 0, 1), 0.7)[:, None]
    plane = (way[:, [0, 2]] / (up + 0.12)[:, None]).astype(np.float32)
    cover = sample(clouds, plane[:, 0] * 0.09, plane[:, 1] * 0.09) + (light.clouds - 0.5) * 3.2
    share = (np.clip(0.5 + 0.5 * cover, 0, 1) * np.clip(up * 9, 0.15, 0.85))[:, None]
    white = 0.85 * light.horizon + 0.16 * light.sun + 0.05
    relief = (1.0 - 0.12 * np.clip(cover, -1, 1.5))[:, None]
    colour = colour * (1 - share) + white * relief * share
    glow = np.clip(way @ light.to_sun, 0, 1)[:, None]
    return (colour + light.sun * (0.25 * glow**24 + 1.2 * glow**400)).astype(np.float32)


def mirrored(light: Light, way: Float[np.ndarray, "P 3"]) -> Float[np.ndarray, "P 3"]:
    """What a smooth surface mirrors in direction `way`: ground, house fronts, sky."""
    up = way[:, 1:2]
    heaven = light.horizon + (light.zenith - light.horizon) * np.clip(up, 0, 1) ** 0.7
    street = 0.3 * light.horizon
    return np.where(up < 0.0, 0.5 * street, np.where(up < 0.3, street + (heaven - street) * (up / 0.3) ** 2, heaven))


def face_colours(
    shape: Mesh, normal: Float[np.ndarray, "F 3"], shaded: Float[np.ndarray, " F"], camera: Camera, light: Light
) -> Float32[np.ndarray, "F 3"]:
    """Linear colour of every face; `shaded` (0..1) is the sun's share that houses and trees take away."""
    albedo = linear(shape.albedo)
    sun = (np.maximum(normal @ light.to_sun, 0) * (1 - shaded))[:, None] * light.sun
    colour = albedo * (ambient(light, normal[:, 1]) + sun)
    way = shape.faces.mean(axis=1) - np.array([camera.x, camera.height, 0.0])
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    facing = np.clip(-(way * normal).sum(axis=1), 0, 1)[:, None]
    bounce = way + 2 * facing * normal
    sheen = mirrored(light, bounce)
    spark = np.clip(bounce @ light.to_sun, 0, 1)[:, None] ** 24 * light.sun * (1 - shaded)[:, None]
    fresnel = (1 - facing) ** 4
    colour = np.where(_is(shape, Material.PAINT), colour + (0.05 + 0.4 * fresnel) * sheen + 0.35 * spark, colour)
    pane = 0.4 * colour + (0.1 + 0.65 * fresnel) * sheen + 0.8 * spark
    colour = np.where(_is(shape, Material.GLASS), pane, colour)
    lamp = colour + albedo * (0.1 + 3.0 * light.lamps)
    return np.where(_is(shape, Material.LAMP), lamp, colour).astype(np.float32)


def _is(shape: Mesh, material: Material) -> np.ndarray:
    return (shape.material == material)[:, None]


def ground_colours(look: Look, x: np.ndarray, z: np.ndarray, pixel: np.ndarray, height: float) -> np.ndarray:
    """Linear colour of ground points; `pixel` is a pixel's size across the ray at that depth, metres."""
    deep = pixel * np.maximum(z, 1.0) / height
    albedo = ground_albedo(look.street, x, z, pixel, deep, look.rough, look.worn, look.slabs)
    light = look.light
    sun = light.sun * max(float(light.to_sun[1]), 0.0)
    lit = (1 - shadow_at(look.shadows.sun, x, z))[:, None]
    open_ = (1 - 0.62 * shadow_at(look.shadows.contact, x, z))[:, None]
    return albedo * (ambient(light, UP[None, 1]) * open_ + sun * lit * open_)


def haze(light: Light, colour: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """`colour` [P, 3] seen through `depth` [P] metres of air."""
    share = (1 - np.exp(-depth / light.haze))[:, None].astype(np.float32)
    return colour * (1 - share) + light.horizon.astype(np.float32) * share


def facade_colours(
    look: Look,
    shape: Mesh,
    normal: np.ndarray,
    rows: Int[np.ndarray, " P"],
    points: np.ndarray,
    pixel: np.ndarray,
    way: np.ndarray,
) -> np.ndarray:
    """Linear colour of house-front pixels; `rows` are their faces, `points` [P, 3] their places."""
    across = np.cross(UP, normal)
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
    extent = np.einsum("fkd,fd->fk", shape.faces, across)
    start, length = extent.min(axis=1), np.ptp(extent, axis=1)
    top = np.maximum(shape.faces[..., 1].max(axis=1), 4.5)
    along = (points * across[rows]).sum(axis=1) - start[rows]
    way = way / np.linalg.norm(way, axis=1, keepdims=True)
    facing = np.clip(-(way * normal[rows]).sum(axis=1), 0.05, 1)
    shine = mirrored(look.light, way + 2 * facing[:, None] * normal[rows])
    wall = Wall(shape.style[rows], along, length[rows], points[:, 1], top[rows], pixel / facing, shine)
    albedo, own = paint_facade(look.styles, wall, look.light)
    grime = 1 + 0.05 * sample(look.smooth, (along / 23).astype(np.float32), (points[:, 1] / 17).astype(np.float32))
    low = 0.72 + 0.28 * np.clip(points[:, 1] / 2.5, 0, 1)
    return albedo * (grime * low)[:, None] * wall_light(look.light, normal)[rows] + own
