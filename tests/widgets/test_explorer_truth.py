"""The explorer against the labels: each number held to `lab.metrics` by brute force, and what the words say of it."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from lab.datasets.scene import Scene
from lab.instances import Instances
from lab.metrics import average_precision, iou_matrix, match_greedy, record_image, truth_from_scene
from lab.metrics.verdicts import Verdict
from lab.widgets.explorer.labels import Labels, judge
from lab.widgets.explorer.truth import score, words

NAMES = ("person", "<b>car</b>")


def found(masks: np.ndarray, scores: list[float] | np.ndarray, classes: list[int] | np.ndarray) -> Instances:
    """Instances of which only masks, scores and classes are looked at."""
    count = len(scores)
    return Instances(
        masks=torch.from_numpy(np.asarray(masks, bool).reshape(count, *masks.shape[-2:])),
        scores=torch.tensor(np.asarray(scores), dtype=torch.float32),
        classes=torch.tensor(np.asarray(classes), dtype=torch.int64),
        centres=torch.zeros(count, 2),
        sharpness=torch.ones(count, 2),
        labels=torch.zeros(masks.shape[-2:], dtype=torch.int64),
        trace=(),
    )


def strips(length: int, *spans: tuple[int, int]) -> np.ndarray:
    """Masks of one row, true from each first to before each last column."""
    masks = np.zeros((len(spans), 1, length), bool)
    for mask, (first, last) in zip(masks, spans, strict=True):
        mask[0, first:last] = True
    return masks


def labels(length: int, *spans: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Instances and classes of one row, from (first, last, id, class)."""
    instances, classes = np.zeros((1, length), np.int32), np.zeros((1, length), np.int16)
    for first, last, number, of_class in spans:
        instances[0, first:last], classes[0, first:last] = number, of_class
    return instances, classes


def random_case(seed: int) -> tuple[Instances, np.ndarray, np.ndarray]:
    """Boxes of two classes over one another, shifted for a prediction, some left out; void in a corner."""
    rng = np.random.default_rng(seed)
    instances, classes = np.zeros((40, 60), np.int32), np.zeros((40, 60), np.int16)
    masks, of_class = [], []
    for number in rng.permutation(20)[: rng.integers(1, 9)] * 7 + 3:
        top, left, height, width = (*rng.integers(0, (30, 45)), *rng.integers(3, 14, 2))
        kind = int(rng.integers(1, 3))
        instances[top : top + height, left : left + width] = number
        classes[top : top + height, left : left + width] = kind
        for _ in range(rng.integers(0, 3)):
            mask = np.zeros((40, 60), bool)
            down, right = rng.integers(0, 4, 2)
            mask[top + down : top + down + height, left + right : left + right + width] = True
            masks.append(mask)
            of_class.append(kind if rng.random() < 0.8 else 3 - kind)
    classes[:12, :20] = np.where(rng.random() < 0.5, -1, classes[:12, :20])
    stack = np.stack(masks) if masks else np.zeros((0, 40, 60), bool)
    return found(stack, rng.permutation(len(masks)) / 40 + 0.5, of_class), instances, classes


@pytest.mark.parametrize("seed", range(12))
def test_every_number_is_the_metrics_own(seed: int):
    given, instances, classes = random_case(seed)
    result = score(given, instances, classes, 2)
    scene = Scene("case", np.zeros((40, 60, 3), np.uint8), instances, classes)
    truth = truth_from_scene(scene)
    record = record_image(given.masks.numpy(), given.scores.numpy(), given.classes.numpy(), truth)
    precision = average_precision([record], 2, min_region=0)
    np.testing.assert_equal((result.ap, result.ap50), (precision.mean, precision.mean_50))

    kept = np.where(classes > 0, instances, 0)
    ids = np.unique(kept[kept > 0])
    kinds = np.array([classes[kept == number][0] for number in ids])
    iou = iou_matrix(given.masks.numpy(), kept)
    hits = 0
    for k, mine in enumerate(given.classes.tolist()):
        own = np.where(kinds == mine, iou[k], 0)
        assert result.iou[k] == pytest.approx(own.max(initial=0))
        assert result.label[k] == (ids[own.argmax()] if own.any() else 0)
    for kind in (1, 2):
        mine = np.flatnonzero(given.classes.numpy() == kind)
        pairs = match_greedy(iou[np.ix_(mine, kinds == kind)], given.scores.numpy()[mine], 0.5)
        assert {int(mine[d]) for d, _ in pairs} == set(
            np.flatnonzero((result.verdicts == Verdict.RIGHT) & (result.classes == kind)).tolist()
        )
        hits += len(pairs)
    assert len(result.missed) == len(ids) - hits
    for missed in result.missed:
        rows, columns = np.nonzero(kept == missed.label)
        assert (missed.pixels, missed.place) == (rows.size, pytest.approx((columns.mean(), rows.mean())))


