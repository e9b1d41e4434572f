"""People, on foot and on two wheels."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lab.datasets.toyscapes import palette
from lab.datasets.toyscapes.cycles import Seat
from lab.datasets.toyscapes.mesh import Colour, Material, Mesh, Point, ball, box, join, limb


@dataclass(frozen=True)
class Looks:
    """A person's build and clothes; `girth` scales widths, `coat` is a coat's or skirt's share of the leg."""

    height: float
    girth: float
    top: Colour
    trousers: Colour
    skin: Colour
    hair: Colour
    coat: float
    bare_arms: bool


def draw_looks(rng: np.random.Generator) -> Looks:
    """A grown-up or, in one case of six, a child."""
    child = rng.random() < 0.16
    return Looks(
        height=float(rng.uniform(1.0, 1.45) if child else rng.normal(1.72, 0.09)),
        girth=float(np.clip(rng.normal(1.0, 0.14), 0.75, 1.4)),
        top=palette.pick(rng, palette.CLOTHES),
        trousers=palette.pick(rng, palette.TROUSERS),
        skin=palette.pick(rng, palette.SKIN, 0.02),
        hair=palette.pick(rng, palette.HAIR, 0.02),
        coat=float(rng.choice([0.0, 0.0, 0.0, 0.35, 0.6])),
        bare_arms=bool(rng.random() < 0.3),
    )


def bend(start: np.ndarray, end: np.ndarray, upper: float, lower: float, towards: np.ndarray) -> np.ndarray:
    """The knee or elbow between `start` and `end`, out on the side of `towards` (two-bone inverse kinematics)."""
    line = end - start
    length = float(np.clip(np.linalg.norm(line), 1e-6, 0.999 * (upper + lower)))
    axis = line / max(float(np.linalg.norm(line)), 1e-6)
    along = (length**2 + upper**2 - lower**2) / (2 * length)
    out = towards - axis * (towards @ axis)
    out = out / max(float(np.linalg.norm(out)), 1e-6)
    return start + axis * along + out * np.sqrt(max(upper**2 - along**2, 0.0))


def jointed(
    start: np.ndarray,
    end: np.ndarray,
    bones: tuple[float, float],
    towards: Point,
    radii: tuple[Any, ...],
    colours: tuple[Any, ...],
) -> list[Mesh]:
    """An arm or leg of two parts; `radii` at start, joint and end; one colour per part."""
    joint = bend(start, end, *bones, np.asarray(towards, float))
    reach = joint + (end - joint) * min(1.0, bones[1] / max(float(np.linalg.norm(end - joint)), 1e-6))
    return [
        limb(tuple(start), tuple(joint), radii[0], radii[1], colours[0]),
        limb(tuple(joint), tuple(reach), radii[1], radii[2], colours[1]),
    ]


def figure(
    looks: Looks, hips: Point, lean: float, hands: tuple[Point, Point], feet: tuple[Point, Point]
) -> tuple[Mesh, Point]:
    """A body from its contact points and the place of its head; `lean` is the trunk's forward tilt in radians."""
    hip = np.asarray(hips, float)
    up = np.array([0.0, np.cos(lean), np.sin(lean)])
    neck = hip + 0.3 * looks.height * up
    head = neck + looks.height * np.array([0.0, 0.095, 0.02 + 0.027 * up[2]])
    parts = trunk(looks, hip, up, neck, head)
    for side, hand, foot in zip((-1, 1), hands, feet, strict=True):
        parts += arm(looks, side, neck, hand)
        parts += leg(looks, side, hip, foot)
    return join(parts), tuple(head.tolist())


def trunk(looks: Looks, hip: np.ndarray, up: np.ndarray, neck: np.ndarray, head: np.ndarray) -> list[Mesh]:
    """Chest, shoulders, neck, head and, if there is one, the coat's skirt."""
    h, wide = looks.height, looks.height * looks.girth
    low, top = tuple(hip - 0.03 * h * up), looks.top
    parts = [
        limb(low, tuple(neck), (0.088 * wide, 0.062 * wide), (0.108 * wide, 0.06 * wide), top, 8),
        limb(tuple(neck), tuple(neck + 0.02 * h * up), (0.105 * wide, 0.058 * wide), (0.05 * h, 0.04 * h), top, 8),
        limb(tuple(neck), tuple(head), 0.032 * h, 0.03 * h, looks.skin),
        ball(tuple(head), (0.047 * h, 0.066 * h, 0.055 * h), looks.skin),
    ]
    if looks.coat:
        hem = tuple(hip - np.array([0.0, looks.coat * 0.5 * h, 0.0]))
        parts.append(limb(tuple(hip), hem, (0.092 * wide, 0.07 * wide), (0.115 * wide, 0.1 * wide), top, 8))
    return parts


