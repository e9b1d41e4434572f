"""Houses, trees, poles, signs: what frames the street and stands before its objects."""

import numpy as np

from lab.datasets.toyscapes import labels, palette
from lab.datasets.toyscapes.facade import Facade, draw_facade
from lab.datasets.toyscapes.mesh import Material, Mesh, ball, box, disc, hexahedron, join, limb, mesh, outwards, place
from lab.datasets.toyscapes.street import END, Street, edge, in_crossing, near_zebra
from lab.datasets.toyscapes.things import Plot, Thing


def house(rng: np.random.Generator, width: float, depth: float, height: float, style: int) -> Mesh:
    """A house whose front lies in the plane x = 0 and looks along -x; `width` runs along z."""
    shell = box((depth, height, width), (depth / 2, height / 2, 0), (0.5, 0.5, 0.5))
    walls = mesh(shell.faces[2:], (0.6, 0.6, 0.6), Material.FACADE, style)
    roof = palette.pick(rng, palette.ROOFS)
    parts = [walls]
    if rng.random() < 0.55:
        pitch = float(rng.uniform(2.0, 4.5))
        ridge = np.array([[depth / 2, height + pitch, -width / 2], [depth / 2, height + pitch, width / 2]])
        foot = np.array([[-0.3, -width / 2], [-0.3, width / 2], [depth + 0.3, width / 2], [depth + 0.3, -width / 2]])
        eaves = np.stack([foot[:, 0], np.full(4, height - 0.1), foot[:, 1]], axis=1)
        faces = [[eaves[0], eaves[1], ridge[1], ridge[0]], [eaves[2], eaves[3], ridge[0], ridge[1]]]
        faces += [[eaves[1], eaves[2], ridge[1], ridge[1]], [eaves[3], eaves[0], ridge[0], ridge[0]]]
        parts.append(mesh(outwards(np.array(faces)), roof))
    else:
        parts.append(box((depth + 0.5, 0.5, width), (depth / 2, height + 0.1, 0), palette.shade(roof, 1.1)))
    if rng.random() < 0.3:
        parts.append(_awning(rng, width))
    return join(parts)


def _awning(rng: np.random.Generator, width: float) -> Mesh:
    bottom = np.array(
        [[-1.3, 2.35, -0.4 * width], [0, 2.5, -0.4 * width], [0, 2.5, 0.4 * width], [-1.3, 2.35, 0.4 * width]]
    )
    top = np.array([[-1.3, 2.5, -0.4 * width], [0, 3.1, -0.4 * width], [0, 3.1, 0.4 * width], [-1.3, 2.5, 0.4 * width]])
    return hexahedron(bottom, top, palette.pick(rng, palette.TRANSIT_PAINT))


def houses(rng: np.random.Generator, street: Street) -> tuple[list[Thing], list[Facade]]:
    """Both rows of houses, with gaps for the crossing street and now and then a garden."""
    things: list[Thing] = []
    styles: list[Facade] = []
    for side in (-1, 1):
        z, level = -12.0, float(rng.uniform(7, 19))
        while z < END + 25:
            width = float(rng.uniform(8, 22))
            if (
                street.crossing
                and z < street.crossing[0] + street.crossing[1] + 2
                and z + width > street.crossing[0] - street.crossing[1] - 2
            ):
                near = street.crossing[0] - street.crossing[1] - 2
                width = near - z
                if width < 4:
                    z = street.crossing[0] + street.crossing[1] + 2
                    continue
            if rng.random() < 0.1:
                things += garden(rng, side, edge(street, side), z, width)
            else:
                styles.append(draw_facade(rng))
                shape = house(
                    rng, width, float(rng.uniform(9, 14)), max(4.0, level + rng.normal(0, 2.5)), len(styles) - 1
                )
                heading = 0.0 if side > 0 else np.pi
                x = edge(street, side) + side * float(rng.choice([0.0, 0.0, 0.4, 1.2]))
                things.append(Thing(place(shape, x, z + width / 2, heading), labels.BUILDING, solid=True))
            z += width
    styles.append(draw_facade(rng))
    return [*things, *_backdrop(rng, len(styles) - 1, street)], styles


