"""Offsets by hand: what is computed, what is drawn, and the figure itself."""

import numpy as np
import pytest

from lab.datasets.sample import street
from lab.widgets.arrows import Arrows
from lab.widgets.arrows.compute import (
    DELTAS,
    HELD,
    WINDOW,
    Hand,
    compute,
    embed,
    make_car,
    move,
    pointing_nowhere,
    pointing_to_the_middle,
    stage,
)
from lab.widgets.arrows.render import VIEW, describe, paint, render


@pytest.fixture(scope="module")
def cars():
    return stage()[1]


def test_held_pixels_belong_to_their_cars_and_lie_in_the_window(cars):
    instances, (left, top, width, height) = street().instances, WINDOW
    for car in cars:
        assert all(instances[row, column] == car.number for column, row in HELD[car.number])
        assert car.position.shape[1] == (instances == car.number).sum()
        x, y = car.position
        assert left <= x.min()
        assert x.max() < left + width
        assert top <= y.min()
        assert y.max() < top + height


def test_pixels_follow_their_arrows(cars):
    """The held pixels end where their arrows do, whatever these are; linear offsets stay linear in between."""
    for car in cars:
        tips = car.held + np.random.default_rng(0).normal(0, 20, car.held.shape)
        embedding = embed(car, tips)
        for held, tip in zip(car.held.T, tips.T, strict=True):
            index = int(np.flatnonzero((car.position == held[:, None]).all(0))[0])
            np.testing.assert_allclose(embedding[:, index], tip, atol=1e-6)
        np.testing.assert_allclose(embed(car, car.held), car.position, atol=1e-6)
        point = np.array([[150.0], [140.0]])
        meeting = embed(car, point + np.zeros_like(car.held))
        np.testing.assert_allclose(meeting, point + np.zeros_like(car.position), atol=1e-6)


def test_zero_arrows_are_the_pixels_themselves(cars):
    for car, o in zip(cars, compute(cars, Hand(pointing_nowhere(cars), 20.0)), strict=True):
        np.testing.assert_allclose(o.embedding, car.position, atol=1e-6)
        distance = np.hypot(*(car.position - car.position.mean(1, keepdims=True)))
        assert o.regression == pytest.approx(distance.mean(), rel=1e-6)
        assert o.hinge == pytest.approx(np.maximum(0, distance - 20).mean(), rel=1e-6)
        assert o.inside.sum() == (distance < 20).sum()


def test_counts_are_those_of_the_overlap(cars):
    first, second = compute(cars, Hand(pointing_nowhere(cars), 45.0))
    assert first.strangers == second.taken.sum() > 0
    assert second.strangers == first.taken.sum() > 0
    for o in (first, second):
        assert o.iou == pytest.approx(o.inside.sum() / (len(o.inside) + o.strangers), rel=1e-6)
        assert o.curve[np.flatnonzero(DELTAS == 45.0)[0]] == pytest.approx(o.iou)


def test_all_to_the_middle_costs_nothing_at_any_margin(cars):
    for o in compute(cars, Hand(pointing_to_the_middle(cars), 1.0)):
        assert o.iou == 1
        assert [o.hinge, o.regression] == pytest.approx([0, 0], abs=1e-9)
        assert (o.curve[DELTAS < 40] == 1).all()


def test_the_middle_need_not_be_hit_if_the_margin_goes_along(cars):
    """All arrows of a car to one point beside its middle: a margin around the mean embedding holds them all."""
    beside = tuple(tips + np.array([[0.0], [15.0]]) for tips in pointing_to_the_middle(cars))
    fixed = compute(cars, Hand(beside, 8.0, "centroid"))
    free = compute(cars, Hand(beside, 8.0, "mean embedding"))
    assert [o.iou for o in fixed] == [0, 0]
    assert [o.iou for o in free] == [1, 1]


def test_a_careless_hand_needs_two_margins(cars):
    """What the notebook says of the figure's first picture."""
    careless = pointing_to_the_middle(cars, 0.6)
    large, small = compute(cars, Hand(careless, 14.0))
    assert DELTAS[small.curve.argmax()] == 14
    assert 0.3 < 1 - large.inside.mean() < 0.36
    assert np.minimum(large.curve, small.curve).max() < 0.93
    large, small = compute(cars, Hand(careless, 33.0))
    assert large.iou == 1
    assert small.strangers == 466


def test_every_arrow_mended_lowers_both_losses(cars):
    """As the notebook promises, from the careless hand on and in this order."""
    hand = Hand(pointing_to_the_middle(cars, 0.6), 12.0)
    losses = []
    for arrow in range(7):
        large = compute(cars, hand)[0]
        losses.append((large.hinge, large.regression))
        hand = move(hand, 0, min(arrow, 5), tuple(cars[0].centroid.tolist()))
    assert (np.diff(losses, axis=0) < 0).all()
    assert losses[-1] == pytest.approx((0, 0), abs=1e-6)


