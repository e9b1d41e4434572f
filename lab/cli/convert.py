"""Read weights of others."""

from pathlib import Path
from typing import Annotated

import typer

from lab.cli.app import app, plain_errors


@app.command()
@plain_errors
def convert(
    file: Annotated[Path, typer.Argument(help="A .pth or .pt file: the authors' checkpoint, or a pretrained encoder.")],
    output: Annotated[Path, typer.Argument(help="The .safetensors file to write.")],
    kind: Annotated[str, typer.Option(help="auto, model or encoder.")] = "auto",
    classes: Annotated[
        str, typer.Option(help="Names of a model's classes, with commas between (default: car for one).")
    ] = "",
) -> None:
    """Read weights made by the authors' code, without running what may be in the file, and write them as ours."""
    from lab.convert import command

    names = tuple(name.strip() for name in classes.split(",")) if classes else ()
    typer.echo(command.convert(file, output, kind, names))
