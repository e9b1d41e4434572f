"""Found instances against the picture's labels: the overlap of each, right or not, and AP.  Pure.

Matching and AP are `lab.metrics`' own, so that explorer, notebook 11 and `python -m lab evaluate` agree.
"""

from dataclasses import dataclass
from html import escape
from math import isnan

import numpy as np
from jaxtyping import Float, Int, Int8

from lab.clustering import Instances
from lab.datasets.scene import Scene
from lab.metrics import ImageRecord, Truth, average_precision, record_image, truth_from_scene
from lab.metrics.verdicts import Verdict, verdicts_at

RIGHT = 0.5  # an IoU above it is right; as everywhere in the lab
MARKS = {Verdict.RIGHT: "✓ right", Verdict.WRONG: "✗ wrong", Verdict.FORGIVEN: "– not judged"}


@dataclass(frozen=True)
class Missed:
    """A labelled object that no instance found.

    Attributes:
        label: its id in the labels.
        class_index: 1..N.
        pixels: its size.
        place: (column, row) of its centroid, in px.
    """

    label: int
    class_index: int
    pixels: int
    place: tuple[float, float]


@dataclass(frozen=True)
class Score:
    """K found instances against the labels of their picture, each in the instances' order.

    Attributes:
        classes: of the instances, 1..N.
        iou: best overlap with a label of the instance's own class; 0 where it touches none.
        label: the id of that label; 0 for none.
        other_class: class of a label of *another* class that the instance overlaps by more than one half; 0 for none.
        verdicts: `lab.metrics.verdicts.Verdict`, at an IoU above one half.
        missed: labelled objects that no instance found.
        ap, ap50: of this one picture: the mean over the classes labelled in it, nan where nothing is.  An instance of
            a class without a label costs nothing, and every object weighs much: a model is judged on a data set.
    """

    classes: Int[np.ndarray, " K"]
    iou: Float[np.ndarray, " K"]
    label: Int[np.ndarray, " K"]
    other_class: Int[np.ndarray, " K"]
    verdicts: Int8[np.ndarray, " K"]
    missed: tuple[Missed, ...]
    ap: float
    ap50: float

    def number(self, verdict: Verdict) -> int:
        """How many instances have this verdict."""
        return int((self.verdicts == verdict).sum())


def score(
    found: Instances, instances: Int[np.ndarray, "H W"], classes: Int[np.ndarray, "H W"], num_classes: int
) -> Score:
    """Hold the instances against the labels.  Objects of any size count; what lies in void is not judged.

    Args:
        found: on the CPU, of a picture of H x W.
        instances: 0 where there is none.
        classes: -1 void, 0 background, 1..N.
        num_classes: N of the model.

    Raises:
        ValueError: labels of another size, of a class that the model has not, or of two classes in one instance.
    """
    truth = read_truth(instances, classes, num_classes)
    record = record_image(found.masks.numpy(), found.scores.numpy(), found.classes.numpy(), truth)
    iou = record.shared / (record.pixels[:, None] + record.region_pixels - record.shared)
    own = record.classes[:, None] == record.region_classes
    best, region = _best(np.where(own, iou, 0))
    other, other_region = _best(np.where(own, 0, iou))
    ids, missed = _objects(truth, record, instances)
    verdicts = verdicts_at(record, RIGHT, min_region=0)
    precision = average_precision([record], num_classes, min_region=0)
    return Score(
        classes=record.classes,
        iou=best,
        label=ids[region],
        other_class=np.where(other > RIGHT, np.append(0, record.region_classes)[other_region], 0),
        verdicts=verdicts.detections,
        missed=tuple(missed[k] for k in np.flatnonzero(verdicts.regions == Verdict.WRONG)),
        ap=precision.mean,
        ap50=precision.mean_50,
    )


def read_truth(instances: Int[np.ndarray, "H W"], classes: Int[np.ndarray, "H W"], num_classes: int) -> Truth:
    """The labels as `lab.metrics` wants them.

    Raises:
        ValueError: labels of a class that the model has not, or of two classes in one instance.
    """
    if classes.max(initial=0) > num_classes:
        raise ValueError(
            f"the labels hold class {classes.max()}, the model has {num_classes}. "
            "Choose a model that was trained on the classes of these labels, or leave the labels out."
        )
    picture = np.broadcast_to(np.uint8(0), (*instances.shape, 3))  # a scene has one; nobody looks at it here
    return truth_from_scene(Scene("the labels", picture, instances.astype(np.int32), classes.astype(np.int16)))


