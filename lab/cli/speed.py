"""Frames a second on this machine."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lab.cli.app import app, plain_errors
from lab.cli.options import CompileOption, DeviceOption


@app.command()
@plain_errors
def speed(
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT in pixels; 2048x1024 is Cityscapes'.")] = "2048x1024",
    model: Annotated[
        str | None,
        typer.Option(
            help="A .safetensors file, the name of a shipped model or of a run (default: random weights, 8 classes).",
            show_default=False,
        ),
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(
            help="float32, bfloat16 or float16 (bfloat16 on a GPU, float32 on a processor, slower with others).",
            show_default=False,
        ),
    ] = None,
    compile: CompileOption = False,
    frames: Annotated[
        int | None, typer.Option(help="To be timed (cpu: 10; cuda: 200).", min=1, show_default=False)
    ] = None,
    instances: Annotated[int, typer.Option(help="Objects of a made-up prediction.", min=1)] = 20,
    device: DeviceOption = "auto",
    threads: Annotated[
        int | None, typer.Option(help="Processor threads (default: all cores).", min=1, show_default=False)
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Keep the result in this file.", show_default=False)] = None,
) -> None:
    """Measure frames a second, from picture to instances.

    The parts run one after the other: a picture in memory goes to the device, the network reads it, its output is
    clustered, all classes.  The picture is the lab's street, scaled.  Without --model, or where the model sees nothing
    in it, what is clustered is a made-up prediction such as a trained network gives; the network runs all the same.
    The paper reports 11 frames a second at 2048x1024.
    """
    asked = {"model": model, "precision": precision, "compile": compile, "frames": frames, "instances": instances}
    _measure(size, threads, json, device=device, **asked)


def _measure(size: str, threads: int | None, file: Path | None, **asked: Any) -> None:
    """Measure, say, and keep.  ``asked``: the rest of `lab.speed.end_to_end.Asked`."""
    # Read when torch is loaded. Threads that spin while they wait take several times as long on a shared machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    from lab.fast.allocator import keep_freed_memory
    from lab.folders import write_whole
    from lab.speed import end_to_end

    width, height = end_to_end.parse_size(size)
    if threads:
        torch.set_num_threads(threads)
    keep_freed_memory()
    content = end_to_end.measure(end_to_end.Asked(width, height, **asked), progress=sys.stderr.isatty())
    typer.echo(end_to_end.table(content))
    if file:
        write_whole(file, end_to_end.to_json(content))
        typer.echo(f"Kept in {file}.")
