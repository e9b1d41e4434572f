"""What all commands share: the app they are commands of, and how bad input is told."""

import functools
import os
import sys
from collections.abc import Callable
from typing import Any

import typer

from lab import out_of_memory
from lab.out_of_memory import is_out_of_memory

app = typer.Typer(
    no_args_is_help=True,
    help="Instance segmentation by spatial embeddings and learned margins: data, training, evaluation.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

STOPPED = 130  # as shells say of a command that Ctrl-C ended


def plain_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """Show bad input as one message, not as a traceback (which LAB_TRACEBACK=1 brings back); Ctrl-C, too."""

    @functools.wraps(command)
    def guarded(*arguments: Any, **options: Any) -> Any:
        _show_every_name()
        try:
            return command(*arguments, **options)
        except KeyboardInterrupt as stopped:
            typer.echo("Stopped. What was saved is whole; the same command goes on, or begins anew.", err=True)
            raise typer.Exit(STOPPED) from stopped
        except Exception as error:
            if os.environ.get("LAB_TRACEBACK") or not _is_told(error):
                raise
            typer.secho(f"Error: {in_words(error)}", fg=typer.colors.RED, err=True)
            raise typer.Exit(1) from error

    return guarded


def _show_every_name() -> None:
    """A file's name may hold bytes that are no text: shown as \\udcff they do not end a command that is at work."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not in a notebook
            stream.reconfigure(errors="backslashreplace")


def _is_told(error: Exception) -> bool:
    """Whether it says what is wrong with input or machine; of a mistake in the lab itself the traceback is wanted."""
    return isinstance(error, ValueError | OSError | FloatingPointError) or is_out_of_memory(error)


def in_words(error: Exception) -> str:
    """An error as it is shown: the system's own with its file and what to do, all others as they were written."""
    if is_out_of_memory(error):
        return out_of_memory.in_words(error)
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    if not error.filename:  # written by us, around the system's: without its "[Errno 28]"
        return error.strerror
    return (
        f"{os.fsdecode(error.filename)}: {error.strerror}. Check the path, who may read and write there, and the disk."
    )
