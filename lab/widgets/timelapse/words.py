"""What the time-lapse says of a frame."""

from html import escape

import numpy as np

from lab.training.recorder import Record
from lab.widgets.timelapse.compute import View
from lab.widgets.timelapse.render import term_values

STAGES = ("stage 1, crops around objects", "stage 2, larger crops")


def tell(record: Record, view: View) -> str:
    """Step, stage, terms and what has been learned by then, as HTML."""
    terms = term_values(record, view.step)
    logged = ", ".join(f"{name} {value:.3g}" for name, value in terms.items()) if terms else "untrained"
    found = f"{view.labels.max()} found, {view.right} of {len(view.things)} labelled objects among them"
    return (
        f"<b>step {view.step}</b> of {record.steps[-1]}, {STAGES[view.stage]}: {logged}<br>"
        f"instances: {found} · mean IoU of each object with its own margin (labels for seeds) {view.mean_iou:.2f} · "
        f"highest seed score {view.best_seed.max():.2f}"
    )


def describe(record: Record, view: View, name: str) -> str:
    """The board in words."""
    margins = [float(np.sqrt(np.prod(t.margin))) for t in view.things]
    typical = f"; their margins have a median of {np.median(margins):.1f} px" if margins else ""
    return (
        f"Time-lapse of the run {name} at step {view.step} of {record.steps[-1]}, {STAGES[view.stage]}: the picture "
        f"with {len(view.things)} labelled objects{typical}; the seed map, up to {view.best_seed.max():.2f}; "
        f"{view.labels.max()} instances found, {view.right} of the labelled objects among them; and the terms' curves."
    )


def tell_origin(record: Record) -> str:
    """Where the record comes from."""
    origin = record.origin
    parts = [origin.get("recipe"), origin.get("device"), f"commit {origin['commit']}" if origin.get("commit") else None]
    return escape(" · ".join(str(part) for part in parts if part))
