"""The state of a training on disk: weights, Adam's moments and how far it came, in one safetensors file.

There is nothing else to store: crops, dropout and learning rate are functions of seed, stage and step.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn

from lab.checkpoints import read_tensors
from lab.folders import write_whole

PROGRESS = "spatial_embedding_lab_progress"  # the header's key
NETWORK, ADAM = "network/", "adam/"  # prefixes of the tensors' names


@dataclass(frozen=True)
class Progress:
    """How far a training came: stage 0 or 1 (2: finished), steps done in that stage, seconds of work in all."""

    stage: int = 0
    step: int = 0
    seconds: float = 0.0


def save_state(path: Path, network: nn.Module, optimizer: torch.optim.Optimizer | None, progress: Progress) -> None:
    """Replace the state on disk, whole or not at all.  Without ``optimizer`` the next stage starts with a new one."""
    tensors = {NETWORK + name: tensor for name, tensor in network.state_dict().items()}
    if optimizer is not None:
        tensors |= _moments(network, optimizer)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_whole(path, save(tensors, {PROGRESS: json.dumps(asdict(progress))}))


def load_state(path: Path) -> tuple[Progress, dict[str, Tensor]]:
    """Progress and all tensors under their prefixed names.

    Raises:
        FileNotFoundError, ValueError: as `lab.checkpoints.read_tensors`; or the header holds no progress.
    """
    tensors, metadata = read_tensors(path)
    if PROGRESS not in metadata:
        raise ValueError(
            f"{path}: found a header without progress, expected the state of a training. "
            "Name another run with --name, or move the file away to start anew."
        )
    return Progress(**json.loads(metadata[PROGRESS])), tensors


def network_tensors(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The network's part of a state, under the network's own names."""
    return {name.removeprefix(NETWORK): t for name, t in tensors.items() if name.startswith(NETWORK)}


def restore_moments(network: nn.Module, optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Give a new Adam the moments of a state; without any in ``tensors`` it stays new."""
    state = {}
    for number, (name, weight) in enumerate(network.named_parameters()):
        prefix = f"{ADAM}{name}/"
        state[number] = {k.removeprefix(prefix): _like(t, weight) for k, t in tensors.items() if k.startswith(prefix)}
    if any(state.values()):
        optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def _moments(network: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    names = [name for name, _ in network.named_parameters()]
    state = optimizer.state_dict()["state"]
    return {f"{ADAM}{names[i]}/{key}": tensor for i, moments in state.items() for key, tensor in moments.items()}


def _like(tensor: Tensor, weight: Tensor) -> Tensor:
    """A moment in its weight's memory format (channels_last); Adam's step counts are scalars and stay."""
    return torch.empty_like(weight).copy_(tensor) if tensor.shape == weight.shape else tensor
