"""What both contenders have in common."""

from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from lab.evaluation.predict import Found, Timing

ENDLESS = 10**9  # steps: the budget ends a training, not their number


@runtime_checkable
class Contender(Protocol):
    """A network that can be trained for a while and then asked.

    Attributes:
        name: of `lab.baseline.settings.NAMES`.
        what: architecture, initialisation and schedule in words.
        network, optimizer: what a stopped race goes on with.
        timing: of the last prediction, network and clustering apart; None where they cannot be told apart.
    """

    name: str
    what: str
    network: nn.Module
    optimizer: torch.optim.Optimizer
    timing: Timing | None = None

    def step(self, number: int, share: float) -> float:
        """Train one step, the one with this number; ``share`` of the budget is spent.  Gives the loss.

        Raises:
            FloatingPointError: the loss is not finite; the weights are not updated.
        """
        ...

    def predict(self, image: UInt8[np.ndarray, "H W 3"]) -> Found:
        """All instances that it would ever name, with scores; which of them count is decided by a threshold."""
        ...


def descend(
    contender: Contender, total: Float[Tensor, ""], rate: float, number: int, longest: float | None = None
) -> float:
    """Step downhill, along a gradient that is cut to the length ``longest``; gives the loss.

    Raises as `Contender.step`.
    """
    value = float(total.detach())
    if not np.isfinite(value):
        raise FloatingPointError(
            f"{contender.name}, step {number}: found a loss of {value}, expected a finite number. The weights are not "
            "updated and the last saved state stays. Begin anew with a lower learning rate."
        )
    for group in contender.optimizer.param_groups:
        group["lr"] = rate
    contender.optimizer.zero_grad(set_to_none=True)
    total.backward()
    if longest:
        nn.utils.clip_grad_norm_(contender.network.parameters(), longest)
    contender.optimizer.step()
    return value
