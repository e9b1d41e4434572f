import math

import numpy as np
import pytest
import torch

from lab.clustering import Thresholds, cluster
from tests.ideal import ideal_output as ideal_from_arrays


def ideal_output(instances, classes, *rest, **options):
    return ideal_from_arrays(instances.numpy(), classes.numpy(), *rest, **options)


def two_blobs():
    instances = torch.zeros(40, 60, dtype=torch.int64)
    instances[5:20, 5:25] = 1
    instances[5:20, 25:45] = 2  # touches the first
    instances[25:30, 10:14] = 3
    return instances


def output_of(pixels, height=1, width=8, classes=1):
    """Background everywhere; ``pixels``: (row, column) -> (target column, sigma in px, seed, class)."""
    output = torch.zeros(3 + classes, height, width)
    output[3:] = -20
    for (row, column), (target, sigma, seed, class_index) in pixels.items():
        output[0, row, column] = math.atanh((target - column) / 1024)
        output[2, row, column] = -math.log(2 * (sigma / 1024) ** 2) / 10
        output[2 + class_index, row, column] = math.log(seed / (1 - seed))
    return output


@pytest.mark.parametrize("bandwidths", [1, 2])
def test_recovers_the_labels_of_an_ideal_prediction(bandwidths):
    instances = two_blobs()
    found = cluster(ideal_output(instances, (instances > 0).long(), 1, bandwidths), bandwidths, min_pixels=10)
    assert len(found) == 3
    for k in (1, 2, 3):
        mask = instances == k
        overlap = found.masks.flatten(1).float() @ mask.flatten().float()
        best = int(overlap.argmax())
        assert (found.masks[best] == mask).all()


def test_takes_the_best_seed_first_and_its_own_embedding_and_sharpness():
    pixels = {(0, c): (2.0, 1.5, 0.92, 1) for c in range(4)}
    pixels[0, 3] = (2.5, 3.0, 0.97, 1)
    found = cluster(output_of(pixels), 1, min_pixels=2)
    assert len(found) == 1
    step = found.trace[0]
    assert (step.row, step.column, step.class_index, step.proposal_pixels, step.unassigned_pixels) == (0, 3, 1, 4, 3)
    assert found.centres[0].tolist() == pytest.approx([2.5 / 1024, 0], abs=1e-6)
    assert found.sharpness[0, 0].item() == pytest.approx(1 / (2 * (3 / 1024) ** 2), rel=1e-4)
    assert found.scores[0].item() == pytest.approx(0.97, abs=1e-5)


def test_ties_go_to_the_lowest_row_major_index():
    pixels = {(r, c): (2.0, 50.0, 0.95, 1) for r in (1, 2) for c in (6, 3, 4)}
    step = cluster(output_of(pixels, height=4), 1, min_pixels=1).trace[0]
    assert (step.row, step.column) == (1, 3)


def test_an_instance_has_more_than_min_pixels():
    pixels = {(0, c): (2.0, 50.0, 0.95, 1) for c in range(5)}
    assert len(cluster(output_of(pixels), 1, min_pixels=4)) == 1
    assert len(cluster(output_of(pixels), 1, min_pixels=5)) == 0


def test_stops_under_the_seed_threshold():
    pixels = {(0, c): (2.0, 50.0, 0.8, 1) for c in range(5)}
    assert len(cluster(output_of(pixels), 1, min_pixels=1, seed_threshold=0.79)) == 1
    found = cluster(output_of(pixels), 1, min_pixels=1, seed_threshold=0.81)
    assert len(found) == len(found.trace) == 0


def test_pixels_at_or_under_the_foreground_threshold_take_no_part():
    pixels = {(0, c): (2.0, 50.0, 0.95, 1) for c in range(5)}
    pixels[0, 5] = (2.0, 50.0, 0.5 - 1e-6, 1)
    assert cluster(output_of(pixels), 1, min_pixels=1).masks[0].sum() == 5
    assert cluster(output_of(pixels), 1, min_pixels=1, foreground_threshold=0.4).masks[0].sum() == 6


