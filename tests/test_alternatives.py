import math

import pytest
import torch

from lab.alternatives import (
    distance_to_centre,
    fixed_margin_hinge,
    fixed_margin_iou,
    fixed_margin_members,
    membership_cross_entropy,
    offset_regression,
)
from lab.embedding import coordinate_grid, scaled_squared_distance

CENTRE = torch.tensor([10.0, 20.0]) / 1024
# Distances from the centre: 0, 5 (3-4-5), 13 (5-12-13) and 2 px.
EMBEDDING = torch.tensor([[10.0, 13.0, 15.0, 8.0], [20.0, 24.0, 32.0, 20.0]]) / 1024


def test_distance_by_hand():
    torch.testing.assert_close(distance_to_centre(EMBEDDING, CENTRE), torch.tensor([0.0, 5, 13, 2]))


def test_distance_of_a_map():
    """A pixel's position as its embedding, in an image of 3 rows and 5 columns."""
    distance = distance_to_centre(coordinate_grid(3, 5), torch.tensor([1.0, 2.0]) / 1024)
    assert distance.shape == (3, 5)
    assert distance[2, 1] == 0
    assert distance[0, 1] == pytest.approx(2)
    assert distance[2, 4] == pytest.approx(3)


@pytest.mark.parametrize(("delta", "cost"), [(0.5, 4.5 + 12.5 + 1.5), (4.0, 1 + 9), (13.5, 0)])
def test_hinge_by_hand(delta, cost):
    assert fixed_margin_hinge(EMBEDDING, CENTRE, delta).item() == pytest.approx(cost, abs=1e-4)


def test_members_lie_strictly_within():
    assert fixed_margin_members(EMBEDDING, CENTRE, 5.5).tolist() == [True, True, False, True]
    half = torch.tensor([[0.5], [0.0]])  # 512 px away, exactly
    assert not fixed_margin_members(half, torch.zeros(2), 512.0)
    assert fixed_margin_members(half, torch.zeros(2), 512.5)


def test_hinge_pulls_only_what_is_outside():
    embedding = EMBEDDING.clone().requires_grad_()
    fixed_margin_hinge(embedding, CENTRE, 4.0).backward()
    pulled = embedding.grad.norm(dim=0) / 1024
    torch.testing.assert_close(pulled, torch.tensor([0.0, 1, 1, 0]))


def test_regression_pulls_all_alike_but_those_at_the_centre():
    position = torch.zeros(2, 4)
    offset = EMBEDDING.clone().requires_grad_()
    loss = offset_regression(offset, position, CENTRE)
    loss.backward()
    assert loss.item() == pytest.approx(0 + 5 + 13 + 2, abs=1e-4)
    torch.testing.assert_close(offset.grad.norm(dim=0) / 1024, torch.tensor([0.0, 1, 1, 1]))


def test_regression_is_the_hinge_without_a_margin():
    position = torch.rand(2, 50)
    offset = torch.rand(2, 50) / 10
    torch.testing.assert_close(
        offset_regression(offset, position, CENTRE), fixed_margin_hinge(position + offset, CENTRE, 0.0)
    )


def test_cross_entropy_by_hand():
    """φ = 1/2 costs log 2 on either side; φ = 1/4 costs log 4 inside and log 4/3 outside."""
    d = torch.tensor([math.log(2), math.log(2), math.log(4), math.log(4)], dtype=torch.float64)
    labels = torch.tensor([True, False, True, False])
    expected = (2 * math.log(2) + math.log(4) + math.log(4 / 3)) / 4
    assert membership_cross_entropy(d, labels).item() == pytest.approx(expected)


def test_cross_entropy_is_that_of_phi_where_that_can_be_computed():
    embedding, centre = torch.rand(2, 200, dtype=torch.float64), torch.tensor([0.4, 0.6], dtype=torch.float64)
    d = scaled_squared_distance(embedding, centre, torch.tensor([3.0, 9.0], dtype=torch.float64))
    labels = torch.rand(200) < 0.5
    expected = torch.nn.functional.binary_cross_entropy(torch.exp(-d), labels.double())
    torch.testing.assert_close(membership_cross_entropy(d, labels), expected)


