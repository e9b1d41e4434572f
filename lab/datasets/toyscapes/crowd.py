"""People on the pavements and crossings, alone and in groups, and the bicycles they left there."""

import numpy as np

from lab.datasets.toyscapes import labels
from lab.datasets.toyscapes.mesh import place
from lab.datasets.toyscapes.people import pedestrian
from lab.datasets.toyscapes.street import Street, edge, in_crossing
from lab.datasets.toyscapes.things import Plot, Thing
from lab.datasets.toyscapes.traffic import parked_two_wheeler, ridden

GROUP_FROM = 55.0  # metres; a distant crowd is one group without instance numbers, as annotators do it


def person(rng: np.random.Generator, x: float, z: float, heading: float, counted: bool = True) -> Thing:
    """One pedestrian."""
    return Thing(place(pedestrian(rng), x, z, heading), labels.PERSON, counted)


def company(rng: np.random.Generator, plot: Plot, x: float, z: float, heading: float, size: int) -> list[Thing]:
    """`size` people who walk or stand together, shoulder to shoulder."""
    if not plot.take(x, z, 0.25 + 0.18 * size):
        return []
    counted = not (size >= 4 and z > GROUP_FROM)
    things = []
    for i in range(size):
        across = (i - (size - 1) / 2) * rng.uniform(0.38, 0.6)
        along = rng.normal(0, 0.3)
        dx, dz = across * np.cos(heading) + along * np.sin(heading), along * np.cos(heading) - across * np.sin(heading)
        things.append(person(rng, x + dx, z + dz, heading + rng.normal(0, 0.25), counted))
    return things


def pavement_spot(rng: np.random.Generator, street: Street, side: int, z: float) -> float:
    """Some x on the pavement, clear of kerb and houses."""
    inner, outer = side * street.half, edge(street, side)
    return float(inner + (outer - inner) * rng.uniform(0.2, 0.88))


def walkers(rng: np.random.Generator, street: Street, plot: Plot) -> list[Thing]:
    """People along both pavements; busy and empty streets."""
    busy = float(rng.choice([4.0, 9.0, 16.0, 26.0], p=[0.2, 0.35, 0.3, 0.15]))
    things: list[Thing] = []
    for _ in range(int(rng.poisson(busy))):
        side, z = int(rng.choice([-1, 1])), 4.0 + 85.0 * float(rng.random()) ** 1.4
        size = int(rng.choice([1, 2, 3, 4, 5], p=[0.52, 0.26, 0.11, 0.06, 0.05]))
        heading = float(rng.choice([0.0, np.pi])) + rng.normal(0, 0.2)
        if rng.random() < 0.2:
            heading = float(rng.uniform(0, 2 * np.pi))
        if not in_crossing(street, z, 1.0):
            things += company(rng, plot, pavement_spot(rng, street, side, z), z, heading, size)
    return things


def crossers(rng: np.random.Generator, street: Street, plot: Plot) -> list[Thing]:
    """People on the zebra crossings, and one who crosses where there is none."""
    things: list[Thing] = []
    for start in street.zebras:
        for _ in range(int(rng.poisson(3.0))):
            heading = float(rng.choice([-1, 1])) * np.pi / 2 + rng.normal(0, 0.1)
            x, z = float(rng.uniform(-street.half, street.half)), start + float(rng.uniform(0.4, 3.1))
            things += company(rng, plot, x, z, heading, int(rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1])))
    if rng.random() < 0.3:
        x, z = float(rng.uniform(-street.half, street.half)), float(rng.uniform(6, 30))
        things += company(rng, plot, x, z, float(rng.choice([-1, 1])) * np.pi / 2, int(rng.integers(1, 3)))
    return things


def bicycle_stands(rng: np.random.Generator, street: Street, plot: Plot) -> list[Thing]:
    """Rows of parked bicycles or motorcycles at the kerb, and single ones at the houses."""
    things: list[Thing] = []
    for _ in range(int(rng.poisson(1.5))):
        side, z = int(rng.choice([-1, 1])), float(rng.uniform(5, 50))
        label = labels.BICYCLE if rng.random() < 0.68 else labels.MOTORCYCLE
        count, x = int(rng.choice([1, 2, 4, 6], p=[0.45, 0.25, 0.2, 0.1])), side * (street.half + 1.0)
        gap = float(rng.uniform(0.45, 0.8))
        heading = side * np.pi / 2 + rng.normal(0, 0.2)
        for i in range(count):
            spot = z + i * gap
            if not in_crossing(street, spot, 1.0) and plot.take(x, spot, 0.2):
                things.append(parked_two_wheeler(rng, label, x, spot, heading))
    return things


def cyclists(rng: np.random.Generator, street: Street, plot: Plot) -> list[Thing]:
    """Riders near the kerb, some near the camera."""
    things: list[Thing] = []
    for _ in range(int(rng.poisson(0.7))):
        way, z = int(rng.choice([-1, 1], p=[0.35, 0.65])), float(rng.uniform(5, 35))
        lane = max(way * x for x, direction in street.lanes if direction == way)
        x = way * (lane + float(rng.uniform(0.7, 1.2)))
        label = labels.BICYCLE if rng.random() < 0.7 else labels.MOTORCYCLE
        if not in_crossing(street, z, 1.0) and plot.take(x, z, 0.9):
            things += ridden(rng, label, x, z, (0.0 if way > 0 else np.pi) + rng.normal(0, 0.06))
    return things
