"""One image with its labels, the common form in which every data source hands out its scenes."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int16, Int32, UInt8

VOID = -1
BACKGROUND = 0


@dataclass(frozen=True)
class Scene:
    """An image and what is in it.

    Attributes:
        name: the file's name without suffixes, unique within its data set.
        image: RGB.
        instances: 0 where there is none, else 1..K, unique over all classes.
        classes: -1 void (in no term of the loss), 0 background, 1..N.
    """

    name: str
    image: UInt8[np.ndarray, "H W 3"]
    instances: Int32[np.ndarray, "H W"]
    classes: Int16[np.ndarray, "H W"]
