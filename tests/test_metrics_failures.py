"""The edges between the kinds of failures, on images of one row; what each says of overlap and pixels."""

import numpy as np
import pytest

from lab.metrics.failures import find_failures, overlaps
from tests.test_metrics import strip


def told(found: np.ndarray, truth: np.ndarray) -> list[tuple]:
    scores = np.linspace(0.9, 0.5, len(found))
    return [(f.kind, f.objects, f.predictions) for f in find_failures(overlaps(found, truth), scores)]


def test_two_objects_of_which_exactly_half_is_covered_are_not_merged():
    found, truth = strip(40, (5, 15)), strip(40, (0, 10), (10, 20))
    assert told(found, truth) == [("missed", (0,), ()), ("missed", (1,), ()), ("false alarm", (), (0,))]
    assert told(strip(40, (4, 16)), truth) == [("merged", (0, 1), (0,))]


def test_parts_of_which_exactly_half_lies_in_an_object_do_not_split_it():
    truth = strip(40, (10, 30))
    assert [kind for kind, *_ in told(strip(40, (5, 15), (25, 35)), truth)] == ["missed", "false alarm", "false alarm"]
    assert told(strip(40, (6, 15), (25, 34)), truth) == [("split", (0,), (0, 1))]


def test_from_an_overlap_of_seven_tenths_on_a_border_is_clean():
    truth = strip(40, (0, 10))
    assert told(strip(40, (0, 7)), truth) == []
    assert told(strip(40, (0, 6)), truth) == [("ragged", (0,), (0,))]
    assert told(strip(40, (0, 5)), truth)[0] == ("missed", (0,), ())  # one half is not found


def test_masks_of_one_pixel_and_of_none():
    of = overlaps(strip(5, (1, 2), (3, 3)), strip(5, (1, 2), (3, 3)))
    for shares in (of.iou, of.covered, of.inside):
        np.testing.assert_array_equal(shares, [[1, 0], [0, 0]])


@pytest.mark.parametrize("as_labels", [False, True])
def test_numbers_of_each_kind(as_labels):
    """Merged 0 and 1; split 2; missed 3 and, with more pixels, 4; a false alarm; 5 ragged."""
    truth = strip(200, (0, 10), (10, 20), (30, 50), (60, 64), (70, 78), (100, 110))
    found = strip(200, (0, 21), (30, 38), (40, 50), (150, 153), (100, 106))
    if as_labels:
        truth, found = ((masks * np.arange(1, len(masks) + 1)[:, None, None]).max(0) for masks in (truth, found))
    failures = find_failures(overlaps(found, truth), np.array([0.9, 0.8, 0.7, 0.6, 0.5]))
    assert [(f.kind, f.objects, f.predictions, f.pixels) for f in failures] == [
        ("merged", (0, 1), (0,), 21),
        ("split", (2,), (1, 2), 20),
        ("missed", (4,), (), 8),
        ("missed", (3,), (), 4),
        ("false alarm", (), (3,), 3),
        ("ragged", (5,), (4,), 10),
    ]
    assert [f.iou for f in failures] == pytest.approx([10 / 21, 10 / 20, 0, 0, 0, 6 / 10])


def test_a_split_object_is_neither_missed_nor_are_its_parts_false_alarms():
    assert told(strip(40, (0, 3), (3, 6), (6, 10)), strip(40, (0, 10))) == [("split", (0,), (0, 1, 2))]


def test_what_merges_is_no_part_of_a_split():
    """The second lies wholly in the first object, which the merger holds for the larger part, too."""
    found, truth = strip(40, (0, 20), (0, 4)), strip(40, (0, 16), (16, 20))
    assert told(found, truth) == [("merged", (0, 1), (0,)), ("false alarm", (), (1,))]


def test_overlap_and_pixels_are_of_what_is_concerned_only():
    """Each has a better overlap with something else: the merged pair with a part, the merger with what is missed."""
    found, truth = strip(40, (0, 12), (0, 1)), strip(40, (0, 2), (2, 4), (4, 24))
    failures = find_failures(overlaps(found, truth), np.array([0.9, 0.8]))
    assert [(f.kind, f.objects, f.predictions, f.pixels) for f in failures] == [
        ("merged", (0, 1), (0,), 12),
        ("missed", (2,), (), 20),
        ("false alarm", (), (1,), 1),
    ]
    assert [f.iou for f in failures] == pytest.approx([2 / 12, 8 / 24, 0])
