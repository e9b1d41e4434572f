"""Trucks, buses and trams."""

import numpy as np

from lab.datasets.toyscapes import palette
from lab.datasets.toyscapes.cars import ends, lamps, panes, plate, upright, wheels
from lab.datasets.toyscapes.mesh import Colour, Material, Mesh, box, inset, join, limb, mesh, slab


def _sides(shell: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """The right and left flank of a slab, each wound outwards with its first edge at the bottom."""
    flat = shell.faces
    middles = flat.mean(axis=1)[:, 0]
    return upright(flat[int(np.argmax(middles))]), upright(flat[int(np.argmin(middles))])


def truck_cab(half: float, z0: float, z1: float, height: float, paint: Colour) -> Mesh:
    """A driver's cab between z0 and z1 with windscreen, side windows and lamps."""
    shell = slab((half, 0.55, height), (0.96 * half, 0.5, height - 0.25), z0, z1, paint)
    front = ends(0.96 * half, z1 + 0.002, 0.5, height - 0.25)
    glass = [panes(front, [(0.06, 0.94)], (0.5, 0.93))]
    glass += [panes(side, [(0.25, 0.8)], (0.52, 0.9)) for side in _sides(shell)]
    grille = mesh(inset(front, (0.2, 0.8), (0.18, 0.42), 0.01)[None], palette.DARK)
    bumper = slab((half, 0.35, 0.62), (half, 0.35, 0.62), z1 - 0.4, z1 + 0.06, palette.DARK)
    mirrors = [box((0.12, 0.5, 0.1), (s * (half + 0.18), 0.72 * height, z1 - 0.2), palette.DARK) for s in (-1, 1)]
    return join([shell, *glass, grille, bumper, lamps(front, palette.HEADLAMP, (0.06, 0.16)), *mirrors])


def cargo(rng: np.random.Generator, half: float, z0: float, z1: float) -> Mesh:
    """What the truck carries: a box, a tank, a tipper's tub or a curtain-sided body."""
    kind = rng.choice(["box", "tank", "tipper", "curtain"], p=[0.45, 0.15, 0.2, 0.2])
    paint = palette.pick(rng, palette.LORRY_PAINT)
    top = rng.uniform(3.0, 3.7)
    if kind == "tank":
        shell = limb((0, 2.0, z0), (0, 2.0, z1), (half, 1.05), (half, 1.05), paint, 12, Material.PAINT)
        return join([shell, box((2 * half, 0.2, z1 - z0), (0, 1.0, (z0 + z1) / 2), palette.STEEL)])
    if kind == "tipper":
        tub = slab((half, 1.1, 2.5), (half, 1.1, 2.7), z0, z1, paint)
        ribs = [
            box((2 * half + 0.1, 1.4, 0.12), (0, 1.8, z), palette.shade(paint, 0.75))
            for z in np.linspace(z0 + 0.3, z1 - 0.3, 6)
        ]
        load = limb((0, 2.3, z0 + 0.2), (0, 3.1, (z0 + z1) / 2), (0.9 * half, 1.6), 0.3, (0.45, 0.38, 0.3), 8)
        return join([tub, *ribs, load])
    shell = slab((half, 1.0, top), (half, 1.0, top), z0, z1, paint)
    band = palette.pick(rng, palette.TRANSIT_PAINT)
    v = (0.2, 0.5) if rng.random() < 0.5 else (0.62, 0.85)
    stripes = mesh(np.stack([inset(s, (0.04, 0.96), v) for s in _sides(shell)]), band)
    if kind == "box":
        return join([shell, stripes])
    folds = [
        box((2 * half + 0.04, top - 1.2, 0.05), (0, (top + 1.0) / 2, z), palette.shade(paint, 0.8))
        for z in np.arange(z0 + 0.5, z1, 0.9)
    ]
    return join([shell, *folds])


def truck(rng: np.random.Generator) -> tuple[Mesh, float, float]:
    """A truck that looks along +z -> mesh, length, width (metres)."""
    length, half = float(rng.uniform(6.2, 9.5)), float(rng.uniform(1.1, 1.25))
    end, cab = length / 2, float(rng.uniform(1.7, 2.2))
    paint = palette.pick(rng, palette.LORRY_PAINT)
    chassis = box((1.7 * half, 0.35, length - 0.4), (0, 0.8, 0), palette.DARK)
    rear = ends(half, -end - 0.004, 0.55, 1.05)
    bar = slab((half, 0.5, 0.68), (half, 0.5, 0.68), -end - 0.02, -end + 0.1, palette.DARK)
    axles = (-0.34 * length, -0.34 * length + 1.15, end - 1.2) if length > 8 else (-0.3 * length, end - 1.2)
    parts = [
        truck_cab(half, end - cab, end, float(rng.uniform(2.5, 2.95)), paint),
        cargo(rng, half, -end, end - cab - 0.15),
        chassis,
        bar,
        lamps(rear, palette.TAILLAMP, (0.3, 0.75), 0.15),
        plate(rear, (0.25, 0.55)),
        wheels(half, axles, 0.48, 0.32),
    ]
    if rng.random() < 0.6:
        door = ends(half, -end - 0.003, 1.05, 2.95)
        lines = [inset(door, (0.49, 0.51), (0.02, 0.95), 0.012), inset(door, (0.3, 0.32), (0.05, 0.9), 0.012)]
        parts.append(mesh(np.stack(lines), palette.DARK))
    return join(parts), length, 2 * half


def _window_band(face: np.ndarray, count: int, v: tuple[float, float], gap: float = 0.12) -> Mesh:
    """A row of `count` windows along a flank."""
    edges = np.linspace(0.03, 0.97, count + 1)
    step = edges[1] - edges[0]
    return panes(face, [(float(e), float(e + step * (1 - gap))) for e in edges[:-1]], v)


def bus(rng: np.random.Generator) -> tuple[Mesh, float, float]:
    """A bus that looks along +z, sometimes a double-decker -> mesh, length, width (metres)."""
    double = rng.random() < 0.2
    length = float(rng.uniform(10.0, 12.2)) if not double else 10.5
    half, end, top = 1.27, length / 2, 4.2 if double else float(rng.uniform(2.95, 3.2))
    paint = palette.pick(rng, palette.TRANSIT_PAINT)
    skirt = palette.shade(paint, 0.55) if rng.random() < 0.5 else palette.pick(rng, palette.TRANSIT_PAINT)
    shell = slab((half, 0.3, top), (half, 0.3, top - 0.05), -end, end, paint)
    right, left = _sides(shell)
    decks = [(0.24, 0.44), (0.6, 0.86)] if double else [(0.36, 0.82)]
    bands = [_window_band(side, int(length / 1.5), v) for side in (right, left) for v in decks]
    skirts = mesh(np.stack([inset(s, (0.0, 1.0), (0.0, 0.14)) for s in (right, left)]), skirt)
    front, rear = ends(half, end + 0.002, 0.3, top - 0.05), ends(half, -end - 0.002, 0.3, top)
    screens = [panes(front, [(0.05, 0.95)], (0.24, 0.5 if double else 0.8)), panes(rear, [(0.12, 0.88)], (0.5, 0.8))]
    if double:
        screens.append(panes(front, [(0.05, 0.95)], (0.62, 0.9)))
    sign = mesh(
        inset(front, (0.2, 0.8), (0.52, 0.59) if double else (0.84, 0.95), 0.015)[None],
        (0.95, 0.65, 0.15),
        Material.LAMP,
    )
    doors = [panes(right, [(0.86, 0.93)], (0.05, 0.8)), panes(right, [(0.5, 0.57)], (0.05, 0.8))]
    parts = [
        shell, *bands, skirts, *screens, sign, *([] if double else doors),
        lamps(front, palette.HEADLAMP, (0.06, 0.15), 0.22), lamps(rear, palette.TAILLAMP, (0.1, 0.28), 0.12),
        plate(rear, (0.05, 0.12)), wheels(half + 0.01, (-0.27 * length, 0.27 * length), 0.48, 0.3),
        box((1.6, 0.25, 2.5), (0, top + 0.1, -1.0), palette.shade(paint, 0.8)),
    ]  # fmt: skip
    return join(parts), length, 2 * half


def tram(rng: np.random.Generator) -> tuple[Mesh, float, float]:
    """A tram of two or three cars that looks along +z -> mesh, length, width (metres)."""
    count, each, half, top = int(rng.integers(2, 4)), float(rng.uniform(8.0, 10.0)), 1.2, 3.3
    length = count * each
    paint = palette.pick(rng, palette.TRANSIT_PAINT)
    second = palette.pick(rng, ((0.9, 0.9, 0.86), (0.3, 0.32, 0.34), (0.85, 0.8, 0.65)))
    parts = []
    for i in range(count):
        z0 = -length / 2 + i * each
        back = (0.8 * half, 0.35, top - 0.15) if i == 0 else (half, 0.3, top)
        front = (0.8 * half, 0.35, top - 0.15) if i == count - 1 else (half, 0.3, top)
        parts += _tram_car(z0, each, half, top, back, front, paint, second)
    pole = [limb((0, top, 0.5), (0, top + 0.7, -0.4), 0.04, 0.04, palette.DARK, 4),
            limb((0, top + 0.7, -0.4), (0, top + 1.4, 0.4), 0.04, 0.04, palette.DARK, 4),
            box((1.4, 0.06, 0.1), (0, top + 1.42, 0.4), palette.DARK)]  # fmt: skip
    z = length / 2 + 0.002
    nose, tail = ends(0.8 * half, z, 0.35, top - 0.15), ends(0.8 * half, -z, 0.35, top - 0.15)
    for face, colour in ((nose, palette.HEADLAMP), (tail, palette.TAILLAMP)):
        parts += [panes(face, [(0.06, 0.94)], (0.4, 0.86)), lamps(face, colour, (0.14, 0.26), 0.22)]
        parts.append(mesh(inset(face, (0.25, 0.75), (0.89, 0.97), 0.015)[None], (0.95, 0.7, 0.2), Material.LAMP))
    return join([*parts, *pole]), length, 2 * half


def _tram_car(
    z0: float,
    each: float,
    half: float,
    top: float,
    back: tuple[float, float, float],
    front: tuple[float, float, float],
    paint: Colour,
    second: Colour,
) -> list[Mesh]:
    """One car of a tram, with tapered ends where `back` or `front` are narrower than the middle."""
    start, end = z0 + 0.25, z0 + each - 0.25
    ramp_back, ramp_front = (1.2 if back[0] < half else 0.1), (1.2 if front[0] < half else 0.1)
    full = (half, 0.3, top)
    middle = slab(full, full, start + ramp_back, end - ramp_front, paint)
    parts = [middle, slab(back, full, start - (0.25 if back[0] < half else 0), start + ramp_back, paint)]
    parts.append(slab(full, front, end - ramp_front, end + (0.25 if front[0] < half else 0), paint))
    for side in _sides(middle):
        parts.append(mesh(inset(side, (0.0, 1.0), (0.0, 0.34), 0.008)[None], second))
        parts.append(_window_band(side, 5, (0.42, 0.82), 0.1))
        parts.append(panes(side, [(0.44, 0.56)], (0.06, 0.84)))
    parts.append(box((1.9 * half, top - 0.5, 0.6), (0, (top + 0.2) / 2, z0 + each), palette.DARK))
    parts.append(box((2.1, 0.25, 0.5 * each), (0, top + 0.1, z0 + each / 2), palette.shade(second, 0.8)))
    parts.append(box((1.7, 0.4, each - 1.2), (0, 0.24, z0 + each / 2), palette.DARK))
    if front[0] < half:
        return [p for i, p in enumerate(parts) if i != len(parts) - 3]  # no bellows ahead of the nose
    return parts
