"""How far a race came, on disk: weights, the optimiser's moments and the curve, in one safetensors file."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn

from lab.checkpoints import load_tensors, read_tensors
from lab.folders import write_whole
from lab.json_text import from_json

PROGRESS = "spatial_embedding_lab_race"  # the header's key
NETWORK, MOMENTS = "network/", "moments/"


@dataclass(frozen=True)
class Point:
    """AP after so many seconds of training and so many steps.

    Attributes:
        score_threshold: detections with lower scores are left out; chosen on training scenes.
        loss: mean over the steps since the point before.
    """

    seconds: float
    steps: int
    ap: float | None
    ap50: float | None
    score_threshold: float
    loss: float


@dataclass(frozen=True)
class Progress:
    """Steps done, seconds of training spent, the curve so far; losses summed since its last point."""

    steps: int = 0
    seconds: float = 0.0
    losses: float = 0.0
    curve: tuple[Point, ...] = ()


def save_race(path: Path, network: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress) -> None:
    """Replace the file, whole or not at all.

    Raises:
        OSError: it could not be written; the old one stays.
    """
    tensors = {NETWORK + name: tensor for name, tensor in network.state_dict().items()}
    for number, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"{MOMENTS}{number}/{key}": t for key, t in moments.items() if isinstance(t, Tensor)}
    kept = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_whole(path, save(kept, {PROGRESS: json.dumps(asdict(progress))}))


def load_race(path: Path, network: nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
    """Give network and optimiser what the file holds; where there is none, nothing is done yet.

    Raises:
        ValueError: no whole file of a race, or one of another network.
    """
    if not path.exists():
        return Progress()
    tensors, metadata = read_tensors(path)
    progress = _read_progress(path, metadata)
    load_tensors(network, {n.removeprefix(NETWORK): t for n, t in tensors.items() if n.startswith(NETWORK)}, str(path))
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith(MOMENTS):
            number, key = name.removeprefix(MOMENTS).split("/")
            state.setdefault(int(number), {})[key] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    return progress


def _read_progress(path: Path, metadata: dict[str, str]) -> Progress:
    try:
        found = from_json(metadata[PROGRESS])
        return Progress(**{**found, "curve": tuple(Point(**point) for point in found["curve"])})
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path}: found no progress of a race in the header ({type(error).__name__}: {error}), expected the key "
            f"'{PROGRESS}'. The file was written by something else: delete it to begin this part anew."
        ) from error
