"""The street's plan: which strip of ground is what."""

from dataclasses import dataclass

import numpy as np

LANE = 3.3
PARKING = 2.2
END = 170.0  # metres; the street is furnished up to here


@dataclass(frozen=True)
class Street:
    """A straight street along z, its middle at x = 0; traffic keeps to the right.

    Attributes:
        lanes: (middle, direction) of each lane, direction +1 away from the camera.
        parking: does the left, the right side have a parking strip?
        tracks: middles of the tram tracks.
        half: half the carriageway's width, parking strips included.
        pavement: widths of the left and the right pavement.
        crossing: (z, half width) of the crossing street, or None.
        zebras: where zebra crossings begin, z in metres; each is 3.5 m deep.
        green: do trees grow along the kerb?
        paving: 0 asphalt, 1 setts.
        ego: middle of the camera's lane.
    """

    lanes: tuple[tuple[float, int], ...]
    parking: tuple[bool, bool]
    tracks: tuple[tuple[float, int], ...]
    half: float
    pavement: tuple[float, float]
    crossing: tuple[float, float] | None
    zebras: tuple[float, ...]
    green: bool
    paving: int
    ego: float


def draw_street(rng: np.random.Generator) -> Street:
    """A narrow street, a street, an avenue or a tram street."""
    kind = rng.choice(["narrow", "street", "avenue", "tram"], p=[0.2, 0.33, 0.17, 0.3])
    per_side = 2 if kind == "avenue" or (kind == "tram" and rng.random() < 0.25) else 1
    lane = LANE - 0.4 if kind == "narrow" else LANE
    middle = 3.4 if kind == "tram" else 0.0  # half width of the tram's own track bed
    lanes = [(s * (middle + lane * (i + 0.5)), s) for i in range(per_side) for s in (1, -1)]
    parking = (bool(rng.random() < 0.7), bool(rng.random() < 0.7))
    tracks = ((1.75, 1), (-1.75, -1)) if kind == "tram" else ()
    left, right = rng.uniform(2.0, 3.2 if kind == "narrow" else 6.5, 2).tolist()
    crossing = (float(rng.uniform(14, 60)), float(rng.uniform(4, 6.5))) if rng.random() < 0.5 else None
    zebras = [crossing[0] - crossing[1] - 4.6, crossing[0] + crossing[1] + 1.2] if crossing else []
    if not crossing and rng.random() < 0.4:
        zebras = [float(rng.uniform(8, 40))]
    ego = max(x for x, way in lanes if way > 0) if rng.random() < 0.6 else min(x for x, way in lanes if way > 0)
    return Street(
        lanes=tuple(lanes),
        parking=parking,
        tracks=tracks,
        half=middle + lane * per_side + (PARKING + 0.15 if any(parking) else 0.3),
        pavement=(left, right),
        crossing=crossing,
        zebras=tuple(z for z in zebras if z > 3),
        green=bool(rng.random() < 0.6),
        paving=int(kind == "narrow" and rng.random() < 0.5),
        ego=ego,
    )


def in_crossing(street: Street, z: float, margin: float = 0.0) -> bool:
    """Is `z` in the crossing street (widened by `margin` metres)?"""
    return street.crossing is not None and abs(z - street.crossing[0]) < street.crossing[1] + margin


def near_zebra(street: Street, z: float, margin: float = 0.0) -> bool:
    """Is `z` on a zebra crossing (widened by `margin` metres)?"""
    return any(-margin < z - start < 3.5 + margin for start in street.zebras)


def edge(street: Street, side: int) -> float:
    """x of the building line on the left (side -1) or right (+1)."""
    return side * (street.half + street.pavement[0 if side < 0 else 1])
