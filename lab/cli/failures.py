"""A model's worst failures as pictures."""

from pathlib import Path
from typing import Annotated

import typer

from lab.cli.app import app, plain_errors
from lab.cli.options import DataOption, DeviceOption, ModelOption


@app.command()
@plain_errors
def failures(
    model: ModelOption = "shipped",
    data: DataOption = "toyscapes",
    split: Annotated[str, typer.Option(help="val, train, ...")] = "val",
    limit: Annotated[int | None, typer.Option(help="Only the first so many images.", min=1)] = None,
    each: Annotated[int, typer.Option(help="Pictures of each kind of failure.", min=1)] = 2,
    output: Annotated[Path, typer.Option(file_okay=False, help="For failures.jpg and failures.json.")] = Path(
        "failures"
    ),
    device: DeviceOption = "auto",
) -> None:
    """See what goes wrong, kind by kind: merged, split, missed, false alarms, ragged.

    Each case comes with the parts of the prediction that mend it when they come from the labels instead.
    """
    from lab.evaluation import failure_command

    typer.echo(failure_command.failures(model, data, split, limit, each, output, device))
