"""Bicycles and motorcycles, and where a rider sits, holds and stands on each."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lab.datasets.toyscapes import palette
from lab.datasets.toyscapes.mesh import (
    Colour,
    Material,
    Mesh,
    Point,
    ball,
    box,
    disc,
    join,
    limb,
    mesh,
    outwards,
    two_sided,
    wheel_points,
)


@dataclass(frozen=True)
class Seat:
    """Contact points of a rider, metres: hips, hands' height and reach, feet."""

    hips: Point
    hands: Point
    feet: tuple[Point, Point]
    lean: float


def tyre(z: float, radius: float, thickness: float, depth: float, sides: int = 12) -> Mesh:
    """A wheel's ring (outer radius, width along x, depth of the ring) with see-through spokes."""
    outer = wheel_points((0, radius, z), radius, sides)
    inner = wheel_points((0, radius, z), radius - depth, sides)
    shift = np.array([thickness / 2, 0, 0])
    after = (np.arange(sides) + 1) % sides
    ring = np.stack([outer, outer[after], inner[after], inner], axis=1)
    tread = np.stack([outer - shift, outer[after] - shift, outer[after] + shift, outer + shift], axis=1)
    spokes = disc((0, radius, z), radius - depth, (0.55, 0.56, 0.58), sides, Material.SPOKES)
    sides_ = [two_sided(ring + s, palette.RUBBER) for s in (shift, -shift)]
    return join([*sides_, mesh(outwards(tread), palette.RUBBER), spokes])


def tube(points: list[Point], radius: float, colour: Colour, material: Material = Material.PAINT) -> Mesh:
    """A bent tube through `points`."""
    return join([limb(p, q, radius, radius, colour, 4, material) for p, q in pairwise(points)])


def bicycle(rng: np.random.Generator) -> tuple[Mesh, Seat]:
    """A bicycle that looks along +z; upright, sporty or with a basket."""
    paint = palette.pick(rng, palette.CAR_PAINT)
    radius, base = 0.34, float(rng.uniform(1.0, 1.12))
    rear, front = -base / 2, base / 2
    saddle, bars = float(rng.uniform(0.9, 1.0)), float(rng.uniform(0.95, 1.12))
    crank, head = (0.0, 0.3, -0.06), (0.0, 0.86, front - 0.22)
    seat = (0.0, saddle - 0.08, rear + 0.3)
    low = rng.random() < 0.35
    parts = [
        tyre(rear, radius, 0.05, 0.055), tyre(front, radius, 0.05, 0.055),
        tube([crank, seat, (0.0, radius, rear), crank], 0.022, paint),
        tube([crank, head, (0.0, radius, front)], 0.025, paint),
        tube([(0.0, 0.55, rear + 0.26) if low else seat, head], 0.022, paint),
        tube([head, (0.0, bars, front - 0.26)], 0.02, palette.STEEL),
        tube([(-0.29, bars, front - 0.36), (0.0, bars, front - 0.26), (0.29, bars, front - 0.36)], 0.02, palette.DARK),
        box((0.16, 0.07, 0.27), (0, saddle, rear + 0.27), palette.DARK),
        disc((0.05, 0.3, -0.06), 0.1, palette.DARK, 8),
    ]  # fmt: skip
    if rng.random() < 0.4:
        parts.append(box((0.36, 0.24, 0.28), (0, 0.88, front + 0.05), (0.42, 0.32, 0.2)))
    if rng.random() < 0.5:
        parts.append(tube([(0, 0.72, rear + 0.2), (0, 0.72, rear - 0.22)], 0.05, palette.DARK))
    if rng.random() < 0.25:
        parts += [
            box((0.16, 0.34, 0.36), (s * 0.17, 0.5, rear - 0.05), palette.pick(rng, palette.CLOTHES)) for s in (-1, 1)
        ]
    swing = rng.uniform(0, np.pi)
    left, right = (
        (s * 0.1, 0.3 + s * 0.16 * float(np.sin(swing)) - 0.02, -0.06 + s * 0.16 * float(np.cos(swing)))
        for s in (-1, 1)
    )
    return join(parts), Seat((0.0, saddle + 0.08, rear + 0.27), (0.27, bars + 0.03, front - 0.38), (left, right), 0.45)


