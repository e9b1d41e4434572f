"""The explorer's numbers: against hand-computed values, and on images without anything in them."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from lab.clustering import Thresholds
from lab.embedding import PIXELS_PER_UNIT, sharpness_to_sigma, split
from lab.widgets.explorer.compute import (
    Choice,
    Maps,
    centres_and_margins,
    count_classes,
    distances_at,
    find_instances,
    labels_at,
    membership_map,
    read_maps,
    read_pixel,
    scale_sigma,
)
from tests.ideal import ideal_output, street

NAMES = ("person", "car")
CHOICE = Choice(thresholds=Thresholds(min_pixels=40), pixel=(100, 150))


@pytest.fixture(scope="module")
def maps() -> Maps:
    image, instances, classes = street()
    return read_maps(image, ideal_output(instances, classes, 2), NAMES)


def empty_maps() -> Maps:
    output = ideal_output(np.zeros((20, 30), np.int32), np.zeros((20, 30), np.int16), 2)
    return read_maps(np.zeros((20, 30, 3), np.uint8), output, NAMES)


@pytest.mark.parametrize("scale", [0.25, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("channels", [1, 2])
def test_scaling_sigma_scales_every_sigma_and_nothing_else(scale, channels):
    output = torch.randn(2 + channels + 3, 5, 7) * 0.3
    scaled = scale_sigma(output, channels, scale)
    before, after = (sharpness_to_sigma(split(o[None], channels).sharpness) for o in (output, scaled))
    torch.testing.assert_close(after, scale * before)
    torch.testing.assert_close(scaled[:2], output[:2])
    torch.testing.assert_close(scaled[2 + channels :], output[2 + channels :])


@pytest.mark.parametrize("scale", [0.0, -1.0, math.inf, math.nan])
def test_a_scale_that_is_none_is_refused(scale):
    with pytest.raises(ValueError, match="sigma scale"):
        scale_sigma(torch.zeros(5, 2, 2), 2, scale)


def test_all_objects_are_found_where_the_labels_put_them(maps):
    found = find_instances(maps, CHOICE)
    _, instances, _ = street()
    assert len(found) == instances.max() == 6
    assert count_classes(found, NAMES) == {"person": 3, "car": 3}
    assert (found.labels.numpy() > 0).sum() == (instances > 0).sum()


def test_margins_are_in_pixels(maps):
    found = find_instances(maps, CHOICE)
    x, y, radius_x, radius_y = centres_and_margins(found)[int(found.labels[150, 100]) - 1]
    # The box spans columns 60..149 and rows 120..189; σ is half the spread, (n² - 1)/12 the variance of n columns.
    assert (x, y) == pytest.approx((104.5, 154.5), abs=0.01)
    spread = math.sqrt((90**2 - 1) / 12) + 1
    assert radius_x == pytest.approx(0.5 * spread * math.sqrt(2 * math.log(2)), rel=1e-3)
    assert radius_x > radius_y


def test_reading_of_a_pixel(maps):
    reading = read_pixel(maps, (100, 150))
    assert reading.offset == pytest.approx((4.5, 4.5), abs=0.01)
    assert reading.sigma == pytest.approx(maps.sigma[:, 150, 100].tolist())
    assert len(reading.scores) == 2
    assert reading.scores[1] == max(reading.scores)  # a car


@pytest.mark.parametrize("pixel", [(-1, 0), (512, 0), (0, 256), (0, -1)])
def test_a_pixel_outside_is_refused(maps, pixel):
    with pytest.raises(ValueError, match="columns 0 to 511"):
        read_pixel(maps, pixel)


def test_without_an_instance_membership_is_the_pixels_own():
    maps, choice = empty_maps(), Choice(pixel=(29, 19))
    own = membership_map(maps, find_instances(maps, choice), choice)
    assert own[19, 29] == pytest.approx(1)  # where it points, and falling from there
    assert own[0, 0] < 0.01
    wider = membership_map(maps, find_instances(maps, choice), replace(choice, sigma_scale=2.0))
    np.testing.assert_allclose(wider**4, own, atol=1e-6)


def test_membership_map_is_one_at_the_winner_and_half_at_its_margin(maps):
    found = find_instances(maps, CHOICE)
    phi = membership_map(maps, found, CHOICE)
    winner = int(found.labels[150, 100])
    assert ((phi > 0.5) & (maps.best_seed > 0.5) == (found.labels.numpy() == winner)).all()


def test_the_winner_is_the_nearest_even_where_no_membership_is_left(maps):
    far = replace(CHOICE, sigma_scale=0.5, pixel=(511, 0))
    found = find_instances(maps, far)
    place = maps.embedding[:, 0, 511]
    assert not np.exp(-distances_at(found, tuple(place.tolist()))).any()
    centres, sharpness = found.centres.numpy() * PIXELS_PER_UNIT, found.sharpness.numpy().astype(float)
    nearest = int((sharpness * (place - centres) ** 2).sum(1).argmin())
    assert nearest != 0
    column, row = centres[nearest].astype(int).tolist()
    at_home = membership_map(maps, found, replace(far, pixel=(column, row)))
    np.testing.assert_array_equal(membership_map(maps, found, far), at_home)


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_at_one_half_the_labels_are_the_clusterings_own(scale):
    image, instances, classes = street()
    maps = read_maps(image, ideal_output(instances, classes, 2, noise=0.3), NAMES)
    choice = replace(CHOICE, thresholds=Thresholds(0.7, min_pixels=40), sigma_scale=scale)
    found = find_instances(maps, choice)
    assert (labels_at(maps, found, choice) == found.labels.numpy()).all()
    strict, lax = (labels_at(maps, found, replace(choice, membership_threshold=t)) > 0 for t in (0.8, 0.2))
    assert 0 < strict.sum() <= int((found.labels > 0).sum()) <= lax.sum()
    assert strict.sum() < lax.sum()


def test_circles_have_the_same_sigma_on_both_axes():
    image, instances, classes = street(64, 128)
    maps = read_maps(image, ideal_output(instances, classes, 2, bandwidth_channels=1), NAMES, 1)
    found = find_instances(maps, CHOICE)
    assert (maps.sigma[0] == maps.sigma[1]).all()
    places = centres_and_margins(found)
    assert (places[:, 2] == places[:, 3]).all()
    assert read_pixel(maps, (25, 37)).sigma[0] == read_pixel(maps, (25, 37)).sigma[1]


def test_what_does_not_fit_together_is_refused():
    image, instances, classes = street(64, 128)
    output = ideal_output(instances, classes, 2)
    with pytest.raises(ValueError, match="this very image"):
        read_maps(image[:, :-1], output, NAMES)
    with pytest.raises(ValueError, match="expected one name a map"):
        read_maps(image, output, ("car",))


def test_pixels_are_pixels(maps):
    offset = torch.tanh(maps.output[:2]) * PIXELS_PER_UNIT
    np.testing.assert_allclose(maps.embedding[:, 7, 11], offset[:, 7, 11] + torch.tensor([11.0, 7.0]), atol=1e-3)
