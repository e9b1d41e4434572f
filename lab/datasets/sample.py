"""The one scene that goes through all notebooks, and a corner of it that is small enough to be trained on live."""

import cv2
import numpy as np

from lab.datasets.cityscapes import CityscapesFolder
from lab.datasets.crops import cut
from lab.datasets.scene import VOID, Scene
from lab.folders import data_folder

CORNER = (84, 384, 128, 128)  # top, left, height, width in the street
SLIVERS = (3, 12)


def street() -> Scene:
    """A street of ToyScapes' validation part, 256x512 pixels; its objects 1..20 keep their numbers in all notebooks."""
    return CityscapesFolder(data_folder() / "scenes", "val")[0]


def corner() -> Scene:
    """A window at the street's right edge at half resolution, 64x64 pixels: a large car (11), three people (4, 5, 6).

    Numbers, and so colours, are those of the street.  Labels are every second pixel's, so none is invented.  What the
    window's left edge leaves of objects 3 and 12 (11 and 2 pixels) is void.
    """
    part = cut(street(), *CORNER)
    image = cv2.resize(part.image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    instances, classes = part.instances[::2, ::2], part.classes[::2, ::2]
    sliver = np.isin(instances, SLIVERS)
    return Scene(
        name=f"{part.name}_corner",
        image=image,
        instances=np.where(sliver, np.int32(0), instances),
        classes=np.where(sliver, np.int16(VOID), classes),
    )