def _backdrop(rng: np.random.Generator, style: int, street: Street) -> list[Thing]:
    """What closes the view at the street's end and, at a crossing, to both sides."""
    places = [(float(x), END + 40 + float(rng.uniform(0, 15)), 0.0) for x in np.arange(-75, 76, 25)]
    if street.crossing:
        places += [(side * 62.0, street.crossing[0], 0.0) for side in (-1, 1)]
    things = []
    for x, z, _ in places:
        size = (26.0, float(rng.uniform(8, 26)), 30.0)
        shell = box(size, (0, size[1] / 2, 0), (0.5, 0.5, 0.5))
        walls = mesh(shell.faces[1:], (0.6, 0.6, 0.6), Material.FACADE, style)
        things.append(Thing(place(walls, x, z), labels.BUILDING))
    return things


def garden(rng: np.random.Generator, side: int, x: float, z: float, width: float) -> list[Thing]:
    """A hedge with trees behind it, in the place of a house."""
    hedge = box((0.8, rng.uniform(0.9, 1.7), width), (0, 0.6, 0), palette.pick(rng, palette.LEAVES), Material.FOLIAGE)
    things = [Thing(place(hedge, x + side * 0.6, z + width / 2), labels.VEGETATION)]
    for _ in range(int(width / 4)):
        spot = (x + side * float(rng.uniform(3, 9)), z + float(rng.uniform(1, width - 1)))
        things += planted(rng, *spot)
    back = box((1, rng.uniform(5, 9), width), (0, 3, 0), palette.pick(rng, palette.LEAVES), Material.FOLIAGE)
    return [*things, Thing(place(back, x + side * 14, z + width / 2), labels.VEGETATION)]


def planted(rng: np.random.Generator, x: float, z: float) -> list[Thing]:
    """One tree: a trunk and a crown of a few lumps."""
    height, leaf = float(rng.uniform(5, 10)), palette.pick(rng, palette.LEAVES, 0.03)
    radius, clear = float(rng.uniform(1.1, 2.1)), float(rng.uniform(2.3, 3.3))
    trunk = limb((0, 0, 0), (rng.normal(0, 0.15), clear + 1, 0), 0.07 + 0.012 * height, 0.09, palette.BARK, 6)
    lumps = []
    if rng.random() < 0.15:
        for i, share in enumerate((0.2, 0.45, 0.7)):
            y = share * height
            lumps.append(
                limb(
                    (0, y, 0),
                    (0, y + 0.42 * height, 0),
                    radius * (1 - 0.25 * i),
                    0.05,
                    palette.shade(leaf, 0.8),
                    8,
                    Material.FOLIAGE,
                )
            )
    else:
        rings = 5 if z < 30 else 4
        for _ in range(int(rng.integers(4, 8))):
            offset = rng.normal(0, 0.45, 3) * radius
            centre = (
                offset[0],
                clear + 0.8 * radius + (height - clear - radius) * 0.4 * rng.random() + offset[1] * 0.5,
                offset[2],
            )
            size = radius * float(rng.uniform(0.5, 0.95))
            lumps.append(
                ball(
                    (float(centre[0]), float(centre[1]), float(centre[2])),
                    (size, size * 0.85, size),
                    palette.shade(leaf, float(rng.uniform(0.85, 1.12))),
                    8,
                    rings,
                    Material.FOLIAGE,
                )
            )
    shape = place(join([trunk, *lumps]), x, z, float(rng.uniform(0, 6)))
    return [Thing(shape, labels.VEGETATION, solid=True)]


def lamp_post(rng: np.random.Generator, x: float, z: float, inwards: int) -> list[Thing]:
    """A street lamp that leans over the road."""
    height = float(rng.uniform(4.5, 7.5))
    colour = palette.pick(rng, (palette.STEEL, (0.2, 0.23, 0.22), (0.3, 0.3, 0.32)))
    arm = inwards * float(rng.uniform(0.6, 1.6))
    post = [
        limb((0, 0, 0), (0, height, 0), 0.09, 0.055, colour),
        limb((0, height, 0), (arm, height + 0.25, 0), 0.045, 0.04, colour, 4),
    ]
    head = box((0.55, 0.1, 0.24), (arm, height + 0.2, 0), palette.HEADLAMP, Material.LAMP)
    return [Thing(place(join([*post, head]), x, z), labels.POLE)]


