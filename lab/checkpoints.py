"""Trained models on disk: safetensors files whose header holds the card, with the weights' thresholds.

Nothing is ever unpickled: a .safetensors file holds numbers and text, and reading it cannot run code.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from lab.clustering import Thresholds
from lab.datasets.intensity import check_intensity
from lab.erfnet import BranchedERFNet
from lab.folders import data_folder, write_whole
from lab.json_text import from_json, is_text

CARD = "spatial_embedding_lab"  # the header's key under which the card is stored as JSON
THRESHOLDS = ("seed_threshold", "foreground_threshold", "min_pixels", "min_unassigned")
LARGEST_HALF = torch.finfo(torch.float16).max


@dataclass(frozen=True)
class ModelCard:
    """What one must know to use a network's weights.

    Attributes:
        bandwidth_channels: S; 1 circular, 2 elliptical margins.
        num_classes, class_names: N, and the names of the classes 1..N.
        seed_threshold, foreground_threshold, min_pixels, min_unassigned: arguments of ``cluster``.  They are chosen
            for the data and its resolution, and so travel with the weights.
        settings: of the training, its seed among them.  origin: commit, versions, device, time.
        evaluation: results, if measured.
        intensity: how pictures are prepared, see `lab.datasets.intensity`.
    """

    bandwidth_channels: int
    num_classes: int
    class_names: tuple[str, ...]
    seed_threshold: float
    foreground_threshold: float
    min_pixels: int
    min_unassigned: float
    settings: dict[str, Any] = field(default_factory=dict)
    evaluation: dict[str, Any] = field(default_factory=dict)
    origin: dict[str, Any] = field(default_factory=dict)
    intensity: str = "stored"

    @property
    def thresholds(self) -> dict[str, Any]:
        """The keyword arguments of ``cluster`` that belong to this model."""
        return {name: getattr(self, name) for name in THRESHOLDS}


class Model(NamedTuple):
    """A network in evaluation mode with float32 weights, and its card."""

    network: nn.Module
    card: ModelCard


def save_model(path: Path | str, network: nn.Module, card: ModelCard, half: bool = True) -> None:
    """Write weights and card to one file; ``half`` stores weights as fp16 (where they fit), half the size.

    Raises:
        ValueError: a weight is not finite; the tensor is named.
        OSError: the file could not be written; an older file of that name is untouched.
    """
    tensors = {name: _stored(name, tensor, half) for name, tensor in network.state_dict().items()}
    write_whole(Path(path), save(tensors, {CARD: json.dumps(asdict(card), default=str)}))


def store_card(path: Path | str, **changes: Any) -> ModelCard:
    """Change fields of a model's card, say its thresholds or evaluation; the weights stay as they are stored.

    The card is also written beside the model as JSON, to be read without the lab.

    Raises:
        As `load_model` and `card_file`, and OSError if a file could not be written: the old one is untouched.
    """
    beside = card_file(path)
    card = replace(load_model(path).card, **changes)
    tensors, _ = read_tensors(path)
    write_whole(Path(path), save(tensors, {CARD: json.dumps(asdict(card), default=str)}))
    write_whole(beside, (json.dumps(asdict(card), indent=1) + "\n").encode())
    return card


def card_file(path: Path | str) -> Path:
    """Where `store_card` writes a model's card as JSON: beside the model.

    Raises:
        FileExistsError: a file of another kind stands there.
    """
    beside = Path(path).with_suffix(".json")
    if beside.is_file() and not _is_card(beside):
        raise FileExistsError(
            f"{beside}: found a file that is no model's card, expected none or a card, for it would be replaced. "
            "Nothing was changed. Move it away, or copy the model elsewhere."
        )
    return beside


def _is_card(file: Path) -> bool:
    try:
        content = from_json(file.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.keys() >= {"bandwidth_channels", "class_names", *THRESHOLDS}


def load_model(path: Path | str) -> Model:
    """Read a model on the CPU.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: not a safetensors file, no card in its header, tensors that do not fit or are not finite; found,
            expected and what to do are named.
    """
    tensors, metadata = read_tensors(path)
    card = _card(metadata, tensors, path)
    _check_finite(tensors, path)
    network = BranchedERFNet(card.bandwidth_channels, card.num_classes)
    load_tensors(network, tensors, str(path))
    return Model(network.eval(), card)


def shipped_model(name: str = "toyscapes") -> Model:
    """A model that comes with the lab, from ``data/models``."""
    path = data_folder() / "models" / f"{name}.safetensors"
    if not path.exists():
        there = sorted(p.stem for p in path.parent.glob("*.safetensors"))
        raise FileNotFoundError(
            f"{path}: found no shipped model '{name}', expected one of {there}. "
            "Run from a clone of the repository, or load a model of your own with lab.checkpoints.load_model."
        )
    return load_model(path)


def read_tensors(path: Path | str) -> tuple[dict[str, Tensor], dict[str, str]]:
    """All tensors and the header's text of a safetensors file.  Raises as `load_model`."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: found no file, expected a model (.safetensors). Check the path; if its training was stopped, run "
            "that again: it goes on, and the model comes at its end."
        )
    try:
        with safe_open(path, "pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(
            f"{path}: found something else than a whole safetensors file ({error}), expected one written by this lab. "
            "If it was copied, copy it again. Pickled files (.pth, .pt) are never opened: they can run code."
        ) from error