def test_too_small_a_proposal_is_rejected_and_takes_its_pixels_with_it():
    """The best seed claims itself and one neighbour: too few. The rest makes an instance without them."""
    pixels = {(0, c): (5.0, 2.0, 0.91, 1) for c in range(2, 8)}
    pixels[0, 0] = (0.0, 0.6, 0.99, 1)
    pixels[0, 1] = (0.3, 0.6, 0.95, 1)
    found = cluster(output_of(pixels), 1, min_pixels=3)
    assert [s.accepted for s in found.trace] == [False, True]
    assert found.trace[0].reason == "too small: 2 px, more than 3 wanted"
    assert found.masks[0].nonzero()[:, 1].tolist() == [2, 3, 4, 5, 6, 7]


def test_a_proposal_mostly_seen_before_is_rejected():
    """All pixels point to 2 but one, that points to 4 with a margin wide enough for all: 1 - 0 of 6 is new."""
    pixels = {(0, c): (2.0, 1.0, 0.95, 1) for c in range(5)}
    pixels[0, 5] = (4.0, 20.0, 0.94, 1)
    pixels[0, 6] = (4.0, 20.0, 0.93, 1)
    found = cluster(output_of(pixels), 1, min_pixels=1)
    assert [s.accepted for s in found.trace] == [True, False]
    assert found.trace[1].unassigned_pixels == 1  # column 6; the seed itself is not counted
    assert found.trace[1].overlap == pytest.approx(1 - 1 / 7)
    assert "seen before: 14%" in found.trace[1].reason


def test_masks_may_overlap_and_the_higher_score_is_on_top():
    pixels = {(0, c): (1.0, 1.0, 0.97, 1) for c in range(3)}
    pixels |= {(0, c): (4.0, 2.6, 0.93, 1) for c in range(3, 8)}  # margin 3.06 px: reaches back to 1.0
    found = cluster(output_of(pixels), 1, min_pixels=2, min_unassigned=0.4)
    assert found.masks[:, 0].long().tolist() == [[1, 1, 1, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 1, 1]]
    assert found.labels[0].tolist() == [1, 1, 1, 2, 2, 2, 2, 2]


def test_classes_are_clustered_apart_in_ascending_order():
    pixels = {(0, c): (2.0, 50.0, 0.95, 2) for c in range(4)}
    pixels |= {(0, c): (2.0, 50.0, 0.92, 1) for c in range(4, 8)}
    found = cluster(output_of(pixels, classes=2), 1, min_pixels=2)
    assert found.classes.tolist() == [1, 2]
    assert found.masks[0, 0].tolist() == [False] * 4 + [True] * 4


def by_loops(output, bandwidths, seed_threshold, foreground_threshold, min_pixels, min_unassigned):
    """The procedure in NumPy with plain loops, float64: accepted masks with class and score."""
    o = output.double().numpy()
    _, height, width = o.shape
    seeds = 1 / (1 + np.exp(-o[2 + bandwidths :]))
    rows, columns = np.mgrid[:height, :width]
    embedding = np.stack([columns, rows]) / 1024 + np.tanh(o[:2])
    kappa = np.broadcast_to(np.exp(10 * o[2 : 2 + bandwidths]), (2, height, width))
    accepted = []
    for c, seed_map in enumerate(seeds):
        pixels = [tuple(p) for p in np.argwhere(seed_map > foreground_threshold)]
        unassigned = set(pixels)
        while len(unassigned) > min_pixels:
            seed = max(sorted(unassigned), key=lambda p: seed_map[p])
            if seed_map[seed] < seed_threshold:
                break
            unassigned.remove(seed)
            centre, k = embedding[:, seed[0], seed[1]], kappa[:, seed[0], seed[1]]
            proposal = [p for p in pixels if np.exp(-(k * (embedding[:, p[0], p[1]] - centre) ** 2).sum()) > 0.5]
            fresh = sum(p in unassigned for p in proposal)
            if len(proposal) > min_pixels and fresh / len(proposal) > min_unassigned:
                accepted.append((c + 1, seed_map[seed], set(proposal)))
            unassigned -= set(proposal)
    return accepted


@pytest.mark.parametrize("seed", range(6))
def test_equals_plain_loops_on_random_predictions(seed):
    generator = torch.Generator().manual_seed(seed)
    output = torch.randn(6, 13, 17, generator=generator)
    output[:2] *= 0.004
    output[2:4] = 0.95 + 0.06 * output[2:4]
    thresholds = (0.6, 0.5, 3, 0.4)
    found, expected = cluster(output, 2, *thresholds), by_loops(output, 2, *thresholds)
    assert len(found) == len(expected) > 2
    for k, (class_index, score, pixels) in enumerate(expected):
        assert found.classes[k] == class_index
        assert found.scores[k].item() == pytest.approx(score, abs=1e-6)
        assert {tuple(p) for p in found.masks[k].nonzero().tolist()} == pixels


