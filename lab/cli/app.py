"""What all commands share: the app they are commands of, and how bad input is told."""

import functools
import os
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
        try:
            return command(*arguments, **options)
        except (ValueError, OSError, FloatingPointError, MemoryError) as error:
            if os.environ.get("LAB_TRACEBACK"):
                raise
            own_words = isinstance(error, OSError) and error.strerror and not error.filename  # drop "[Errno 28]"
            typer.secho(f"Error: {error.strerror if own_words else error}", fg=typer.colors.RED, err=True)
            raise typer.Exit(1) from error

    return guarded
