"""What all commands share: the app they are commands of, and how bad input is told."""

import functools
import os
import sys
from collections.abc import Callable
from typing import Any

import typer

app = typer.Typer(
    no_args_is_help=True,
    help="Instance segmentation by spatial embeddings and learned margins: data, training, evaluation.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def plain_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """Show bad input as one message, not as a traceback (which LAB_TRACEBACK=1 brings back)."""

    @functools.wraps(command)
    def guarded(*arguments: Any, **options: Any) -> Any:
        _show_every_name()
        try:
            return command(*arguments, **options)
        except (ValueError, OSError, FloatingPointError, MemoryError) as error:
            if os.environ.get("LAB_TRACEBACK"):
                raise
            typer.secho(f"Error: {in_words(error)}", fg=typer.colors.RED, err=True)
            raise typer.Exit(1) from error

    return guarded


def _show_every_name() -> None:
    """A file's name may hold bytes that are no text: shown as \\udcff they do not end a command that is at work."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not in a notebook
            stream.reconfigure(errors="backslashreplace")


def in_words(error: Exception) -> str:
    """An error as it is shown: the system's own with its file and what to do, all others as they were written."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    if not error.filename:  # written by us, around the system's: without its "[Errno 28]"
        return error.strerror
    return (
        f"{os.fsdecode(error.filename)}: {error.strerror}. Check the path, who may read and write there, and the disk."
    )