def arm(looks: Looks, side: int, neck: np.ndarray, hand: Point) -> list[Mesh]:
    """An arm and its hand; the elbow points backwards and out."""
    h, wide = looks.height, looks.height * looks.girth
    shoulder = neck + np.array([side * 0.115 * wide, -0.02 * h, 0.0])
    radii = (0.036 * wide, 0.029 * wide, 0.022 * h)
    sleeve = (looks.top, looks.skin if looks.bare_arms else looks.top)
    bones = (0.165 * h, 0.16 * h)
    parts = jointed(shoulder, np.asarray(hand, float), bones, (side * 0.3, -0.5, -1.0), radii, sleeve)
    return [*parts, ball(hand, (0.022 * h,) * 3, looks.skin, 6, 3)]


def leg(looks: Looks, side: int, hip: np.ndarray, foot: Point) -> list[Mesh]:
    """A leg and its shoe; the knee points forwards."""
    h, wide = looks.height, looks.height * looks.girth
    socket = hip + np.array([side * 0.05 * wide, -0.01 * h, 0.0])
    ankle = np.asarray(foot, float) + np.array([0, 0.03 * h, 0])
    radii, bones = (0.06 * wide, 0.042 * h, 0.028 * h), (0.25 * h, 0.245 * h)
    parts = jointed(socket, ankle, bones, (side * 0.1, 0.1, 1.0), radii, (looks.trousers,) * 2)
    sole = (foot[0], foot[1] + 0.022 * h, foot[2] + 0.035 * h)
    return [*parts, box((0.055 * h, 0.045 * h, 0.14 * h), sole, palette.DARK)]


def hair(rng: np.random.Generator, looks: Looks, head: Point) -> Mesh:
    """Short or long hair, or a hat."""
    h = looks.height
    x, y, z = head
    cap = ball((x, y + 0.018 * h, z - 0.012 * h), (0.052 * h, 0.058 * h, 0.056 * h), looks.hair)
    kind = rng.random()
    if kind < 0.3:
        return join(
            [
                cap,
                limb(
                    (x, y + 0.01 * h, z - 0.035 * h),
                    (x, y - 0.11 * h, z - 0.05 * h),
                    (0.05 * h, 0.025 * h),
                    (0.045 * h, 0.02 * h),
                    looks.hair,
                ),
            ]
        )
    if kind < 0.42:
        colour = palette.pick(rng, palette.CLOTHES)
        brim = limb(
            (x, y + 0.035 * h, z + 0.01 * h),
            (x, y + 0.045 * h, z + 0.01 * h),
            (0.06 * h, 0.085 * h),
            (0.06 * h, 0.08 * h),
            colour,
            8,
        )
        return join([ball((x, y + 0.035 * h, z), (0.054 * h, 0.05 * h, 0.06 * h), colour), brim])
    return cap


def luggage(rng: np.random.Generator, looks: Looks) -> list[Mesh]:
    """Perhaps a rucksack or a bag."""
    h, kind = looks.height, rng.random()
    colour = palette.pick(rng, palette.CLOTHES)
    if kind < 0.22:
        return [box((0.17 * h, 0.22 * h, 0.09 * h), (0, 0.71 * h, -0.1 * h), colour)]
    if kind < 0.36:
        return [box((0.05 * h, 0.13 * h, 0.17 * h), (0.17 * h, 0.44 * h, 0), colour)]
    return []


def pedestrian(rng: np.random.Generator) -> Mesh:
    """A person who stands or walks along +z."""
    looks = draw_looks(rng)
    h, g = looks.height, looks.girth
    stride = float(rng.uniform(0.0, 0.05)) if rng.random() < 0.35 else float(rng.uniform(0.1, 0.2))
    lead = 1 if rng.random() < 0.5 else -1
    lift = 0.02 * h if stride > 0.1 else 0.0
    left_foot, right_foot = ((s * 0.055 * h, lift if s == lead else 0.0, s * lead * stride * h) for s in (-1, 1))
    left, right = ((s * 0.155 * h * g, 0.47 * h, -s * lead * 0.8 * stride * h + 0.02) for s in (-1, 1))
    if rng.random() < 0.18:
        right = (0.06 * h, float(rng.uniform(0.62, 0.8)) * h, 0.17 * h)
    hips = (0.0, (0.535 - 0.6 * stride**2) * h, 0.0)
    body, head = figure(looks, hips, 0.03 + 0.3 * stride, (left, right), (left_foot, right_foot))
    return join([body, hair(rng, looks, head), *luggage(rng, looks)])


def rider(rng: np.random.Generator, seat: Seat, helmet: float) -> Mesh:
    """A person on a two-wheeler; `helmet` is the probability of a helmet."""
    drawn = draw_looks(rng)
    looks = Looks(
        max(drawn.height, 1.6), drawn.girth, drawn.top, drawn.trousers, drawn.skin, drawn.hair, 0.0, drawn.bare_arms
    )
    x, y, z = seat.hands
    body, head = figure(looks, seat.hips, seat.lean, ((-x, y, z), (x, y, z)), seat.feet)
    if rng.random() >= helmet:
        return join([body, hair(rng, looks, head)])
    colour, h = palette.pick(rng, palette.CAR_PAINT), looks.height
    shell = ball(
        (head[0], head[1] + 0.02 * h, head[2] - 0.005 * h),
        (0.06 * h, 0.062 * h, 0.07 * h),
        colour,
        8,
        4,
        Material.PAINT,
    )
    return join([body, shell])
