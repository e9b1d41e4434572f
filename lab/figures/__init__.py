"""Still figures (matplotlib) and the colours that still and live pictures share."""

from lab.figures.colours import OKABE_ITO, direction_colours, instance_colour, scalar_colours
from lab.figures.overview import show_method
from lab.figures.stills import (
    show_image,
    show_instances,
    show_offsets,
    show_seed_map,
    show_sigma,
)

__all__ = [
    "OKABE_ITO",
    "direction_colours",
    "instance_colour",
    "scalar_colours",
    "show_image",
    "show_instances",
    "show_method",
    "show_offsets",
    "show_seed_map",
    "show_sigma",
]
