"""Every setting as an option of ``python -m lab train``: its help text is the setting's reason."""

import inspect
from collections.abc import Callable
from dataclasses import Field, fields, replace
from typing import Annotated, Any, get_type_hints

import typer

from lab.training.presets import PRESETS
from lab.training.settings import TrainingSettings


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give a typer command that takes ``**overrides`` one option per setting; only those that are given arrive."""

    def wrapped(**arguments: Any) -> None:
        overrides = {f.name: arguments.pop(f.name) for f in fields(TrainingSettings)}
        given = {name: _tuple(value) for name, value in overrides.items() if value not in (None, [])}
        command(**arguments, **given)

    own = [p for p in inspect.signature(command).parameters.values() if p.kind is not p.VAR_KEYWORD]
    options = [_option(f, get_type_hints(TrainingSettings)[f.name]) for f in fields(TrainingSettings)]
    setattr(wrapped, "__signature__", inspect.Signature([*own, *options]))  # noqa: B010 - no attribute of all functions
    wrapped.__annotations__ = {p.name: p.annotation for p in (*own, *options)}
    wrapped.__doc__, wrapped.__name__ = command.__doc__, command.__name__
    return wrapped


def preset_settings(preset: str, overrides: dict[str, Any]) -> TrainingSettings:
    """A preset with some settings replaced.  Raises ValueError for an unknown preset or a value out of range."""
    if preset not in PRESETS:
        raise ValueError(f"preset: found '{preset}', expected one of {', '.join(PRESETS)}.")
    return replace(PRESETS[preset], **overrides)


def _option(setting: Field[Any], kind: Any) -> inspect.Parameter:
    option = typer.Option(help=_help(setting), show_default=False, rich_help_panel="Settings (default: the preset's)")
    # An option that may be given several times is a list to typer.
    taken: Any = list[str] if kind == tuple[str, ...] else kind
    annotation = Annotated[taken | None, option]
    return inspect.Parameter(setting.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _tuple(value: Any) -> Any:
    """Lists of the command line as the tuples of the settings; the word "all" is the empty one."""
    if value == ["all"]:
        return ()
    return tuple(value) if isinstance(value, list) else value


def _help(setting: Field[Any]) -> str:
    """The reason, and the value: one if all presets agree, else each preset's.

    A reason begins with a capital, unless with a value of the setting: that is typed as it stands.
    """
    values = {name: _text(getattr(preset, setting.name)) for name, preset in PRESETS.items()}
    agreed = len(set(values.values())) == 1
    shown = values["laptop"] if agreed else ", ".join(f"{name} {value}" for name, value in values.items())
    reason = setting.metadata["reason"]
    if reason.split()[0].strip(",:") not in values.values():
        reason = f"{reason[0].upper()}{reason[1:]}"
    return f"{reason}. [{shown}]"


def _text(value: Any) -> str:
    return (" ".join(map(str, value)) or "all") if isinstance(value, tuple) else str(value) or "none"
