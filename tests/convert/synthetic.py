"""Checkpoints in the layouts of others, with random weights: real ones are not at hand."""

import zipfile
from pathlib import Path

import torch
from torch import Tensor

from lab.convert.names import encoder_names, network_names


def weights(names: dict[str, tuple[int, ...]], prefix: str = "module.", seed: int = 0) -> dict[str, Tensor]:
    """Values at which no signal dies or explodes in fourteen blocks."""
    random = torch.Generator().manual_seed(seed)
    return {prefix + name: _values(name, shape, random) for name, shape in names.items()}


def _values(name: str, shape: tuple[int, ...], random: torch.Generator) -> Tensor:
    if name.endswith("num_batches_tracked"):
        return torch.tensor(7)
    if name.endswith("running_var"):
        return torch.rand(shape, generator=random) + 0.5
    scale = 0.15 if len(shape) == 1 else (3 / shape[0] / shape[2] / shape[3]) ** 0.5
    values = scale * torch.randn(shape, generator=random)
    return values + 1 if ".bn" in name and name.endswith("weight") else values


def checkpoint(bandwidth_channels: int = 1, num_classes: int = 1) -> dict:
    """The authors' dictionary; the optimiser's and the log's values are of the kinds that such things have."""
    state = weights(network_names(bandwidth_channels, num_classes))
    moments = {
        "state": {0: {"step": 3, "exp_avg": torch.zeros(2)}},
        "param_groups": [{"lr": 5e-4, "betas": (0.9, 0.999)}],
    }
    log = {"train": [0.5, 0.4], "val": [0.6, 0.5], "iou": [0.1, 0.2]}
    return {
        "epoch": 199,
        "best_iou": 0.5,
        "model_state_dict": state,
        "optim_state_dict": moments,
        "logger_data": log,
    }


def pretrained() -> dict:
    """The dictionary of an encoder with the classifiers that ImageNet needs: an inner head, and one outside."""
    prefix = "module.features.encoder."
    names = {name.removeprefix("encoder."): shape for name, shape in encoder_names().items()}
    head = {"output_conv.weight": (20, 128, 1, 1), "output_conv.bias": (20,)}
    outside = weights({"classifier.weight": (10, 128, 1, 1), "classifier.bias": (10,)})
    return {"epoch": 3, "arch": "erfnet", "state_dict": weights(names | head, prefix) | outside}


def saved(content: object, path: Path, old_format: bool = False) -> Path:
    """``old_format``: as PyTorch before 1.6 wrote files."""
    torch.save(content, path, _use_new_zipfile_serialization=not old_format)
    return path


def as_from_a_gpu(path: Path) -> Path:
    """The same file as if its tensors had lain on a GPU when they were saved, as those of a training do."""
    cpu, cuda = (b"X" + len(word).to_bytes(4, "little") + word for word in (b"cpu", b"cuda:0"))
    if not zipfile.is_zipfile(path):
        path.write_bytes(path.read_bytes().replace(cpu, cuda))
        return path
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content.replace(cpu, cuda) if name.endswith("data.pkl") else content)
    return path
