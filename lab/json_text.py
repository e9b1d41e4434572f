"""JSON that came from outside."""

import json
from typing import Any


def from_json(text: str | bytes) -> Any:
    """The content of a JSON text.

    Raises:
        ValueError: no JSON, or nested deeper than Python reads (for which json.loads has an error of another kind).
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("brackets nested too deep") from error
