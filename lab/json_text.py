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


def is_text(value: Any) -> bool:
    """Whether it is text that can be written and drawn: JSON may also hold halves of characters (surrogates)."""
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)
