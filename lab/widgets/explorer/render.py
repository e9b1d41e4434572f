"""From numbers to the explorer's picture: a layer as PNG, and a drawing over it as SVG."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

from lab.clustering import Instances
from lab.figures.colours import instance_colour
from lab.widgets.explorer import layers, overlay
from lab.widgets.explorer.compute import (
    Choice,
    Maps,
    Reading,
    centres_and_margins,
    find_instances,
    foreground,
    read_pixel,
)


@dataclass(frozen=True)
class Scenery:
    """Everything that one picture is made of."""

    maps: Maps
    ranges: layers.Ranges
    choice: Choice
    found: Instances
    reading: Reading


def look(maps: Maps, ranges: layers.Ranges, choice: Choice, found: Instances | None = None) -> Scenery:
    """Compute all that the picture and the words need; ``found`` is reused where it is still right."""
    found = find_instances(maps, choice) if found is None else found
    return Scenery(maps, ranges, choice, found, read_pixel(maps, found, choice))


def paint(scenery: Scenery) -> bytes:
    """The layer in the image's own pixels, as PNG."""
    s = scenery
    return to_png(layers.paint_layer(s.maps, s.found, s.reading, s.choice, s.ranges))


def draw(scenery: Scenery) -> str:
    """What lies over the layer, as SVG: on every layer but the bare image the margins and numbers."""
    s = scenery
    height, width = s.maps.image.shape[:2]
    unit = width / 64  # of numbers and arrow heads, about 16 px on the screen
    shapes: list[str] = []
    if s.choice.layer == "offsets":
        shapes.append(overlay.field(layers.offset_arrows(s.maps, foreground(s.maps, s.choice.thresholds))))
    if s.choice.layer != "image":
        shapes += draw_instances(s.found, unit, outlines=s.choice.layer == "instances")
    return overlay.svg(height, width, shapes + draw_reading(s.reading, unit))


def draw_instances(found: Instances, unit: float, *, outlines: bool) -> list[str]:
    """Outlines first, margins over them, numbers on top."""
    places = list(enumerate(centres_and_margins(found).tolist(), start=1))
    masks = found.masks.numpy() if outlines else ()
    shapes = [overlay.outline(mask, ink(k)) for k, mask in enumerate(masks, start=1)]
    shapes += [overlay.margin((x, y), (rx, ry), ink(k)) for k, (x, y, rx, ry) in places]
    return shapes + [overlay.number((x, y), k, ink(k), unit) for k, (x, y, *_) in places]


def draw_reading(reading: Reading, unit: float) -> list[str]:
    """The chosen pixel, the arrow to its embedding, and (dashed) the margin that it would have as a seed."""
    return [
        overlay.margin(reading.embedding, reading.margin, overlay.WHITE, dashes="6 5"),
        overlay.arrow(reading.pixel, reading.embedding, unit / 2),
        overlay.ring(reading.pixel, unit / 4),
    ]


def ink(number: int) -> str:
    """An instance's colour as the browser spells it."""
    return "#{:02x}{:02x}{:02x}".format(*instance_colour(number))


def to_png(picture: UInt8[np.ndarray, "H W 3"]) -> bytes:
    """PNG, packed fast rather than small: it travels no further than to the browser beside it."""
    _, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return data.tobytes()
