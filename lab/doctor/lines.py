"""Lines of a report: a topic, how it stands with it, and the one thing to do."""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import typer


class State(Enum):
    """OK: here.  OPTIONAL: not here, and the lab runs without.  MISSING: the lab does not run without."""

    OK = "ok"
    OPTIONAL = "optional"
    MISSING = "missing"


@dataclass(frozen=True)
class Finding:
    """One line of the report; ``remedy`` is the one thing to do, empty where all is well."""

    topic: str
    state: State
    text: str
    remedy: str = ""


def show_all(findings: Iterable[Finding]) -> int:
    """Print each as it comes; how many are missing."""
    missing = 0
    for finding in findings:
        _show(finding)
        missing += finding.state is State.MISSING
    return missing


def _show(finding: Finding) -> None:
    colours = {State.OK: typer.colors.GREEN, State.OPTIONAL: typer.colors.YELLOW, State.MISSING: typer.colors.RED}
    # secho leaves the colour out where the output is not a terminal.
    typer.secho(f"{finding.state.value:9}", fg=colours[finding.state], nl=False, color=_colour())
    typer.echo(f"{finding.topic:12}{finding.text}")
    if finding.remedy:
        typer.echo(f"{'':21}-> {finding.remedy}")


def _colour() -> bool | None:
    return False if os.environ.get("NO_COLOR") else None


def seconds_between_lines() -> float:
    """How often a progress bar is drawn: a log file keeps every line of it."""
    return 0.5 if sys.stderr.isatty() else 30.0
