"""A model's worst failures on a data set, sorted by their kind, each with the part of the prediction to blame."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor
from tqdm import tqdm

from lab.checkpoints import Model
from lab.clustering import Thresholds, cluster
from lab.datasets.scene import SceneSource
from lab.evaluation.ground_truth import Judged
from lab.evaluation.predict import Found, network_output, thresholds_of
from lab.metrics import OFFICIAL_MIN_REGION, Truth
from lab.metrics.failures import KINDS, RIGHT, Failure, Overlaps, find_failures, overlaps

CONTEXT = 14  # px around what is concerned, at least
SMALLEST = 56  # px that a picture of it is wide and high, at least


@dataclass(frozen=True)
class Case:
    """One failure with its surroundings.

    Attributes:
        scene: its name.  index: its place in the source.
        failure: its objects and predictions by their places in the whole image.
        image, truth, masks: of the surroundings; an object's number in ``truth`` is its place and one.
        places: of the masks among the image's predictions; those without a pixel in the surroundings are left out.
        objects, predictions: the classes' names of those concerned.
        confused: the other class, where a prediction and an object fit but for their classes; else empty.
        mended: the parts that mend it when each alone comes from the ground truth; None where nobody asked.
    """

    scene: str
    index: int
    failure: Failure
    image: UInt8[np.ndarray, "h w 3"]
    truth: Int[np.ndarray, "h w"]
    masks: Bool[np.ndarray, "D h w"]
    places: tuple[int, ...]
    objects: tuple[str, ...]
    predictions: tuple[str, ...]
    confused: str = ""
    mended: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Gallery:
    """The worst cases, kind by kind, and how many there are of each kind in all images."""

    cases: tuple[Case, ...]
    counts: dict[str, int]
    images: int


@dataclass(frozen=True)
class Judgement:
    """The failures of one image.

    Attributes:
        truth: 0 background, 1.. the objects that count: no groups, nothing tiny.
        classes: of those.
        found: the predictions, without those that lie in void, in groups or on what is tiny for the larger part.
        overlap: IoU of predictions and objects, whatever their classes.
    """

    truth: Int[np.ndarray, "H W"]
    classes: Int[np.ndarray, " K"]
    found: Found
    overlap: Float[np.ndarray, "D K"]
    failures: tuple[Failure, ...]


def judge_image(found: Found, truth: Truth, min_region: int = 0) -> Judgement:
    """Tell the failures of one image; of two classes nothing counts as an overlap."""
    sizes = np.bincount(truth.regions.ravel(), minlength=len(truth.classes) + 1)[1:]
    counts = ~truth.groups & (sizes >= max(min_region, 1))
    number = np.concatenate([[0], np.where(counts, np.cumsum(counts), 0)])
    labels, classes = number[truth.regions], truth.classes[counts]
    forgiven = truth.void | ((truth.regions > 0) & (labels == 0))
    forgiven_in = (forgiven.ravel()[np.flatnonzero(mask)] for mask in found.masks)
    kept = np.array([own.size > 0 and own.mean() <= 0.5 for own in forgiven_in], dtype=bool)
    if not kept.all():  # else no copy of all masks
        found = Found(found.masks[kept], found.scores[kept], found.classes[kept])
    every = overlaps(found.masks, labels)
    same = found.classes[:, None] == classes
    of = Overlaps(every.shared * same, every.found, every.true)
    return Judgement(labels, classes, found, every.iou, tuple(find_failures(of, found.scores)))


def collect(
    model: Model, source: SceneSource, limit: int | None = None, each: int = 2, thresholds: Thresholds | None = None
) -> Gallery:
    """The worst failures of each kind, of one image at most one of a kind.

    Args:
        limit: only the first so many images.
        each: cases of each kind.
        thresholds: of the clustering; default the model's own.

    Raises:
        ValueError: model and data have no class in common, or labels that do not fit.
    """
    scenes, thresholds = Judged(source, model.card), thresholds or thresholds_of(model.card)
    count = min(len(source), limit or len(source))
    kept: dict[str, list[Case]] = {kind: [] for kind in KINDS}
    counts: dict[str, int] = dict.fromkeys(KINDS, 0)
    for index in tqdm(range(count), desc="failures", unit="image", disable=None):
        judgement, image, _, _ = _judged(model, scenes, index, thresholds)
        for failure in judgement.failures:
            counts[failure.kind] += 1
        # Held against those kept so far at once: the cases of a whole data set may not fit into memory.
        for case in _worst_of(judgement, image, source.name(index), index, model.card.class_names):
            kept[case.failure.kind] = _worst([*kept[case.failure.kind], case])[:each]
    chosen = [case for cases in kept.values() for case in cases]
    return Gallery(tuple(_blamed(model, scenes, chosen, thresholds)), counts, count)


def _min_region(scenes: Judged) -> int:
    return OFFICIAL_MIN_REGION if scenes.official else 0


def _judged(
    model: Model, scenes: Judged, index: int, thresholds: Thresholds
) -> tuple[Judgement, UInt8[np.ndarray, "H W 3"], Float[Tensor, "C H W"], Truth]:
    image, truth = scenes[index]
    output = network_output(model, image, prepared=True)
    found = cluster(output, model.card.bandwidth_channels, **vars(thresholds))
    given = Found(found.masks.numpy(), found.scores.numpy(), found.classes.numpy())
    return judge_image(given, truth, _min_region(scenes)), image, output, truth


def _worst(cases: Sequence[Case]) -> list[Case]:
    """The most pixels first; of ragged ones the least overlap."""
    return sorted(cases, key=lambda c: c.failure.iou if c.failure.kind == "ragged" else -c.failure.pixels)


def _worst_of(
    judgement: Judgement, image: UInt8[np.ndarray, "H W 3"], name: str, index: int, class_names: Sequence[str]
) -> Iterator[Case]:
    """One image's worst case of each kind."""
    for kind in KINDS:
        those = [f for f in judgement.failures if f.kind == kind]
        if not those:
            continue
        failure = min(those, key=lambda f: f.iou if kind == "ragged" else -f.pixels)
        found = judgement.found
        rows, columns = window(judgement, failure)
        seen = np.flatnonzero(found.masks[:, rows, columns].any(axis=(1, 2)))
        yield Case(
            name,
            index,
            failure,
            image[rows, columns].copy(),
            judgement.truth[rows, columns].copy(),
            found.masks[seen, rows, columns].copy(),
            tuple(seen.tolist()),
            tuple(class_names[judgement.classes[k] - 1] for k in failure.objects),
            tuple(class_names[found.classes[d] - 1] for d in failure.predictions),
            confusion(judgement, failure, class_names),
        )


