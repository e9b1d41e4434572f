"""What a file holds against what was expected of it: every tensor by name, before any is used."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from lab.convert.names import COUNTER, Shape

SHOWN = 4  # names in a message: enough to see what kind of mistake it is


def without_prefix(tensors: Mapping[str, Any], prefix: str = "module.") -> dict[str, Any]:
    """Names without the prefix that torch.nn.DataParallel gives to all of them; unchanged unless all have it."""
    if tensors and all(name.startswith(prefix) for name in tensors):
        return {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
    return dict(tensors)


def state_dict_of(content: Mapping[Any, Any], key: str, path: object) -> dict[str, Any]:
    """The weights by name below ``key`` of a file's dictionary.  Raises ValueError if that is no such thing."""
    found = content.get(key)
    if not isinstance(found, Mapping) or not found or not all(isinstance(name, str) for name in found):
        what = f"{type(found).__name__}" + (" without entries" if isinstance(found, Mapping) and not found else "")
        raise ValueError(f"{path}: found {what} below '{key}', expected weights by name. Take the right file.")
    return dict(found)


def fitted(found: Mapping[str, Any], expected: Mapping[str, Shape], path: object, what: str) -> dict[str, Tensor]:
    """The expected tensors out of ``found``: weights in float32, counters as they are or 0.

    Raises:
        ValueError: tensors that are missing, unexpected, of another shape, no tensors of numbers, or not finite: how
            many, and the first few by name.
    """
    wrong = [
        f"{name}: found {_said(found.get(name))}, expected {_expected(expected.get(name))}"
        for name in [*expected, *(name for name in found if name not in expected)]
        if not _fits(name, found.get(name), expected.get(name))
    ]
    if wrong:
        more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise ValueError(
            f"{path}: {len(wrong)} of {len(expected.keys() | found.keys())} tensors do not fit {what}: "
            f"{'; '.join(wrong[:SHOWN])}{more}. Nothing was written. Take the right file, or name its --kind."
        )
    return {name: _plain(found.get(name), name) for name in expected}


def _fits(name: str, tensor: Any, expected: Shape | None) -> bool:
    if name.endswith(COUNTER) and tensor is None:
        return True
    return expected is not None and isinstance(tensor, Tensor) and tuple(tensor.shape) == expected and _sound(tensor)


def _sound(tensor: Tensor) -> bool:
    """Numbers in memory, and finite."""
    plain = tensor.layout == torch.strided and tensor.device.type == "cpu" and not tensor.is_quantized
    return plain and not tensor.is_complex() and bool(tensor.isfinite().all())


def _plain(tensor: Tensor | None, name: str) -> Tensor:
    if tensor is None or name.endswith(COUNTER):  # only a counter may be missing, see `_fits`
        return torch.tensor(0 if tensor is None else int(tensor))
    return tensor.detach().float().contiguous()


def _said(tensor: Any) -> str:
    if tensor is None:
        return "none"
    if not isinstance(tensor, Tensor):
        return type(tensor).__name__
    shape = "x".join(map(str, tensor.shape)) or "a scalar"
    return shape if _sound(tensor) else f"{shape} of {_trouble(tensor)}"


def _trouble(tensor: Tensor) -> str:
    if tensor.layout != torch.strided or tensor.device.type != "cpu" or tensor.is_quantized or tensor.is_complex():
        return f"{tensor.dtype} ({tensor.layout}, {tensor.device.type})"
    return "numbers of which some are NaN or infinite"


def _expected(shape: Shape | None) -> str:
    return "none" if shape is None else "x".join(map(str, shape)) or "a scalar"
