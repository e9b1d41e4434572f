"""The replay's controls: mode, class, place and the four thresholds."""

import ipywidgets as widgets

from lab.clustering import Thresholds

SLIDER = {"layout": {"width": "400px"}, "style": {"description_width": "150px"}}
SHORT_SLIDER = {"layout": {"width": "320px"}, "style": {"description_width": "108px"}}
REPLAY, GAME = "replay", "which pixel is next?"


def make_controls(class_names: tuple[str, ...], shown: int, start: Thresholds) -> dict[str, widgets.Widget]:
    """All controls by name, the sliders at ``start``; ``shown``: the class chosen at first, 0 for all."""
    options = [("all classes, in order", 0), *((name, c) for c, name in enumerate(class_names, start=1))]
    most_pixels = max(500, 2 * start.min_pixels)
    return {
        "mode": widgets.ToggleButtons(options=(REPLAY, GAME), style={"button_width": "190px"}),
        # A slider, not a list: JupyterLab takes the arrow keys from a list.
        "shown": widgets.SelectionSlider(
            options=options,
            value=shown,
            description="class",
            layout={"width": "300px"},
            style={"description_width": "40px"},
        ),
        "place": widgets.IntSlider(0, 0, 1, description="proposals made", **SHORT_SLIDER),
        "seed_threshold": share(start.seed_threshold, 0.5, "seed threshold"),
        "foreground_threshold": share(start.foreground_threshold, 0.2, "foreground threshold"),
        "min_pixels": widgets.IntSlider(start.min_pixels, 0, most_pixels, description="min_pixels", **SLIDER),
        "min_unassigned": share(start.min_unassigned, 0.0, "min_unassigned"),
    }


def share(value: float, least: float, name: str) -> widgets.FloatSlider:
    """A slider from ``least`` to 1.  Lower seeds would open proposals by the hundred, which no one can step through."""
    return widgets.FloatSlider(value, min=min(least, value), max=1, step=0.01, description=name, **SLIDER)
