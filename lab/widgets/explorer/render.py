"""From numbers to what the browser needs where it cannot paint itself: a layer as PNG."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

from lab.clustering import Instances
from lab.widgets.explorer.compute import Choice, Maps, find_instances
from lab.widgets.explorer.layers import Ranges, paint_layer


@dataclass(frozen=True)
class Scenery:
    """Everything that one picture is made of."""

    maps: Maps
    ranges: Ranges
    choice: Choice
    found: Instances


def look(maps: Maps, ranges: Ranges, choice: Choice, found: Instances | None = None) -> Scenery:
    """Compute what the picture shows; ``found`` is reused where it is still right."""
    return Scenery(maps, ranges, choice, find_instances(maps, choice) if found is None else found)


def paint(scenery: Scenery) -> bytes:
    """The layer in the image's own pixels, as PNG."""
    return to_png(paint_layer(scenery.maps, scenery.found, scenery.choice, scenery.ranges))


def to_png(picture: UInt8[np.ndarray, "H W 3"]) -> bytes:
    """PNG, packed fast rather than small: it travels no further than to the browser beside it."""
    _, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return data.tobytes()
