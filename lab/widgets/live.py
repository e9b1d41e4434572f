"""The base of the interactive figures: controls wired to one refresh, errors shown in place, a still for the web."""

import base64
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import ipywidgets as widgets

from lab.figures.still import Still
from lab.widgets.assist import Assist
from lab.widgets.board.board import Board, Event
from lab.widgets.newest import Newest

STYLE = (Path(__file__).parent / "live.css").read_text(encoding="utf-8")


class LiveFigure(widgets.VBox):
    """Controls above, pictures below; whenever a control moves, ``refresh`` runs for its newest position.

    A figure derives from this, sets ``name``, builds its controls and views, hands them to ``__init__`` and writes
    ``refresh`` (compute and show) and ``still`` (what a page without a kernel shows).  Nothing is calculated here.
    What else a hand can do is heard through ``on_click``, ``on_event`` and ``on_change``, never by the widgets' own
    methods of these names: those would lose an exception in a log that nobody reads.

    Args:
        controls: widgets whose ``value`` the figure follows; each becomes an attribute of this name and gets the CSS
            class ``lab-<figure>-<control>``, by which the tests find it.
        children: what is laid out, from top to bottom; the line for errors is added at the end.

    Attributes:
        error: empty, or what went wrong in the last action or refresh.
        newest: runs the refreshes; ``newest.busy`` says whether one is due.
    """

    name: ClassVar[str] = "live"

    def __init__(self, controls: Mapping[str, widgets.Widget], children: Sequence[widgets.Widget]) -> None:
        self.error = widgets.HTML().add_class(f"lab-{self.name}-error")
        self._failed: Exception | None = None  # in the last refresh
        self._slipped: Exception | None = None  # in the last action; a refresh that succeeds leaves it in sight
        self.newest = Newest(self._update)
        for label, control in controls.items():
            setattr(self, label, control)
            control.add_class(f"lab-{self.name}-{label.replace('_', '-')}")
            self.refresh_on(control, "value")
        self._update()
        style = widgets.HTML(f"<style>{STYLE}</style>", layout={"display": "none"})
        super().__init__(children=[style, *children, self.error, Assist()])
        self.add_class("lab-live").add_class(f"lab-{self.name}")

    def refresh(self) -> None:
        """Compute from what the controls say, and show it."""
        raise NotImplementedError(f"{type(self).__name__} has no refresh()")

    def still(self) -> Still:
        """The figure as it stands, for a page on which no kernel runs."""
        raise NotImplementedError(f"{type(self).__name__} has no still()")

    def refresh_on(self, widget: widgets.Widget, *traits: str) -> None:
        """Refresh whenever one of these traits changes."""
        self.on_change(widget, lambda _: self.newest.ask(), *traits)

    def on_click(self, button: widgets.Button, act: Callable[[], None]) -> None:
        """Do it at every click."""
        button.on_click(lambda _: self._do(act))

    def on_event(self, board: Board, act: Callable[[Event], None]) -> None:
        """Do it with every event of the board."""
        board.on_event(lambda event: self._do(act, event))

    def on_change(self, widget: widgets.Widget, act: Callable[[dict[str, Any]], None], *traits: str) -> None:
        """Do it with every change of one of these traits."""
        widget.observe(lambda change: self._do(act, change), list(traits))

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """What goes wrong in here is shown in the figure."""
        self._slipped = None
        try:
            yield
        except Exception as problem:
            self._slipped = problem
        self._show_error()

    def _do(self, act: Callable[..., Any], *what: Event | dict[str, Any]) -> None:
        with self.guarded():
            act(*what)

    def _update(self) -> None:
        try:
            self.refresh()
            self._failed = None
        except Exception as problem:
            self._failed = problem
        self._show_error()

    def _show_error(self) -> None:
        problem = self._slipped or self._failed
        self.error.value = tell_error(problem) if problem else ""

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Besides the live view a still and a sentence."""
        bundle = super()._repr_mimebundle_(**kwargs)
        try:
            data, metadata = self.still()._repr_mimebundle_()
        except Exception as problem:
            # After a failed refresh the still fails too, but for want of what the refresh should have made.
            cause = self._failed or problem
            bundle["text/plain"] = f"There is no picture, because of {type(cause).__name__}: {cause}"
            self._slipped = self._slipped or cause
            self._show_error()
            return bundle, {}
        data = {kind: base64.b64encode(raw).decode() if isinstance(raw, bytes) else raw for kind, raw in data.items()}
        data["text/plain"] += " Run the notebook to make it live."
        return bundle | data, metadata


def row(*children: widgets.Widget) -> widgets.HBox:
    """Controls side by side, wrapped where the page is narrow."""
    return widgets.HBox(children).add_class("lab-row")


def tell_error(problem: Exception) -> str:
    """A problem in words, with its way through the code to unfold."""
    trace = "".join(traceback.format_exception(problem))
    return (
        f'<div class="lab-error" role="alert"><b>{type(problem).__name__}</b>: {escape(str(problem))}'
        f"<details><summary>where</summary><pre>{escape(trace)}</pre></details></div>"
    )
