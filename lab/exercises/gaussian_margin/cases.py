"""Inputs on which a wrong answer cannot survive."""

import torch
from jaxtyping import Float
from torch import Tensor

from lab.exercises.judge import Case


def some_points(seed: int, spread: float = 0.012) -> Float[Tensor, "2 P"]:
    """Embeddings around (0.2, 0.1), within some 30 px by default, in units of 1024 px."""
    noise = torch.randn(2, 7, generator=torch.Generator().manual_seed(seed))
    return torch.tensor([[0.2], [0.1]]) + spread * noise


def some_bandwidths(seed: int, channels: int) -> Float[Tensor, "S 4 5"]:
    """b of a small image, far from equal: σ from some 3 to some 60 px."""
    return 0.8 + 0.25 * torch.randn(channels, 4, 5, generator=torch.Generator().manual_seed(seed))


CENTRE = torch.tensor([0.2, 0.1])
MASK = torch.tensor([[0, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 0]]).bool()

MEMBERSHIP_CASES = (
    Case("one κ, a circle", (some_points(0), CENTRE, torch.tensor([4000.0]))),
    Case("two κ, an ellipse", (some_points(1), CENTRE, torch.tensor([9000.0, 800.0]))),
    Case("one small κ, a margin of 95 px", (some_points(2), CENTRE, torch.tensor([80.0]))),
    Case("κ = 1, a margin of 853 px, and pixels 1 px from the centre", (some_points(3, 0.001), CENTRE, torch.ones(1))),
    Case("a pixel that points right at the centre", (CENTRE[:, None].clone(), CENTRE, torch.tensor([2000.0, 300.0]))),
)
MARGIN_CASES = (
    Case("the b of a new network, 1", (torch.tensor([1.0]),)),
    Case("b = 0.4, 0.65, 0.9 and 1.2", (torch.tensor([0.4, 0.65, 0.9, 1.2]),)),
)
SIGMA_CASES = (
    Case("one channel", (some_bandwidths(0, 1), MASK)),
    Case("two channels", (some_bandwidths(1, 2), MASK)),
    Case("an instance of one pixel", (some_bandwidths(2, 2), torch.eye(4, 5).bool() & (torch.arange(5) == 2))),
)
