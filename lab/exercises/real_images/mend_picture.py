"""Judging who mends patient B: its pictures come as they lie in the file, too dark for the network."""

from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from lab.exercises.exercise import Verdict, right, untried, wrong
from lab.exercises.guard import Trouble, attempt
from lab.exercises.judge import is_missing, of_nothing, to_numpy
from lab.exercises.real_images.broken import LIGHT, model, output_for, score
from lab.exercises.real_images.field import OTHER, window
from lab.exercises.real_images.trying import SECONDS, UNCHANGED, WORSE, recognise, unfit
from lab.exercises.reference.real_images import stretch

HOT = ((17, 101), (64, 30), (90, 77))  # row, column of pixels at which the camera says HOT_VALUE
HOT_VALUE = 240
WHAT = ("a picture with a sixth of the light and three hot pixels", "a picture with a third of it, over a glow of 60")
PRAISE = "Each picture by its own percentiles: the exposure cancels, the glow too, and no hot pixel sets the scale."


@cache
def pictures() -> tuple[UInt8[np.ndarray, "H W"], ...]:
    """Two pictures of other exposures.  Nobody may change them."""
    dim, glowing = (window(place).picture for place in OTHER)
    dim, glowing = dim // 6, glowing // 3 + 60
    for picture in (dim, glowing):
        for row, column in HOT:
            picture[row, column] = HOT_VALUE
    return dim, glowing


def _factor(factor: float | int) -> Any:
    return lambda picture: np.minimum(picture * factor, 255)


def _unclipped(picture: np.ndarray) -> np.ndarray:
    low, high = np.percentile(picture, (1, 99.8))
    return (picture - low) / (high - low) * 255


_ONE_FACTOR = (
    "one factor for all pictures: right for B's picture, and wrong for the next exposure. What in a picture tells how "
    "bright it is?"
)
_HOT_SCALE = (
    "in a picture with hot pixels, three of 16384 set your scale, and all the others stay dark. The maximum is the "
    "least reliable value of a picture; which is nearly as high, and does not hang on a few pixels?"
)
# Wrong answers, by what to tell who gives them.
MISTAKES = {
    _ONE_FACTOR: _factor(LIGHT),
    f"{_ONE_FACTOR} (And numbers above 255 begin anew at 0 if they stay whole numbers of 8 bits.)": (
        lambda picture: (picture.astype(int) * LIGHT) % 256
    ),
    f"{_ONE_FACTOR} (And white nuclei are above 255: clip.)": lambda picture: picture * float(LIGHT),
    _HOT_SCALE: lambda picture: picture / picture.max() * 255,
    f"{_HOT_SCALE} The same for the minimum.": (
        lambda picture: (picture - picture.min()) / (picture.max() - picture.min()) * 255
    ),
    "the bright end is right, but darkness stays where it was: over a glow, the background is grey in yours. Subtract "
    "a low percentile first.": lambda picture: np.minimum(picture / np.percentile(picture, 99.8), 1) * 255,
    "the values of a stretched picture are right but for one thing: they run from 0 to 1, and the network's user "
    "divides by 255 as always. Asked for are 0 to 255.": lambda picture: stretch(picture) / 255,
    "what lies outside of the percentiles is to be clipped: your values run below 0 and above 255, and the network has "
    "seen neither.": _unclipped,
    "your values run below 0 and above 255, and then were cut to 8 bits, where 256 is 0: the brightest pixels are "
    "black. Clip before you convert.": lambda picture: _unclipped(picture).astype(np.int64) % 256,
    "mean 0 and spread 1 is how many networks want their pictures. This one was trained on 0 to 255, stretched by "
    "percentiles.": lambda picture: (picture - picture.mean()) / picture.std(),
}


def judge_mend_picture(answer: Any) -> Verdict:
    """By known mistakes, then by what the network finds in the mended pictures.  Never raises."""
    if (verdict := unfit(answer)) is not None:
        return verdict
    given = []
    for what, picture in zip(WHAT, pictures(), strict=True):
        try:
            given.append(attempt(answer, picture.copy(), read=to_numpy, seconds=SECONDS))
        except Trouble as trouble:
            return wrong(f"for {what}, {trouble}")
    if all(is_missing(g) for g in given):
        return of_nothing(answer, given)
    for what, g, picture in zip(WHAT, given, pictures(), strict=True):
        if problem := _malformed(g, picture.shape):
            return wrong(f"for {what}, {problem}")
    return judge_given(given)


def _malformed(given: Any, shape: tuple[int, ...]) -> str:
    if not isinstance(given, np.ndarray) or given.dtype.kind != "f":
        return f"an array of numbers was expected; yours gave a {type(given).__name__}."
    if given.shape != shape:
        return f"the result should have the picture's shape {shape}; yours has {given.shape}."
    return "" if np.isfinite(given).all() else "your values are not finite."


def judge_given(given: list[Float[np.ndarray, "H W"]]) -> Verdict:
    """What the answer returned for the two pictures."""
    originals = [picture.astype(float) for picture in pictures()]
    if all(np.array_equal(g, o) for g, o in zip(given, originals, strict=True)):
        return untried(UNCHANGED)
    # Within a grey level: who rounds, or cuts decimals off, makes the same mistake.
    if message := recognise(given, MISTAKES, originals, 1.0 if max(g.max() for g in given) > 20 else 0.02):
        return wrong(message)
    if _one_factor(given, originals):
        return wrong(_ONE_FACTOR)
    low, high = min(g.min() for g in given), max(g.max() for g in given)
    if low < -1 or high > 256:
        return wrong(f"your values run from {low:.0f} to {high:.0f}; the network has seen 0 to 255. Clip.")
    for what, g, place, best in zip(WHAT, given, OTHER, reference_scores(), strict=True):
        reached = _score(g, place)
        if reached < best - WORSE:
            return wrong(f"for {what}, the score is {reached:.2f}; stretched as in training it is {best:.2f}.")
    return right(f"the scores of two pictures that you have not seen are {', '.join(_scores(given))}. {PRAISE}")


def _one_factor(given: list[np.ndarray], originals: list[np.ndarray]) -> bool:
    """Whether both pictures were multiplied by the same number, and clipped or not."""
    some = (originals[0] > 0) & (given[0] < 255)
    factor = float(np.median(given[0][some] / originals[0][some])) if some.any() else 0.0
    same = (
        np.allclose(np.minimum(g, 255), np.minimum(o * factor, 255), atol=1)
        for g, o in zip(given, originals, strict=True)
    )
    return all(same)


@cache
def reference_scores() -> tuple[float, ...]:
    """What stretched pictures reach."""
    return tuple(_score(stretch(p), place) for p, place in zip(pictures(), OTHER, strict=True))


def _scores(given: list[Float[np.ndarray, "H W"]]) -> list[str]:
    return [f"{_score(g, place):.2f}" for g, place in zip(given, OTHER, strict=True)]


def _score(picture: Float[np.ndarray, "H W"], place: tuple[int, int, int]) -> float:
    return score(output_for(model().network, picture), window(place).truth)
