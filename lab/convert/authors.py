"""The authors' checkpoint of a two-branch network -> tensors and card of a model of ours."""

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from lab.checkpoints import ModelCard
from lab.convert.fit import fitted, state_dict_of, without_prefix
from lab.convert.names import CLASSIFIER, network_names
from lab.real import Real

KEY = "model_state_dict"
# The publicly known thresholds of the authors' test script, for 2048x1024 px.
THRESHOLDS: dict[str, Any] = {
    "seed_threshold": 0.9,
    "foreground_threshold": 0.5,
    "min_pixels": 128,
    "min_unassigned": 0.5,
}
CLASS_NAMES = ("car",)  # the one class of the model that the authors released
MOST_CLASSES = 1000  # more than any data set for this method; a broken file may name any number
LICENCE = (
    "The weights stay under the licence of the file they came from (the authors' own are under CC BY-NC 4.0: not for "
    "commercial use)."
)
COORDINATES = (
    "They were trained on coordinates with a pitch of 2/2047 across and 1/1023 down (end points included); this lab's "
    "is 1/1024 for any size, so memberships differ by about 0.1 %."
)


def authors_model(
    content: Mapping[Any, Any], path: object, class_names: tuple[str, ...] = ()
) -> tuple[dict[str, Tensor], ModelCard]:
    """The network's tensors under our names, and a card without settings and evaluation.

    Args:
        content: the file's dictionary.
        path: for messages.
        class_names: of the N seed maps; default car for one, class_1 ... for more.

    Raises:
        ValueError: tensors that do not fit, or names for another number of classes.
    """
    found = without_prefix(state_dict_of(content, KEY, path))
    bandwidth_channels, num_classes = _branches(found, path)
    names = class_names or _default_names(num_classes)
    if len(names) != num_classes:
        raise ValueError(
            f"{path}: found {num_classes} seed maps, expected {len(names)} as --classes says: {', '.join(names)}."
        )
    expected = network_names(bandwidth_channels, num_classes)
    used = {name: shape for name, shape in expected.items() if not name.startswith(CLASSIFIER)}
    found = {name: tensor for name, tensor in found.items() if not (name in expected and name not in used)}
    tensors = fitted(found, used, path, f"a network with branches [{2 + bandwidth_channels}, {num_classes}]")
    return tensors, ModelCard(bandwidth_channels, num_classes, names, **THRESHOLDS, origin=_origin(content))


def _branches(found: Mapping[str, Any], path: object) -> tuple[int, int]:
    """S and N, as the last layers of the two branches say."""
    channels = [_length(found.get(f"decoders.{branch}.output_conv.bias")) for branch in (0, 1)]
    if channels[0] not in (3, 4) or not 1 <= channels[1] <= MOST_CLASSES:
        first = ", ".join(list(found)[:3])
        raise ValueError(
            f"{path}: found branches with {channels[0] or 'no'} and {channels[1] or 'no'} outputs (decoders.0 and "
            f"decoders.1; the file's first names: {first}), expected 3 (circular) or 4 (elliptical) and one for each "
            "class. The file holds another network: take the right one."
        )
    return channels[0] - 2, channels[1]


def _length(bias: Any) -> int:
    return bias.shape[0] if isinstance(bias, Tensor) and bias.dim() == 1 else 0


def _default_names(num_classes: int) -> tuple[str, ...]:
    return CLASS_NAMES if num_classes == 1 else tuple(f"class_{number}" for number in range(1, num_classes + 1))


def _origin(content: Mapping[Any, Any]) -> dict[Any, Any]:
    """What the file says of itself, where that is a number."""
    said = {name: content[name] for name in ("epoch", "best_iou") if _is_number(content.get(name))}
    return {"licence": LICENCE, "coordinates": COORDINATES, **said}


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and math.isfinite(value)
