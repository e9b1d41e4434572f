"""The editor's objects: ellipses, rings and rods, their labels and their outlines.  Pure."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Bool, Float, Int32

from lab.real import Real

SIDE = 192  # px of the picture, both ways: small enough for an answer while one waits
MOST = 14  # objects in one picture
SHORTEST, LONGEST = 3.0, 180.0  # px that an object may be long or wide
HOLE = 0.62  # of a ring's outer size
CORNERS = 60  # of an outline

Kind = Literal["ellipse", "ring", "rod"]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True)
class Thing:
    """One object.

    Attributes:
        kind: a ring is an ellipse with a hole, a rod has straight sides and round ends.
        x, y: column and row of its middle, in px.
        length, width: along its own axis and across, in px.
        angle: of its axis, in degrees clockwise from the columns' direction.
        brightness: 0..1; what of the picture's range it fills.
    """

    kind: Kind
    x: Real
    y: Real
    length: Real = 30.0
    width: Real = 22.0
    angle: Real = 0.0
    brightness: Real = 0.7

    def __post_init__(self) -> None:
        if not (SHORTEST <= self.length <= LONGEST and SHORTEST <= self.width <= LONGEST):
            raise ValueError(
                f"length and width: found {self.length} and {self.width} px, expected {SHORTEST} to {LONGEST}."
            )


Things = tuple[Thing, ...]


def own_axes(thing: Thing, x: Float[np.ndarray, "*p"], y: Float[np.ndarray, "*p"]) -> Float[np.ndarray, "2 *p"]:
    """Places of the picture as the object sees them: px along its axis and across, from its middle."""
    turn = np.radians(thing.angle)
    dx, dy = x - thing.x, y - thing.y
    return np.stack([dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)])


def covers(thing: Thing, x: Float[np.ndarray, "*p"], y: Float[np.ndarray, "*p"]) -> Bool[np.ndarray, "*p"]:
    """Whether the object lies there."""
    along, across = own_axes(thing, x, y)
    if thing.kind == "rod":
        half = max(thing.length - thing.width, 0) / 2
        return np.hypot(np.maximum(np.abs(along) - half, 0), across) <= thing.width / 2
    distance = np.hypot(2 * along / thing.length, 2 * across / thing.width)
    return (distance <= 1) & (distance >= (HOLE if thing.kind == "ring" else 0))


def order(things: Things) -> list[int]:
    """Their places in the tuple, large ones first: what is drawn later lies on top, so nothing small is hidden."""
    return sorted(range(len(things)), key=lambda k: -things[k].length * things[k].width)


def label(things: Things) -> Int32[np.ndarray, "H W"]:
    """The truth: 0 background, k = the k-th object."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(float)
    labels = np.zeros((SIDE, SIDE), np.int32)
    for k in order(things):
        labels[covers(things[k], x, y)] = k + 1
    return labels


def outline(thing: Thing) -> list[Float[np.ndarray, "2 P"]]:
    """Corners (columns, rows) of its border; a ring has two."""
    turn = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    if thing.kind == "rod":
        half, radius = max(thing.length - thing.width, 0) / 2, thing.width / 2
        borders = [np.stack([radius * np.cos(turn) + half * np.sign(np.cos(turn)), radius * np.sin(turn)])]
    else:
        outer = np.stack([thing.length / 2 * np.cos(turn), thing.width / 2 * np.sin(turn)])
        borders = [outer, HOLE * outer] if thing.kind == "ring" else [outer]
    return [to_picture(thing, *border) for border in borders]


def to_picture(thing: Thing, along: Real | np.ndarray, across: Real | np.ndarray) -> Float[np.ndarray, "2 *p"]:
    """The inverse of `own_axes`: columns and rows."""
    c, s = np.cos(np.radians(thing.angle)), np.sin(np.radians(thing.angle))
    return np.stack(
        [np.asarray(thing.x + along * c - across * s, float), np.asarray(thing.y + along * s + across * c, float)]
    )