def load_tensors(network: nn.Module, tensors: Mapping[str, Tensor], source: str) -> None:
    """Copy tensors into a network.  Raises ValueError naming ``source`` and the tensors that do not fit."""
    expected = network.state_dict()
    wrong = [
        f"{name}: found {_shape(tensors.get(name))}, expected {_shape(expected.get(name))}"
        for name in sorted(expected.keys() | tensors.keys())
        if _shape(tensors.get(name)) != _shape(expected.get(name))
    ]
    if wrong:
        more = f" (and {len(wrong) - 4} more)" if len(wrong) > 4 else ""
        raise ValueError(
            f"{source}: {len(wrong)} tensors do not fit the network: {'; '.join(wrong[:4])}{more}. "
            "Build the network with the file's number of bandwidth channels and classes, or take the right file."
        )
    network.load_state_dict(dict(tensors))


def _check_card(card: ModelCard, tensors: Mapping[str, Tensor]) -> None:
    """Raise ValueError or TypeError unless the card is sound and its N is that of the tensors.

    Checked before the network is built, so that no absurd N takes the memory.
    """
    Thresholds(**card.thresholds)
    check_intensity(card.intensity)
    if type(card.bandwidth_channels) is not int or card.bandwidth_channels not in (1, 2):
        raise ValueError(f"found bandwidth_channels {card.bandwidth_channels!r}, expected 1 or 2")
    last = tensors.get("decoders.1.output_conv.bias")
    if last is not None and _shape(last) != [card.num_classes]:
        raise ValueError(f"found num_classes {card.num_classes!r}, expected {len(last)} as the tensors say")
    if type(card.num_classes) is not int or len(card.class_names) != card.num_classes:
        raise ValueError(f"found {len(card.class_names)} class_names, expected {card.num_classes!r}")
    if not all(map(is_text, card.class_names)):
        raise ValueError(f"found the class_names {card.class_names}, expected words")
    for part in ("settings", "evaluation", "origin"):
        if not isinstance(getattr(card, part), dict):
            raise ValueError(f"found {part} {getattr(card, part)!r}, expected names with values")


def _check_finite(tensors: Mapping[str, Tensor], path: Path | str) -> None:
    """Raise ValueError for weights with which every prediction would be none."""
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise ValueError(
                f"{path}: found NaN or infinity in {name}, expected finite weights. The file was damaged, or written "
                "by a training that had diverged: copy it again, or take an earlier model."
            )


def _shape(tensor: Tensor | None) -> list[int] | str:
    """The shape, and of other numbers than fractions of which kind they are: a counter is no weight."""
    if tensor is None:
        return "none"
    shape = list(tensor.shape)
    return shape if tensor.is_floating_point() else f"{shape} of {str(tensor.dtype).removeprefix('torch.')}"


def _stored(name: str, tensor: Tensor, half: bool) -> Tensor:
    tensor = tensor.detach().cpu().contiguous()
    if not tensor.is_floating_point():
        return tensor
    if not tensor.isfinite().all():
        raise ValueError(
            f"{name}: found NaN or infinity, expected finite weights. The training diverged: go back to an earlier "
            "state, or train with a lower learning rate."
        )
    fits = tensor.abs().max() <= LARGEST_HALF  # a large running variance, say, stays in full
    return tensor.half() if half and fits else tensor


def _card(metadata: dict[str, Any], tensors: Mapping[str, Tensor], path: Path | str) -> ModelCard:
    try:
        content = from_json(metadata[CARD])
        known = {f.name: content[f.name] for f in fields(ModelCard) if f.name in content}
        card = ModelCard(**{**known, "class_names": tuple(known["class_names"])})
        _check_card(card, tensors)
        return card
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path}: found no complete card in the header ({type(error).__name__}: {error}), expected the key "
            f"'{CARD}'. "
            "The file was not written by lab.checkpoints.save_model; a run's last.safetensors is its training state: "
            "the model beside it is model.safetensors."
        ) from error
