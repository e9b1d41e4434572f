"""What ``python -m lab convert`` does."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from safetensors.torch import save

from lab.checkpoints import save_model
from lab.convert import authors, pretrained
from lab.convert.pickled import read_pickled
from lab.erfnet import BranchedERFNet
from lab.folders import write_whole
from lab.origin import origin_of
from lab.shell_words import shell_words
from lab.training.start import ENCODER_CARD

KINDS = {"model": authors.KEY, "encoder": pretrained.KEY}


def convert(path: Path, output: Path, kind: str = "auto", class_names: tuple[str, ...] = ()) -> str:
    """Read one file, write the other; gives what was done in words.

    Raises:
        FileNotFoundError, ValueError: the input, the kind or the output's name will not do.  Nothing is written.
        OSError: the output could not be written; an older file of its name is untouched.
    """
    _check_names(path, output, kind)
    content = read_pickled(path)
    if _kind_of(content, kind, path) == "encoder":
        return _convert_encoder(content, path, output)
    return _convert_model(content, path, output, class_names)


def _check_names(path: Path, output: Path, kind: str) -> None:
    if kind not in ("auto", *KINDS):
        raise ValueError(f"--kind: found '{kind}', expected auto, {' or '.join(KINDS)}.")
    if output.suffix != ".safetensors":
        raise ValueError(f"{output}: found the ending '{output.suffix}', expected .safetensors, which is written.")
    if output.exists() and path.exists() and output.samefile(path):
        raise ValueError(f"{output}: found the file to read, expected another one to write. Name another output.")
    if output.is_dir():
        raise ValueError(f"{output}: found a folder, expected the name of a file to write.")


def _kind_of(content: dict[Any, Any], kind: str, path: Path) -> str:
    fitting = [name for name, key in KINDS.items() if key in content and kind in ("auto", name)]
    if len(fitting) == 1:
        return fitting[0]
    keys = ", ".join(map(repr, list(content)[:6])) or "none"
    expected = " or ".join(f"'{key}' ({name})" for name, key in KINDS.items() if kind in ("auto", name))
    remedy = "Name one with --kind." if len(fitting) > 1 else "Take the right file."
    raise ValueError(f"{path}: found the keys {keys}, expected {expected}. {remedy}")


def _convert_model(content: dict[Any, Any], path: Path, output: Path, class_names: tuple[str, ...]) -> str:
    tensors, card = authors.authors_model(content, path, class_names)
    card = replace(card, origin=_origin(path) | card.origin)
    network = BranchedERFNet(card.bandwidth_channels, card.num_classes)
    network.load_state_dict(tensors)
    save_model(output, network, card, half=False)  # as they came: half precision would be another rounding
    shape = "circular" if card.bandwidth_channels == 1 else "elliptical"
    thresholds = ", ".join(f"{name} {value}" for name, value in card.thresholds.items())
    return (
        f"{output}: a network with {shape} margins for {', '.join(card.class_names)}. {authors.LICENCE} "
        f"{authors.COORDINATES} Thresholds as in the authors' test, for 2048x1024 px: {thresholds}. "
        f"See what it finds: python -m lab predict IMAGE {shell_words('--model', output)}"
    )


def _convert_encoder(content: dict[Any, Any], path: Path, output: Path) -> str:
    tensors, left_out = pretrained.pretrained_encoder(content, path)
    write_whole(output, save(tensors, {ENCODER_CARD: json.dumps(_origin(path))}))
    outside = f" Left out, as no part of it: {', '.join(left_out)}." if left_out else ""
    return (
        f"{output}: an encoder of {len(tensors)} tensors. Start a training from it: "
        f"python -m lab train {shell_words('--start-from', output)}.{outside}"
    )


def _origin(path: Path) -> dict[Any, Any]:
    """From which file, by name and content, and when and with what it was converted."""
    made = origin_of("cpu")
    return {
        "converted_from": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "converted_with": {"versions": made["versions"], "commit": made["commit"], "time": made["time"]},
    }
