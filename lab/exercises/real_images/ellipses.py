"""Five drawn scenes, and how much help their objects need before margins along the axes can tell them apart."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from lab.exercises.exercise import Verdict, right, untried, wrong

WORDS = ("at rest", "centroid", "neither")
ANSWERS = ("at rest", "centroid", "neither", "neither", "centroid")
SIZE = 33  # px; odd, so that there is a pixel in the middle
NO_LIST = 'expected five words in a list, one for each scene from 1 to 5, as in ["at rest", "neither", …].'

_AT_REST_IS_TOO_LITTLE = {
    2: "slanted: an ellipse along the axes round one of its pixels that holds the whole rod is so fat that it reaches "
    "into the other. Only a turned one would do, and κ has no turn.",
    3: "every ellipse that holds the ring holds what the ring encloses.",
    4: "the lying rod is seen in two pieces. An ellipse that holds both holds what is between them, and there stands "
    "the other.",
    5: "every ellipse that holds the large nucleus holds the small one inside of it.",
}
# What speaks against a wrong word, by scene.
EVIDENCE = {
    (1, "centroid"): "they can be told apart with less. A margin may be 30 px wide and 5 px high: that is what the "
    "second sharpness is for.",
    (1, "neither"): "long and thin alone is no trouble: a margin may be 30 px wide and 5 px high, as long as it lies "
    "along an axis.",
    (2, "neither"): "their centroids are some px apart. If every pixel points to its own, each rod is one point in "
    "embedding space, and no slant is left.",
    (3, "centroid"): "where is the ring's centroid? In the middle of its hole, and that is the disc's centroid, too.",
    (4, "centroid"): "the two pieces lie evenly to both sides, so their common centroid is in the middle: that of the "
    "other rod.",
    (5, "neither"): "the small one does not lie in the middle, so the two centroids differ. A small margin round each "
    "is enough.",
    **{(scene, "at rest"): words for scene, words in _AT_REST_IS_TOO_LITTLE.items()},
}
PRAISE = (
    "Pointing does the work, and the ellipse only has to hold what is left. Scenes 3 and 4 are why the learned centre "
    "helps: it may move away from the centroid, to where nobody else is."
)


def scenes() -> dict[str, Int[np.ndarray, "H W"]]:
    """Two objects each, 1 and 2, on 33x33 px."""
    row, column = np.indices((SIZE, SIZE)) - SIZE // 2
    slanted, short = row + column, np.abs(row - column) <= 18
    high, wide = np.abs(row) <= 13, np.abs(column) <= 14
    upright, lying = high & (np.abs(column) <= 2), wide & (np.abs(row) <= 2)
    disc, ring, small = _disc(6), _disc(14) & ~_disc(9), _disc(5, 5, 4)
    return {
        "1: rods": _objects(wide & (np.abs(row + 3) <= 2), wide & (np.abs(row - 2) <= 2)),
        "2: slanted rods": _objects(short & (slanted >= -6) & (slanted < 0), short & (slanted >= 0) & (slanted < 6)),
        "3: ring and disc": _objects(ring, disc),
        "4: one before another": _objects(lying & ~upright, upright),
        "5: one inside another": _objects(_disc(15) & ~small, small),
    }


def _disc(radius: int, down: int = 0, right: int = 0) -> Bool[np.ndarray, "H W"]:
    row, column = np.indices((SIZE, SIZE)) - SIZE // 2
    return np.hypot(row - down, column - right) < radius


def _objects(first: Bool[np.ndarray, "H W"], second: Bool[np.ndarray, "H W"]) -> Int[np.ndarray, "H W"]:
    return np.where(first, 1, np.where(second, 2, 0))


def judge_scenes(answer: Any) -> Verdict:
    """The five words in the order of the scenes; of the first wrong one is said what speaks against it."""
    if answer is ... or answer is None or (isinstance(answer, list | tuple) and any(word is ... for word in answer)):
        return untried()
    if not isinstance(answer, list | tuple) or len(answer) != len(ANSWERS):
        return wrong(f"{NO_LIST} Found {answer!r}.")
    said = [str(word).strip().casefold() for word in answer]
    if strange := [word for word in said if word not in WORDS]:
        return wrong(f"{strange[0]!r} is not among the words: {', '.join(WORDS)}.")
    off = [scene for scene, (word, true) in enumerate(zip(said, ANSWERS, strict=True), start=1) if word != true]
    if not off:
        return right(PRAISE)
    return wrong(f"{len(ANSWERS) - len(off)} of 5 are right. Scene {off[0]}: {EVIDENCE[off[0], said[off[0] - 1]]}")
