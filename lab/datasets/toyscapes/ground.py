"""The ground: carriageway, pavements, markings, tracks, painted where rays meet the plane y = 0."""

from itertools import pairwise

import numpy as np
from jaxtyping import Float, Float32, UInt8

from lab.datasets.toyscapes import labels
from lab.datasets.toyscapes.light import linear
from lab.datasets.toyscapes.street import LANE, PARKING, Street
from lab.datasets.toyscapes.texture import sample

Flat = Float32[np.ndarray, " P"]


def on_road(street: Street, x: Flat, z: Flat) -> np.ndarray:
    """Is a ground point on a carriageway?"""
    road = np.abs(x) < street.half
    if street.crossing:
        road |= np.abs(z - street.crossing[0]) < street.crossing[1]
    return road


def ground_labels(street: Street, x: Flat, z: Flat) -> UInt8[np.ndarray, " P"]:
    """Road, sidewalk, and terrain behind the building line."""
    paved = (x > -street.half - street.pavement[0]) & (x < street.half + street.pavement[1])
    if street.crossing:
        paved |= np.abs(z - street.crossing[0]) < street.crossing[1] + 3
    out = np.where(paved, labels.SIDEWALK, labels.TERRAIN)
    return np.where(on_road(street, x, z), labels.ROAD, out).astype(np.uint8)


def _stripe(distance: np.ndarray, width: float, pixel: np.ndarray) -> np.ndarray:
    """Coverage 0..1 of a stripe `width` wide about distance 0, box-filtered over a pixel's size."""
    half = width / 2
    soft = np.maximum(pixel, 0.02)
    return np.clip((half - np.abs(distance)) / soft + 0.5, 0, 1) * np.minimum(1.0, width / soft)


def markings(street: Street, x: Flat, z: Flat, px: Flat, pz: Flat) -> np.ndarray:
    """White paint, 0..1: lane lines, parking bays, zebras; px and pz are a pixel's size in metres."""
    paint = np.zeros_like(x)
    dashed = np.where(pz < 4, np.mod(z, 9.0) < 4.0, 0.45)
    middles = sorted(m for m, _ in street.lanes)
    for a, b in pairwise(middles):
        if b - a < LANE + 0.5:
            paint = np.maximum(paint, _stripe(x - (a + b) / 2, 0.13, px) * dashed)
    for side, parks in zip((-1, 1), street.parking, strict=True):
        if parks:
            paint = np.maximum(paint, _stripe(x - side * (street.half - PARKING), 0.1, px))
    paint = paint * (1.0 - _zone(street, z))
    for start in street.zebras:
        bars = np.where(px < 0.5, np.mod(x, 1.0) < 0.5, 0.5) * (np.abs(z - start - 1.75) < 1.75)
        paint = np.maximum(paint, bars * (np.abs(x) < street.half - 0.3))
    return paint * (np.abs(x) < street.half)


def _zone(street: Street, z: np.ndarray) -> np.ndarray:
    """1 where the crossing street or a zebra interrupts the markings."""
    zone = np.zeros_like(z)
    if street.crossing:
        zone = np.maximum(zone, np.abs(z - street.crossing[0]) < street.crossing[1])
    for start in street.zebras:
        zone = np.maximum(zone, np.abs(z - start - 1.75) < 2.3)
    return zone


def ground_albedo(
    street: Street, x: Flat, z: Flat, px: Flat, pz: Flat, texture: np.ndarray, worn: float, tint: np.ndarray
) -> Float[np.ndarray, "P 3"]:
    """Linear albedo of ground points; `worn` (0..1) says how pale road and markings are, `tint` [3] colours slabs."""
    road = on_road(street, x, z)
    grain = sample(texture, x / 9.0, z / 9.0) * np.clip(1.2 - pz / 3.0, 0, 1)
    stains = sample(texture, x / 70.0, z / 140.0)
    asphalt = 0.06 + 0.07 * worn + 0.006 * grain + 0.008 * stains
    if street.paving:
        joint = np.where((np.mod(x, 0.3) < 0.05) | (np.mod(z + 0.2 * np.floor(x / 0.3), 0.4) < 0.05), 0.6, 1.0)
        asphalt = asphalt * 1.25 * np.where(pz < 0.25, joint, 0.87)
    tread = sum(np.exp(-(((x - m - s) / 0.35) ** 2)) for m, _ in street.lanes for s in (-0.8, 0.8))
    asphalt = asphalt * (1 - 0.14 * tread)
    grey = asphalt[:, None] * np.array([1.0, 0.99, 0.97])
    paint = (markings(street, x, z, px, pz) * (0.9 - 0.35 * worn) * (1 + 0.1 * grain))[:, None]
    grey = grey * (1 - paint) + 0.55 * paint
    grey = _tracks(street, grey, x, px)
    slab = 0.2 + 0.012 * grain + 0.01 * stains
    seam = (np.mod(x, 0.6) < 0.03) | (np.mod(z, 0.9) < 0.03)
    slab = slab * np.where(pz < 0.12, np.where(seam, 0.75, 1.0), 0.96)
    beside = slab[:, None] * tint
    kerb = _stripe(np.abs(x) - street.half - 0.09, 0.2, px) * (1.0 - _in_mouth(street, z))
    beside = beside * (1 - kerb[:, None]) + 0.33 * kerb[:, None]
    grass = (0.5 + 0.06 * grain)[:, None] * linear(np.array([0.36, 0.45, 0.22]))
    kind = ground_labels(street, x, z)
    out = np.where((kind == labels.TERRAIN)[:, None], grass, beside)
    return np.where(road[:, None], grey, out)


def _in_mouth(street: Street, z: np.ndarray) -> np.ndarray:
    if not street.crossing:
        return np.zeros_like(z)
    return (np.abs(z - street.crossing[0]) < street.crossing[1]).astype(z.dtype)


def _tracks(street: Street, albedo: np.ndarray, x: np.ndarray, px: np.ndarray) -> np.ndarray:
    """Tram rails in their paler bed."""
    for middle, _ in street.tracks:
        bed = (_stripe(x - middle, 2.7, px) * 0.5)[:, None]
        albedo = albedo * (1 - bed) + bed * np.array([0.16, 0.15, 0.14])
        for rail in (-0.72, 0.72):
            steel = (_stripe(x - middle - rail, 0.11, px) * 0.85)[:, None]
            albedo = albedo * (1 - steel) + steel * 0.03
    return albedo
