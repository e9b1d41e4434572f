"""What is asked of the functions of notebook 01: on which inputs they are tried, and wrong answers that people give."""

from collections.abc import Callable

import numpy as np
import torch

from lab.embedding import PIXELS_PER_UNIT
from lab.exercises.judge import Case, Mistake


def _positions(offset: np.ndarray) -> np.ndarray:
    rows, columns = np.mgrid[: offset.shape[1], : offset.shape[2]]
    return np.stack([columns, rows]) / PIXELS_PER_UNIT


def _over_the_size(offset: np.ndarray) -> np.ndarray:
    height, width = offset.shape[1:]
    return _positions(offset) * PIXELS_PER_UNIT / np.array([width, height])[:, None, None] + np.tanh(offset)


def _from_0_to_1(offset: np.ndarray) -> np.ndarray:
    """As torch.linspace(0, 1, …) makes them."""
    last = np.maximum(np.array(offset.shape[:0:-1]) - 1, 1)
    return _positions(offset) * PIXELS_PER_UNIT / last[:, None, None] + np.tanh(offset)


EMBED_MISTAKES = (
    Mistake(
        "no tanh",
        lambda o: _positions(o) + o,
        "these are the positions plus o itself. What keeps a pixel from pointing further than 1024 px?",
    ),
    Mistake(
        "positions in pixels",
        lambda o: PIXELS_PER_UNIT * _positions(o) + np.tanh(o),
        "your positions are in pixels, tanh(o) is in units of 1024 px: they cannot be added. Which has to change?",
    ),
    Mistake(
        "all in pixels",
        lambda o: PIXELS_PER_UNIT * (_positions(o) + np.tanh(o)),
        "this is right in pixels; asked for are units of 1024 px, in which all the lab's embeddings are.",
    ),
    Mistake(
        "x and y swapped",
        lambda o: _positions(o)[::-1] + np.tanh(o),
        "x and y are swapped: channel 0 is x and goes with the column, channel 1 is y and goes with the row.",
    ),
    Mistake(
        "tanh of the sum",
        lambda o: np.tanh(_positions(o) + o),
        "tanh is taken of the sum. It is to bound how far a pixel points, not where it stands.",
    ),
    Mistake(
        "divided by the image's size",
        _over_the_size,
        "your positions are divided by the image's width and height. A unit is 1024 px in an image of any size; "
        "otherwise a margin would mean something else in every image.",
    ),
    Mistake(
        "counted from 1",
        lambda o: _positions(o) + 1 / PIXELS_PER_UNIT + np.tanh(o),
        "your columns and rows are counted from 1. The first pixel stands at x = 0, y = 0.",
    ),
    Mistake(
        "middles of pixels",
        lambda o: _positions(o) + 0.5 / PIXELS_PER_UNIT + np.tanh(o),
        "your positions are half a pixel further. Here x is column / 1024, without the ½.",
    ),
    Mistake(
        "from 0 to 1",
        _from_0_to_1,
        "your positions run from 0 to 1 over the image. A unit is 1024 px in an image of any size: divide the column "
        "and the row by 1024.",
    ),
    Mistake(
        "pointing the wrong way",
        lambda o: _positions(o) - np.tanh(o),
        "every pixel points the opposite way: the offset is added to the position.",
    ),
)


def some_offsets() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(1)
    return (
        Case("offsets of zero in an image of 2 rows and 3 columns", (torch.zeros(2, 2, 3),)),
        Case("random offsets in an image of 3 rows and 5 columns", (torch.randn(2, 3, 5, generator=generator),)),
        Case("an image of 1 row and 700 columns", (0.3 * torch.randn(2, 1, 700, generator=generator),)),
    )


def _distances(embedding: np.ndarray, centre: np.ndarray) -> np.ndarray:
    return PIXELS_PER_UNIT * np.hypot(*(embedding - centre[:, None]))


def _hinge_mistake(name: str, formula: Callable[[np.ndarray, float], object], message: str) -> Mistake:
    """A mistake that is a formula of the distances in px and δ."""
    return Mistake(name, lambda e, c, delta: formula(_distances(e, c), delta), message)