def test_nothing_to_find_and_one_pixel_and_a_full_image():
    empty = cluster(output_of({}), 1)
    assert len(empty) == 0
    assert (empty.labels == 0).all()
    assert empty.masks.shape == (0, 1, 8)
    assert empty.centres.shape == (0, 2)
    # One candidate: its proposal holds no pixel but the seed, none of it new.
    lone = cluster(output_of({(0, 3): (3.0, 5.0, 0.99, 1)}), 1, min_pixels=0)
    assert [s.accepted for s in lone.trace] == [False]
    full = cluster(output_of({(0, c): (4.0, 50.0, 0.95, 1) for c in range(8)}), 1, min_pixels=7)
    assert full.masks.all()


def test_three_hundred_instances():
    rows, columns = torch.meshgrid(torch.arange(90), torch.arange(120), indexing="ij")
    instances = (rows // 6) * 20 + columns // 6 + 1
    found = cluster(ideal_output(instances, torch.ones_like(instances), 1), 2, min_pixels=20)
    assert len(found) == 300
    assert found.masks.flatten(1).sum(1).tolist() == [36] * 300


@pytest.mark.parametrize(
    "bad",
    [
        {"seed_threshold": 1.2},
        {"foreground_threshold": -0.1},
        {"min_unassigned": math.nan},
        {"min_pixels": -1},
        {"min_pixels": 10**20},
    ],
)
def test_thresholds_out_of_range_are_named(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))} is .*; expected"):
        cluster(output_of({}), 1, **bad)


@pytest.mark.parametrize("bad", [math.inf, math.nan, 2.5])
def test_a_number_of_pixels_that_is_none_is_named(bad):
    thresholds = Thresholds()  # past the run-time type check, as a user's code would
    object.__setattr__(thresholds, "min_pixels", bad)
    with pytest.raises(ValueError, match=f"min_pixels is {bad}; expected a whole number"):
        thresholds.__post_init__()


def test_nan_is_named_with_its_place():
    output = output_of({})
    output[1, 0, 5] = math.nan
    with pytest.raises(ValueError, match=r"1 value.* channel 1 at row 0, column 5: nan"):
        cluster(output, 1)


@pytest.mark.parametrize("implementation", ["readable", "fast"])
def test_a_score_of_exactly_the_seed_threshold_opens_an_instance(implementation):
    output = torch.zeros(4, 1, 8)  # the sigmoid of 0 is one half
    found = cluster(output, 1, 0.5, 0.4, 7, implementation=implementation)
    assert found.scores.tolist() == [0.5]


def test_the_readable_version_does_not_come_near_the_fast_one(monkeypatch):
    monkeypatch.setattr("lab.fast.clustering.fast_cluster", lambda *_: pytest.fail("the fast one was called"))
    assert len(cluster(torch.zeros(4, 1, 8), 1, 0.5, 0.4, 7, implementation="readable")) == 1


def test_new_tensors_lie_where_the_output_lies():
    """Whatever device they go to by default: one that computes nothing would end it."""
    instances = two_blobs()
    output = ideal_output(instances, (instances > 0).long(), 1)
    expected = cluster(output, min_pixels=10, implementation="readable")
    torch.set_default_device("meta")
    try:
        found = cluster(output, min_pixels=10, implementation="readable")
    finally:
        torch.set_default_device(None)
    assert torch.equal(found.labels, expected.labels)
    assert torch.equal(found.masks, expected.masks)


def test_half_precision_equals_its_float32_values():
    instances = two_blobs()
    output = ideal_output(instances, (instances > 0).long(), 1).half()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = cluster(output, min_pixels=10)
    assert (found.labels == cluster(output.float(), min_pixels=10).labels).all()


@pytest.mark.cuda
def test_cuda_equals_cpu():
    instances = two_blobs()
    output = ideal_output(instances, (instances > 0).long(), 1, noise=0.3)
    assert (cluster(output.cuda(), min_pixels=10).labels.cpu() == cluster(output, min_pixels=10).labels).all()
