"""Judging who mends patient A: its output comes with the axes of the offsets swapped."""

from typing import Any

import numpy as np
import torch

from lab.exercises.exercise import Verdict, untried, wrong
from lab.exercises.guard import Trouble, attempt
from lab.exercises.judge import is_missing, of_nothing, to_numpy
from lab.exercises.real_images.broken import score, with_axes_swapped
from lab.exercises.real_images.trying import (
    SECONDS,
    UNCHANGED,
    as_tensor,
    by_score,
    held_out_truth,
    recognise,
    sound_output,
    unfit,
)

IN_PLACE = (
    "what you return is right, but the output that you were given has changed with it. Run twice, your function would "
    "undo itself: return a new tensor."
)
PRAISE = "Two channels of five changed places, and no weight was touched."


def _channels(*order: int, signs: tuple[int, int] = (1, 1)) -> Any:
    """Channels in another order, the first two times a sign."""

    def answer(output: np.ndarray) -> np.ndarray:
        factors = np.array([*signs, 1, 1, 1], dtype=float)[:, None, None]
        return output[list(order)] * factors

    return answer


def _offsets_lying(output: np.ndarray) -> np.ndarray:
    return np.concatenate([output[:2].transpose(0, 2, 1), output[2:]])


_ALIKE = (
    "offset x and offset y are the same in yours. `output[0], output[1] = output[1], output[0]` does that: the right "
    "side holds views, and the first is written over before it is read."
)
_TURNED = "the sign was sound: at a nucleus' rim A's arrows are as long as the healthy ones. Their axes are swapped."
# Wrong answers, by what to tell who gives them.
MISTAKES = {
    _ALIKE: _channels(1, 1, 2, 3, 4),
    f"{_ALIKE} ": _channels(0, 0, 2, 3, 4),
    _TURNED: _channels(0, 1, 2, 3, 4, signs=(-1, -1)),
    "one axis has its sign turned, the other is as it was. Both are in the wrong place; neither has a wrong sign.": (
        _channels(0, 1, 2, 3, 4, signs=(-1, 1))
    ),
    "the second axis has its sign turned, the first is as it was. Both are in the wrong place; neither has a wrong "
    "sign.": _channels(0, 1, 2, 3, 4, signs=(1, -1)),
    "the axes are right now, but you have also turned their signs: every arrow points away from its nucleus.": (
        _channels(1, 0, 2, 3, 4, signs=(-1, -1))
    ),
    "the axes are changed and one sign is turned: that is a quarter turn. A mirror at the diagonal undoes the swap.": (
        _channels(1, 0, 2, 3, 4, signs=(-1, 1))
    ),
    "the axes are changed and the sign of y is turned: that is a quarter turn. A mirror at the diagonal undoes the "
    "swap.": _channels(1, 0, 2, 3, 4, signs=(1, -1)),
    "you have changed the bandwidths' places. In A they were sound, the offsets are not.": _channels(0, 1, 3, 2, 4),
    "the offsets are right now, but you have changed the bandwidths' places, too: these were sound. Mend what is "
    "broken, and no more; with nuclei that are nearly round it hardly shows in the score, with lorries it would.": (
        _channels(1, 0, 3, 2, 4)
    ),
    "all five channels stand in reverse order now, the seed map first.": _channels(4, 3, 2, 1, 0),
    "you have laid the whole output on its side. Then the axes fit, but to another picture: the nuclei do not lie "
    "there.": lambda output: output.transpose(0, 2, 1),
    "you have laid the offsets' maps on their side: now every pixel has the offset of another. Not rows and columns "
    "are to change, but the channels.": _offsets_lying,
}


def judge_mend_output(answer: Any) -> Verdict:
    """By known mistakes, then by the score on the held-out part.  Never raises."""
    if (verdict := unfit(answer)) is not None:
        return verdict
    broken = with_axes_swapped(sound_output())
    handed = broken.clone()
    try:
        given = attempt(answer, handed, read=to_numpy, seconds=SECONDS)
    except Trouble as trouble:
        return wrong(str(trouble))
    if is_missing(given):
        return of_nothing(answer, [given])
    return judge_given(given, broken.double().numpy(), touched=not torch.equal(handed, broken))


def judge_given(given: Any, broken: np.ndarray, touched: bool) -> Verdict:
    """What the answer returned, and whether it changed what it was handed."""
    if not isinstance(given, np.ndarray) or given.dtype.kind != "f" or given.shape != broken.shape:
        found = f"shape {given.shape}" if isinstance(given, np.ndarray) else f"a {type(given).__name__}"
        return wrong(f"expected the output, all five channels of it, shape {broken.shape}; yours gave {found}.")
    if not np.isfinite(given).all():
        return wrong("your output holds values that are not finite.")
    if np.array_equal(given, broken):
        return untried(UNCHANGED)
    if message := recognise([given], MISTAKES, [broken], 1e-5):
        return wrong(message.strip())
    verdict = by_score(as_tensor(given), score(sound_output(), held_out_truth()), PRAISE)
    return wrong(IN_PLACE) if verdict and touched else verdict
