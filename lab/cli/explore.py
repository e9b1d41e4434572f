"""The explorer over an image of one's own, in the browser."""

from pathlib import Path
from typing import Annotated

import typer

from lab.cli.app import app, plain_errors
from lab.cli.options import ModelOption


@app.command()
@plain_errors
def explore(
    image: Annotated[Path, typer.Argument(help="PNG, JPEG, TIFF, ...; grey or colour, 8 or 16 bits.")],
    model: ModelOption = "shipped",
    labels: Annotated[
        Path | None,
        typer.Option(
            help="The picture's labels, for IoU and AP as you move: Cityscapes' NAME_instanceIds.png or, for a model "
            "of one class, a label image (0 background, a number for each object).",
            show_default=False,
        ),
    ] = None,
    height: Annotated[
        int | None,
        typer.Option(
            help="Scale the picture to this height in pixels first (default: as it is).  A model knows objects of the "
            "size that it was trained on (the shipped toyscapes learned drawn streets of 256 px: try 256), and "
            "min_pixels counts pixels of that size.",
            min=16,
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="To listen on (default: a free one).", min=1, max=65535, show_default=False)
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open it in the browser, or only say the address.")] = True,
) -> None:
    """Open an image in the explorer, in the browser.

    Offsets, embeddings, sigma, seed maps and instances of your picture, with sliders: the figure of notebooks 00 and
    14 without a notebook.  Nothing leaves this machine and nothing is written; Ctrl+C ends it.  Pictures of more than
    2 megapixels are scaled down.

    On another machine: run it there with --no-browser --port 8866, here `ssh -L 8866:127.0.0.1:8866 MACHINE`, and open
    the address that it says.
    """
    from lab.widgets.explorer.app import prepare, serve, usable_port

    port = usable_port(port)  # asked first: the rest takes seconds
    prepared = prepare(image, model, labels, height, typer.echo)
    if prepared.note:
        typer.echo(prepared.note)
    serve(prepared, port, browser, typer.echo)
