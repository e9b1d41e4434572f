"""The two pictures: every pixel where it lies in the image, and where its embedding lies in the plane.  Pure.

Kinds of pixels differ by colour and by pattern: own ones are the photograph itself (in the plane thick orange dots),
strangers that reach it are blue and dotted, what is only looked at is striped, and all the rest pale.  What follows a
hand is an image of eight colours over one that stays, as few colours are packed in a fraction of the time.
"""

import base64
import io
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Bool, Int, UInt8
from PIL import Image

from lab.widgets.plot import Panel, picture
from lab.widgets.reach.compute import View
from lab.widgets.reach.subject import Subject, plane

DOTS = 2  # of the pictures for each pixel of the image, or px of the board
VEIL, CLEAR, REACHING, IN_VAIN, OWN, TOUCHED, WHITE = range(7)  # what a dot shows
COLOURS = np.array(
    [
        (217, 217, 217, 205),  # half hides the photograph
        (0, 0, 0, 0),
        (0, 114, 178, 255),
        (70, 70, 70, 255),
        (230, 159, 0, 255),
        (252, 246, 190, 255),
        (255, 255, 255, 255),
    ],
    np.uint8,
)


def draw_layer(panel: Panel, dots: UInt8[np.ndarray, "h w"]) -> str:
    """Dots that fill a panel, each the number of one of COLOURS, as an SVG image."""
    buffer = io.BytesIO()
    layer = Image.fromarray(dots, "P")
    layer.putpalette(COLOURS[:, :3].tobytes())
    layer.save(buffer, "png", compress_level=1, transparency=COLOURS[:, 3].tobytes())
    code = base64.b64encode(buffer.getvalue()).decode()
    return (
        f'<image x="{panel.left:.1f}" y="{panel.top:.1f}" width="{panel.width:.1f}" height="{panel.height:.1f}" '
        f'preserveAspectRatio="none" image-rendering="optimizeQuality" href="data:image/png;base64,{code}"/>'
    )


def in_vain(view: View) -> Bool[np.ndarray, "H W"]:
    """Pixels that were looked at, and are neither the instance's own nor reach it."""
    return view.looked & ~view.gaussian.own & ~view.reaching


def paint_image(view: View) -> UInt8[np.ndarray, "h w"]:
    """The veil over the photograph, `DOTS` dots for each pixel along each side, with a hole where the instance is."""
    kinds = np.full(view.looked.shape, VEIL, np.uint8)
    for where, kind in ((view.gaussian.own, CLEAR), (view.reaching, REACHING), (in_vain(view), IN_VAIN)):
        kinds[where] = kind
    dots = cv2.resize(kinds, None, fx=DOTS, fy=DOTS, interpolation=cv2.INTER_NEAREST)
    stripes, spots = _patterns(dots.shape)
    np.copyto(dots, np.uint8(WHITE), where=(dots == REACHING) & spots)
    np.copyto(dots, np.uint8(VEIL), where=(dots == IN_VAIN) & ~stripes)
    return dots


@lru_cache(maxsize=2)
def _patterns(shape: tuple[int, int]) -> tuple[Bool[np.ndarray, "h w"], Bool[np.ndarray, "h w"]]:
    """Where stripes and spots are."""
    row, column = np.ogrid[: shape[0], : shape[1]]
    return (row + column) % 8 < 2, ((row + 1) % 6 < 2) & ((column + 1) % 6 < 2)


def paint_plane(subject: Subject, view: View, panel: Panel) -> UInt8[np.ndarray, "h w"]:
    """The touched cells, and on them the embeddings of the three kinds, `DOTS` dots for each px of the panel."""
    height, width = _shape(panel)
    dots = np.full((height, width), CLEAR, np.uint8)
    left, top, right, bottom = view.cells.box
    (x0, y0), (x1, y1) = panel.at(left, top), panel.at(right, bottom)
    rows, columns = (
        slice(*(max(round(DOTS * (place - start)), 0) for place in places))
        for places, start in (((y0, y1), panel.top), ((x0, x1), panel.left))
    )
    dots[rows, columns] = TOUCHED
    index = _places(subject, view.choice.prediction, panel)
    # One dot, or a square of 2 x 2 or 3 x 3: the larger, the nearer to the instance.
    for where, kind, wide in ((in_vain(view), IN_VAIN, 1), (view.reaching, REACHING, 2), (view.gaussian.own, OWN, 3)):
        corner = index[where & (index > 0)] - wide // 2 * (width + 1)
        for beside in (dx + dy * width for dy in range(wide) for dx in range(wide)):
            dots.ravel()[corner + beside] = kind
    return dots


def _shape(panel: Panel) -> tuple[int, int]:
    """Height and width of the panel in dots."""
    return round(DOTS * panel.height), round(DOTS * panel.width)


@lru_cache(maxsize=4)
def _places(subject: Subject, prediction: str, panel: Panel) -> Int[np.ndarray, "H W"]:
    """Row-major index of the dot that each embedding falls on; 0 where that, or a dot beside it, lies outside."""
    height, width = _shape(panel)
    corner, far = np.array(panel.at(0, 0)), np.array(panel.at(1, 1))
    places = corner[:, None, None] + (far - corner)[:, None, None] * plane(subject, prediction)
    x, y = np.floor(DOTS * (places - np.array([panel.left, panel.top])[:, None, None])).astype(int)
    return np.where((x > 0) & (x < width - 1) & (y > 0) & (y < height - 1), y * width + x, 0)


@lru_cache(maxsize=4)
def draw_crowd(subject: Subject, prediction: str, panel: Panel) -> str:
    """All embeddings outside void in soft grey: the darker, the more."""
    height, width = _shape(panel)
    index = _places(subject, prediction, panel)
    count = np.bincount(index[subject.valid & (index > 0)], minlength=height * width).reshape(height, width)
    soft = cv2.resize(cv2.GaussianBlur(count.astype(np.float32), (0, 0), 1.2), None, fx=0.5, fy=0.5)
    grey = (255 - 110 * (1 - np.exp(-1.4 * soft))).astype(np.uint8)
    return picture(panel.left, panel.top, panel.width, panel.height, cv2.merge([grey] * 3), smooth=True)
