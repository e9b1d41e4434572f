"""AP against training time of both contenders, as `lab.baseline` measured them."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.figures.still import Still, finish
from lab.figures.style import ACCENT, GOOD, GREY, INK, SMALL, WIDTH

# Vermillion and blue of Okabe-Ito; marks and lines differ too.
LOOKS = {"spatial_embeddings": (GOOD, "o-"), "mask_rcnn": (ACCENT, "s--")}
PANELS = {"ap": "AP, %", "ap50": "AP50, %"}
NEAREST = 0.08  # of the panel's height: half of what a name of two lines takes


def show_baseline(found: Mapping[str, Any]) -> Still:
    """AP and AP50 against minutes of training; ``found`` is the content of data/results/mask_rcnn.json."""
    figure = Figure(figsize=(WIDTH, 3.3), layout="constrained")
    for ax, (key, title) in zip(figure.subplots(1, 2), PANELS.items(), strict=True):
        ends = {name: _draw(ax, found["models"][name], key, *LOOKS[name]) for name in LOOKS}
        ax.set(xlabel=f"{_unit(found)} of training", xlim=(0, found["budget_seconds"] / 60), ylim=(0, None))
        ax.set_title(title, loc="left", color=INK)
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=SMALL, colors=INK)
        ax.grid(axis="y", color="#e5e5e5", lw=0.6)
        ax.set_axisbelow(True)
        _name(ax, found, ends)
    figure.supxlabel(_conditions(found), x=0.01, ha="left", fontsize=SMALL, color=GREY)
    return finish(figure, _alt(found))


def _draw(ax: Axes, model: Mapping[str, Any], key: str, colour: str, mark: str) -> float | None:
    """The curve; gives its last value in percent.  A point at which no AP could be told is left out."""
    points = [(point["seconds"] / 60, 100 * point[key]) for point in model["curve"] if point[key] is not None]
    if not points:
        return None
    minutes, values = zip(*points, strict=True)
    ax.plot(minutes, values, mark, color=colour, lw=2, ms=5.5, clip_on=False, zorder=3)
    return values[-1]


def _name(ax: Axes, found: Mapping[str, Any], ends: Mapping[str, float | None]) -> None:
    """Each curve's name and last value beside its end; names that would meet are moved apart."""
    top = ax.get_ylim()[1]
    places = {name: (value or 0.0) / top for name, value in ends.items()}
    low, high = sorted(places, key=places.__getitem__)
    lack = 2 * NEAREST - (places[high] - places[low])
    if lack > 0:
        places[low] = max(0.0, places[low] - lack / 2)
        places[high] = max(places[high], places[low] + 2 * NEAREST)
    for name, y in places.items():
        value = "absent" if ends[name] is None else f"{ends[name]:.1f}"
        ax.annotate(
            f"{found['models'][name]['label']}\n{value}",
            (1.03, y),
            xycoords="axes fraction",
            color=LOOKS[name][0],
            fontsize=SMALL,
            va="center",
        )


def _unit(found: Mapping[str, Any]) -> str:
    """On a CPU it is the processor's time that counts, see `lab.baseline.clock`."""
    return "processor minutes" if found["seconds_are"].startswith("processor") else "minutes"


def _conditions(found: Mapping[str, Any]) -> str:
    data = found["data"]
    return (
        f"{', '.join(data['classes'])}; {data['train']} scenes of {found['resolution']} to train on, {data['val']} to "
        f"score; from scratch, one seed; {found['device']}"
    )


def _alt(found: Mapping[str, Any]) -> str:
    """What is to be seen, in words."""
    told = (
        f"{model['label']} ends at AP {_percent(model['curve'][-1]['ap'])}, AP50 "
        f"{_percent(model['curve'][-1]['ap50'])} after {model['curve'][-1]['seconds'] / 60:.0f} {_unit(found)}"
        for model in (found["models"][name] for name in LOOKS)
    )
    return f"AP and AP50 against {_unit(found)} of training. {'; '.join(told)}. {_conditions(found)}."


def _percent(value: float | None) -> str:
    return "absent" if value is None else f"{100 * value:.1f}"
