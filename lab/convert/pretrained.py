"""ERFNet's encoder pretrained on ImageNet, as its authors store it -> an encoder from which a training can start."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import Tensor

from lab.convert.fit import fitted, state_dict_of, without_prefix
from lab.convert.names import CLASSIFIER, ENCODER, encoder_names

KEY = "state_dict"
PREFIX = "features.encoder."  # after DataParallel's


class PretrainedEncoder(NamedTuple):
    """Tensors under our names, and the names of those that are no part of the encoder."""

    tensors: dict[str, Tensor]
    left_out: tuple[str, ...]


def pretrained_encoder(content: Mapping[Any, Any], path: object) -> PretrainedEncoder:
    """The encoder's tensors.  What lies outside of it (a classifier's head) is left out.

    Raises:
        ValueError: no encoder, or tensors of it that do not fit.
    """
    everything = without_prefix(state_dict_of(content, KEY, path))
    inside = {name: t for name, t in everything.items() if name.startswith(PREFIX)}
    if not inside:
        first = ", ".join(list(everything)[:3])
        raise ValueError(
            f"{path}: found no name that begins with module.{PREFIX} (the first are {first}), expected an ImageNet-"
            "pretrained ERFNet encoder. Take the right file."
        )
    found = {ENCODER + name.removeprefix(PREFIX): t for name, t in inside.items()}
    encoder: dict[str, Any] = {name: t for name, t in found.items() if not name.startswith(CLASSIFIER)}
    left_out = tuple(name for name in everything if name not in inside)
    heads = tuple(PREFIX + name.removeprefix(ENCODER) for name in found if name not in encoder)
    return PretrainedEncoder(fitted(encoder, encoder_names(), path, "ERFNet's encoder"), left_out + heads)
