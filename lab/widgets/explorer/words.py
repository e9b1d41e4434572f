"""What the explorer's still says, and why there are no instances; the other live words are the browser's."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from lab.clustering import Thresholds
from lab.instances import Step
from lab.widgets.explorer.compute import count_classes
from lab.widgets.explorer.render import Scenery


def count(scenery: Scenery) -> str:
    """'7 instances: 4 car, 3 person', plain text."""
    total = len(scenery.found)
    if not total:
        return "0 instances"
    classes = count_classes(scenery.found, scenery.maps.class_names)
    parts = ", ".join(f"{number} {name}" for name, number in classes.items())
    return f"{total} instance{'s' if total > 1 else ''}: {parts}"


def why_none(trace: Sequence[Step], seed_map: Float[np.ndarray, "N H W"], thresholds: Thresholds) -> str:
    """Why a clustering found no instance: what was lacking, with its number.

    Args:
        trace: its proposals, all of them rejected; none if no seed opened one.
        seed_map: what it started from.
    """
    return _all_rejected(trace, thresholds) if trace else _nothing_proposed(seed_map, thresholds)


def _all_rejected(trace: Sequence[Step], thresholds: Thresholds) -> str:
    largest = max(step.proposal_pixels for step in trace)
    wanted = f"more than {thresholds.min_pixels} (min_pixels) wanted"
    if len(trace) == 1:
        return f"the only proposal has {largest} px, {wanted}"
    if largest <= thresholds.min_pixels:
        return f"all {len(trace)} proposals are too small: the largest has {largest} px, {wanted}"
    small = sum(step.proposal_pixels <= thresholds.min_pixels for step in trace)
    return f"of {len(trace)} proposals {small} are too small ({wanted}), the others are mostly those ones' pixels"


def _nothing_proposed(seed_map: Float[np.ndarray, "N H W"], thresholds: Thresholds) -> str:
    highest = float(seed_map.max(initial=0))
    if highest < thresholds.seed_threshold:
        close = round(highest, 3) >= thresholds.seed_threshold
        told = "the highest is just below it" if close else f"the highest is {highest:.3f}"
        return f"no seed score reaches the seed threshold {thresholds.seed_threshold:.2f}; {told}"
    foreground = seed_map > thresholds.foreground_threshold
    if not foreground.any():
        return f"no seed score is above the foreground threshold {thresholds.foreground_threshold:.2f}"
    opened = (np.where(foreground, seed_map, 0) >= thresholds.seed_threshold).any(axis=(1, 2))
    most = int(foreground.sum(axis=(1, 2))[opened].max(initial=0))
    return f"{most} px of a class take part at most, more than {thresholds.min_pixels} (min_pixels) wanted"
