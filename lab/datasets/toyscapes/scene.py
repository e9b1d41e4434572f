"""One scene from its number: draw a street, furnish it, photograph it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int32, UInt8

from lab.datasets.scene import BACKGROUND, VOID, Scene
from lab.datasets.toyscapes import labels
from lab.datasets.toyscapes.camera import Camera, draw_camera
from lab.datasets.toyscapes.crowd import bicycle_stands, crossers, cyclists, walkers
from lab.datasets.toyscapes.light import draw_light
from lab.datasets.toyscapes.photo import Film, develop, draw_film
from lab.datasets.toyscapes.render import SUPERSAMPLING, colours, label_images, look_at, shrink
from lab.datasets.toyscapes.scenery import furniture, houses
from lab.datasets.toyscapes.shade import Look
from lab.datasets.toyscapes.shadows import cast
from lab.datasets.toyscapes.street import draw_street
from lab.datasets.toyscapes.texture import noise
from lab.datasets.toyscapes.things import Plot, Thing
from lab.datasets.toyscapes.traffic import cross_traffic, lane_traffic, parked_rows, trams

HEIGHTS, WIDTHS = (128, 1024), (256, 2048)  # pixels; the range that the shapes and line widths are made for

# An instance of fewer visible pixels is a sliver that nobody could name: it keeps its class but loses its
# number, as a group does, and so becomes void for whoever reads the labels.
MIN_PIXELS = 12


@dataclass(frozen=True)
class Picture:
    """A rendered scene with Cityscapes' two label images (label ids; class·1000 + number, or plain ids)."""

    image: UInt8[np.ndarray, "H W 3"]
    label_ids: UInt8[np.ndarray, "H W"]
    instance_ids: Int32[np.ndarray, "H W"]


def furnish(rng: np.random.Generator) -> tuple[list[Thing], Look, Camera, Film]:
    """Everything about a scene that does not depend on the resolution."""
    street, light, plot = draw_street(rng), draw_light(rng), Plot()
    camera = draw_camera(rng, street.ego)
    plot.block(camera.x, 0.0, 6.0, 2.2)
    things, styles = houses(rng, street)
    makers = (trams, lane_traffic, parked_rows, cross_traffic, furniture, cyclists, crossers, bicycle_stands, walkers)
    for maker in makers:
        things += maker(rng, street, plot)
    look = Look(
        light=light,
        street=street,
        styles=styles,
        shadows=cast(things, light),
        rough=noise(rng, 0.6),
        smooth=noise(rng, 1.6),
        worn=float(rng.uniform(0, 1)),
        slabs=np.array([1.0, 0.98, 0.94]) + rng.normal(0, 0.05, 3),
    )
    return things, look, camera, draw_film(rng, light)


def number_instances(
    label_ids: UInt8[np.ndarray, "H W"], thing: Int32[np.ndarray, "H W"], things: list[Thing]
) -> Int32[np.ndarray, "H W"]:
    """Cityscapes' instance ids: each class counts its visible things from 0; groups and slivers stay plain."""
    visible = np.bincount(thing.ravel(), minlength=len(things) + 1)
    table, used = np.zeros(len(things) + 1, np.int32), dict.fromkeys(labels.INSTANCE_LABELS, 0)
    for i, part in enumerate(things, start=1):
        if part.counted and visible[i] >= MIN_PIXELS:
            table[i] = labels.INSTANCE_FACTOR * part.label + used[part.label]
            used[part.label] += 1
    return np.where(table[thing] > 0, table[thing], label_ids.astype(np.int32))


def check_size(height: int, width: int) -> None:
    """Raises ValueError for a size that the shapes are not made for."""
    for name, value, (low, high) in (("height", height, HEIGHTS), ("width", width, WIDTHS)):
        if not low <= value <= high:
            raise ValueError(
                f"ToyScapes: {name} is {value} px, expected {low} to {high} px; choose a size from "
                f"{HEIGHTS[0]}x{WIDTHS[0]} to {HEIGHTS[1]}x{WIDTHS[1]} (height x width)"
            )


def render_picture(seed: int, index: int, height: int, width: int) -> Picture:
    """Scene `index` of stream `seed` with Cityscapes' label images; depends on nothing else.

    Raises:
        ValueError: the size is out of range, or seed or index is negative.
    """
    check_size(height, width)
    if seed < 0 or index < 0:
        raise ValueError(f"ToyScapes: seed {seed}, index {index}: expected whole numbers from 0 upwards")
    rng = np.random.default_rng([seed, index])
    things, look, camera, film = furnish(rng)
    view = look_at(things, camera, SUPERSAMPLING * height, SUPERSAMPLING * width)
    image = develop(shrink(colours(view, things, look, camera)), film, rng)
    label_ids, thing = label_images(view, things, look, camera)
    return Picture(image, label_ids, number_instances(label_ids, thing, things))


def render_scene(seed: int, index: int, height: int = 256, width: int = 512) -> Scene:
    """Scene `index` of stream `seed` in the common form; see `render_picture`."""
    picture = render_picture(seed, index, height, width)
    numbered = picture.instance_ids >= labels.INSTANCE_FACTOR
    _, order = np.unique(np.where(numbered, picture.instance_ids, 0), return_inverse=True)
    table = np.full(256, BACKGROUND, np.int16)
    table[list(labels.INSTANCE_LABELS)] = np.arange(1, len(labels.INSTANCE_LABELS) + 1)
    classes = table[picture.label_ids]
    return Scene(
        name=f"toyville_{seed:06d}_{index:06d}",
        image=picture.image,
        instances=order.reshape(height, width).astype(np.int32),
        classes=np.where((classes > 0) & ~numbered, np.int16(VOID), classes),
    )