def motorcycle(rng: np.random.Generator) -> tuple[Mesh, Seat]:
    """A motorcycle or a scooter that looks along +z."""
    return scooter(rng) if rng.random() < 0.4 else roadster(rng)


def roadster(rng: np.random.Generator) -> tuple[Mesh, Seat]:
    """A motorcycle with tank, engine and exhaust."""
    paint = palette.pick(rng, palette.CAR_PAINT)
    rear, front, radius = -0.7, 0.72, 0.33
    parts = [
        tyre(rear, radius, 0.17, 0.13), tyre(front, radius, 0.13, 0.12),
        box((0.3, 0.36, 0.52), (0, 0.5, 0.02), palette.DARK),
        limb((0, 0.78, -0.25), (0, 0.86, 0.4), (0.17, 0.13), (0.13, 0.1), paint, 8, Material.PAINT),
        limb((0, 0.8, -0.85), (0, 0.77, -0.15), (0.1, 0.06), (0.15, 0.08), palette.DARK, 6),
        limb((0, 0.7, -0.98), (0, 0.72, -0.4), (0.1, 0.07), (0.13, 0.1), paint, 6, Material.PAINT),
        limb((0.16, 0.34, -0.95), (0.16, 0.38, 0.0), 0.065, 0.05, palette.STEEL, 6, Material.PAINT),
        tube([(0.09, radius, front), (0.09, 0.95, 0.38)], 0.035, palette.STEEL),
        tube([(-0.09, radius, front), (-0.09, 0.95, 0.38)], 0.035, palette.STEEL),
        tube([(0, 0.45, 0.0), (0, radius, rear)], 0.06, palette.DARK),
        tube([(-0.38, 1.03, 0.22), (0, 0.99, 0.36), (0.38, 1.03, 0.22)], 0.025, palette.DARK),
        ball((0, 0.86, 0.5), (0.11, 0.11, 0.1), palette.HEADLAMP, 8, 4, Material.LAMP),
        box((0.16, 0.06, 0.04), (0, 0.74, -1.0), palette.TAILLAMP, Material.LAMP),
        box((0.18, 0.05, 0.42), (0, 0.68, front), paint, Material.PAINT),
    ]  # fmt: skip
    feet = ((-0.22, 0.36, -0.1), (0.22, 0.36, -0.1))
    return join(parts), Seat((0.0, 0.95, -0.38), (0.36, 1.06, 0.2), feet, 0.3)


def scooter(rng: np.random.Generator) -> tuple[Mesh, Seat]:
    """A scooter with leg shield, footboard and perhaps a delivery box."""
    paint = palette.pick(rng, palette.CAR_PAINT)
    rear, front, radius = -0.58, 0.62, 0.24
    parts = [
        tyre(rear, radius, 0.12, 0.11), tyre(front, radius, 0.11, 0.1),
        limb((0, 0.45, -0.85), (0, 0.5, -0.15), (0.13, 0.13), (0.19, 0.22), paint, 8, Material.PAINT),
        box((0.26, 0.09, 0.66), (0, 0.74, -0.48), palette.DARK),
        box((0.34, 0.08, 0.55), (0, 0.26, 0.1), palette.shade(paint, 0.6)),
        limb((0, 0.28, 0.38), (0, 0.95, 0.3), (0.22, 0.06), (0.17, 0.05), paint, 6, Material.PAINT),
        tube([(0, radius, front), (0, 0.95, 0.32)], 0.04, palette.DARK),
        tube([(-0.34, 1.02, 0.2), (0, 1.0, 0.3), (0.34, 1.02, 0.2)], 0.03, palette.DARK),
        box((0.2, 0.12, 0.1), (0, 0.92, 0.38), palette.HEADLAMP, Material.LAMP),
        box((0.18, 0.07, 0.04), (0, 0.55, -0.88), palette.TAILLAMP, Material.LAMP),
        box((0.14, 0.06, 0.34), (0, 0.5, front), paint, Material.PAINT),
    ]  # fmt: skip
    if rng.random() < 0.4:
        parts.append(box((0.42, 0.4, 0.4), (0, 1.0, -0.85), palette.pick(rng, palette.TRANSIT_PAINT)))
    feet = ((-0.12, 0.32, 0.12), (0.12, 0.32, 0.12))
    return join(parts), Seat((0.0, 0.86, -0.42), (0.32, 1.05, 0.18), feet, 0.12)