def test_move_stays_in_the_window_and_leaves_the_rest(cars):
    hand = Hand(pointing_nowhere(cars), 5.0)
    moved = move(hand, 1, 2, (1000.0, -50.0))
    assert moved.tips[1][:, 2].tolist() == [WINDOW[0] + WINDOW[2] - 1, WINDOW[1]]
    moved.tips[1][:, 2] = hand.tips[1][:, 2]
    assert all((a == b).all() for a, b in zip(moved.tips, hand.tips, strict=True))


def test_weights_of_any_object_sum_to_one():
    """A thin-plate spline with its linear part: a common shift of all arrows shifts every pixel."""
    instances = np.zeros((20, 30), np.int32)
    instances[4:15, 5:25] = 3
    car = make_car(instances, 3, np.array([(5, 4), (24, 4), (14, 14), (8, 9)]))
    np.testing.assert_allclose(car.weights.sum(1), 1)


def test_paint_tells_kept_lost_and_taken_apart():
    image, cars = stage()
    hand = Hand(pointing_nowhere(cars), 40.0)
    outcomes = compute(cars, hand)
    painted = paint(image, cars, outcomes).astype(int)
    columns, rows = (cars[0].position - [[WINDOW[0]], [WINDOW[1]]]).astype(int)
    colour = painted[rows, columns]
    o = outcomes[0]
    assert np.ptp(colour[~o.inside].mean(0)) < 12  # grey
    assert colour[o.inside & ~o.taken, 2].mean() > colour[o.inside & ~o.taken, 0].mean() + 40  # sky blue
    striped = colour[o.taken, 0] > colour[o.taken, 2] + 60  # vermilion
    assert 0.4 < striped.mean() < 0.6


def test_drawing_has_every_arrow_as_a_handle_and_changes_with_the_state():
    image, cars = stage()
    hand = Hand(pointing_nowhere(cars), 20.0)
    drawing = render(image, cars, hand, compute(cars, hand))
    names = [f"{number}-{i}" for number, held in HELD.items() for i in range(len(held))]
    assert all(f'data-handle="{name}"' in drawing for name in names)
    assert drawing.count("data-handle") == len(names)
    other = move(hand, 0, 0, (150.0, 140.0))
    assert render(image, cars, other, compute(cars, other)) != drawing
    assert "ends at column 150, row 140" in render(image, cars, other, compute(cars, other))
    assert "Car 9: IoU" in describe(cars, hand, compute(cars, hand))


@pytest.fixture
def figure():
    return Arrows()


def send(figure, kind, handle, x=0.0, y=0.0, dx=0, dy=0, count=1):
    figure.board.event = {"kind": kind, "handle": handle, "x": x, "y": y, "dx": dx, "dy": dy, "count": count}


def test_figure_by_drag_and_key(figure):
    before = figure.board.shapes
    send(figure, "drag", "9-0", *VIEW.at(150.0, 140.0))
    np.testing.assert_allclose(figure.hand.tips[0][:, 0], [150, 140])
    assert figure.board.shapes != before
    send(figure, "key", "10-3", dx=-10, dy=1, count=2)
    x, y = pointing_to_the_middle(figure.cars, 0.6)[1][:, 3]
    np.testing.assert_allclose(figure.hand.tips[1][:, 3], [x - 10, y + 1])
    tips = figure.hand.tips
    for kind, handle in (("press", "9-0"), ("drag", "")):
        send(figure, kind, handle, 300.0, 200.0, count=3)
    assert all((a == b).all() for a, b in zip(tips, figure.hand.tips, strict=True))


def test_figure_by_slider_and_buttons(figure):
    figure.delta.value = 30
    assert figure.outcomes[0].iou > 0.99
    assert "δ = 30 px" in figure.board.alt
    send(figure, "drag", "9-1", *VIEW.at(180.0, 170.0))
    figure.attractor.value = "mean embedding"
    assert figure.hand.attractor == "mean embedding"
    assert figure.hand.tips[0][:, 1].tolist() == pytest.approx([180, 170]), "the arrows stay where they were put"
    rows = [child for child in figure.children if hasattr(child, "children")]
    buttons = {b.description: b for row in rows for b in row.children if hasattr(b, "on_click")}
    buttons["all to the middle"].click()
    assert [o.iou for o in figure.outcomes] == [1, 1]
    buttons["all arrows to zero"].click()
    assert (figure.hand.tips[0] == figure.cars[0].held).all()
    assert figure.error.value == ""


def test_still_is_small_and_has_words(figure):
    bundle, _ = figure._repr_mimebundle_()
    assert len(bundle["image/png"]) < 110_000
    assert "Car 9: IoU 0.55" in bundle["text/plain"]
