"""The explorer for a page behind which no Python runs: all that explorer.js needs, as plain values and bytes."""

from typing import Any

from lab.widgets.explorer.pack import Bits, pack_fields
from lab.widgets.explorer.shell import Explorer

# What the widget machinery adds to the traits; a page without it has no use for them.
MACHINERY = ("layout", "tabbable", "tooltip")


def freeze(explorer: Explorer, bits: Bits = 8) -> dict[str, Any]:
    """Every trait of explorer.js as it stands, with ``kernel`` False: JSON values, and bytes.

    The page hands them to ``render({ model, el })`` as a model with get, set, on, off and save_changes, bytes as
    DataView, ArrayBuffer or Uint8Array.  What takes Python is then not offered, and the page says so.

    Args:
        bits: of offsets and ln σ; 8 halve these bytes, and leave embeddings a coarser grid (``field_step`` px).
    """
    front = explorer.front
    names = [name for name in front.keys if not name.startswith("_") and name not in MACHINERY]
    state = {name: getattr(front, name) for name in names}
    fields = pack_fields(explorer.maps, bits, min(front.foreground_threshold, front.own["foreground_threshold"]))
    packed = {"bits": bits, "fields": fields.numbers, "field_low": list(fields.low), "field_step": list(fields.step)}
    # Python's exact numbers are for the pixel it was asked for last; another pixel has only the bytes.
    return state | packed | {"kernel": False, "pictures": False, "png": b"", "exact": {}, "models": []}
