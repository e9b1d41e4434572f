"""Vehicles: moving traffic, queues, parked rows, trams, and what crosses the street."""

from collections.abc import Callable

import numpy as np

from lab.datasets.toyscapes import labels
from lab.datasets.toyscapes.cars import car
from lab.datasets.toyscapes.cycles import Seat, bicycle, motorcycle
from lab.datasets.toyscapes.lorries import bus, tram, truck
from lab.datasets.toyscapes.mesh import Mesh, place
from lab.datasets.toyscapes.people import rider
from lab.datasets.toyscapes.street import END, PARKING, Street, in_crossing, near_zebra
from lab.datasets.toyscapes.things import Plot, Thing

Maker = Callable[[np.random.Generator], tuple[Mesh, float, float]]
MAKERS: dict[int, Maker] = {labels.CAR: car, labels.TRUCK: truck, labels.BUS: bus}

# Shares of what drives in a lane; lorries and buses are commoner than on real streets, so that each class
# is seen often enough to be learnt from two thousand scenes.
DRIVING = {labels.CAR: 0.66, labels.TRUCK: 0.1, labels.BUS: 0.08, labels.MOTORCYCLE: 0.09, labels.BICYCLE: 0.07}
PARKED = {labels.CAR: 0.86, labels.TRUCK: 0.06, labels.MOTORCYCLE: 0.05, labels.BICYCLE: 0.03}


def _choose(rng: np.random.Generator, shares: dict[int, float]) -> int:
    names = list(shares)
    return int(names[rng.choice(len(names), p=list(shares.values()))])


def two_wheeler(rng: np.random.Generator, label: int) -> tuple[Mesh, Seat]:
    """A bicycle or a motorcycle with its seat."""
    return bicycle(rng) if label == labels.BICYCLE else motorcycle(rng)


def ridden(rng: np.random.Generator, label: int, x: float, z: float, heading: float) -> list[Thing]:
    """A two-wheeler and its rider, two instances."""
    machine, seat = two_wheeler(rng, label)
    person = rider(rng, seat, 0.35 if label == labels.BICYCLE else 0.92)
    return [
        Thing(place(machine, x, z, heading), label, counted=True),
        Thing(place(person, x, z, heading), labels.RIDER, counted=True),
    ]


def parked_two_wheeler(rng: np.random.Generator, label: int, x: float, z: float, heading: float) -> Thing:
    """A two-wheeler without anyone on it."""
    return Thing(place(two_wheeler(rng, label)[0], x, z, heading + rng.normal(0, 0.06)), label, counted=True)


def lane_traffic(rng: np.random.Generator, street: Street, plot: Plot) -> list[Thing]:
    """Every lane's vehicles, flowing or queueing."""
    things = []
    for x, way in street.lanes:
        queue = rng.random() < 0.3
        start = rng.uniform(6, 16) if x == street.ego else rng.uniform(3.5, 14)
        density = 2.0 if queue else float(rng.choice([9.0, 18.0, 40.0]))
        things += _one_lane(rng, street, plot, x, way, start, density)
    return things


def _one_lane(
    rng: np.random.Generator, street: Street, plot: Plot, x: float, way: int, z: float, density: float
) -> list[Thing]:
    """Vehicles one behind the other, `density` metres apart on average."""
    things: list[Thing] = []
    heading = 0.0 if way > 0 else np.pi
    while z < END:
        label = _choose(rng, DRIVING)
        side = x + rng.normal(0, 0.15)
        turn = heading + rng.normal(0, 0.015)
        length = 2.0
        if label in MAKERS:
            shape, length, width = MAKERS[label](rng)
        if not in_crossing(street, z + length / 2, length / 2) and not near_zebra(street, z + length / 2, length / 2):
            if label in MAKERS:
                things.append(Thing(place(shape, side, z + length / 2, turn), label, counted=True))
                plot.block(side, z + length / 2, length, width)
            else:
                side += way * float(rng.uniform(0.0, 1.0))
                things += ridden(rng, label, side, z + 1.0, turn)
                plot.block(side, z + 1.0, 2.0, 0.8)
        z += length + 0.8 + float(rng.exponential(density))
    return things


