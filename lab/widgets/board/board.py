"""An SVG drawing with handles: elements that carry ``data-handle="NAME"`` (see ``lab.widgets.plot.handle``)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import anywidget
import traitlets

from lab.figures.still import Still
from lab.figures.vector import draw_svg

HERE = Path(__file__).parent


class Event(NamedTuple):
    """What a hand did on a board.

    Attributes:
        kind: "press" (a click, or Enter or Space on a focused handle), "drag", "key" (an arrow key).
        handle: the name of the handle; "" for the ground.
        x, y: where the pointer is, in the drawing's units; 0 for keys.
        dx, dy: the step of an arrow key, ±1, with shift ±10; y grows downward, as in the drawing.
        start_x, start_y: where the pointer went down, by which one drag is told from the next; 0 for keys.
    """

    kind: Literal["press", "drag", "key"]
    handle: str
    x: float
    y: float
    dx: int
    dy: int
    start_x: float = 0.0
    start_y: float = 0.0


class Board(anywidget.AnyWidget):
    """Shows an SVG and reports what is done to its handles.  A redrawing keeps the focus and an ongoing drag.

    Args:
        width, height: the drawing's own units; on the page it is at most ``width`` px wide.

    Attributes:
        shapes: what is inside the svg element.
        alt: what is to be seen, in words.
        said: what a screen reader says when it changes; HTML whose tags are not read.
        event: the last event as a dictionary; ``count`` makes equal ones differ, ``earlier`` holds those before it,
            which may have been merged into this one on their way: use ``on_event``, which misses none.
    """

    _esm = HERE / "board.js"
    _css = HERE / "board.css"
    width = traitlets.Int(860).tag(sync=True)
    height = traitlets.Int(420).tag(sync=True)
    shapes = traitlets.Unicode().tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    said = traitlets.Unicode().tag(sync=True)
    event = traitlets.Dict().tag(sync=True)

    def __init__(self, width: int = 860, height: int = 420) -> None:
        super().__init__(width=width, height=height)

    def show(self, shapes: str, alt: str, said: str = "") -> None:
        """Replace the drawing, in one message."""
        with self.hold_sync():
            self.shapes, self.alt, self.said = shapes, alt, said

    def on_event(self, listen: Callable[[Event], None]) -> None:
        """Have ``listen`` called for every event; of a drag, for the newest place."""
        seen = self.event.get("count", 0)

        def hear(change: dict[str, Any]) -> None:
            nonlocal seen
            newest = change["new"]
            events = [*(e for e in newest.get("earlier", ()) if e["count"] > seen), newest]
            seen = newest.get("count", 0)
            for event in events:
                listen(Event(**{field: event[field] for field in Event._fields if field in event}))

        self.observe(hear, "event")

    def still(self) -> Still:
        """The drawing as it stands."""
        return draw_svg(self.shapes, self.width, self.height, self.alt)