def traffic_sign(rng: np.random.Generator, x: float, z: float) -> list[Thing]:
    """A round, triangular, square or direction sign on its post; it looks down the street."""
    height = float(rng.uniform(2.1, 2.7))
    post = limb((0, 0, 0), (0, height + 0.4, 0), 0.035, 0.035, palette.STEEL)
    red, white, blue = (0.78, 0.1, 0.1), (0.93, 0.93, 0.9), (0.1, 0.25, 0.65)
    kind = int(rng.integers(4))
    if kind == 3:
        plates = [
            box((0.9, 0.5, 0.03), (0, height, -0.05), blue),
            box((0.7, 0.08, 0.02), (0, height + 0.05, -0.075), white),
        ]
    else:
        sides, colours = ((12, (red, white)), (4, (blue, white)), (12, (blue, white)))[kind]
        flat = [
            disc((-0.05 - 0.012 * i, height, 0), r, c, sides)
            for i, (r, c) in enumerate(zip((0.36, 0.26 if kind < 2 else 0.1), colours, strict=True))
        ]
        plates = [place(join(flat), 0, 0, -np.pi / 2)]
    return [
        Thing(place(post, x, z), labels.POLE),
        Thing(place(join(plates), x, z, rng.normal(0, 0.15)), labels.TRAFFIC_SIGN),
    ]


def traffic_light(rng: np.random.Generator, x: float, z: float, inwards: int) -> list[Thing]:
    """A signal on its post."""
    post = limb((0, 0, 0), (0, 3.4, 0), 0.07, 0.06, (0.25, 0.27, 0.27))
    case = box((0.3, 0.9, 0.24), (0, 2.95, -0.1), palette.DARK)
    lit = int(rng.integers(3))
    colours = ((0.95, 0.12, 0.08), (0.95, 0.65, 0.1), (0.1, 0.85, 0.35))
    eyes = []
    for i, colour in enumerate(colours):
        material = Material.LAMP if i == lit else Material.MATTE
        eyes.append(
            ball(
                (0, 3.23 - 0.28 * i, -0.22),
                (0.09, 0.09, 0.04),
                colour if i == lit else palette.shade(colour, 0.2),
                6,
                4,
                material,
            )
        )
    return [Thing(place(post, x, z), labels.POLE), Thing(place(join([case, *eyes]), x, z), labels.TRAFFIC_LIGHT)]


def bin_or_box(rng: np.random.Generator, x: float, z: float) -> list[Thing]:
    """A litter bin, a letter box or a planter: clutter without a class."""
    colour = palette.pick(rng, palette.TRANSIT_PAINT)
    kind = int(rng.integers(3))
    if kind == 0:
        shape = limb((0, 0, 0), (0, 0.95, 0), 0.25, 0.3, palette.shade(colour, 0.5), 8)
    elif kind == 1:
        shape = box((0.5, 1.3, 0.45), (0, 0.65, 0), colour)
    else:
        tub = limb((0, 0, 0), (0, 0.55, 0), 0.4, 0.5, (0.5, 0.47, 0.42), 8)
        shape = join(
            [tub, ball((0, 0.8, 0), (0.5, 0.4, 0.5), palette.pick(rng, palette.LEAVES), 8, 4, Material.FOLIAGE)]
        )
    return [Thing(place(shape, x, z), labels.STATIC)]


def furniture(rng: np.random.Generator, street: Street, plot: Plot) -> list[Thing]:
    """Trees, lamps, signs and clutter along both kerbs."""
    things: list[Thing] = []
    for side in (-1, 1):
        x, z = side * (street.half + 0.55), float(rng.uniform(3.5, 9))
        while z < 130:
            if not in_crossing(street, z, 1.2) and not near_zebra(street, z, 0.3):
                kind = rng.choice(
                    ["tree", "lamp", "sign", "clutter"],
                    p=[0.5, 0.2, 0.17, 0.13] if street.green else [0.06, 0.42, 0.3, 0.22],
                )
                plot.take(x, z, 0.3)
                if kind == "tree":
                    things += planted(rng, x + side * 0.3, z)
                elif kind == "lamp":
                    things += lamp_post(rng, x, z, -side)
                else:
                    things += traffic_sign(rng, x, z) if kind == "sign" else bin_or_box(rng, x + side * 0.3, z)
            z += float(rng.uniform(3.0, 8.5)) * (1 if z < 60 else 2)
    if street.crossing:
        z = street.crossing[0] - street.crossing[1] - 0.8
        things += [t for side in (-1, 1) for t in traffic_light(rng, side * (street.half + 0.4), z, -side)]
    return things