def parked_rows(rng: np.random.Generator, street: Street, plot: Plot) -> list[Thing]:
    """The parking strips: cars bumper to bumper, now and then a gap, a truck or two-wheelers."""
    things: list[Thing] = []
    for side, present in zip((-1, 1), street.parking, strict=True):
        if not present:
            continue
        z, slanted = float(rng.uniform(2, 12)), rng.random() < 0.15 and street.pavement[(side + 1) // 2] > 4
        while z < 110:
            label = _choose(rng, PARKED)
            shape, length, width = MAKERS[label](rng) if label in MAKERS else (None, 0.8, 2.0)
            pitch = 2.9 if slanted and shape is not None else length
            x = side * (street.half - PARKING / 2 + (0.6 if slanted else 0.0)) + rng.normal(0, 0.05)
            middle = z + pitch / 2
            if (
                rng.random() < 0.86
                and not in_crossing(street, middle, 3 + pitch / 2)
                and not near_zebra(street, middle, 1 + pitch / 2)
            ):
                heading = (0.0 if side > 0 else np.pi) + rng.normal(0, 0.02) + (side * 1.0 if slanted else 0.0)
                things.append(_parked(rng, label, shape, x, middle, heading, side))
                plot.block(x, middle, pitch, width + (1.2 if slanted else 0.0))
            z += pitch + float(rng.choice([0.35, 0.6, 0.9, 3.5], p=[0.35, 0.35, 0.2, 0.1]))
    return things


def _parked(
    rng: np.random.Generator, label: int, shape: Mesh | None, x: float, z: float, heading: float, side: int
) -> Thing:
    if shape is None:
        return parked_two_wheeler(rng, label, x + 0.3 * side, z, side * np.pi / 2 * 0.8)
    backwards = np.pi if rng.random() < 0.15 else 0.0
    return Thing(place(shape, x, z, heading + backwards), label, counted=True)


def trams(rng: np.random.Generator, street: Street, plot: Plot) -> list[Thing]:
    """Trams on their tracks."""
    things = []
    for x, way in street.tracks:
        z = float(rng.uniform(4, 45))
        while z < END and rng.random() < 0.75:
            shape, length, width = tram(rng)
            things.append(Thing(place(shape, x, z + length / 2, 0.0 if way > 0 else np.pi), labels.TRAIN, counted=True))
            plot.block(x, z + length / 2, length, width)
            z += length + float(rng.uniform(20, 70))
    return things


def cross_traffic(rng: np.random.Generator, street: Street, plot: Plot) -> list[Thing]:
    """Vehicles on the crossing street, seen from the side."""
    if street.crossing is None or rng.random() < 0.35:
        return []
    things: list[Thing] = []
    middle, half = street.crossing
    tracked = bool(rng.random() < 0.3)
    for way in (1, -1):
        x, z = float(rng.uniform(-28, -4)), middle - way * half / 2
        while x < 28 and rng.random() < 0.75:
            label = labels.TRAIN if tracked and rng.random() < 0.5 else _choose(rng, DRIVING)
            maker = tram if label == labels.TRAIN else MAKERS.get(label)
            shape, length, _ = maker(rng) if maker else (None, 2.0, 0.8)
            free = all(plot.take(x + i, z, 1.0) or i for i in np.arange(0.5, length, 2.2))
            heading = way * np.pi / 2
            if free and shape is not None:
                things.append(Thing(place(shape, x + length / 2, z, heading), label, counted=True))
            elif free:
                things += ridden(rng, label, x + 1.0, z, heading)
            x += length + 1.5 + float(rng.exponential(7.0))
    return things