def confusion(judgement: Judgement, failure: Failure, class_names: Sequence[str]) -> str:
    """The class that the other side has, where an object was missed, or a false alarm given, for its class alone."""
    if failure.kind == "missed":
        overlap, classes = judgement.overlap[:, failure.objects[0]], judgement.found.classes
    elif failure.kind == "false alarm":
        overlap, classes = judgement.overlap[failure.predictions[0]], judgement.classes
    else:
        return ""
    return class_names[classes[int(overlap.argmax())] - 1] if overlap.max(initial=0) > RIGHT else ""


def window(judgement: Judgement, failure: Failure) -> tuple[slice, slice]:
    """What is concerned, with context, inside the image."""
    concerned = np.isin(judgement.truth, [k + 1 for k in failure.objects])
    for d in failure.predictions:
        concerned |= judgement.found.masks[d]
    sides = []
    for axis, size in zip((1, 0), concerned.shape, strict=True):
        places = np.flatnonzero(concerned.any(axis=axis))
        first, last = int(places[0]), int(places[-1]) + 1
        around = max(CONTEXT, (last - first) // 3, (SMALLEST - last + first + 1) // 2)
        sides.append(slice(max(first - around, 0), min(last + around, size)))
    return sides[0], sides[1]


def _blamed(model: Model, scenes: Judged, cases: Sequence[Case], thresholds: Thresholds) -> Iterator[Case]:
    """Each case with the parts that mend it."""
    known: dict[int, tuple[Judgement, dict[str, Judgement]]] = {}
    for case in cases:
        if case.index not in known:
            known.clear()  # cases of one image need not follow each other, but memory is dearer than a prediction
            known[case.index] = _with_truth(model, scenes, case.index, thresholds)
        before, after = known[case.index]
        yield replace(case, mended=tuple(part for part in after if is_mended(case.failure, before, after[part])))


def _with_truth(
    model: Model, scenes: Judged, index: int, thresholds: Thresholds
) -> tuple[Judgement, dict[str, Judgement]]:
    """One image judged, and judged again with the truth in place of each part."""
    from lab.oracle import NAMES, Switches, oracle_instances
    from lab.oracle.ladder import labels_of

    judgement, _, output, truth = _judged(model, scenes, index, thresholds)
    given = output, *labels_of(truth), model.card.bandwidth_channels, thresholds
    oracles = {part: oracle_instances(*given, Switches.of(part)) for part in NAMES}
    return judgement, {part: judge_image(found, truth, _min_region(scenes)) for part, found in oracles.items()}


def is_mended(failure: Failure, before: Judgement, after: Judgement) -> bool:
    """Whether nothing of the kind is left: no failure of its objects worse than ragged, no false alarm in its place."""
    worse = [f for f in after.failures if f.kind != "ragged" or failure.kind == "ragged"]
    if failure.objects:
        return not any(set(f.objects) & set(failure.objects) for f in worse)
    place = before.found.masks[failure.predictions[0]]
    alarms = [after.found.masks[d] for f in worse for d in f.predictions]
    return not any((mask & place).sum() > 0.5 * min(mask.sum(), place.sum()) for mask in alarms)