def test_cross_entropy_of_far_and_near_pixels_is_finite_with_a_finite_gradient():
    d = torch.tensor([0.0, 1e-30, 1e-3, 30.0, 1e4, 1e30]).repeat(2).requires_grad_()
    labels = torch.tensor([True] * 6 + [False] * 6)
    costs = torch.stack([membership_cross_entropy(d[i : i + 1], labels[i : i + 1]) for i in range(12)])
    torch.testing.assert_close(costs[:6], d[:6])
    assert costs[6].item() == pytest.approx(87.34, abs=0.01)
    assert costs[8].item() == pytest.approx(-math.log(1e-3), abs=1e-3)
    assert costs[9:].tolist() == pytest.approx([0, 0, 0], abs=1e-6)
    costs.sum().backward()
    assert torch.isfinite(d.grad).all()


def test_cross_entropy_of_a_batch_is_that_of_its_rows():
    d, labels = torch.rand(3, 7), torch.rand(3, 7) < 0.5
    rows = torch.stack([membership_cross_entropy(a, b) for a, b in zip(d, labels, strict=True)])
    torch.testing.assert_close(membership_cross_entropy(d, labels), rows)


def test_gradcheck():
    embedding = torch.rand(2, 9, dtype=torch.float64, requires_grad=True)
    position, centre = torch.rand(2, 9, dtype=torch.float64), torch.tensor([1.5, 1.2], dtype=torch.float64)
    labels = torch.arange(9) % 2 == 0
    # At δ = 1200 px some of the nine are inside and some outside, and none is near the rim.
    rim = (distance_to_centre(embedding, centre) - 1200).abs()
    assert rim.min() > 1
    assert 0 < fixed_margin_members(embedding, centre, 1200.0).sum() < 9
    sharpness = torch.tensor([0.7, 1.9], dtype=torch.float64)
    for loss in (
        lambda e: fixed_margin_hinge(e, centre, 1200.0),
        lambda e: offset_regression(e, position, centre),
        lambda e: membership_cross_entropy(scaled_squared_distance(e, centre, sharpness), labels),
    ):
        assert torch.autograd.gradcheck(loss, embedding)


def test_iou_over_margins_by_hand():
    """Two objects on a line: 1 at 0 with pixels at 0, 1, 3; 2 at 5 with pixels at 5 and 4."""
    embedding = torch.tensor([[0.0, 1, 3, 5, 4], [0.0] * 5]) / 1024
    instances, centres = torch.tensor([1, 1, 1, 2, 2]), torch.tensor([[0.0, 5.0], [0.0, 0.0]]) / 1024
    iou = fixed_margin_iou(embedding, instances, centres, torch.tensor([0.5, 1.5, 3.5, 4.5, 9.0]))
    torch.testing.assert_close(iou, torch.tensor([[1 / 3, 2 / 3, 1, 3 / 4, 3 / 5], [1 / 2, 1, 2 / 3, 2 / 4, 2 / 5]]))


def test_iou_over_margins_is_that_of_the_members():
    embedding, instances = torch.rand(2, 60) / 20, torch.arange(60) % 3 + 1
    centres, deltas = torch.rand(2, 3) / 20, torch.tensor([4.0, 11.0, 30.0])
    iou = fixed_margin_iou(embedding, instances, centres, deltas)
    for k in range(3):
        for j, delta in enumerate(deltas.tolist()):
            members, mask = fixed_margin_members(embedding, centres[:, k], delta), instances == k + 1
            assert iou[k, j] == pytest.approx(((members & mask).sum() / (members | mask).sum()).item())


def test_iou_of_an_object_without_a_pixel_is_zero():
    iou = fixed_margin_iou(torch.zeros(2, 1), torch.tensor([1]), torch.zeros(2, 2), torch.tensor([1.0]))
    assert iou.tolist() == [[1.0], [0.0]]
