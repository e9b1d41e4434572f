import math

import pytest
import torch

from lab import embedding as E


def test_grid_is_column_then_row_in_units_of_1024_pixels():
    grid = E.coordinate_grid(3, 5)
    assert grid.shape == (2, 3, 5)
    assert grid[:, 2, 4].tolist() == [4 / 1024, 2 / 1024]
    assert grid[:, 0, 0].tolist() == [0, 0]


def test_initial_bandwidth_is_a_sigma_of_4_88_and_a_margin_of_5_74_pixels():
    kappa = E.bandwidth_to_sharpness(torch.tensor(1.0, dtype=torch.float64))
    assert kappa.item() == pytest.approx(math.exp(10))
    assert E.sharpness_to_sigma(kappa).item() == pytest.approx(4.88, abs=0.005)
    assert E.sharpness_to_margin(kappa).item() == pytest.approx(5.74, abs=0.005)


def test_margin_is_sigma_times_sqrt_two_ln_two_and_there_membership_is_one_half():
    kappa = E.bandwidth_to_sharpness(torch.tensor([0.3, 0.7], dtype=torch.float64))
    sigma, margin = E.sharpness_to_sigma(kappa), E.sharpness_to_margin(kappa)
    torch.testing.assert_close(margin, sigma * math.sqrt(2 * math.log(2)))
    for axis in (0, 1):
        on_margin = torch.zeros(2, 1, dtype=torch.float64)
        on_margin[axis] = margin[axis] / 1024
        phi = E.membership(on_margin, torch.zeros(2, dtype=torch.float64), kappa)
        assert phi.item() == pytest.approx(0.5)


def test_sigma_to_bandwidth_is_the_inverse():
    b = torch.linspace(-0.5, 2, 20, dtype=torch.float64)
    torch.testing.assert_close(E.sigma_to_bandwidth(E.sharpness_to_sigma(E.bandwidth_to_sharpness(b))), b)


def test_membership_by_hand():
    e = torch.tensor([[0.0, 0.1], [0.0, 0.2]])
    phi = E.membership(e, torch.zeros(2), torch.tensor([3.0, 5.0]))
    assert phi.tolist() == pytest.approx([1.0, math.exp(-(3 * 0.01 + 5 * 0.04))])
    circular = E.membership(e, torch.zeros(2), torch.tensor([4.0]))
    assert circular.tolist() == pytest.approx([1.0, math.exp(-4 * 0.05)])


def test_split_reads_the_channels_in_order():
    output = torch.randn(2, 7, 4, 6)
    p = E.split(output, 2)
    torch.testing.assert_close(p.embedding, E.coordinate_grid(4, 6) + output[:, :2].tanh())
    torch.testing.assert_close(p.bandwidth, output[:, 2:4])
    torch.testing.assert_close(p.sharpness, (10 * output[:, 2:4]).exp())
    torch.testing.assert_close(p.seed_map, output[:, 4:].sigmoid())
    assert E.split(output, 1).seed_map.shape == (2, 4, 4, 6)


@pytest.mark.parametrize(("channels", "bandwidths"), [(4, 2), (3, 1), (7, 3), (7, 0)])
def test_split_refuses_channels_that_do_not_fit(channels, bandwidths):
    with pytest.raises(ValueError, match="expected"):
        E.split(torch.zeros(1, channels, 2, 2), bandwidths)


def test_half_precision_under_autocast_becomes_float32():
    output = torch.randn(1, 5, 3, 2000).bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        p = E.split(output, 2)
    assert p.embedding.dtype == p.sharpness.dtype == p.seed_map.dtype == torch.float32
    assert p.embedding[0, 0, 0].unique().numel() > 1500  # bfloat16 could not tell these columns apart


def test_extreme_bandwidths_stay_finite_at_their_own_centre():
    e = torch.tensor([[0.5, 0.7], [0.5, 0.5]], requires_grad=True)
    for b in (-50.0, 50.0):
        phi = E.membership(e, e[:, 0], E.bandwidth_to_sharpness(torch.tensor([b, b])))
        assert phi[0] == 1
        assert torch.isfinite(torch.autograd.grad(phi.sum(), e)[0]).all()
