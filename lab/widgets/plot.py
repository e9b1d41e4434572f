"""Small charts as SVG, drawn in half a millisecond: for figures that follow a hand.

All functions return SVG text in the units of the board (px on the page); join what they return.
"""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from jaxtyping import UInt8

from lab.figures.style import GOOD, INK, RULE
from lab.figures.vector import SHARPNESS
from lab.real import Real

SMALLEST = 12  # px; what is smaller cannot be read on a page

Numbers = Iterable[Real] | np.ndarray


def colour_of(number: int) -> str:
    """An object's colour, in every figure the same for the same number."""
    from lab.figures.colours import instance_colour

    return "#{:02x}{:02x}{:02x}".format(*instance_colour(number))


def text(
    x: Real,
    y: Real,
    words: str,
    *,
    size: Real = 13,
    anchor: str = "start",
    colour: str = INK,
    weight: str = "normal",
    turn: Real = 0,
) -> str:
    """Words with their baseline at (x, y); ``anchor`` start, middle or end; ``turn`` in degrees, clockwise."""
    turned = f' transform="rotate({turn:g} {x:.1f} {y:.1f})"' if turn else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}" fill="{colour}" '
        f'font-weight="{weight}"{turned}>{escape(words)}</text>'
    )


def picture(
    left: Real, top: Real, width: Real, height: Real, rgb: UInt8[np.ndarray, "H W 3"], *, smooth: bool = False
) -> str:
    """An image, pixel by pixel (or softly); its pixel (column, row) has its middle at (column + ½, row + ½) pixels."""
    import cv2

    wanted = round(SHARPNESS * width), round(SHARPNESS * height)  # dots
    factor = max(1, round(wanted[0] / rgb.shape[1])) if not smooth else 1
    # Enlarged here rather than by the viewer, since not every viewer knows image-rendering: pixelated.
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    enlarged = cv2.resize(bgr, None, fx=factor, fy=factor, interpolation=cv2.INTER_NEAREST)
    if 1 < factor < 4 and enlarged.shape[1] > wanted[0]:  # else some pixels are twice as wide as others in a still
        enlarged = cv2.resize(enlarged, wanted, interpolation=cv2.INTER_AREA)
    quickly = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
    _, data = cv2.imencode(".png", enlarged, quickly)
    code = base64.b64encode(data.tobytes()).decode()
    softly = ' image-rendering="optimizeQuality"' if smooth else ""
    return (
        f'<image x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" preserveAspectRatio="none"'
        f'{softly} href="data:image/png;base64,{code}"/>'
    )


def handle(name: str, shape: str, label: str, value: str, scale: tuple[Real, Real, Real] | None = None) -> str:
    """A shape that can be dragged, or focused and moved by key; ``label`` and ``value`` are what is read aloud.

    ``scale``: least, present and largest value of what moves along one axis, which is a slider.  What moves in the
    plane has none, and is no slider: its place is part of its name.
    """
    if scale is None:
        # An application gets the arrow keys also from a screen reader; a button would not.
        role = f'role="application" aria-roledescription="movable point" aria-label="{escape(f"{label}: {value}")}"'
    else:
        least, now, most = (f"{v:.4g}" for v in scale)
        role = (
            f'role="slider" aria-label="{escape(label)}" aria-valuemin="{least}" aria-valuenow="{now}" '
            f'aria-valuemax="{most}" aria-valuetext="{escape(value)}"'
        )
    return f'<g data-handle="{escape(name)}" {role}>{shape}</g>'


