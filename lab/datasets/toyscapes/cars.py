"""Cars: hatchbacks, saloons, estates, SUVs and vans from a few slabs and patches."""

from dataclasses import dataclass

import numpy as np

from lab.datasets.toyscapes import palette
from lab.datasets.toyscapes.mesh import (
    Colour,
    Material,
    Mesh,
    disc,
    hexahedron,
    inset,
    join,
    limb,
    mesh,
    rectangle,
    slab,
)


@dataclass(frozen=True)
class Body:
    """A car body's proportions.

    Attributes:
        length, width, height: metres.
        belt: height of the lower edge of the windows.
        bonnet, boot: heights of the front and rear ends.
        cabin: the cabin's foot from rear to front, as shares of the length from the rear.
        roof: the same for the roof.
    """

    length: float
    width: float
    height: float
    belt: float
    bonnet: float
    boot: float
    cabin: tuple[float, float]
    roof: tuple[float, float]


BODIES = {
    "hatchback": Body(3.95, 1.75, 1.48, 0.93, 0.76, 0.9, (0.03, 0.76), (0.09, 0.56)),
    "saloon": Body(4.7, 1.82, 1.44, 0.92, 0.74, 0.88, (0.15, 0.74), (0.29, 0.56)),
    "estate": Body(4.75, 1.82, 1.5, 0.93, 0.75, 0.92, (0.02, 0.74), (0.09, 0.57)),
    "suv": Body(4.5, 1.9, 1.72, 1.08, 0.98, 1.04, (0.03, 0.76), (0.09, 0.6)),
    "van": Body(4.95, 1.95, 2.0, 1.12, 0.98, 1.1, (0.01, 0.86), (0.03, 0.68)),
    "mini": Body(3.3, 1.62, 1.5, 0.95, 0.82, 0.93, (0.03, 0.82), (0.1, 0.6)),
}
SHARES = {"hatchback": 0.27, "saloon": 0.22, "estate": 0.15, "suv": 0.2, "van": 0.09, "mini": 0.07}


def wheels(half_width: float, axles: tuple[float, ...], radius: float, thickness: float = 0.22) -> Mesh:
    """Four or more wheels with rims; `axles` are their places along z."""
    parts = []
    for z in axles:
        for side in (-1.0, 1.0):
            outer = side * half_width
            start, end = (outer - side * thickness, radius, z), (outer, radius, z)
            parts.append(limb(start, end, radius, radius, palette.RUBBER, 10))
            parts.append(disc((outer + side * 0.012, radius, z), 0.6 * radius, palette.RIM, 8))
    return join(parts)


def arches(half_width: float, axles: tuple[float, ...], radius: float) -> Mesh:
    """Dark wheel arches on the flanks."""
    places = [(side * (half_width + 0.008), radius, z) for z in axles for side in (-1, 1)]
    return join([disc(p, 1.2 * radius, palette.DARK, 10) for p in places])


def panes(face: np.ndarray, spans: list[tuple[float, float]], v: tuple[float, float]) -> Mesh:
    """Windows side by side on one face; `spans` are their places along its first edge, in 0..1."""
    return mesh(np.stack([inset(face, u, v) for u in spans]), palette.PANE, Material.GLASS)


def upright(face: np.ndarray) -> np.ndarray:
    """The same face, its corners turned so that the first edge is the lowest and its last edge leads up."""
    edges = face + np.roll(face, -1, axis=0)
    return np.roll(face, -int(np.argmin(edges[:, 1])), axis=0)


def ends(half_width: float, z: float, low: float, high: float) -> np.ndarray:
    """The outward rectangle at a vehicle's front (z > 0) or rear."""
    x = half_width if z > 0 else -half_width
    return np.array([[-x, low, z], [x, low, z], [x, high, z], [-x, high, z]])


def lamps(face: np.ndarray, colour: Colour, v: tuple[float, float], share: float = 0.2) -> Mesh:
    """A pair of lamps at the sides of a front or rear face."""
    pair = [inset(face, (0.03, share), v, 0.015), inset(face, (1 - share, 0.97), v, 0.015)]
    return mesh(np.stack(pair), colour, Material.LAMP)


def plate(face: np.ndarray, v: tuple[float, float]) -> Mesh:
    """A number plate."""
    return mesh(inset(face, (0.36, 0.64), v, 0.02)[None], (0.85, 0.85, 0.8))


