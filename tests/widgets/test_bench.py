"""The bandwidth bench: its lesson in numbers, its drawing, its wires."""

import math
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
import torch

from lab.embedding import MARGIN_PER_SIGMA, membership
from lab.widgets.bench import Bench
from lab.widgets.bench.compute import START_SIGMA, State, best, compare_widths, look, sigma_grid
from lab.widgets.bench.render import POINTS, describe, draw, paint_claims, sigma_from_drag
from lab.widgets.bench.sample import OBJECTS, WINDOW, embed, load_sample
from lab.widgets.bench.turning import turn_a_bar

SAMPLE = load_sample()
LEFT = WINDOW[1]


def fitted(**switches):
    """The bench at the best σ that the switches allow."""
    return look(SAMPLE, best(SAMPLE, State(**switches)))


def test_objects_are_the_street_s_person_and_car():
    assert OBJECTS == (1, 9)
    assert SAMPLE.masks.sum((1, 2)).tolist() == [308, 3530]


def test_errors_are_a_share_of_the_object_s_size():
    embedding = embed(SAMPLE, 0.5)
    for mask, centre, size in zip(SAMPLE.masks, SAMPLE.centroid, SAMPLE.size, strict=True):
        own = embedding[:, mask]
        torch.testing.assert_close(own.mean(1), centre, atol=1e-2, rtol=0)
        torch.testing.assert_close(own.std(1, correction=0), 0.5 * size, rtol=1e-3, atol=0)
    rest = ~SAMPLE.masks.any(0)
    assert torch.equal(embedding[:, rest], SAMPLE.position[:, rest])


def test_without_errors_any_width_serves():
    for sigma in (1.0, 4.0):
        bench = look(SAMPLE, State(0.0, sigma=((sigma, sigma),) * 2))
        assert [c.iou for c in bench.claims] == pytest.approx([1, 1], abs=0.25)
    assert [c.iou for c in fitted(noise=0.0).claims] == [1, 1]


def test_one_sigma_cannot_serve_both_and_one_each_can():
    shared, each = fitted(), fitted(shared=False)
    assert min(c.iou for c in shared.claims) < 0.5
    assert shared.mean_iou < 0.65
    assert min(c.iou for c in each.claims) > 0.75
    assert each.instance_term < shared.instance_term
    assert each.claims[1].margin[0] > 2.5 * each.claims[0].margin[0]


def test_the_ellipse_gains_on_the_upright_person():
    circle, ellipse = fitted(shared=False), fitted(shared=False, ellipse=True)
    assert ellipse.claims[0].iou > circle.claims[0].iou + 0.15
    assert ellipse.claims[0].margin[1] > 2 * ellipse.claims[0].margin[0]


def test_best_is_no_worse_than_any_other_of_its_grid():
    state = State(noise=0.8, shared=False)
    top = look(SAMPLE, best(SAMPLE, state))
    for sigma in sigma_grid()[::6]:
        other = look(SAMPLE, replace(state, sigma=((float(sigma),) * 2,) * 2))
        assert all(a.iou >= b.iou - 0.005 for a, b in zip(top.claims, other.claims, strict=True))


def test_names_of_one_width_agree():
    claim = look(SAMPLE, State(sigma=((8.0, 8.0), (8.0, 8.0)))).claims[0]
    assert claim.margin[0] == pytest.approx(8 * math.sqrt(2 * math.log(2)), rel=1e-4)
    assert claim.sharpness[0] == pytest.approx(math.exp(10 * claim.bandwidth[0]), rel=1e-4)
    edge = torch.tensor([claim.margin[0] / 1024, 0.0])
    assert float(membership(edge, torch.zeros(2), torch.tensor(claim.sharpness))) == pytest.approx(0.5, abs=1e-4)


def test_drawing_is_sound_and_says_what_it_shows():
    bench = look(SAMPLE, State(ellipse=True, shared=False))
    shapes = draw(SAMPLE, bench)
    tree = ET.fromstring(f'<svg xmlns="http://www.w3.org/2000/svg">{shapes}</svg>')
    handles = {e.get("data-handle") for e in tree.iter() if e.get("data-handle")}
    assert handles == {"1-x", "1-y", "9-x", "9-y"}
    assert f"{bench.claims[0].iou:.2f}" in shapes
    assert "a σ for each, ellipses" in describe(bench)
    assert draw(SAMPLE, look(SAMPLE, State())).count("data-handle") == 2


def test_painted_claims_differ_where_claims_do():
    little, much = (look(SAMPLE, State(sigma=((s, s),) * 2)) for s in (3.0, 20.0))
    changed = (paint_claims(SAMPLE, little) != paint_claims(SAMPLE, much)).any(-1)
    differs = little.claims[1].claimed ^ much.claims[1].claimed
    assert changed[1::3, 1::3][differs.numpy()].mean() > 0.4  # chequers leave every other dot


def test_rim_goes_where_the_hand_is():
    x, y = POINTS.at(LEFT + float(SAMPLE.centroid[1, 0]) + 20, 100)
    assert sigma_from_drag(SAMPLE, "9-x", x, y) == pytest.approx(20 / MARGIN_PER_SIGMA)


def test_wires():
    figure = Bench()
    assert figure.error.value == ""
    before = figure.board.shapes
    figure.sigma_1_x.value = 16
    assert figure.board.shapes != before
    assert figure.state.effective_sigma == ((16, 16), (16, 16))
    figure.bandwidths.value, figure.shape.value = "one for each", "ellipse"
    assert figure.sigma_9_y.layout.display == "flex"
    figure.board.event = {"kind": "key", "handle": "9-x", "x": 0, "y": 0, "dx": 10, "dy": 0, "count": 1}
    assert figure.sigma_9_x.value == pytest.approx(START_SIGMA * 10**0.1)
    x, y = POINTS.at(LEFT + float(SAMPLE.centroid[0, 0]) + 5, 100)
    figure.board.event = {"kind": "drag", "handle": "1-x", "x": x, "y": y, "dx": 0, "dy": 0, "count": 2}
    assert figure.bench.claims[0].margin[0] == pytest.approx(5, rel=1e-3)
    figure.fit.click()
    assert figure.bench.mean_iou > 0.95
    assert figure.still().pixels.shape[1] == 1290


def test_an_exception_is_shown(monkeypatch):
    figure = Bench()
    monkeypatch.setattr("lab.widgets.bench.shell.look", lambda *_: 1 / 0)
    figure.noise.value = 0.6
    assert "ZeroDivisionError" in figure.error.value


def test_a_slanted_bar_gains_nothing_from_an_ellipse():
    angles, curves, slanted, margin = turn_a_bar()
    moved, moved_circle, ellipse, circle = curves.values()
    assert angles[6] == 45
    assert ellipse[0] > 0.8
    assert ellipse[6] == pytest.approx(circle[6], abs=0.02)
    assert margin[0] == pytest.approx(margin[1], rel=0.2)
    assert moved.min() > 0.9
    assert moved_circle.min() > 0.91
    assert (moved_circle <= moved).all()
    assert slanted.sum() == pytest.approx(60 * 12, rel=0.1)


def test_three_ways_to_choose_sigma_agree_with_the_bench():
    ways = list(compare_widths(SAMPLE, 0.5).values())
    for iou, bench in zip(ways, (fitted(), fitted(shared=False), fitted(shared=False, ellipse=True)), strict=True):
        assert iou.tolist() == pytest.approx([c.iou for c in bench.claims], abs=0.01)