@dataclass(frozen=True)
class Panel:
    """A rectangle of the board with axes of its own.

    Attributes:
        left, top, width, height: of the plotting area, in the board's units; labels lie outside of it: about 40 to
            the left and 36 below.
        x, y: the values at the left and right, and at the *bottom* and *top*; for an image whose rows grow
            downward give y as (bottom row, top row).
    """

    left: Real
    top: Real
    width: Real
    height: Real
    x: tuple[Real, Real]
    y: tuple[Real, Real]

    def at(self, x: Real, y: Real) -> tuple[Real, Real]:
        """Where on the board the point (x, y) of the axes lies."""
        (x0, x1), (y0, y1) = self.x, self.y
        return self.left + (x - x0) / (x1 - x0) * self.width, self.top + (y1 - y) / (y1 - y0) * self.height

    def back(self, px: Real, py: Real) -> tuple[Real, Real]:
        """The inverse of ``at``."""
        (x0, x1), (y0, y1) = self.x, self.y
        return x0 + (px - self.left) / self.width * (x1 - x0), y1 - (py - self.top) / self.height * (y1 - y0)

    def frame(
        self,
        title: str = "",
        x_label: str = "",
        y_label: str = "",
        x_ticks: Sequence[Real] | range | np.ndarray = (),
        y_ticks: Sequence[Real] | range | np.ndarray = (),
        *,
        grid: bool = True,
    ) -> str:
        """Axes, ticks, labels with their units, and the title above on the left."""
        bottom, right = self.top + self.height, self.left + self.width
        parts = [self._x_tick(t, grid) for t in x_ticks] + [self._y_tick(t, grid) for t in y_ticks]
        parts.append(f'<path d="M{self.left} {self.top}V{bottom}H{right}" fill="none" stroke="{INK}"/>')
        if title:
            parts.append(text(self.left, self.top - 9, title, weight="bold"))
        if x_label:
            below = 34 if len(x_ticks) else 18
            parts.append(text(self.left + self.width / 2, bottom + below, x_label, size=SMALLEST, anchor="middle"))
        if y_label:
            x, y = self.left - (38 if len(y_ticks) else 12), self.top + self.height / 2
            x = max(x, SMALLEST)  # its letters stand to the left of it, and the board ends at 0
            parts.append(text(x, y, y_label, size=SMALLEST, anchor="middle", turn=-90))
        return "".join(parts)

    def _x_tick(self, value: Real, grid: bool) -> str:
        x, bottom = self.at(value, self.y[0])
        line = f'<path d="M{x:.1f} {bottom}V{self.top if grid else bottom + 4}" stroke="{RULE if grid else INK}"/>'
        return line + text(x, bottom + 16, f"{value:g}", size=SMALLEST, anchor="middle")

    def _y_tick(self, value: Real, grid: bool) -> str:
        left, y = self.at(self.x[0], value)
        end = self.left + self.width if grid else left - 4
        line = f'<path d="M{left} {y:.1f}H{end}" stroke="{RULE if grid else INK}"/>'
        return line + text(left - 6, y + 4, f"{value:g}", size=SMALLEST, anchor="end")

    def path(self, xs: Numbers, ys: Numbers) -> str:
        """The points of a curve as an SVG path, without the element around it; empty without points."""
        points = [self.at(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]
        return "M" * bool(points) + "L".join(f"{px:.1f} {py:.1f}" for px, py in points)

    def line(self, xs: Numbers, ys: Numbers, colour: str = INK, width: Real = 2, dashes: str = "") -> str:
        """A curve."""
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        return (
            f'<path d="{self.path(xs, ys)}" fill="none" stroke="{colour}" stroke-width="{width:g}" '
            f'stroke-linejoin="round"{dashed}/>'
        )

    def area(self, xs: Numbers, ys: Numbers, colour: str = GOOD, opacity: Real = 0.25, base: Real = 0) -> str:
        """What lies between a curve and ``base``."""
        xs, ys = list(xs), list(ys)
        outline = self.path([*xs[:1], *xs, *xs[-1:]], [base, *ys, base] if ys else [])
        return f'<path d="{outline}{"z" * bool(outline)}" fill="{colour}" fill-opacity="{opacity:g}"/>'

    def dots(self, xs: Numbers, ys: Numbers, colour: str = INK, radius: Real = 2.5, opacity: Real = 1) -> str:
        """Points; thousands of them are one element."""
        points = (self.at(float(x), float(y)) for x, y in zip(xs, ys, strict=True))
        strokes = "".join(f"M{px:.1f} {py:.1f}h0" for px, py in points)
        return (
            f'<path d="{strokes}" fill="none" stroke="{colour}" stroke-width="{2 * radius:g}" '
            f'stroke-linecap="round" stroke-opacity="{opacity:g}"/>'
        )

    def clip(self, shapes: str, name: str) -> str:
        """The shapes, cut off at the panel's border; ``name`` is unique within the drawing."""
        return (
            f'<clipPath id="{name}"><rect x="{self.left}" y="{self.top}" width="{self.width}" '
            f'height="{self.height}"/></clipPath><g clip-path="url(#{name})">{shapes}</g>'
        )
