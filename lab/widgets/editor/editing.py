"""What a hand does to the objects.  Pure: objects in, objects out."""

from dataclasses import replace

import numpy as np

from lab.real import Real
from lab.widgets.editor.things import LONGEST, MOST, SHORTEST, SIDE, Kind, Thing, Things, own_axes

WIDTHS = {"ellipse": 0.75, "ring": 1.0, "rod": 0.0}  # of the length, of what is drawn in one stroke; a rod is
ROD = 9.0  # px wide
SIZES = {"ellipse": (32.0, 24.0), "ring": (64.0, 64.0), "rod": (90.0, ROD)}  # of what is put down with a click

Place = tuple[Real, Real]


def within(value: Real, least: Real, most: Real) -> float:
    """The nearest number in the range, to a tenth of a px."""
    return round(float(min(max(value, least), most)), 1)


def moved(thing: Thing, x: Real, y: Real) -> Thing:
    """With its middle there, kept inside the picture."""
    return replace(thing, x=within(x, 0, SIDE - 1), y=within(y, 0, SIDE - 1))


def sized(thing: Thing, length: Real, width: Real) -> Thing:
    """Of this length and width, as far as they are allowed."""
    return replace(thing, length=within(length, SHORTEST, LONGEST), width=within(width, SHORTEST, LONGEST))


def turned(thing: Thing, angle: Real) -> Thing:
    """With its axis in this direction, -90 to 90 degrees."""
    return replace(thing, angle=round((angle + 90) % 180 - 90, 1))


def pulled(thing: Thing, knob: str, x: Real, y: Real) -> Thing:
    """After its knob ``end`` (length and angle) or ``side`` (width) was brought there."""
    if knob == "side":
        return sized(thing, thing.length, 2 * abs(float(own_axes(thing, np.array(x, float), np.array(y, float))[1])))
    dx, dy = x - thing.x, y - thing.y
    return turned(sized(thing, 2 * float(np.hypot(dx, dy)), thing.width), float(np.degrees(np.arctan2(dy, dx))))


def put(things: Things, kind: Kind, x: Real, y: Real) -> Things:
    """One more, of the kind's usual size.

    Raises:
        ValueError: there are as many as may be.
    """
    _check_room(things)
    return (*things, moved(sized(Thing(kind, 0, 0), *SIZES[kind]), x, y))


def stroke(kind: Kind, start: Place, end: Place) -> Thing:
    """An object drawn in one stroke: its axis goes from the one place to the other."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = float(np.hypot(dx, dy))
    thing = moved(Thing(kind, 0, 0), start[0] + dx / 2, start[1] + dy / 2)
    return turned(sized(thing, length, max(WIDTHS[kind] * length, ROD)), float(np.degrees(np.arctan2(dy, dx))))


def draw_one(things: Things, kind: Kind, start: Place, end: Place) -> Things:
    """One more, drawn in one stroke.  Raises as `put`."""
    _check_room(things)
    return (*things, stroke(kind, start, end))


def exchanged(things: Things, k: int, thing: Thing) -> Things:
    """With another one in its place."""
    return (*things[:k], thing, *things[k + 1 :])


def removed(things: Things, k: int) -> Things:
    """Without it."""
    return (*things[:k], *things[k + 1 :])


def _check_room(things: Things) -> None:
    if len(things) >= MOST:
        raise ValueError(f"found {len(things)} objects already, expected fewer than {MOST}. Remove one first.")
