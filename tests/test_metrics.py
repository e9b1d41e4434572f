"""Overlaps, matching, the parts of AP and the nuclei score, against values worked out by hand and brute force."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.datasets.scene import Scene
from lab.metrics import (
    ImageRecord,
    Truth,
    area_under_curve,
    average_precision,
    detections_at,
    iou_matrix,
    match_greedy,
    match_optimal,
    nuclei_counts,
    nuclei_score,
    precision_recall,
    record_image,
    to_masks,
    truth_from_scene,
)


def box(height: int, width: int, top: int, left: int, bottom: int, right: int) -> np.ndarray:
    mask = np.zeros((height, width), dtype=bool)
    mask[top:bottom, left:right] = True
    return mask


def strip(width: int, *spans: tuple[int, int]) -> np.ndarray:
    """Masks on an image of one row."""
    masks = [box(1, width, 0, left, 1, right) for left, right in spans]
    return np.array(masks, dtype=bool).reshape(len(spans), 1, width)


def truth_of(width: int, *spans: tuple[int, int], groups=(), void=(0, 0), classes=None) -> Truth:
    regions = np.zeros((1, width), dtype=int)
    for number, (left, right) in enumerate(spans, start=1):
        regions[0, left:right] = number
    return Truth(
        regions,
        np.array(classes or [1] * len(spans), dtype=int),
        np.array([number in groups for number in range(1, len(spans) + 1)], dtype=bool),
        box(1, width, 0, void[0], 1, void[1]),
    )


def record_of(truth: Truth, spans, scores, classes=None) -> ImageRecord:
    masks = strip(truth.regions.shape[1], *spans)
    return record_image(masks, np.array(scores, float), np.array(classes or [1] * len(scores), int), truth)


class TestOverlap:
    def test_by_hand(self):
        iou = iou_matrix(strip(10, (0, 4), (6, 10)), strip(10, (2, 6), (6, 9), (0, 4)))
        np.testing.assert_allclose(iou, [[2 / 6, 0, 1], [0, 3 / 4, 0]])

    def test_ignored_pixels_count_for_neither_side(self):
        ignore = box(1, 10, 0, 0, 1, 2)
        np.testing.assert_allclose(iou_matrix(strip(10, (0, 4)), strip(10, (2, 6)), ignore), [[2 / 4]])

    def test_label_images_serve_as_masks(self):
        labels = np.array([[0, 5, 5, 2]])
        np.testing.assert_array_equal(to_masks(labels), [[[0, 0, 0, 1]], [[0, 1, 1, 0]]])
        np.testing.assert_allclose(iou_matrix(labels, labels), np.eye(2))

    @pytest.mark.parametrize(("found", "true"), [(0, 0), (0, 2), (2, 0)])
    def test_nothing_there_or_nothing_found(self, found, true):
        iou = iou_matrix(np.ones((found, 3, 4), bool), np.ones((true, 3, 4), bool))
        assert iou.shape == (found, true)
        assert match_optimal(iou) == []
        assert match_greedy(iou, np.ones(found)) == []

    def test_empty_masks_do_not_divide_by_zero(self):
        assert iou_matrix(np.zeros((1, 2, 2), bool), np.zeros((1, 2, 2), bool)) == [[0]]


class TestMatching:
    def test_greedy_goes_by_score_and_optimal_by_number(self):
        # Prediction 0 fits both instances; greedy gives it the better one, which is all that prediction 1 fits.
        iou = np.array([[0.6, 0.55], [0.58, 0.0]])
        assert match_greedy(iou, np.array([0.9, 0.8])) == [(0, 0)]
        assert match_optimal(iou) == [(0, 1), (1, 0)]

    def test_greedy_is_strict_and_optimal_is_not(self):
        iou = np.array([[0.5]])
        assert match_greedy(iou, np.array([1.0]), 0.5) == []
        assert match_optimal(iou, 0.5) == [(0, 0)]

    def test_equal_scores_go_in_order(self):
        assert match_greedy(np.array([[0.8], [0.9]]), np.array([0.7, 0.7])) == [(0, 0)]
        many = np.full(40, 0.7)  # so many that an unstable sort would change their order
        many[30:] = 0.8
        assert [d for d, _ in match_greedy(np.eye(40), many)] == [*range(30, 40), *range(30)]

    def test_optimal_prefers_one_pair_more_to_any_overlap(self):
        """Three pairs overlap wholly; four are to be had, of a little overlap each."""
        iou = np.diag([1.0, 1.0, 1.0, 0.0]) + 0.15 * np.roll(np.eye(4), 1, axis=1)
        assert match_optimal(iou, 0.1) == [(0, 1), (1, 2), (2, 3), (3, 0)]
        assert match_optimal(iou, 0.2) == [(0, 0), (1, 1), (2, 2)]

    @given(st.integers(0, 10**6))
    def test_optimal_equals_brute_force(self, seed):
        rng = np.random.default_rng(seed)
        rows, columns = sorted(int(n) for n in rng.integers(1, 5, 2))
        iou = rng.choice([0.0, 0.3, 0.5, 0.55, 0.7, 1.0], (rows, columns))
        value = lambda pairs: (len(pairs), sum(iou[pair] for pair in pairs))  # noqa: E731
        best = max(
            value([(i, j) for i, j in enumerate(order) if iou[i, j] >= 0.5])
            for order in itertools.permutations(range(columns), rows)
        )
        assert value(match_optimal(iou)) == pytest.approx(best)


class TestTruth:
    def scene(self, instances, classes) -> Scene:
        image = np.zeros((*np.shape(instances), 3), np.uint8)
        return Scene("street", image, np.array(instances, np.int32), np.array(classes, np.int16))

    def test_from_a_scene(self):
        truth = truth_from_scene(self.scene([[0, 9, 9, 4, 3]], [[0, 2, -1, 1, -1]]))
        np.testing.assert_array_equal(truth.regions, [[0, 2, 0, 1, 0]])
        np.testing.assert_array_equal(truth.classes, [1, 2])
        np.testing.assert_array_equal(truth.void, [[False, False, True, False, True]])
        assert not truth.groups.any()

    def test_from_a_scene_full_of_one_instance_and_an_empty_one(self):
        assert truth_from_scene(self.scene([[7, 7]], [[3, 3]])).classes.tolist() == [3]
        assert truth_from_scene(self.scene([[0, 0]], [[0, 0]])).classes.tolist() == []

    def test_an_instance_on_background_is_none(self):
        truth = truth_from_scene(self.scene([[7, 3]], [[0, 1]]))
        assert (truth.regions.tolist(), truth.classes.tolist()) == ([[0, 1]], [1])

    def test_ids_of_any_height(self):
        """Ids above the number of pixels are numbered another way, with the same outcome, also without background."""
        for rows in ([[0, 9, 9, 4, 3]], [[5, 9, 9, 4, 4]]):
            low = truth_from_scene(self.scene(rows, np.ones((1, 5))))
            high = truth_from_scene(self.scene(np.array(rows) * 10**8, np.ones((1, 5))))
            np.testing.assert_array_equal(low.regions, high.regions)
            assert low.regions.max() == len(low.classes) == len(high.classes) == 3

    def test_an_instance_of_two_classes_is_refused(self):
        with pytest.raises(ValueError, match="street: instance 9 has pixels of class 1 and of class 2"):
            truth_from_scene(self.scene([[9, 9, 4]], [[2, 1, 1]]))
        with pytest.raises(ValueError, match=r"^street: instance 4 has pixels of class 1 and of class 2; an instance"):
            truth_from_scene(self.scene([[4, 4, 9]], [[2, 1, 1]]))
        with pytest.raises(ValueError, match="of class 1 and of class 3"):
            truth_from_scene(self.scene([[4, 4, 4]], [[2, 3, 1]]))


class TestDetections:
    def sorted_at(self, record, threshold=0.5, min_region=0):
        found = detections_at(record, 1, threshold, min_region)
        return found.right.tolist(), sorted(found.wrong.tolist()), found.missed

    def test_right_wrong_missed(self):
        record = record_of(truth_of(30, (0, 10), (10, 20)), [(0, 9), (22, 30)], [0.9, 0.4])
        assert self.sorted_at(record) == ([0.9], [0.4], 1)

    def test_the_threshold_is_strict(self):
        record = record_of(truth_of(30, (0, 10)), [(0, 5)], [0.9])
        assert self.sorted_at(record) == ([], [0.9], 1)

    def test_of_two_on_one_instance_the_lower_score_is_wrong(self):
        record = record_of(truth_of(30, (0, 10)), [(0, 10), (0, 9)], [0.4, 0.8])
        assert self.sorted_at(record) == ([0.8], [0.4], 0)

    def test_another_class_neither_finds_nor_forgives(self):
        record = record_of(truth_of(30, (0, 10), classes=[2]), [(0, 10)], [0.9])
        assert self.sorted_at(record) == ([], [0.9], 0)

    def test_tiny_instances_are_neither_found_nor_missed(self):
        record = record_of(truth_of(30, (0, 10), (10, 13)), [(10, 13)], [0.9])
        assert self.sorted_at(record, min_region=4) == ([], [], 1)
        assert self.sorted_at(record, min_region=3) == ([0.9], [], 1)

    def test_groups_forgive(self):
        record = record_of(truth_of(30, (0, 20), groups=(1,)), [(0, 5), (15, 25)], [0.9, 0.8])
        # The first lies in the group; of the second half does, and half is not more than the threshold.
        assert self.sorted_at(record) == ([], [0.8], 0)

    def test_void_forgives_up_to_the_threshold(self):
        record = record_of(truth_of(30, void=(0, 7)), [(0, 10)], [0.9])
        assert self.sorted_at(record, 0.65) == ([], [], 0)
        assert self.sorted_at(record, 0.75) == ([], [0.9], 0)

    def test_a_tiny_group_forgives_twice(self):
        record = record_of(truth_of(30, (0, 3), groups=(1,)), [(0, 10)], [0.9])
        assert self.sorted_at(record, min_region=4) == ([], [], 0)  # 2 · 3 of 10 pixels
        assert self.sorted_at(record, min_region=0) == ([], [0.9], 0)

    @pytest.mark.parametrize("threshold", [0.3, 1.0, 1.5])
    def test_thresholds_under_one_half_and_from_one_are_refused(self, threshold):
        with pytest.raises(ValueError, match=rf"^found an overlap threshold of {threshold}, expected"):
            self.sorted_at(record_of(truth_of(30), [], []), threshold)

    def test_empty_masks_are_left_out(self):
        assert self.sorted_at(record_of(truth_of(30), [(3, 3)], [0.9])) == ([], [], 0)

    def test_a_region_without_a_pixel_is_missed(self):
        record = record_of(truth_of(30, (0, 10), (12, 12)), [(0, 10)], [0.9])
        assert (record.region_pixels.tolist(), record.shared.tolist()) == ([10, 0], [[10, 0]])
        assert self.sorted_at(record) == ([0.9], [], 1)

    def test_masks_of_another_size_are_refused(self):
        with pytest.raises(ValueError, match=r"1 x 20 pixels, the ground truth 1 x 30"):
            record_image(strip(20, (0, 4)), np.ones(1), np.ones(1, int), truth_of(30))

    def test_scores_that_are_not_finite_are_refused(self):
        with pytest.raises(ValueError, match="a score of nan"):
            record_of(truth_of(30), [(3, 4)], [np.nan])


class TestAveragePrecision:
    def test_curve_by_hand(self):
        # Scores .9 right, .8 wrong, .7 right, one missed: precision 1, 1/2, 2/3 at recall 1/3, 1/3, 2/3.
        precision, recall = precision_recall(np.array([0.7, 0.9]), np.array([0.8]), 1)
        np.testing.assert_allclose(precision, [1, 1, 1 / 2, 2 / 3])
        np.testing.assert_allclose(recall, [0, 1 / 3, 1 / 3, 2 / 3])
        assert area_under_curve(precision, recall) == pytest.approx(1 / 3 + (1 / 2 + 2 / 3) / 2 / 3)

    def test_equal_scores_are_heard_together(self):
        precision, recall = precision_recall(np.array([0.9]), np.array([0.9]), 0)
        np.testing.assert_allclose(precision, [1, 1 / 2])
        np.testing.assert_allclose(recall, [0, 1])

    def test_one_car_at_933_and_one_perfect_is_95(self):
        truth = truth_of(60, (0, 15), (20, 40))
        record = record_of(truth, [(0, 14), (20, 40)], [0.8, 0.9])
        result = average_precision([record], 1, min_region=0)
        np.testing.assert_allclose(result.table, [[1] * 9 + [0.5]])
        assert result.mean == pytest.approx(0.95)

    def test_absent_classes_are_left_out_of_the_mean(self):
        record = record_of(truth_of(30, (0, 10), classes=[2]), [(0, 10), (20, 30)], [0.9, 0.8], [2, 1])
        result = average_precision([record], 3, min_region=0)
        np.testing.assert_array_equal(result.per_class, [np.nan, 1, np.nan])
        assert (result.mean, result.mean_50, result.counts.tolist()) == (1, 1, [0, 1, 0])

    def test_ap50_is_that_of_the_threshold_one_half_wherever_it_stands(self):
        record = record_of(truth_of(30, (0, 10)), [(0, 6)], [0.9])
        result = average_precision([record], 1, thresholds=(0.7, 0.5), min_region=0)
        assert (result.mean, result.mean_50) == (0.5, 1)

    @pytest.mark.filterwarnings("error")
    def test_nothing_at_all(self):
        assert np.isnan(average_precision([], 2).mean)

    def test_instances_but_no_detection(self):
        assert average_precision([record_of(truth_of(30, (0, 10)), [], [])], 1, min_region=0).mean == 0


class TestNuclei:
    def test_by_hand(self):
        truth, found = strip(40, (0, 10), (10, 20), (20, 30)), strip(40, (0, 10), (10, 16), (33, 40))
        counts = nuclei_counts(found, truth, (0.5, 0.6, 0.7))
        np.testing.assert_array_equal(counts, [[2, 1, 1], [2, 1, 1], [1, 2, 2]])
        score = nuclei_score([counts, np.array([[4, 0, 0]] * 3)], (0.5, 0.6, 0.7))
        np.testing.assert_allclose(score.pooled, [6 / 8, 6 / 8, 5 / 9])
        np.testing.assert_allclose(score.per_image, [(1 / 2 + 1) / 2] * 2 + [(1 / 5 + 1) / 2])

    def test_found_and_there_are_counted_each_for_itself(self):
        np.testing.assert_array_equal(nuclei_counts(strip(9, (0, 4)), strip(9, (0, 4), (5, 8)), (0.5,)), [[1, 0, 1]])
        np.testing.assert_array_equal(nuclei_counts(strip(9, (0, 4), (5, 8)), strip(9, (0, 4)), (0.5,)), [[1, 1, 0]])

    @pytest.mark.parametrize(("counts", "score"), [((1, 0, 0), 1), ((0, 1, 0), 0), ((0, 0, 1), 0), ((0, 0, 0), 1)])
    def test_a_single_thing(self, counts, score):
        found = nuclei_score([np.array([counts])], (0.5,))
        assert (found.pooled.tolist(), found.per_image.tolist()) == ([score], [score])

    def test_nothing_there_and_nothing_found_is_right(self):
        empty = np.zeros((4, 4), int)
        np.testing.assert_array_equal(nuclei_score([nuclei_counts(empty, empty)]).pooled, np.ones(10))

    def test_no_images(self):
        with pytest.raises(ValueError, match=r"^found no images to score, expected the counts of at least one\.$"):
            nuclei_score([])
