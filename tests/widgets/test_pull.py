"""Who pulls at a bandwidth: the formula against autograd, the balance, single pixels, picture, shell."""

import math

import numpy as np
import pytest
import torch

from lab.clustering import cluster
from lab.datasets.scene import Scene
from lab.embedding import PIXELS_PER_UNIT, bandwidth_to_sharpness, coordinate_grid, membership
from lab.losses import Instance, instance_term, smoothness_term
from lab.widgets.pull import Pull, render
from lab.widgets.pull.compute import (
    STEP_LENGTH,
    bandwidth_of,
    descend,
    gather,
    hinge_slope,
    let_speak,
    likely_seeds,
    membership_slope,
    overlap,
    point_roughly,
    pulls,
    sides,
    spread_out,
    weigh,
)
from lab.widgets.pull.scenery import Choice, look, set_stage


def small_scene() -> Scene:
    """A block of 20x30 px and a post of 24x6 px."""
    instances = np.zeros((64, 96), np.int32)
    instances[20:40, 20:50], instances[16:40, 70:76] = 1, 2
    return Scene("blocks", np.full((64, 96, 3), 90, np.uint8), instances, (instances > 0).astype(np.int16))


@pytest.fixture(scope="module")
def cloud():
    instances = small_scene().instances
    return gather(instances, point_roughly(instances), 1)


@pytest.fixture(scope="module")
def balance(cloud):
    return weigh(cloud, 2.0, 30.0, 60)


@pytest.fixture(scope="module")
def stage():
    return set_stage(small_scene(), 1)


def term(cloud, bandwidth: torch.Tensor) -> torch.Tensor:
    phi = membership(cloud.embedding, cloud.centre, bandwidth_to_sharpness(bandwidth))
    return instance_term(phi, cloud.mask, torch.ones_like(cloud.mask))


@pytest.mark.parametrize("sigma", [2.0, 6.0, 12.0, 30.0])
def test_parts_sum_to_autograds_gradient(cloud, sigma):
    b = torch.tensor([bandwidth_of(sigma)], requires_grad=True)
    (expected,) = torch.autograd.grad(term(cloud, b), b)
    parts = pulls(cloud, bandwidth_of(sigma))
    assert parts.double().sum().item() == pytest.approx(expected.item(), rel=1e-4, abs=1e-5)


def test_the_objects_pixels_pull_out_and_all_others_push_in(cloud):
    parts = pulls(cloud, bandwidth_of(12.0))
    assert (parts[cloud.mask] >= 0).all()
    assert (parts[~cloud.mask] <= 0).all()
    out, inward = sides(parts, cloud.mask)
    assert out > 0 < inward
    assert out - inward == pytest.approx(parts.sum().item(), rel=1e-3)


def test_hinge_slope_is_autograds():
    phi = torch.rand(40, dtype=torch.float64, requires_grad=True)
    labels = torch.rand(40) > 0.6
    term = instance_term(phi[None], labels[None], torch.ones(1, 40, dtype=torch.bool))
    (expected,) = torch.autograd.grad(term, phi)
    torch.testing.assert_close(hinge_slope(phi.detach(), labels), expected)


def test_membership_slope_is_the_difference_quotient():
    squared, b, h = torch.rand(20, dtype=torch.float64) * 1e-3, 0.7, 1e-6

    def phi(b):
        return torch.exp(-math.exp(10 * b) * squared)

    torch.testing.assert_close(
        membership_slope(math.exp(10 * b) * squared), (phi(b + h) - phi(b - h)) / (2 * h), rtol=1e-5, atol=1e-8
    )


def test_strongest_pull_is_at_sigma_times_root_two():
    distance = torch.linspace(0, 5, 5001)
    slope = membership_slope(distance.square() / 2)
    assert distance[slope.argmin()].item() == pytest.approx(math.sqrt(2), abs=1e-3)
    assert slope.min().item() == pytest.approx(-10 / math.e, rel=1e-5)


def test_the_balance_is_where_the_sign_changes(cloud, balance):
    level = balance.level
    assert pulls(cloud, bandwidth_of(0.95 * level)).sum() > 0 > pulls(cloud, bandwidth_of(1.05 * level)).sum()
    best = max(overlap(cloud, bandwidth_of(s)) for s in np.geomspace(2, 30, 80))
    assert overlap(cloud, bandwidth_of(level)) > best - 0.05


def test_descent_comes_to_the_balance_from_both_sides(balance):
    for start in (4.0, 28.0):
        bandwidth, _ = descend(balance, bandwidth_of(start), 1.5, 200, False)
        assert bandwidth == pytest.approx(bandwidth_of(balance.level), abs=0.003)


