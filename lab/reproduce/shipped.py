"""What is known of a shipped run, read from where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from lab.json_text import from_json
from lab.reproduce.registry import Run
from lab.training.settings import TrainingSettings

_RESTORE = "If the file came with the lab: git restore data."


@dataclass(frozen=True)
class Shipped:
    """Settings of a shipped training, its minutes and device, and its figure."""

    settings: TrainingSettings
    minutes: float
    device: str
    figure: float


def read_shipped(run: Run, data: Path) -> Shipped:
    """What data/models and data/results (below ``data``) say of a run.

    Raises:
        FileNotFoundError: the run does not ship (yet).
        ValueError: a file that does not say it; found, expected and remedy are named.
    """
    path = data / "models" / f"{run.name}.json"
    card = _read_json(path)
    origin = _part(card, ("origin",), path)
    settings = _part(card, ("settings",), path)
    if not isinstance(settings, Mapping):
        raise ValueError(f"{path}: found {settings!r} under 'settings', expected names with values. {_RESTORE}")
    return Shipped(
        settings_of(settings, path),
        _number(origin, ("minutes",), path),
        str(_part(origin, ("device",), path)),
        read_figure(run, data / "results" / run.result),
    )


def read_figure(run: Run, path: Path) -> float:
    """The run's figure in a result.  Raises as `read_shipped`."""
    return _number(_read_json(path), run.figure, path)


def settings_of(found: Mapping[str, Any], path: Path) -> TrainingSettings:
    """Settings from a card.  Those that came into being after the run keep their defaults, which change nothing.

    Raises:
        ValueError: a setting that is unknown, or out of range.
    """
    unknown = sorted(found.keys() - {f.name for f in fields(TrainingSettings)})
    if unknown:
        raise ValueError(
            f"{path}: found the settings {', '.join(unknown)}, expected those of this version of the lab. "
            "Take code and data/ of the same commit."
        )
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}
    try:
        return TrainingSettings(**values)
    except TypeError as error:
        raise ValueError(
            f"{path}: found a setting of another kind ({error}), expected those of a training. {_RESTORE}"
        ) from error
    except ValueError as error:
        raise ValueError(f"{path}: {error} {_RESTORE}") from error


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: found no file, expected what is known of the run: it does not ship with this commit. {_RESTORE}"
        )
    try:
        return dict(from_json(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: found no JSON with names ({error}), expected some. {_RESTORE}") from error


def _part(content: Any, keys: tuple[str | int, ...], path: Path) -> Any:
    for key in keys:
        try:
            content = content[key]
        except (KeyError, IndexError, TypeError) as error:
            raise ValueError(f"{path}: found no '{key}', expected {_dotted(keys)}. {_RESTORE}") from error
    return content


def _dotted(keys: tuple[str | int, ...]) -> str:
    return ".".join(map(str, keys))


def _number(content: Any, keys: tuple[str | int, ...], path: Path) -> float:
    found = _part(content, keys, path)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise ValueError(f"{path}: found {found!r} under {_dotted(keys)}, expected a number. {_RESTORE}")
    return float(found)
