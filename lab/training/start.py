"""Start a training from weights that are there: a whole model, or an encoder alone."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from lab.checkpoints import CARD, load_tensors, read_tensors
from lab.folders import data_folder, typed_path
from lab.training.runs import MODEL

ENCODER = "encoder."
ENCODER_CARD = "spatial_embedding_lab_encoder"  # the header's key in a file that holds an encoder alone


def find_start(start: str, runs: Path) -> Path:
    """The file that ``start`` names: a file, the model of the finished run of that name in the folder ``runs``, or a
    model that ships.

    Raises:
        FileNotFoundError: neither is there; the runs that could be meant are named.
    """
    path, model = typed_path(start), runs / start / MODEL
    if path.is_file():
        return path
    if model.is_file():
        return model
    shipped = data_folder() / "models" / f"{start}.safetensors"
    if Path(start).name == start and shipped.is_file():
        return shipped
    finished = ", ".join(sorted(found.parent.name for found in runs.glob(f"*/{MODEL}"))) or "none"
    raise FileNotFoundError(
        f"start_from: found neither a file nor a finished run '{start}' in {runs}, expected a .safetensors file, one "
        f"of the finished runs: {finished}; or a model that ships. Train that run to its end first, or name a file."
    )


def load_start(network: nn.Module, path: Path | str, encoder_only: bool = False) -> str:
    """Copy weights of a file into ``network``; its other weights stay as they are.

    Args:
        network: a `BranchedERFNet`, fresh.
        path: a model of this lab (model.safetensors), or an encoder that ``python -m lab convert`` wrote.
        encoder_only: of a whole model take the encoder, as for other classes than it was trained on.

    Returns:
        what was taken: "encoder" or "model".

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: neither a model nor an encoder, or tensors that do not fit; they are named.
    """
    tensors, metadata = read_tensors(path)
    if ENCODER_CARD not in metadata and CARD not in metadata:
        raise ValueError(
            f"{path}: found no card of a model or an encoder in the header, expected a file of this lab to start from. "
            "A run's last.safetensors is its state: the model beside it is model.safetensors. Weights from elsewhere "
            "are converted first: python -m lab convert."
        )
    if encoder_only or ENCODER_CARD in metadata:
        _load_encoder(network, tensors, path)
        return "encoder"
    _check_heads(network, tensors, path)
    load_tensors(network, tensors, str(path))
    return "model"


def _load_encoder(network: nn.Module, tensors: Mapping[str, Tensor], path: Path | str) -> None:
    encoder = {name.removeprefix(ENCODER): t for name, t in tensors.items() if name.startswith(ENCODER)}
    load_tensors(network.get_submodule(ENCODER.rstrip(".")), encoder, f"{path}, its encoder")


def _check_heads(network: nn.Module, tensors: Mapping[str, Tensor], path: Path | str) -> None:
    """Raise ValueError if one of the two last layers is for another S or N: the commonest misfit, in its own words."""
    expected = network.state_dict()
    meanings = {"decoders.0.output_conv.bias": "offsets and bandwidths", "decoders.1.output_conv.bias": "classes"}
    for name, meaning in meanings.items():
        if name in tensors and tensors[name].shape != expected[name].shape:
            raise ValueError(
                f"{path}: {name}: found {tensors[name].numel()} {meaning}, expected {len(expected[name])} as this "
                "training has. Take the encoder alone, or set the training's classes and bandwidth channels to the "
                "file's."
            )
