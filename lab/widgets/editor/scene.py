"""The editor's scene as SVG: every object to be taken with the hand, and the selected one's knobs.  Pure."""

from functools import lru_cache

import numpy as np
from jaxtyping import UInt8

from lab.figures.style import INK
from lab.real import Real
from lab.widgets.editor.compute import Drawn
from lab.widgets.editor.things import SIDE, Thing, Things, order, outline, to_picture
from lab.widgets.plot import Panel, colour_of, handle, picture, text
from lab.widgets.shapes import rimmed_path

RANGE = (-0.5, SIDE - 0.5)
UPRIGHT = RANGE[::-1]
SCENE = Panel(4, 28, 420, 420, RANGE, UPRIGHT)
WHITE = "#ffffff"


@lru_cache(maxsize=6)
def _packed(panel: Panel, data: bytes) -> str:
    rgb = np.frombuffer(data, np.uint8).reshape(SIDE, SIDE, 3)
    return picture(panel.left, panel.top, panel.width, panel.height, rgb, smooth=True)


def ground(panel: Panel, image: UInt8[np.ndarray, "H W 3"]) -> str:
    """The picture in a panel; packed once."""
    return _packed(panel, image.tobytes())


def path_of(panel: Panel, thing: Thing) -> str:
    """An object's border on the board."""
    return "".join(panel.path(*border) + "z" for border in outline(thing))


def draw_scene(drawn: Drawn, selected: int | None) -> str:
    """The picture with every object to be taken, and the selected one's knobs."""
    things = drawn.things
    parts = [ground(SCENE, drawn.image)]
    parts += [_body(things, k, k == selected) for k in order(things)]
    title = text(SCENE.left, SCENE.top - 9, f"your scene, {SIDE} px wide: drag an object, or draw one", weight="bold")
    chosen = () if selected is None else _knobs(things[selected], selected)
    return title + SCENE.clip("".join(parts), "editor-scene") + "".join(chosen)


def _body(things: Things, k: int, selected: bool) -> str:
    thing, path = things[k], path_of(SCENE, things[k])
    line = rimmed_path(path, colour_of(k + 1), 2.4 if selected else 1.2, rim=1.6)
    area = f'<path d="{path}" fill="{WHITE}" fill-opacity="0" fill-rule="evenodd"/>'
    x, y = SCENE.at(*badge_place(thing))
    words = f"column {thing.x:.0f}, row {thing.y:.0f}; {size_of(thing)}" + (", selected" if selected else "")
    return handle(
        f"thing-{k}", area + line + badge(x, y, str(k + 1), colour_of(k + 1)), f"object {k + 1}, {thing.kind}", words
    )


def badge_place(thing: Thing) -> tuple[float, float]:
    """Where an object's number stands: in its middle, of a ring on its rim, of what is small beside it."""
    if thing.kind == "ring":
        return _place(thing, -0.4 * thing.width)
    return _place(thing, -thing.width / 2 - 7 if thing.width < 16 else 0)


def _place(thing: Thing, across: Real) -> tuple[float, float]:
    column, row = to_picture(thing, 0, across).tolist()
    return within(column), within(row)


def within(place: float) -> float:
    """Not too near to the border for a badge."""
    return min(max(place, 5), SIDE - 6)


def size_of(thing: Thing) -> str:
    """'34 x 30 px at 20°'."""
    return f"{thing.length:.0f} x {thing.width:.0f} px at {thing.angle:.0f}°"


def badge(x: Real, y: Real, words: str, colour: str) -> str:
    """A number or letter on dark."""
    wide = 10 + 7 * len(words)
    box = (
        f'<rect x="{x - wide / 2:.1f}" y="{y - 8:.1f}" width="{wide}" height="16" rx="4" fill="{INK}" '
        f'fill-opacity=".85" stroke="{colour}" stroke-width="1.3"/>'
    )
    return box + text(x, y + 4.5, words, size=12, anchor="middle", colour=WHITE, weight="bold")


def knob_places(thing: Thing) -> dict[str, tuple[float, float]]:
    """Column and row of the knobs at the end of an object's axis and at its side."""
    end, side = to_picture(thing, thing.length / 2, 0), to_picture(thing, 0, thing.width / 2)
    return {"end": (float(end[0]), float(end[1])), "side": (float(side[0]), float(side[1]))}


def on_scene(x: Real, y: Real) -> bool:
    """Whether a place of the board lies on the scene."""
    column, row = SCENE.back(x, y)
    return RANGE[0] <= column <= RANGE[1] and RANGE[0] <= row <= RANGE[1]


def _knobs(thing: Thing, k: int) -> list[str]:
    knobs, white = [], f'fill="{WHITE}" stroke="{INK}" stroke-width="2"'
    says = {"end": f"{thing.length:.0f} px long at {thing.angle:.0f}°", "side": f"{thing.width:.0f} px wide"}
    for name, (column, row) in knob_places(thing).items():
        x, y = SCENE.at(column, row)
        shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" {white}/>'
        if name == "side":
            shape = f'<rect x="{x - 6:.1f}" y="{y - 6:.1f}" width="12" height="12" {white}/>'
        knobs.append(handle(name, shape, f"{name} of object {k + 1}", says[name]))
    return knobs
