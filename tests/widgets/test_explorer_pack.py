"""The explorer's bytes: what the browser reads from them is what the network said."""

import json

import numpy as np
import pytest

from lab.clustering import Thresholds
from lab.widgets.explorer import Explorer
from lab.widgets.explorer.compute import Maps, read_maps
from lab.widgets.explorer.freeze import freeze
from lab.widgets.explorer.pack import SCORE_STEPS, off_steps, pack_fields, pack_labels, pack_scores
from tests.ideal import ideal_output, street

NAMES = ("person", "car")


@pytest.fixture(scope="module")
def maps() -> Maps:
    image, instances, classes = street()
    return read_maps(image, ideal_output(instances, classes, 2, noise=0.3), NAMES)


def unpacked(maps: Maps, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """As explorer.js reads it: value = low + step * number; and the steps."""
    packed = pack_fields(maps, bits)
    numbers = np.frombuffer(packed.numbers, "<u2" if bits == 16 else "u1").reshape(256, 512, 4)
    return np.array(packed.low) + np.array(packed.step) * numbers, np.array(packed.step)


def test_sixteen_bits_keep_every_value_to_half_a_step(maps):
    values, step = unpacked(maps, 16)
    assert (step[:2] < 0.01).all()  # px
    np.testing.assert_allclose(values[..., 0], maps.offset[0], atol=0.51 * step[0])
    np.testing.assert_allclose(values[..., 3], np.log(maps.sigma[1]), atol=0.51 * step[3])


def test_eight_bits_go_to_the_pixels_that_can_take_part(maps):
    values, step = unpacked(maps, 8)
    seen = maps.best_seed > 0.05
    np.testing.assert_allclose(values[seen, 1], maps.offset[1][seen], atol=0.51 * step[1])


def test_a_score_is_above_every_step_of_the_sliders_exactly_where_the_network_says_so():
    steps = np.arange(0, 101) / 100
    near = np.concatenate([np.nextafter(np.float32(steps), d, dtype=np.float32) for d in (-1, 0.5, 2)])
    scores = np.concatenate([near, np.float32(steps), np.random.default_rng(0).random(500, np.float32)]).clip(0, 1)
    packed = pack_scores(scores.reshape(1, 1, -1)).ravel()
    gap = np.abs(scores[:, None] - np.float32(steps))
    apart = (gap == 0) | (gap > 1e-7)  # the next float32 above a small step is still taken for it
    right = (packed[:, None] > np.floor(SCORE_STEPS * steps + 1e-6)) == (scores[:, None] > np.float32(steps))
    assert (right | ~apart).all()


def steps_above(packed: np.ndarray, threshold: float) -> np.ndarray:
    """As explorer.js asks whether a score is above a threshold."""
    return packed > np.floor(SCORE_STEPS * threshold + 1e-6)


@pytest.mark.parametrize("threshold", [0.333, 1 / 3, 0.0123, 0.9999])
def test_one_threshold_between_the_steps_is_answered_exactly_too(threshold):
    near = [np.nextafter(np.float32(threshold), np.float32(d)) for d in (0, 1)]
    around = np.random.default_rng(0).uniform(threshold - 0.01, threshold + 0.01, 500).astype(np.float32)
    scores = np.concatenate([near, [np.float32(threshold)], around]).clip(0, 1)
    packed, plain = (pack_scores(scores.reshape(1, 1, -1), at).ravel() for at in (off_steps(threshold), None))
    assert (steps_above(packed, threshold) == (scores > np.float32(threshold))).all()
    moved = packed != plain
    assert set(packed[moved]) == {int(200 * threshold)}, "nothing else is sent otherwise"


@pytest.mark.parametrize("step", [0.0, 0.05, 0.29, 0.57, 0.7, 1.0])
def test_a_step_lies_not_between_steps(step):
    assert off_steps(step) is None


def test_the_page_takes_the_pixels_above_a_threshold_between_the_steps():
    image, instances, classes = street()
    output = ideal_output(instances, classes, 2, noise=0.3)
    explorer = Explorer(image, output, NAMES, Thresholds(0.7, 0.333, 40))
    scores, front = explorer.maps.seed_map, explorer.front

    def page(threshold: float) -> np.ndarray:
        return steps_above(np.frombuffer(front.seeds, np.uint8).reshape(scores.shape), threshold)

    assert (page(0.333) == (scores > np.float32(0.333))).all()
    front.foreground_threshold = 0.33
    assert (page(0.33) == (scores > np.float32(0.33))).all()
    before = front.seeds
    front.foreground_threshold = 0.9
    assert front.seeds is before, "the steps answer for all of the slider's values"


@pytest.mark.parametrize("threshold", [0.02, 0.04])
def test_frozen_pixels_that_a_low_threshold_lets_in_are_given_room(threshold):
    image, instances, classes = street()
    output = ideal_output(instances, classes, 2, noise=0.3)
    output[0, 0, 0], output[4:, 0, 0] = 3, -3.476  # points far to the right, with a score of 0.03
    explorer = Explorer(image, output, NAMES, Thresholds(0.7, threshold, 40))
    frozen = freeze(explorer)
    x = frozen["field_low"][0] + frozen["field_step"][0] * frozen["fields"][0]
    assert (abs(x - explorer.maps.offset[0, 0, 0]) < 0.51 * frozen["field_step"][0]) == (threshold < 0.03)


def test_one_value_everywhere_and_one_pixel_of_the_foreground(maps):
    flat = np.zeros((2, 3, 3), np.uint8)
    output = ideal_output(np.zeros((2, 3), np.int32), np.zeros((2, 3), np.int16), 2)
    for bits in (8, 16):
        packed = pack_fields(read_maps(flat, output, NAMES), bits)
        assert packed.step == (1, 1, 1, 1)
        assert set(packed.numbers) == {0}


def test_labels_take_two_bytes():
    assert pack_labels(np.array([[0, 1], [70000, 3]])) == np.array([0, 1, 70000 - 65536, 3], "<u2").tobytes()


def test_frozen_it_is_plain_values_and_bytes():
    image, instances, classes = street()
    output = ideal_output(instances, classes, 2, noise=0.3)
    explorer = Explorer(image, output, NAMES, Thresholds(0.7, min_pixels=40), instances=instances, classes=classes)
    frozen = freeze(explorer)
    assert frozen["kernel"] is False
    assert frozen["bits"] == 8
    assert len(frozen["fields"]) == 256 * 512 * 4
    assert frozen["exact"] == {}
    assert len(np.frombuffer(frozen["instances"], "<f4")) == 8 * 6
    plain = {name: value for name, value in frozen.items() if not isinstance(value, bytes)}
    assert json.loads(json.dumps(plain)) == plain
    assert not [name for name in frozen if name.startswith("_")]
    assert len(freeze(explorer, bits=16)["fields"]) == 2 * len(frozen["fields"])
    assert explorer.front.bits == 16, "the live one is left as it is"
