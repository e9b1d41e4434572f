"""Inputs and sentences above the living figures, as HTML: there from the start, so that nothing on the page moves when
the figure comes alive, and disabled until then."""

import math
from collections.abc import Iterable
from html import escape


def strip_controls() -> str:
    """A list of beginnings, a button, and room for what has just happened."""
    from lab.widgets.strip.compute import read
    from lab.widgets.strip.pixels import PRESETS
    from lab.widgets.strip.words import tell_move

    reading = read(next(iter(PRESETS.values())))
    return (
        choice("preset", "start from", PRESETS)
        + '<button type="button" data-control="again" disabled>start again</button>'
        + f'<div class="lab-alive-words" data-part="words">{escape(tell_move(reading, reading))}</div>'
    )


def bench_controls() -> str:
    """The sliders and switches that the bench has in a notebook."""
    from lab.widgets.bench.compute import LARGEST_SIGMA, SLIDER_STEP, SMALLEST_SIGMA, State
    from lab.widgets.bench.sample import OBJECTS
    from lab.widgets.bench.shell import CIRCLE, EACH, ELLIPSE, SHARED

    start = State()
    scale = math.log10(SMALLEST_SIGMA), math.log10(LARGEST_SIGMA), SLIDER_STEP
    names = [f"sigma-{k}-{axis}" for k in range(len(OBJECTS)) for axis in "xy"]
    sigma = start.sigma[0][0]
    said = f"{sigma:.1f}"
    # Of the four only the first counts at the start: one circle for both.
    sliders = [slider(each, "σ, both (px)", scale, math.log10(sigma), said, there=each == names[0]) for each in names]
    return (
        slider("noise", "offset error", (0.0, 1.0, 0.05), start.noise, f"{start.noise:.2f}")
        + choice("bandwidths", "σ", (SHARED, EACH))
        + choice("shape", "margin", (CIRCLE, ELLIPSE))
        + '<button type="button" data-control="best" disabled>best σ</button>'
        + f'<div class="lab-alive-sliders">{"".join(sliders)}</div>'
    )


def slider(
    name: str, words: str, scale: tuple[float, float, float], value: float, said: str, *, there: bool = True
) -> str:
    """A slider with its name before and its value behind; ``scale``: least, largest, step."""
    least, largest, step = scale
    return (
        f'<label{"" if there else " hidden"}><span>{words}</span> <input type="range" data-control="{name}" '
        f'min="{least:g}" max="{largest:g}" step="{step:g}" value="{value:g}" disabled> <output>{said}</output></label>'
    )


def choice(name: str, words: str, options: Iterable[str]) -> str:
    """A list of which the first is chosen."""
    listed = "".join(f"<option>{escape(option)}</option>" for option in options)
    return f'<label><span>{words}</span> <select data-control="{name}" disabled>{listed}</select></label>'