def cabin(body: Body, paint: Colour, tinted: bool) -> Mesh:
    """The greenhouse with its windows."""
    half, length = body.width / 2, body.length
    foot = [share * length - length / 2 for share in body.cabin]
    roof = [share * length - length / 2 for share in body.roof]
    bottom = rectangle(0.95 * half, foot[0], foot[1], body.belt - 0.02)
    top = rectangle(0.76 * half, roof[0], roof[1], body.height)
    shell = hexahedron(bottom, top, paint, Material.PAINT)
    rear, right, front, left = (upright(f) for f in shell.faces[[2, 3, 4, 5]])
    sides = [(0.05, 0.49), (0.53, 0.93)] if not tinted else [(0.05, 0.32), (0.36, 0.63), (0.67, 0.94)]
    glass = [panes(f, sides, (0.08, 0.86)) for f in (right, left)]
    glass += [panes(f, [(0.07, 0.93)], (0.06, 0.9)) for f in (rear, front)]
    return join([shell, *glass])


def lower_body(body: Body, paint: Colour) -> Mesh:
    """Flanks, bonnet, boot, bumpers."""
    half, end = body.width / 2, body.length / 2
    low = 0.24
    waist = [share * body.length - end for share in body.cabin]
    parts = [
        slab((0.9 * half, low + 0.1, body.boot - 0.12), (half, low, body.boot), -end, -end + 0.25, paint),
        slab((half, low, body.boot), (half, low, body.belt), -end + 0.25, max(waist[0], -end + 0.3), paint),
        slab((half, low, body.belt), (half, low, body.belt), max(waist[0], -end + 0.3), waist[1], paint),
        slab((half, low, body.belt), (half, low, body.bonnet), waist[1], end - 0.25, paint),
        slab((half, low, body.bonnet), (0.86 * half, low + 0.08, body.bonnet - 0.14), end - 0.25, end, paint),
        slab((0.93 * half, 0.18, 0.34), (0.93 * half, 0.18, 0.34), -end + 0.02, end - 0.02, palette.DARK),
    ]
    return join(parts)


def trim(body: Body) -> Mesh:
    """Lamps, grille, plates."""
    half, end = body.width / 2, body.length / 2
    rear = ends(0.88 * half, -end - 0.002, 0.36, body.boot - 0.12)
    front = ends(0.85 * half, end + 0.002, 0.34, body.bonnet - 0.14)
    grille = mesh(inset(front, (0.25, 0.75), (0.35, 0.8), 0.01)[None], palette.DARK)
    bumper = mesh(inset(rear, (0.02, 0.98), (0.02, 0.25), 0.01)[None], palette.DARK)
    return join(
        [
            lamps(front, palette.HEADLAMP, (0.55, 0.92)),
            lamps(rear, palette.TAILLAMP, (0.52, 0.95), 0.19),
            plate(front, (0.08, 0.28)),
            plate(rear, (0.35, 0.58)),
            grille,
            bumper,
        ]
    )


def car(rng: np.random.Generator) -> tuple[Mesh, float, float]:
    """A car that looks along +z, its middle on the origin -> mesh, length, width (metres)."""
    names = list(BODIES)
    name = names[rng.choice(len(names), p=[SHARES[n] for n in names])]
    body = BODIES[name]
    paint = palette.pick(rng, palette.CAR_PAINT)
    roof = palette.shade(paint, 0.35) if name == "mini" or rng.random() < 0.12 else paint
    radius = {"suv": 0.36, "van": 0.34}.get(name, 0.32)
    axles = (-0.3 * body.length, 0.31 * body.length)
    half = body.width / 2
    parts = [
        lower_body(body, paint),
        cabin(body, roof, tinted=name in ("estate", "van")),
        trim(body),
        arches(half, axles, radius),
        wheels(half + 0.012, axles, radius),
    ]
    if name in ("suv", "estate") and rng.random() < 0.5:
        rails = [
            limb(
                (s * 0.68 * half, body.height + 0.05, -0.3 * body.length),
                (s * 0.68 * half, body.height + 0.05, 0.08 * body.length),
                0.025,
                0.025,
                palette.DARK,
                4,
            )
            for s in (-1, 1)
        ]
        parts += rails
    return join(parts), body.length, body.width
