"""Verdicts one by one, and the nuclei score from a record: by hand, and against the counts that AP and masks give."""

import numpy as np
import pytest

from lab.metrics import detections_at, nuclei_counts, nuclei_counts_of, record_image
from lab.metrics.verdicts import Verdict, Verdicts, verdicts_at
from tests.test_metrics import record_of, strip, truth_of

F, R, W = Verdict.FORGIVEN, Verdict.RIGHT, Verdict.WRONG


def verdicts(record, threshold=0.5, min_region=0):
    found = verdicts_at(record, threshold, min_region)
    return found.detections.tolist(), found.regions.tolist()


def test_right_wrong_missed():
    record = record_of(truth_of(30, (0, 10), (10, 20)), [(22, 30), (0, 9)], [0.4, 0.9])
    assert verdicts(record) == ([W, R], [R, W])


def test_of_several_on_one_instance_the_best_score_has_it():
    record = record_of(truth_of(30, (0, 10)), [(0, 10), (0, 9), (1, 10)], [0.4, 0.8, 0.6])
    assert verdicts(record) == ([W, R, W], [R])


def test_the_threshold_is_strict():
    record = record_of(truth_of(30, (0, 10)), [(0, 6)], [0.9])
    assert verdicts(record, 0.6) == ([W], [W])
    assert verdicts(record, 0.59) == ([R], [R])


def test_another_class_neither_finds_nor_forgives():
    record = record_of(truth_of(30, (0, 10), (10, 20), groups=(2,), classes=[2, 2]), [(0, 10), (10, 20)], [0.9, 0.8])
    assert verdicts(record) == ([W, W], [W, F])


def test_void_groups_and_what_is_tiny_forgive():
    truth = truth_of(60, (0, 20), (20, 23), (30, 40), groups=(1,), void=(50, 60))
    record = record_of(truth, [(0, 6), (20, 23), (49, 60), (38, 50)], [0.9, 0.8, 0.7, 0.6])
    assert verdicts(record, min_region=4) == ([F, F, F, W], [F, F, W])


@pytest.mark.parametrize("threshold", [0.49, 1.0, float("nan")])
def test_other_thresholds_are_refused(threshold):
    with pytest.raises(ValueError, match=rf"found an overlap threshold of {threshold}, expected one from 0\.5 to"):
        verdicts_at(record_of(truth_of(30), [], []), threshold, 0)


def test_one_half_is_a_threshold():
    assert verdicts(record_of(truth_of(30), [], []), 0.5) == ([], [])


def test_counts_and_score():
    of = Verdicts(np.array([R, R, W, F, W, W], np.int8), np.array([R, R, W, F, W], np.int8))
    assert (of.right, of.false, of.missed) == (2, 3, 2)
    assert of.score == 2 / 7
    nothing = Verdicts(np.array([F], np.int8), np.array([F], np.int8))
    assert nothing.score == 1


def some_record(seed: int):
    """Overlapping detections of two classes on a line of instances, groups, tiny ones and void."""
    random = np.random.default_rng(seed)
    cuts = np.sort(random.choice(np.arange(1, 90), 12, replace=False)).tolist()
    spans = list(zip(cuts[::2], cuts[1::2], strict=True))
    truth = truth_of(90, *spans, groups=(2, 5), void=(cuts[3], cuts[4]), classes=random.integers(1, 3, 6).tolist())
    moved = [
        (max(a + int(i), 0), b + int(j))
        for (a, b), (i, j) in zip(spans * 2, random.integers(-2, 3, (12, 2)), strict=True)
    ]
    moved = [(a, b) for a, b in moved if b > a]
    return record_of(truth, moved, random.random(len(moved)), random.integers(1, 3, len(moved)).tolist())


@pytest.mark.parametrize("seed", range(8))
def test_counts_are_those_of_average_precision(seed):
    record = some_record(seed)
    for threshold in (0.5, 0.7):
        found = verdicts_at(record, threshold, 5)
        parts = [detections_at(record, of_class, threshold, 5) for of_class in (1, 2)]
        assert found.right == sum(len(part.right) for part in parts)
        assert found.false == sum(len(part.wrong) for part in parts)
        assert found.missed == sum(part.missed for part in parts)
        right = np.concatenate([part.right for part in parts])
        assert sorted(record.scores[found.detections == R]) == sorted(right)


def test_nuclei_counts_of_a_record_are_those_of_its_masks():
    spans, truth = [(0, 10), (10, 16), (33, 40)], truth_of(40, (0, 10), (10, 20), (20, 30))
    counts = nuclei_counts_of(record_of(truth, spans, [0.9, 0.8, 0.7]), (0.5, 0.6, 0.7))
    masks = strip(40, (0, 10), (10, 20), (20, 30))
    np.testing.assert_array_equal(counts, nuclei_counts(strip(40, *spans), masks, (0.5, 0.6, 0.7)))
    np.testing.assert_array_equal(counts[0], [2, 1, 1])


def test_a_nucleus_of_one_pixel_is_found():
    record = record_of(truth_of(40, (3, 4)), [(3, 4)], [0.9])
    np.testing.assert_array_equal(nuclei_counts_of(record, (1.0,)), [[1, 0, 0]])


def test_void_counts_for_neither_side_of_the_nuclei_score():
    """Of the first detection 4 of 10 pixels lie in void: 6 of 10 are left, an IoU of .6. The second lies in void."""
    truth = truth_of(40, (0, 10), void=(10, 14))
    record = record_image(strip(40, (4, 14), (11, 13)), np.array([0.9, 0.8]), np.array([1, 2]), truth)
    np.testing.assert_array_equal(nuclei_counts_of(record, (0.6,)), [[1, 0, 0]])
    np.testing.assert_array_equal(nuclei_counts_of(record, (0.61,)), [[0, 1, 1]])
