"""Files of torch.save (.pth, .pt, .tar), read for their numbers alone.

Such a file is a pickle, and unpickling runs what the file says. PyTorch's restricted reader (``weights_only``) makes
tensors, numbers, text and containers, and refuses the rest by name; there is no other way in here.
"""

import re
import warnings
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

REFUSED = re.compile(r"\bGLOBAL ([\w.]+)")  # how PyTorch's restricted reader names what it will not make


def read_pickled(path: Path) -> dict[Any, Any]:
    """The dictionary that torch.save put into a file, on the CPU; nothing in the file is run.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: empty, broken, no file of torch.save, a safetensors file, no dictionary, or something in it that
            only an unsafe reader would make; what it is is named.
    """
    _check_file(path)
    content = _load(path)
    if not isinstance(content, dict):
        raise ValueError(
            f"{path}: found {_kind(content)}, expected a dictionary with 'model_state_dict' (the authors' checkpoint) "
            "or 'state_dict' (a pretrained encoder). Check that it is the right file."
        )
    return content


def _check_file(path: Path) -> None:
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no file"
        raise FileNotFoundError(f"{path}: found {found}, expected a file of torch.save (.pth, .pt). Check the path.")
    if path.stat().st_size == 0:
        raise ValueError(f"{path}: found an empty file, expected one of torch.save (.pth, .pt). Fetch it again.")
    if _is_safetensors(path):
        raise ValueError(
            f"{path}: found a safetensors file, expected one of torch.save (.pth, .pt). If this lab wrote it, nothing "
            "has to be converted: name it with --model, or with --start-from of a training."
        )


def _is_safetensors(path: Path) -> bool:
    try:
        with safe_open(path, framework="numpy"):
            return True
    except (SafetensorError, OSError):
        return False


def _load(path: Path) -> Any:
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # old files bring warnings about their own age
            return torch.load(path, map_location="cpu", weights_only=True)
    except MemoryError as error:
        raise ValueError(f"{path}: found more than the memory holds, expected some 20 MB of weights.") from error
    except Exception as error:  # a broken file can fail anywhere in PyTorch's readers: all mean the same here
        # PyTorch's own words are not passed on: they advise to read the file unsafely.
        raise _refused(path, REFUSED.search(str(error))) from error


def _refused(path: Path, named: re.Match[str] | None) -> ValueError:
    """Why a file was not read: it holds an object that the restricted reader will not make, or it is broken."""
    if not named:
        return ValueError(
            f"{path}: found something else than a whole file of torch.save with nothing but tensors, numbers, text "
            "and containers, expected a .pth or .pt file. If it was downloaded or copied, do that again."
        )
    return ValueError(
        f"{path}: found an object made by {named[1]}, expected tensors, numbers, text and containers of them only. "
        "Other objects are made by running code that the file names, so this lab does not make them, and the file was "
        "not read. Weights need none: they come from the training's log or its optimiser. If you trust whoever made "
        "the file, load it with their own program where that can do no harm, save the weights alone with "
        "torch.save({'model_state_dict': ...}, NEW), and convert NEW."
    )


def _kind(content: Any) -> str:
    return (
        f"{type(content).__name__} of {len(content)}" if isinstance(content, list | tuple) else type(content).__name__
    )
