"""The design exercise: a scene that defeats every single margin, judged by trying them all."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from lab.alternatives import distance_to_centre, fixed_margin_iou
from lab.embedding import PIXELS_PER_UNIT
from lab.exercises.exercise import Verdict, right, untried, wrong
from lab.exercises.guard import Trouble, attempt

FOUND = 0.75  # IoU from which on an object counts as found
MOST_OBJECTS, MOST_PIXELS = 6, 2000  # so that trying all margins takes no time


@dataclass(frozen=True)
class Sweep:
    """What becomes of a scene under every margin.

    Attributes:
        own_iou, own_delta: of every object with the margin that suits it best.
        common_iou: of every object under the one margin that suits the worst off best.
        common_delta: that margin, px.
    """

    own_iou: np.ndarray
    own_delta: np.ndarray
    common_iou: np.ndarray
    common_delta: float


def sweep(scene: list[tuple[float, float, float, int]]) -> Sweep:
    """Try every margin that makes a difference: between any two distances from an embedding to a centre."""
    clouds = [torch.from_numpy(cloud(*thing)) for thing in scene]
    everything = torch.cat(clouds, dim=1)
    owner = torch.cat([torch.full((c.shape[1],), k) for k, c in enumerate(clouds, start=1)])
    centres = torch.tensor([[x, y] for x, y, *_ in scene], dtype=torch.float64).T / PIXELS_PER_UNIT
    found = torch.cat([distance_to_centre(everything, c) for c in centres.T]).unique()
    deltas = torch.cat([(found[1:] + found[:-1]) / 2, found[-1:] + 1])
    iou = fixed_margin_iou(everything, owner, centres, deltas).numpy()
    common = int(iou.min(0).argmax())
    return Sweep(iou.max(1), deltas.numpy()[iou.argmax(1)], iou[:, common], float(deltas[common]))


def cloud(x: float, y: float, spread: float, pixels: int) -> Float[np.ndarray, "2 P"]:
    """Embeddings that fill a disc of radius ``spread`` (px) evenly, like a sunflower; in units of 1024 px."""
    i = np.arange(pixels)
    radius, angle = spread * np.sqrt((i + 0.5) / pixels), i * np.pi * (3 - np.sqrt(5))
    return np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)]) / PIXELS_PER_UNIT


def judge_scene(answer: Any) -> Verdict:
    """Whether the scene is fair, and defeats every fixed margin."""
    if answer is ... or answer is None:
        return untried()
    scene, trouble = read_scene(answer)
    if trouble:
        return wrong(trouble)
    result = sweep(scene)
    for k, (iou, delta) in enumerate(zip(result.own_iou, result.own_delta, strict=True), start=1):
        if iou < FOUND:
            return wrong(
                f"the scene is unfair: even with a margin of its own object {k} gets no better than IoU {iou:.2f}, "
                f"at δ = {delta:.1f} px, because embeddings of others lie among its own. Less spread, or more room."
            )
    common = ", ".join(f"{iou:.2f}" for iou in result.common_iou)
    if result.common_iou.min() < FOUND:
        own = ", ".join(f"{delta:.1f}" for delta in result.own_delta)
        return right(
            f"no single δ finds all: the best, {result.common_delta:.1f} px, leaves IoU {common}. "
            f"Margins of their own, {own} px, find every one."
        )
    still = f"one margin still works: at δ = {result.common_delta:.1f} px the objects have IoU {common}. "
    spreads = [spread for *_, spread, _ in scene]
    if max(spreads) < 1.5 * min(spreads):
        return wrong(still + "Your spreads are much alike, so that what suits one object suits all.")
    return wrong(
        still + "The widest object needs a large δ. Who would suffer from it, if it had a neighbour closer by?"
    )


def _rows(answer: Any) -> list[tuple[float, ...]]:
    """Numbers, row by row; of a list without end the first hundred."""
    return [tuple(float(v) for v in thing) for thing in islice(answer, 100)]


def read_scene(answer: Any) -> tuple[list[tuple[float, float, float, int]], str]:
    """The scene as numbers, and what is wrong with it in words, if anything."""
    rule = "expected a list of (x, y, spread, pixels), one for each object"
    try:
        rows = attempt(lambda: answer, read=_rows)
    except Trouble:
        return [], f"{rule}, all numbers; found {answer!r}."
    if any(len(row) != 4 for row in rows):
        return [], f"{rule}; one of yours has {next(len(r) for r in rows if len(r) != 4)} numbers instead of 4."
    if not 2 <= len(rows) <= MOST_OBJECTS:
        few = "a single object always has a margin that suits it. " if len(rows) == 1 else ""
        return [], f"{few}Expected 2 to {MOST_OBJECTS} objects, found {len(rows)}."
    for k, (x, y, spread, pixels) in enumerate(rows, start=1):
        if not (np.isfinite([x, y, spread]).all() and spread >= 0 and 1 <= pixels <= MOST_PIXELS):
            return (
                [],
                f"object {k}: expected a spread of 0 px or more and 1 to {MOST_PIXELS} pixels; found {rows[k - 1]}.",
            )
    return [(x, y, spread, int(pixels)) for x, y, spread, pixels in rows], ""