@pytest.mark.parametrize("smoothness", [False, True])
def test_descent_is_that_of_free_pixels_under_the_librarys_terms(cloud, balance, smoothness):
    """Each b_i by itself, both terms by autograd; a step is multiplied with |k|, as 1/|k| is in both gradients."""
    count = int(cloud.mask.sum())
    start = bandwidth_of(8.0)
    own = start + spread_out(count, 1.4).double()
    for _ in range(10):
        b = torch.zeros(1, *cloud.mask.shape, dtype=torch.float64)
        b[0, cloud.mask] = own
        b.requires_grad_()
        mean = b[:, cloud.mask].mean(1)
        loss = term(cloud, mean.float()) + 10 * smoothness * smoothness_term(b, Instance(cloud.mask, 1, mean, mean))
        (slope,) = torch.autograd.grad(loss, b)
        own = own - STEP_LENGTH * count * slope[0, cloud.mask]
    bandwidth, factor = descend(balance, start, 1.4, 10, smoothness)
    assert own.mean().item() == pytest.approx(bandwidth, abs=0.003)
    assert math.exp(5 * own.std(correction=0).item()) == pytest.approx(factor, rel=1e-3)
    assert (factor < 1.15) == smoothness


def test_spread_has_mean_zero_and_the_factor_asked_for():
    deviation = spread_out(1000, 1.5).double()
    assert abs(deviation.mean().item()) < 1e-7
    assert math.exp(5 * deviation.std(correction=0).item()) == pytest.approx(1.5, rel=1e-5)
    assert not spread_out(10, 1.0).any()


def test_likely_seeds_are_of_the_nearest_tenth(cloud):
    chosen = likely_seeds(cloud, 40)
    distance = cloud.squared_distance[cloud.mask].numpy()
    assert len(set(chosen.tolist())) == len(chosen) == 40
    assert distance[chosen].max() <= np.quantile(distance, 0.1)
    assert (likely_seeds(cloud, 40) == chosen).all()
    assert len(likely_seeds(cloud, 10**6)) == len(distance) // 10


def test_a_single_pixel_gets_the_mask_that_the_clustering_would_give_it(cloud):
    deviation = spread_out(int(cloud.mask.sum()), 1.6)
    chosen = likely_seeds(cloud, 6)
    speakers = let_speak(cloud, bandwidth_of(12.0), deviation, chosen)
    b = torch.full((1, *cloud.mask.shape), bandwidth_of(12.0))
    b[0, cloud.mask] += deviation
    offset = torch.atanh(cloud.embedding - coordinate_grid(*cloud.mask.shape))
    for (row, column), iou, sigma in zip(speakers.pixel.tolist(), speakers.iou, speakers.sigma, strict=True):
        seed = torch.full_like(b, 0.5)
        seed[0, row, column] = 9.0
        mask = cluster(torch.cat([offset, b, seed]), 1, min_pixels=0).masks[0]
        assert ((mask & cloud.mask).sum() / (mask | cloud.mask).sum()).item() == pytest.approx(iou, abs=0.005)
        assert sigma == pytest.approx(PIXELS_PER_UNIT / math.sqrt(2 * math.exp(10 * b[0, row, column])), rel=1e-4)


def test_an_unknown_object_is_refused():
    with pytest.raises(ValueError, match="no object 9"):
        gather(small_scene().instances, point_roughly(small_scene().instances), 9)


def test_picture_shows_both_ways_without_colour(stage):
    narrow, wide = (look(stage, Choice(1, sigma)) for sigma in (3.0, stage.widest))
    for s, way in ((narrow, "out"), (wide, "in")):
        drawing = render.draw(s)
        assert f"margin goes {way}" in drawing
        assert f"margin goes {way}" in render.describe(s)
    assert render.sector_pulls(narrow).sum() > 0 > render.sector_pulls(wide).sum()
    for s in (narrow, wide):
        assert render.sector_pulls(s).sum() == pytest.approx(s.parts.sum(), abs=1e-3)


def test_signs_on_the_map_are_those_of_the_parts(stage):
    s = look(stage, Choice(1, 12.0))
    panel = render.map_panel(s, 0)
    assert render.pull_colours(s).shape == (*s.mask.shape, 3)
    plus = render.signs(s, panel).count("m-4 -4v8")
    step = max(1, round(render.SIGN_SPACING * stage.window.width / panel.width))
    parts = s.parts[step // 2 :: step, step // 2 :: step]
    assert plus == 2 * (parts > np.abs(s.parts).max() / 6).sum() > 0  # twice: a rim, and the sign on it


def test_at_rest_is_said(stage):
    rest = look(stage, Choice(1, stage.balance.level))
    assert "at rest" in render.balance_words(rest)


@pytest.fixture(scope="module")
def figure():
    return Pull()


def test_a_slider_changes_the_picture(figure):
    for control, value in (("sigma", 50.0), ("factor", 1.2), ("steps", 30), ("smoothness", "on"), ("object", 4)):
        before = figure.board.shapes
        getattr(figure, control).value = value
        assert figure.board.shapes != before, control
        assert figure.error.value == ""


def test_sigma_stays_within_what_the_object_has(figure):
    figure.object.value = 11
    figure.sigma.value = 65.0
    figure.object.value = 4
    assert figure.sigma.value <= figure.scenery.stage.widest + 0.5
    assert figure.error.value == ""


def test_still_is_the_drawing_with_words(figure):
    still = figure.still()
    out, inward = ((still.pixels == colour).all(-1).sum() for colour in ((0xD5, 0x5E, 0), (0, 0x72, 0xB2)))
    assert out > 1000
    assert inward > 300
    assert "IoU with means" in still.alt
