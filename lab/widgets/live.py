"""The base of the interactive figures: controls wired to one refresh, errors shown in place, a still for the web."""

import base64
import traceback
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import ClassVar

import ipywidgets as widgets

from lab.figures.still import Still
from lab.widgets.newest import Newest

STYLE = (Path(__file__).parent / "live.css").read_text()


class LiveFigure(widgets.VBox):
    """Controls above, pictures below; whenever a control moves, ``refresh`` runs for its newest position.

    A figure derives from this, sets ``name``, builds its controls and views, hands them to ``__init__`` and writes
    ``refresh`` (compute and show) and ``still`` (what a page without a kernel shows).  Nothing is calculated here.

    Args:
        controls: widgets whose ``value`` the figure follows; each becomes an attribute of this name and gets the CSS
            class ``lab-<figure>-<control>``, by which the tests find it.
        children: what is laid out, from top to bottom; the line for errors is added at the end.

    Attributes:
        error: empty, or the exception of the last refresh: ipywidgets would lose it in a log that nobody reads.
        newest: runs the refreshes; ``newest.busy`` says whether one is due.
    """

    name: ClassVar[str] = "live"

    def __init__(self, controls: Mapping[str, widgets.Widget], children: Sequence[widgets.Widget]) -> None:
        self.error = widgets.HTML().add_class(f"lab-{self.name}-error")
        self.newest = Newest(self._update)
        for label, control in controls.items():
            setattr(self, label, control)
            control.add_class(f"lab-{self.name}-{label.replace('_', '-')}")
            self.watch(control, "value")
        self._update()
        style = widgets.HTML(f"<style>{STYLE}</style>", layout={"display": "none"})
        super().__init__(children=[style, *children, self.error])
        self.add_class("lab-live").add_class(f"lab-{self.name}")

    def refresh(self) -> None:
        """Compute from what the controls say, and show it."""
        raise NotImplementedError(f"{type(self).__name__} has no refresh()")

    def still(self) -> Still:
        """The figure as it stands, for a page on which no kernel runs."""
        raise NotImplementedError(f"{type(self).__name__} has no still()")

    def watch(self, widget: widgets.Widget, *traits: str) -> None:
        """Refresh whenever one of these traits changes."""
        widget.observe(lambda _: self.newest.ask(), list(traits))

    def _update(self) -> None:
        try:
            self.refresh()
            self.error.value = ""
        except Exception as problem:
            self.error.value = tell_error(problem)

    def _repr_mimebundle_(self, **kwargs) -> dict:
        """Besides the live view a still and a sentence."""
        bundle = super()._repr_mimebundle_(**kwargs)
        still = self.still()
        kind, data = ("image/jpeg", still.jpeg()) if still.photo else ("image/png", still.png())
        bundle[kind] = base64.b64encode(data).decode()
        bundle["text/plain"] = f"{still.alt} Run the notebook to make it live."
        return bundle


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
