"""The legend of each layer as HTML: what is drawn, in which colours, with units."""

import base64
from functools import lru_cache
from math import log

from lab.figures.colours import cividis_table, colour_wheel
from lab.figures.still import pack_rgba
from lab.widgets.explorer.layers import Ranges
from lab.widgets.explorer.render import Scenery

MARGINS = "Ellipse: an instance's margin, where membership is ½. Number: its order of acceptance, class by class. "
PIXEL = "Ring and arrow: the chosen pixel and its embedding; dashed: the margin it would have as a seed."


def legend(scenery: Scenery) -> str:
    """Of the layer that is shown."""
    ranges = scenery.ranges
    scale, words = {
        "image": ("", ""),
        "offsets": (
            wheel(ranges),
            "Dots and strokes: a pixel on the grid and where it points. Grey: pixels that take no part. ",
        ),
        "sigma": (sigma_bar(ranges), "Grey: pixels that take no part. "),
        "seed map": (bar([(0.0, "0"), (0.5, "0.5"), (1.0, "1")], "seed score, highest over the classes"), ""),
        "membership": (bar([(0.0, "0"), (0.5, "½"), (1.0, "1")], membership_title(scenery)), ""),
        "instances": ("", "Colour and outline: the pixels of an instance. "),
    }[scenery.choice.layer]
    drawn = "" if scenery.choice.layer == "image" else MARGINS
    return f'<div class="lab-legend">{scale}<div>{words}{drawn}{PIXEL}</div></div>'


def membership_title(scenery: Scenery) -> str:
    """Whose membership is shown."""
    winner = scenery.reading.winner
    return f"membership φ in instance {winner}" if winner else "membership φ, the chosen pixel as seed"


def sigma_bar(ranges: Ranges) -> str:
    """Logarithmic, in px."""
    low, high = ranges.least_sigma, ranges.largest_sigma
    values = [v for v in (1, 2, 5, 10, 20, 50, 100, 200, 500) if low <= v <= high]
    ticks = [(log(v / low) / log(high / low), str(v)) for v in values]
    return bar(ticks, "σ in px (geometric mean of the two axes)")


def bar(ticks: list[tuple[float, str]], title: str) -> str:
    """A cividis strip with ticks at fractions of its length."""
    stops = ",".join("rgb({},{},{})".format(*colour) for colour in cividis_table()[::15])
    marks = "".join(f'<span style="left:{100 * where:.1f}%">{text}</span>' for where, text in ticks)
    return (
        f'<div class="lab-bar"><div class="lab-bar-title">{title}</div>'
        f'<div class="lab-bar-strip" style="background:linear-gradient(90deg,{stops})"></div>'
        f'<div class="lab-bar-ticks">{marks}</div></div>'
    )


def wheel(ranges: Ranges) -> str:
    """The colour wheel with the length at its rim."""
    return (
        f'<img class="lab-wheel" alt="Colour wheel of directions" src="{wheel_address()}">'
        f'<div class="lab-wheel-words">centre: 0 px<br>rim: {ranges.longest_offset:g} px<br>or more</div>'
    )


@lru_cache(maxsize=1)
def wheel_address() -> str:
    """The wheel as a data address; it never changes."""
    return "data:image/png;base64," + base64.b64encode(pack_rgba(colour_wheel(112))).decode()