def test_right_second_wrong_class_too_little_nothing_and_missed():
    instances, classes = labels(100, (0, 10, 26001, 1), (20, 30, 5, 2), (40, 50, 7, 1), (60, 64, 9, 2))
    masks = strips(100, (0, 9), (0, 10), (20, 30), (46, 60), (80, 90))
    result = score(found(masks, [0.9, 0.8, 0.7, 0.6, 0.5], [1, 1, 1, 1, 2]), instances, classes, 2)
    np.testing.assert_allclose(result.iou, [0.9, 1, 0, 4 / 20, 0])
    assert result.label.tolist() == [26001, 26001, 0, 7, 0]
    assert result.other_class.tolist() == [0, 0, 2, 0, 0]
    assert [(missed.label, missed.place) for missed in result.missed] == [
        (5, (24.5, 0)),
        (7, (44.5, 0)),
        (9, (61.5, 0)),
    ]
    text = words(result, NAMES)
    order = ["✓ right<", "a surer instance has this object", "the label says &lt;b&gt;car", "too little overlap"]
    order += ["no label of this class here", "✗ missed: 10 px about column 24, row 0"]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert "1 right, 4 wrong, 3 missed</b>" in text
    assert "<b>car" not in text


def test_what_lies_in_void_is_not_judged():
    instances, classes = labels(30, (0, 5, 0, -1), (10, 20, 1, 1))
    result = score(found(strips(30, (0, 5), (10, 20)), [0.9, 0.8], [1, 1]), instances, classes, 1)
    assert result.verdicts.tolist() == [Verdict.FORGIVEN, Verdict.RIGHT]
    assert (result.ap, result.ap50) == (1, 1)
    assert "1 right, 0 wrong, 0 missed, 1 not judged" in words(result, ("person",))
    assert "– not judged: most of it lies" in words(result, ("person",))


def test_a_class_that_is_not_labelled_is_no_part_of_ap():
    instances, classes = labels(30, (10, 20, 1, 1))
    result = score(found(strips(30, (10, 20), (0, 5)), [0.9, 0.8], [1, 2]), instances, classes, 2)
    assert (result.ap, result.number(Verdict.WRONG)) == (1, 1)


def test_nothing_found_and_nothing_labelled():
    nothing, (instances, classes) = found(np.zeros((0, 1, 30), bool), [], []), labels(30)
    empty = score(nothing, instances, classes, 2)
    assert math.isnan(empty.ap)
    assert "0 right, 0 wrong, 0 missed</b>; nothing is labelled here" in words(empty, NAMES)
    missed = score(nothing, *labels(30, (10, 20, 4, 1)), 2)
    assert (missed.ap, missed.missed[0].label) == (0, 4)


def test_labels_that_do_not_fit_are_refused():
    given = found(strips(30, (10, 20)), [0.9], [1])
    with pytest.raises(ValueError, match="labels hold class 3, the model has 2"):
        score(given, *labels(30, (0, 4, 1, 3)), 2)
    with pytest.raises(ValueError, match="predict at the size of the ground truth"):
        score(given, *labels(31, (0, 4, 1, 1)), 2)
    instances, classes = labels(30, (0, 4, 1, 1), (4, 6, 1, 2))
    with pytest.raises(ValueError, match="the labels: instance 1 has pixels of class 1 and of class 2"):
        score(given, instances, classes, 2)


def test_the_box_of_rows_can_be_scrolled_by_key_and_has_a_name():
    instances, classes = labels(30, (10, 20, 1, 1))
    text = words(score(found(strips(30, (10, 20)), [0.9], [1]), instances, classes, 1), ("person",))
    assert 'tabindex="0" role="region" aria-label="Instances and labels"' in text
    assert text.count('<th scope="col">') == 4


def test_the_right_instances_are_told_by_their_number():
    instances, classes = labels(30, (10, 20, 1, 1))
    result = score(found(strips(30, (10, 20)), [0.9], [1]), instances, classes, 1)
    flipped = replace(result, verdicts=np.array([Verdict.WRONG], np.int8), iou=np.array([0.4]))
    assert "<td>1</td><td>person</td><td>1.00</td><td>✓ right</td>" in words(result, ("person",))
    assert "<td>1</td><td>person</td><td>0.40</td><td>✗ wrong: too little overlap</td>" in words(flipped, ("person",))


def test_labels_of_more_classes_judge_a_model_of_some_and_say_nothing_of_others():
    instances, classes = labels(40, (0, 10, 5, 1), (12, 20, 8, 2), (30, 40, 9, 2))
    classes[0, 22:28] = -1
    known = Labels.take(instances, classes, ("person", "bus", "car"), (1, 40))
    cars, given = np.where(instances == 5, 0, instances), found(strips(40, (12, 19)), [0.9], [1])
    assert judge(known, given, ("bus",)) == judge(
        Labels(cars, np.where(classes == 1, 0, np.minimum(classes, 1)), ("bus",)), given, ("bus",)
    )
    assert "1 right, 0 wrong, 1 missed" in judge(known, given, ("bus",))[0]
    assert judge(None, given, ("bus",)) == ("", [])
    said, lines = judge(known, given, ("bus", "<b>"))
    assert (said, lines) == (
        "The labels are of person, bus and car. This model looks for &lt;b&gt;, of which they say nothing: it is not "
        "held against them.",
        [],
    )