def _best(iou: Float[np.ndarray, "K G"]) -> tuple[Float[np.ndarray, " K"], Int[np.ndarray, " K"]]:
    """Each instance's highest overlap, and with which region, 1..G; 0 where all are 0."""
    padded = np.pad(iou, ((0, 0), (1, 0)))
    return padded.max(axis=1), padded.argmax(axis=1)


def _objects(
    truth: Truth, record: ImageRecord, instances: Int[np.ndarray, "H W"]
) -> tuple[Int[np.ndarray, " _"], list[Missed]]:
    """Ids of the regions 0..G, and each region 1..G as if it had been missed."""
    inside = np.flatnonzero(truth.regions)
    region = truth.regions.ravel()[inside]
    ids = np.zeros(len(truth.classes) + 1, dtype=int)
    ids[region] = instances.ravel()[inside]
    rows, columns = np.divmod(inside, instances.shape[1])
    sums = [np.bincount(region, along, minlength=len(ids))[1:] for along in (columns, rows)]
    places = np.stack(sums, axis=1) / record.region_pixels[:, None]
    each = zip(ids[1:].tolist(), truth.classes.tolist(), record.region_pixels.tolist(), places.tolist(), strict=True)
    return ids, [Missed(label, of_class, pixels, tuple(place)) for label, of_class, pixels, place in each]


def words(score: Score, class_names: tuple[str, ...]) -> str:
    """What was right and what was not, in a line; below it a row for each instance and each missed object."""
    rows = [_instance_row(score, k, class_names) for k in range(len(score.classes))]
    rows += [_missed_row(missed, class_names) for missed in score.missed]
    head = "".join(f'<th scope="col">{name}</th>' for name in ("instance", "class", "IoU", "verdict"))
    table = f'<table class="lab-reading"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    # Sixty rows are longer than the picture; a box that takes the focus can be scrolled by key.
    box = '<div tabindex="0" role="region" aria-label="Instances and labels" style="max-height:260px;overflow:auto">'
    return f'<div class="lab-score">{headline(score)}{box}{table}</div></div>'


def headline(score: Score) -> str:
    """'5 right, 2 wrong, 1 missed', AP and AP50, and what they mean of one picture."""
    right, wrong, forgiven = map(score.number, (Verdict.RIGHT, Verdict.WRONG, Verdict.FORGIVEN))
    counts = f"{right} right, {wrong} wrong, {len(score.missed)} missed" + f", {forgiven} not judged" * (forgiven > 0)
    if isnan(score.ap):
        return f"<b>Against the labels: {counts}</b>; nothing is labelled here, so there is no AP."
    return (
        f"<b>Against the labels: {counts}</b> &nbsp;·&nbsp; AP {score.ap:.3f}, AP50 {score.ap50:.3f} "
        "<small>of this picture alone, over the classes labelled in it</small>"
    )


def _instance_row(score: Score, k: int, class_names: tuple[str, ...]) -> str:
    name = escape(class_names[score.classes[k] - 1])
    verdict = MARKS[Verdict(score.verdicts[k])] + _reason(score, k, class_names)
    return _row(str(k + 1), name, f"{score.iou[k]:.2f}", verdict)


def _reason(score: Score, k: int, class_names: tuple[str, ...]) -> str:
    if score.verdicts[k] == Verdict.RIGHT:
        return ""
    if score.verdicts[k] == Verdict.FORGIVEN:
        return ": most of it lies where nothing is labelled"
    if score.iou[k] > RIGHT:
        return ": a surer instance has this object"
    if score.other_class[k]:
        return f": the label says {escape(class_names[score.other_class[k] - 1])}"
    return ": too little overlap" if score.iou[k] else ": no label of this class here"


def _missed_row(missed: Missed, class_names: tuple[str, ...]) -> str:
    column, row = missed.place
    where = f"✗ missed: {missed.pixels} px about column {column:.0f}, row {row:.0f}"
    return _row("–", escape(class_names[missed.class_index - 1]), "–", where)


def _row(*cells: str) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