HINGE_MISTAKES = (
    _hinge_mistake(
        "no max",
        lambda d, delta: (d - delta).sum(),
        "pixels well inside the margin make up for those outside: their d − δ is negative. What does max(0, ·) do?",
    ),
    _hinge_mistake(
        "max of the sum",
        lambda d, delta: max(0.0, (d - delta).sum()),
        "max(0, ·) is taken of the sum, where pixels well inside make up for those outside. Each pixel needs its own.",
    ),
    _hinge_mistake(
        "no sum",
        lambda d, delta: np.maximum(0, d - delta),
        "these are the parts of the single pixels; the sum over them is missing.",
    ),
    _hinge_mistake(
        "mean",
        lambda d, delta: np.maximum(0, d - delta).mean(),
        "this is the mean over the pixels. Asked for is the sum Σ, which is why large objects weigh more in it.",
    ),
    _hinge_mistake(
        "squared distance",
        lambda d, delta: np.maximum(0, d**2 - delta).sum(),
        "the distance is squared, in px², and δ is in px. Is a square root missing?",
    ),
    _hinge_mistake(
        "squared hinge",
        lambda d, delta: (np.maximum(0, d - delta) ** 2).sum(),
        "the hinge is squared. It rises in a straight line: 1 px further out costs 1 px more.",
    ),
    _hinge_mistake(
        "inside instead of outside",
        lambda d, delta: np.maximum(0, delta - d).sum(),
        "what lies inside pays and what lies outside is free. Which way round is the difference?",
    ),
    _hinge_mistake(
        "the whole distance once outside",
        lambda d, delta: d[d > delta].sum(),
        "a pixel outside pays its whole distance to the centre. It need only get into the margin: d − δ.",
    ),
    _hinge_mistake(
        "delta in other units than the distance",
        lambda d, delta: np.maximum(0, d / PIXELS_PER_UNIT - delta).sum(),
        "nobody pays: the distance is in units of 1024 px and δ in px. Bring them to one unit first.",
    ),
    _hinge_mistake(
        "not in pixels",
        lambda d, delta: np.maximum(0, d - delta).sum() / PIXELS_PER_UNIT,
        "this is right in units of 1024 px; asked for is the loss in px.",
    ),
    Mistake(
        "over the wrong axis",
        lambda e, c, delta: np.maximum(0, PIXELS_PER_UNIT * np.sqrt(((e - c[:, None]) ** 2).sum(1)) - delta).sum(),
        "your norm goes over the pixels, so that there are two distances, one for x and one for y. Each pixel has a "
        "distance: the norm over x and y, dim=0.",
    ),
    Mistake(
        "one distance for all",
        lambda e, c, delta: np.maximum(0, PIXELS_PER_UNIT * np.linalg.norm(e - c[:, None]) - delta),
        "your norm goes over everything, all pixels at once. Each pixel has a distance of its own: dim=0.",
    ),
    Mistake(
        "delta taken once",
        lambda e, c, delta: np.maximum(0, _distances(e, c).sum() - delta),
        "δ is taken off once, from the sum of all distances. Every pixel has it free.",
    ),
    Mistake(
        "city-block distance",
        lambda e, c, delta: np.maximum(0, PIXELS_PER_UNIT * np.abs(e - c[:, None]).sum(0) - delta).sum(),
        "|dx| + |dy| is the way along the streets. The margin is a circle: ‖·‖ is the straight distance.",
    ),
)


def some_embeddings() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(2)
    centre = torch.tensor([0.25, 0.125])
    near = centre[:, None] + torch.tensor([[0.0, 3, 0, -5], [0, 4, 2, 12]]) / PIXELS_PER_UNIT
    cloud = centre[:, None] + 12 * torch.randn(2, 40, generator=generator) / PIXELS_PER_UNIT
    return (
        Case("embeddings 0, 5, 2 and 13 px from the centre and δ = 4", (near, centre, 4.0)),
        Case("40 embeddings about 15 px from the centre and δ = 9.5", (cloud, centre, 9.5)),
        Case("the same embeddings, all within δ = 100", (cloud, centre, 100.0)),
    )
