"""A network whose state tells which save it is of."""

from types import SimpleNamespace

import torch
from torch import nn


def filled(number: int) -> tuple[nn.Module, SimpleNamespace]:
    """Some 100,000 weights, and what Adam would say of their moments, all equal to ``number``.

    Adam itself would import torch's compiler, which takes longer than all the saves.
    """
    network = nn.Linear(400, 250)
    full = [nn.init.constant_(weight, number).detach() for weight in network.parameters()]
    kinds = ("exp_avg", "exp_avg_sq")
    moments = {i: {"step": torch.tensor(float(number)), **dict.fromkeys(kinds, t)} for i, t in enumerate(full)}
    return network, SimpleNamespace(state_dict=lambda: {"state": moments})
