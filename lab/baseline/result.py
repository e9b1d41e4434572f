"""A comparison as plain numbers, and in words what its curves do at their end."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import torch

from lab.baseline.clock import clock_words
from lab.baseline.contenders import Contender
from lab.baseline.settings import LABELS, BaselineSettings, is_early, plain
from lab.baseline.speed import Speed
from lab.baseline.state import Point, Progress
from lab.origin import origin_of

LEVEL = 0.05  # of the last AP: a gain under that over a quarter of the budget is called levelled off
BEGUN = 0.01  # AP under that is as good as nothing
LIMITS = "at this budget, from scratch; one seed"


def levelled_off(curve: Sequence[Point]) -> str:
    """Whether AP still rose over the last part of the budget, in words, with the numbers they rest on."""
    ends = [(point.ap, point.seconds) for point in curve[-2:] if point.ap is not None]
    if len(ends) < 2:
        return "cannot be told: fewer than two points with an AP"
    (before, first), (last, end) = ends
    gain, part = last - before, 1 - first / end
    change = f"AP went from {100 * before:.1f} to {100 * last:.1f} over the last {part:.0%} of the budget"
    if max(before, last) < BEGUN:
        return f"has not begun to find objects: {change}"
    if gain < 0:
        return f"fell: {change}"
    if gain > LEVEL * last:
        return f"not levelled off: {change}"
    return f"levelled off under this schedule, whose rate falls to 0 by then: {change}"


def result(
    settings: BaselineSettings,
    size: tuple[int, int],
    scenes: Mapping[str, int],
    class_names: Sequence[str],
    min_region: int,
    device: torch.device,
    runs: Sequence[tuple[Contender, Progress]],
    speed: Speed,
) -> dict[str, Any]:
    """All of it for JSON."""
    origin = origin_of(device)
    origin["versions"]["torchvision"] = version("torchvision")
    return {
        "what": f"AP against seconds of training, two methods on the same scenes with the same evaluator; {LIMITS}",
        "recipe": "python -m lab baseline",
        "data": {"dataset": settings.dataset, "classes": list(class_names), **scenes},
        "resolution": f"{size[1]}x{size[0]}",
        "seed": settings.seed,
        "budget_seconds": settings.seconds,
        "seconds_are": f"{clock_words(device)}; of training steps and the making of their batches, nothing else",
        "scored_by": "lab.metrics",
        "min_region_pixels": min_region,
        "min_region_is": f"100 px at 2048x1024, scaled by area to {size[1]}x{size[0]}",
        "scored_on": scored_on(settings, scenes["val"]),
        "score_thresholds": f"of both chosen at each point on the first {settings.choose_scenes} training scenes",
        "speed_at": next((at for rates in speed.rates.values() for at in rates), None),
        "speed_is": speed.words,
        "seconds_at_are": "of an image by the wall clock, medians, the network and the clustering apart",
        "settings": plain(settings),
        "models": {contender.name: _model(contender, progress, speed) for contender, progress in runs},
        **origin,
    }


def scored_on(settings: BaselineSettings, scenes: int) -> str:
    """How many validation scenes at which points."""
    if scenes <= settings.early_scenes or not is_early(settings, 0):
        return f"all {scenes} validation scenes at each point"
    return f"all {scenes} validation scenes at the last two points, the first {settings.early_scenes} at those before"


def _model(contender: Contender, progress: Progress, speed: Speed) -> dict[str, Any]:
    at = speed.rates.get(contender.name, {})
    return {
        "label": LABELS[contender.name],
        "what": contender.what,
        "parameters": sum(weight.numel() for weight in contender.network.parameters()),
        "curve": [asdict(point) for point in progress.curve],
        "levelled_off": levelled_off(progress.curve),
        "images_per_second": next(iter(at.values()), None),
        "images_per_second_at": dict(at),
        "seconds_at": dict(speed.seconds.get(contender.name, {})),
    }


def table(found: Mapping[str, Any]) -> str:
    """The result for people."""
    lines = []
    for model in found["models"].values():
        lines.append(f"{model['label']}, {model['parameters'] / 1e6:.1f} million weights")
        lines += [
            f"  {point['seconds']:7.0f} s {point['steps']:7} steps   AP {_percent(point['ap']):>5}   "
            f"AP50 {_percent(point['ap50']):>5}"
            for point in model["curve"]
        ]
        lines.append(f"  {model['levelled_off']}")
        lines += [f"  {value:.2f} images a second at {at}" for at, value in model["images_per_second_at"].items()]
        lines += [
            f"  at {at} {spent['network']:.3f} s for the network, {spent['clustering']:.3f} s for the clustering"
            for at, spent in model["seconds_at"].items()
        ]
    data = found["data"]
    lines.append(
        f"{', '.join(data['classes'])}; {data['train']} scenes to train on, {data['val']} to score, "
        f"{found['resolution']} px; true instances under {found['min_region_pixels']} px are ignored; {LIMITS}."
    )
    return "\n".join(lines)


def _percent(value: float | None) -> str:
    return "absent" if value is None else f"{100 * value:.1f}"
