"""The picture that stands in a living figure's place before it lives, or where it cannot."""

from dataclasses import dataclass
from functools import cache
from html import escape

from lab.figures.still import Still


@dataclass(frozen=True)
class Picture:
    """A picture's file, and what a page has to know of it.

    Attributes:
        content: PNG or JPEG.
        ending: of the file's name.
        width, height: on the page, in px.
        alt: what is to be seen, in words.
    """

    content: bytes
    ending: str
    width: int
    height: int
    alt: str

    def html(self, name: str) -> str:
        """The element; ``name`` is the file's without its ending."""
        return (
            f'<img class="lab-alive-still" src="{name}.{self.ending}" width="{self.width}" height="{self.height}" '
            f'alt="{escape(self.alt)}">'
        )


def as_picture(still: Still) -> Picture:
    """A still as a file."""
    rows, columns = still.pixels.shape[:2]
    content = still.jpeg() if still.photo else still.png()
    return Picture(
        content, "jpg" if still.photo else "png", still.width, round(rows * still.width / columns), still.alt
    )


@cache
def strip_still() -> Picture:
    """The strip with its eight pixels."""
    from lab.figures.vector import draw_svg
    from lab.widgets.strip import layout
    from lab.widgets.strip.compute import read
    from lab.widgets.strip.pixels import PRESETS
    from lab.widgets.strip.render import draw
    from lab.widgets.strip.words import describe

    reading = read(next(iter(PRESETS.values())))
    return as_picture(draw_svg(draw(reading), layout.WIDTH, layout.HEIGHT, describe(reading)))


@cache
def bench_still() -> Picture:
    """The bench before the first touch."""
    from lab.figures.vector import draw_svg
    from lab.widgets.bench.compute import State, look
    from lab.widgets.bench.render import HEIGHT, WIDTH, describe, draw
    from lab.widgets.bench.sample import load_sample

    sample = load_sample()
    bench = look(sample, State())
    return as_picture(draw_svg(draw(sample, bench), WIDTH, HEIGHT, describe(bench)))


@cache
def explorer_still() -> Picture:
    """The instances, before the first touch."""
    from lab.book.alive.samples import street_explorer

    return as_picture(street_explorer().still())
