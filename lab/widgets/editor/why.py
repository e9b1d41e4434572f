"""Why an object was not found, or not well: a sentence from the numbers behind it.  Pure."""

import numpy as np
from jaxtyping import Bool, Float

from lab.metrics.failures import Failure
from lab.widgets.editor.compute import View, letter

LONG = 2.5  # an embedding cloud this many times as long as wide is a line
SHORT = 4.0  # px of spread; a cloud that is no longer points to one place, whatever its shape
UNSURE = "Its pixels take part, but none is sure that it sits at the centre of an object."
UNKNOWN = "To the seed map it is ground."
LEANING = (20, 70)  # degrees off the axes


def why(view: View, failure: Failure) -> str:
    """One or two sentences, plain text."""
    reasons = {"merged": _merged, "split": _split, "missed": _missed, "false alarm": _false_alarm, "ragged": _ragged}
    return reasons[failure.kind](view, failure)


def _mask(view: View, place: int) -> Bool[np.ndarray, "H W"]:
    return view.drawn.labels == view.numbers[place]


def _mean(view: View, place: int) -> Float[np.ndarray, "2"]:
    return view.embedding[:, _mask(view, place)].mean(1)


def _name(view: View, place: int) -> str:
    return f"object {view.numbers[place]}"


def listed(names: list[str]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _held(view: View, place: int, prediction: int) -> float:
    """Share of an object's embeddings that lie within the prediction's margin."""
    x, y, rx, ry = view.margins[prediction]
    points = view.embedding[:, _mask(view, place)]
    return float((((points[0] - x) / rx) ** 2 + ((points[1] - y) / ry) ** 2 < 1).mean())


def _margin(view: View, prediction: int) -> str:
    return "{:.0f} px across and {:.0f} px upright".format(*view.margins[prediction, 2:])


def _merged(view: View, failure: Failure) -> str:
    d = failure.predictions[0]
    held = listed(
        [f"{_held(view, k, d):.0%} of object {view.numbers[k]}'s".replace("%", " %") for k in failure.objects]
    )
    means = [_mean(view, k) for k in failure.objects]
    apart = max(float(np.hypot(*(a - b))) for a in means for b in means)
    words = f"One margin, that of {letter(d)} ({_margin(view, d)}), holds {held} embeddings."
    words += f" The objects point to places only {apart:.1f} px apart"
    if apart < 1:
        return words + ": the same place, and no margin can part what points to one place."
    return words + ", and the margin reaches further." + _leaning(*cloud(view, failure.objects[0]), who="Each lies")


def _split(view: View, failure: Failure) -> str:
    k = failure.objects[0]
    names = listed([letter(d) for d in failure.predictions[:6]])
    more = f" and {len(failure.predictions) - 6} more" if len(failure.predictions) > 6 else ""
    length, width, angle = cloud(view, k)
    words = (
        f"{len(failure.predictions)} seeds opened an instance each in it ({names}{more}): its pixels do not point to "
    )
    words += f"one place but spread over {4 * length:.0f} x {4 * width:.0f} px"
    widest = max(float(max(view.margins[d, 2:])) for d in failure.predictions)
    words += f", more than a margin of at most {widest:.0f} px holds."
    return words + _leaning(length, width, angle)


def cloud(view: View, place: int) -> tuple[float, float, float]:
    """An object's embeddings: spread (px, one standard deviation) along their longest axis and across; its angle."""
    points = view.embedding[:, _mask(view, place)]
    values, vectors = np.linalg.eigh(np.cov(points) if points.shape[1] > 1 else np.zeros((2, 2)))
    short, long = np.sqrt(np.maximum(values, 0))
    return float(long), float(short), float(np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1])) % 180)


def _leaning(length: float, width: float, angle: float, who: str = "They lie") -> str:
    """What there is to say of a margin that cannot lean."""
    if length < max(SHORT, LONG * width) or not LEANING[0] < angle % 90 < LEANING[1]:
        return ""
    return f" {who} on a line that leans by {angle:.0f}°, and an ellipse along the axes cannot lean with it."


def _missed(view: View, failure: Failure) -> str:
    k = failure.objects[0]
    mask, limits = _mask(view, k), view.thresholds
    size, scores = int(mask.sum()), view.seed_map[mask]
    taking_part = int((scores > limits.foreground_threshold).sum())
    if size <= limits.min_pixels:
        return f"It has {size} px, and an instance must have more than min_pixels = {limits.min_pixels}."
    if scores.max() < limits.seed_threshold:
        return (
            f"No seed: the highest seed score in it is {scores.max():.2f}, and an instance is opened by one of "
            f"{limits.seed_threshold:.2f} or more. "
        ) + (UNSURE if scores.max() > limits.foreground_threshold else UNKNOWN)
    if taking_part <= limits.min_pixels:
        return (
            f"Of its {size} px only {taking_part} have a seed score above {limits.foreground_threshold:.2f}; "
            f"more than min_pixels = {limits.min_pixels} must take part."
        )
    return _refused(view, k) or _taken(view, k, size, taking_part)


def _refused(view: View, place: int) -> str:
    """Of proposals that were opened in the object and turned down."""
    own = [s for s in view.found.trace if view.drawn.labels[s.row, s.column] == view.numbers[place]]
    if not own or any(step.accepted for step in own):
        return ""
    return f"{len(own)} of its seeds made a proposal, and none was accepted; the best, {own[0].reason}."


def _taken(view: View, place: int, size: int, taking_part: int) -> str:
    """Of the prediction that holds most of it, and is too little or too much."""
    shared = view.of.shared[:, place]
    if not shared.any():
        return f"{taking_part} of its {size} px take part, but no margin holds them."
    d = int(shared.argmax())
    long, short, angle = cloud(view, place)
    words = (
        f"{letter(d)} holds {int(shared[d])} of its {size} px, and {int(view.of.found[d] - shared[d])} px beside it: "
        f"an IoU of {view.of.iou[d, place]:.2f}. {_held(view, place, d):.0%} of its embeddings lie in the margin, and "
        f"{taking_part / size:.0%} of its pixels take part."
    ).replace("% ", " % ")
    return words + _leaning(long, short, angle)


def _ragged(view: View, failure: Failure) -> str:
    return _taken(
        view,
        failure.objects[0],
        int(view.of.true[failure.objects[0]]),
        int((view.seed_map[_mask(view, failure.objects[0])] > view.thresholds.foreground_threshold).sum()),
    )


def _false_alarm(view: View, failure: Failure) -> str:
    d = failure.predictions[0]
    inside = view.of.inside[d]
    if not len(inside) or inside.max() == 0:
        return f"{letter(d)} lies on the ground alone, and yet its seed score is {float(view.found.scores[d]):.2f}."
    k = int(inside.argmax())
    where = f"{letter(d)} lies with {inside[k]:.0%} of its {int(view.of.found[d])} px in {_name(view, k)}, "
    return where.replace("% ", " % ") + f"but holds only {view.of.covered[d, k]:.0%}".replace("%", " %") + " of that."
