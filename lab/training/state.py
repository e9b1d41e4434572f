"""The state of a training on disk: weights, Adam's moments and how far it came, in safetensors files.

last.safetensors holds weights and progress, and names the two files with Adam's moments that belong to it; the settings
lie beside it in settings.json.  Each file is under 16 MB.  A save writes the moments under new names, then replaces
last.safetensors, then removes the old moments: wherever it is cut off, last.safetensors names whole files of its own
step.

There is nothing else to store but the terms that wait for their row in the log: crops, dropout and learning rate are
functions of seed, stage and step.
"""

import contextlib
import json
import math
import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from lab.checkpoints import read_tensors
from lab.folders import write_whole
from lab.json_text import from_json
from lab.losses import TERM_WEIGHTS

# What else there is to do where a state cannot be restored.
ANEW = "give another --name to begin anew. Models that are in the folder serve all the same."
PROGRESS = "spatial_embedding_lab_progress"  # the header's keys
PENDING = "spatial_embedding_lab_pending_terms"
MOMENTS = "spatial_embedding_lab_moments"  # names of the files that belong to it; without it, all is in one file
STAGES = 2
NETWORK, ADAM = "network/", "adam/"  # prefixes of the tensors' names
# Adam's keys and the part of a file's name: running means of the gradient and of its square.  Counts are small.
PARTS = {"means": ("exp_avg", "step"), "squares": ("exp_avg_sq",)}


@dataclass(frozen=True)
class Progress:
    """How far a training came: stage 0 or 1 (2: finished), steps done in that stage, seconds of work in all."""

    stage: int = 0
    step: int = 0
    seconds: float = 0.0


class State(NamedTuple):
    """What a training goes on from: progress, tensors under their prefixed names, terms not yet in the log."""

    progress: Progress
    tensors: dict[str, Tensor]
    pending: list[list[float]]


def save_state(
    path: Path,
    network: nn.Module,
    optimizer: torch.optim.Optimizer | None,
    progress: Progress,
    pending: list[list[float]],
) -> None:
    """Replace the state on disk, whole or not at all.  Without ``optimizer`` the next stage starts with a new one.

    Raises:
        FloatingPointError: a tensor is not finite (as after an infinite gradient of a finite loss).
        OSError: the state could not be written.  In both cases the last one stays.
    """
    weights = _on_cpu(_weights(network))
    moments = _on_cpu(_moments(network, optimizer)) if optimizer else {}
    _check_finite(weights | moments, path, progress)
    header = {PROGRESS: json.dumps(asdict(progress))}
    files = {_moments_path(path, progress, part): _part(moments, keys) for part, keys in PARTS.items() if moments}
    try:
        for name, tensors in files.items():
            write_whole(name, save(tensors, header))
        header |= {PENDING: json.dumps(pending), MOMENTS: json.dumps([name.name for name in files])}
        write_whole(path, save(weights, header))
    finally:
        _remove_rest(path)


def check_learned(path: Path, network: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress) -> None:
    """Raise FloatingPointError, as `save_state` does, if a step left a weight or a moment that is not finite.

    For a stage's last step: no later one would see it in its terms, and the moments are not saved.
    """
    _check_finite(_weights(network) | _moments(network, optimizer), path, progress)


def load_state(path: Path, steps: tuple[int, ...] | None = None) -> State:
    """Read a state, also one from before its parts had files of their own.

    ``steps`` of each stage, if given, bound its progress.

    Raises:
        FileNotFoundError, ValueError: as `lab.checkpoints.read_tensors`; or the header holds no sound progress, or
            the files do not belong together.
    """
    tensors, metadata = _read(path)
    if PROGRESS not in metadata:
        raise ValueError(
            f"{path}: found a header without progress, expected the state of a training. Restore the state, or {ANEW}"
        )
    found, pending = _from_json(metadata[PROGRESS]), _from_json(metadata.get(PENDING, "[]"))
    if not _is_progress(found, steps):
        raise _unsound(path, "progress", metadata[PROGRESS], _expected_progress(steps))
    if not _is_pending(pending):
        raise _unsound(path, "pending rows of the log", metadata[PENDING], "a list of lists of four numbers")
    for file in _named_moments(path, metadata):
        tensors |= _read_moments(file, path, metadata[PROGRESS])
    return State(Progress(**found), tensors, pending)


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """As `read_tensors`, with what to do about one of the state's files."""
    if path.is_dir():
        raise ValueError(f"{path}: found a folder, expected a file of a training's state. Restore the file, or {ANEW}")
    try:
        return read_tensors(path)
    except ValueError as error:
        raise ValueError(f"{error} It is a part of a training's state: without a sound copy of it, {ANEW}") from error


def is_finished(path: Path) -> bool:
    """Whether the header of this file says that both stages are done."""
    found = _from_json(_header(path).get(PROGRESS, ""))
    return _is_progress(found, None) and found["stage"] == STAGES


def _on_cpu(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def _moments_path(path: Path, progress: Progress, part: str) -> Path:
    return path.with_name(f"{path.stem}-{progress.stage}-{progress.step}-{part}.safetensors")


def _part(moments: dict[str, Tensor], keys: tuple[str, ...]) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in moments.items() if name.rpartition("/")[2] in keys}


def _header(path: Path) -> dict[str, str]:
    """The text in a file's header; none where there is no whole file."""
    with contextlib.suppress(OSError, SafetensorError), safe_open(path, "pt") as file:
        return file.metadata() or {}
    return {}


