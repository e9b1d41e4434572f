"""Ground truth in place of one part of the prediction at a time."""

from pathlib import Path
from typing import Annotated

import typer

from lab.cli.app import app, plain_errors
from lab.cli.options import DataOption, DeviceOption, ModelOption


@app.command()
@plain_errors
def oracle(
    model: ModelOption = "shipped",
    data: DataOption = "toyscapes",
    split: Annotated[str, typer.Option(help="val, train, ...")] = "val",
    limit: Annotated[int | None, typer.Option(help="Only the first so many images.", min=1)] = None,
    output: Annotated[Path, typer.Option(file_okay=False, help="For oracle.json and oracle.png.")] = Path("oracle"),
    min_region: Annotated[
        int | None,
        typer.Option(help="Pixels; AP ignores smaller true instances (100 in Cityscapes' layout, else 0).", min=0),
    ] = None,
    device: DeviceOption = "auto",
) -> None:
    """See which part of the prediction loses how much AP.

    Each part in turn comes from the labels instead: foreground (who takes part), seeds (who opens an instance), centre,
    sigma (the margin), offsets; then more and more of them together, up to all.  The network runs once an image.
    """
    from lab.oracle import command

    typer.echo(command.oracle(model, data, split, limit, output, device, min_region))
