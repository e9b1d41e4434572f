"""Statistics of small batches: measured by hand on a network of one norm; a network comes back as it was."""

import torch
from torch import nn

from lab.training.batch_statistics import beside, norms_of, spread_of_means


def one_norm() -> nn.Sequential:
    """Its norm sees the picture itself; running mean 0.5, running variance 0.25."""
    network = nn.Sequential(nn.BatchNorm2d(3, eps=1e-12), nn.Dropout2d(0.5)).eval()
    network[0].running_mean.fill_(0.5)
    network[0].running_var.fill_(0.25)
    return network


def grey(*values: int) -> torch.Tensor:
    return torch.stack([torch.full((3, 4, 4), v, dtype=torch.uint8) for v in values])


def test_spread_is_the_deviation_of_batch_means_in_units_of_sigma():
    batches = [grey(0, 255), grey(51, 51), grey(255, 255)]  # means 0.5, 0.2 and 1
    (found,) = spread_of_means(one_norm(), batches)
    expected = torch.tensor([0.5, 0.2, 1.0]).std() / 0.5
    torch.testing.assert_close(found, expected.item())


def test_a_partner_changes_the_output_unless_statistics_are_frozen():
    network, image = one_norm(), torch.randint(0, 255, (3, 4, 4), dtype=torch.uint8)
    partners = list(grey(0, 200))
    frozen = beside(network, image, partners, frozen=True)
    torch.testing.assert_close(frozen[0], frozen[1])
    torch.testing.assert_close(frozen[0], (image.float() / 255 - 0.5) / 0.5)
    free = beside(network, image, partners, frozen=False)
    assert (free[0] - free[1]).abs().max() > 0.1


def test_the_network_is_as_it_was():
    network = one_norm()
    beside(network, grey(3)[0], list(grey(9, 80)), frozen=False)
    spread_of_means(network, [grey(1, 2)] * 2)
    (norm,) = norms_of(network)
    assert norm.momentum == 0.1
    assert torch.equal(norm.running_mean, torch.full((3,), 0.5))
    assert torch.equal(norm.running_var, torch.full((3,), 0.25))
    assert not any(module.training for module in network.modules())
    assert not norm._forward_pre_hooks