def _remove_rest(path: Path) -> None:
    """Remove moments that the state does not name, and parts of files that a killed process left.

    Copies under other names are somebody's own.  Where the state is there and does not say what it names, all moments
    stay: it may be that the disk does not read just now.
    """
    header = _header(path)
    named = _from_json(header.get(MOMENTS, "[]")) if PROGRESS in header or not path.exists() else None
    ours = re.compile(rf"{re.escape(path.stem)}-\d+-\d+-({'|'.join(PARTS)})\.safetensors")
    rest = list(path.parent.glob(f".{path.stem}*.part"))
    if isinstance(named, list):
        beside = path.parent.glob(f"{path.stem}-*")
        rest += [file for file in beside if ours.fullmatch(file.name) and file.name not in named]
    for file in rest:
        with contextlib.suppress(OSError):  # the next save tries again; why this one failed, if it did, is told
            file.unlink(missing_ok=True)


def _named_moments(path: Path, metadata: dict[str, str]) -> list[Path]:
    names = _from_json(metadata.get(MOMENTS, "[]"))
    if not isinstance(names, list) or not all(isinstance(n, str) and Path(n).name == n for n in names):
        raise _unsound(path, "names of Adam's moments", metadata[MOMENTS], "a list of files beside it")
    return [path.with_name(name) for name in names]


def _read_moments(file: Path, path: Path, progress: str) -> dict[str, Tensor]:
    if not file.is_file():
        raise FileNotFoundError(
            f"{file}: found no file, expected the moments that {path.name} names. Restore all three as they were "
            f"saved together, or {ANEW}"
        )
    tensors, metadata = _read(file)
    if metadata.get(PROGRESS) != progress:
        raise ValueError(
            f"{file}: found moments of the progress {metadata.get(PROGRESS, 'none')}, expected {progress} as in "
            f"{path.name}. Restore all three as they were saved together, or {ANEW}"
        )
    return tensors


def _check_finite(tensors: dict[str, Tensor], path: Path, progress: Progress) -> None:
    """Raise FloatingPointError rather than save what no training could go on from."""
    wrong = [name for name, tensor in tensors.items() if not tensor.isfinite().all()]
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise FloatingPointError(
            f"{path}: after step {progress.step} found NaN or infinity in the tensor {wrong[0]}{more}, expected "
            "finite numbers. Nothing was saved and the last state stays. Train with a lower learning rate under "
            "another --name, or run the same command again to go on from the last state."
        )


def _from_json(text: str) -> Any:
    """The content, or None where there is no JSON."""
    try:
        return from_json(text)
    except ValueError:
        return None


def _is_progress(found: Any, steps: tuple[int, ...] | None) -> bool:
    if not isinstance(found, dict) or found.keys() != {f.name for f in fields(Progress)}:
        return False
    stage, step = found["stage"], found["step"]
    if not (type(stage) is type(step) is int and 0 <= stage <= STAGES and step >= 0 and _is_number(found["seconds"])):
        return False
    most = (math.inf if steps is None else steps[stage]) if stage < STAGES else 0
    return step <= most and found["seconds"] >= 0


def _is_pending(found: Any) -> bool:
    return isinstance(found, list) and all(
        isinstance(terms, list) and len(terms) == len(TERM_WEIGHTS) + 1 and all(map(_is_number, terms))
        for terms in found
    )


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _expected_progress(steps: tuple[int, ...] | None) -> str:
    bound = "from 0" if steps is None else f"0..{' or 0..'.join(map(str, steps))} by stage"
    return f"stage 0..{STAGES}, step {bound}, seconds from 0"


def _unsound(path: Path, what: str, found: str, expected: str) -> ValueError:
    shown = found if len(found) <= 120 else f"{found[:120]}..."
    return ValueError(
        f"{path}: found the {what} {shown!r}, expected {expected}. The file was changed by something else: restore "
        f"it, or {ANEW}"
    )


def network_tensors(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The network's part of a state, under the network's own names."""
    return {name.removeprefix(NETWORK): t for name, t in tensors.items() if name.startswith(NETWORK)}


def restore_moments(network: nn.Module, optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Give a new Adam the moments of a state; without any in ``tensors`` it stays new.

    Raises:
        ValueError: moments of another shape than their weight; it is named.
    """
    state = {}
    for number, (name, weight) in enumerate(network.named_parameters()):
        prefix = f"{ADAM}{name}/"
        found = {key.removeprefix(prefix): tensor for key, tensor in tensors.items() if key.startswith(prefix)}
        state[number] = {key: _like(tensor, weight, prefix + key) for key, tensor in found.items()}
    if any(state.values()):
        optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def _weights(network: nn.Module) -> dict[str, Tensor]:
    return {NETWORK + name: tensor for name, tensor in network.state_dict().items()}


def _moments(network: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    names = [name for name, _ in network.named_parameters()]
    state = optimizer.state_dict()["state"]
    return {f"{ADAM}{names[i]}/{key}": tensor for i, moments in state.items() for key, tensor in moments.items()}


def _like(tensor: Tensor, weight: Tensor, name: str) -> Tensor:
    """A moment in its weight's memory format (channels_last); Adam's step counts are scalars and stay."""
    if tensor.shape == weight.shape:
        return torch.empty_like(weight).copy_(tensor)
    if tensor.shape:
        raise ValueError(
            f"{name}: found moments of the shape {list(tensor.shape)}, expected {list(weight.shape)}. The files of the "
            "state (last-*.safetensors) were changed by something else: restore them, or give another --name."
        )
    return tensor
