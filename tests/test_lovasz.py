import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.lovasz import jaccard_increments, lovasz_hinge

LABELS = torch.tensor([1, 1, 0, 0, 1, 0]).bool()


def hinge(logits, labels):
    return lovasz_hinge(torch.tensor(logits, dtype=torch.float64), torch.tensor(labels).bool()).item()


def jaccard_loss(wrong: np.ndarray, labels: np.ndarray) -> float:
    """1 - IoU when exactly the pixels in ``wrong`` are predicted wrong."""
    predicted = labels ^ wrong
    union = (predicted | labels).sum()
    return 0.0 if union == 0 else 1 - (predicted & labels).sum() / union


@pytest.mark.parametrize(
    ("logits", "labels", "expected"),
    [
        ([0.9, -0.3, 0.2, -0.8, 0.5, -0.1], [1, 1, 0, 0, 1, 0], 0.8466666667),
        ([1, 1, 1, -1], [1, 1, 0, 0], 2 / 3),
        ([-1, 1, -1, -1], [1, 1, 0, 0], 1.0),
        ([0.3, -0.2, 0.9, -1.5], [0, 0, 0, 0], 1.9),
        ([0.3, -0.2, 0.9, -1.5], [1, 1, 1, 1], 1.125),
    ],
)
def test_exact_values(logits, labels, expected):
    assert hinge([float(v) for v in logits], labels) == pytest.approx(expected, abs=1e-9)


def test_exact_gradient():
    logits = torch.tensor([0.9, -0.3, 0.2, -0.8, 0.5, -0.1], dtype=torch.float64, requires_grad=True)
    lovasz_hinge(logits, LABELS).backward()
    torch.testing.assert_close(logits.grad, torch.tensor([-1 / 6, -1 / 3, 1 / 6, 1 / 30, -1 / 5, 1 / 10]).double())


def test_gradient_without_foreground_is_on_the_maximum_only():
    logits = torch.tensor([0.3, -0.2, 0.9, -1.5], requires_grad=True)
    lovasz_hinge(logits, torch.zeros(4, dtype=torch.bool)).backward()
    assert logits.grad.tolist() == [0, 0, 1, 0]


def test_exact_increments():
    increments = jaccard_increments(torch.tensor([1, 0, 1, 0, 0, 1]).bool(), torch.float64)
    expected = torch.tensor([1 / 3, 1 / 6, 1 / 4, 0.05, 1 / 30, 1 / 6], dtype=torch.float64)
    torch.testing.assert_close(increments, expected)


def test_crisp_logits_give_twice_the_jaccard_loss_for_every_subset_of_six_pixels():
    for labels, wrong in itertools.product(itertools.product([0, 1], repeat=6), repeat=2):
        labels, wrong = np.array(labels, bool), np.array(wrong, bool)
        logits = np.where(labels ^ wrong, 1.0, -1.0)
        assert hinge(logits.tolist(), labels.tolist()) == pytest.approx(2 * jaccard_loss(wrong, labels))


@pytest.mark.parametrize("seed", range(5))
def test_equals_the_maximum_over_all_orders_of_six_pixels(seed):
    """The Jaccard loss is submodular, so its Lovász extension is the largest sum over the 720 orders."""
    rng = np.random.default_rng(seed)
    labels, logits = rng.random(6) < 0.5, rng.normal(size=6)
    errors = np.maximum(1 - logits * np.where(labels, 1, -1), 0)
    sums = []
    for order in itertools.permutations(range(6)):
        wrong, before, total = np.zeros(6, bool), 0.0, 0.0
        for i in order:
            wrong[i] = True
            now = jaccard_loss(wrong, labels)
            total, before = total + errors[i] * (now - before), now
        sums.append(total)
    assert hinge(logits.tolist(), labels.tolist()) == pytest.approx(max(sums))


@given(st.lists(st.tuples(st.floats(-3, 3), st.booleans()), min_size=1, max_size=30))
@settings(deadline=None, max_examples=60)
def test_is_the_area_under_the_jaccard_curve(pixels):
    logits, labels = np.array([p[0] for p in pixels]), np.array([p[1] for p in pixels])
    errors = 1 - logits * np.where(labels, 1, -1)
    steps = np.unique(np.concatenate([[0.0], errors[errors > 0]]))
    area = sum((b - a) * jaccard_loss(errors > a, labels) for a, b in itertools.pairwise(steps))
    assert hinge(logits.tolist(), labels.tolist()) == pytest.approx(area, abs=1e-9)


def test_gradcheck_away_from_ties():
    logits = (torch.randperm(40) * 0.07 - 1.41).double().requires_grad_()
    labels = torch.rand(40) < 0.4
    assert torch.autograd.gradcheck(lambda x: lovasz_hinge(x, labels), logits)


def test_batch_equals_singles_and_order_does_not_matter():
    logits, labels = torch.randn(3, 4, 50), torch.rand(3, 4, 50) < 0.3
    whole = lovasz_hinge(logits, labels)
    assert whole.shape == (3, 4)
    order = torch.randperm(50)
    for i, j in itertools.product(range(3), range(4)):
        torch.testing.assert_close(whole[i, j], lovasz_hinge(logits[i, j, order], labels[i, j, order]))


def test_ties_leave_the_value_alone():
    logits = torch.tensor([0.5, 0.5, -0.5, 0.5], dtype=torch.float64)
    labels = torch.tensor([1, 0, 1, 0]).bool()
    values = {round(lovasz_hinge(logits[[*p]], labels[[*p]]).item(), 12) for p in itertools.permutations(range(4))}
    assert len(values) == 1


def test_no_pixels():
    assert lovasz_hinge(torch.zeros(2, 0), torch.zeros(2, 0, dtype=torch.bool)).tolist() == [0, 0]


def test_half_precision_is_computed_in_float32():
    logits, labels = torch.randn(500).bfloat16(), torch.rand(500) < 0.3
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = lovasz_hinge(logits, labels)
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, lovasz_hinge(logits.float(), labels))


def test_new_tensors_lie_where_the_labels_lie():
    """Whatever device they go to by default: one that computes nothing would end it."""
    logits, labels = torch.tensor([0.3, -0.2, 0.9, -1.5]), torch.zeros(4, dtype=torch.bool)
    torch.set_default_device("meta")
    try:
        assert lovasz_hinge(logits, labels).item() == pytest.approx(1.9)
    finally:
        torch.set_default_device(None)


def test_increments_of_a_large_image_keep_their_precision():
    labels = torch.rand(2_000_000) < 0.5
    exact = jaccard_increments(labels, torch.float64)
    single = jaccard_increments(labels)
    torch.testing.assert_close(single.double(), exact, rtol=1e-5, atol=0)


@pytest.mark.cuda
def test_cuda_equals_cpu():
    logits, labels = torch.randn(3, 1000), torch.rand(3, 1000) < 0.3
    torch.testing.assert_close(lovasz_hinge(logits.cuda(), labels.cuda()).cpu(), lovasz_hinge(logits, labels))
