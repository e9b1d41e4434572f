"""Options that several commands take."""

from typing import Annotated

import typer


def run_name(name: str | None) -> str | None:
    """The name of a run's folder, as it was typed.  Raises BadParameter for one that leads elsewhere, or nowhere."""
    if name is not None and (name in ("", ".", "..") or "/" in name or "\\" in name):
        raise typer.BadParameter(f"found {name!r}, expected one name, without / or \\. --runs says in which folder.")
    return name


ModelOption = Annotated[
    str,
    typer.Option(
        help="A .safetensors file, the name of a shipped model (toyscapes, tiny, nuclei) or of a run of yours (a "
        "shipped one of that name goes first); shipped: the main one."
    ),
]
DeviceOption = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
SeedThreshold = Annotated[float | None, typer.Option(help="An instance opens at this seed score (model's own).")]
ForegroundThreshold = Annotated[float | None, typer.Option(help="Pixels above this score take part (model's own).")]
MinPixels = Annotated[int | None, typer.Option(help="Instances have more pixels than this (model's own).")]
MinUnassigned = Annotated[float | None, typer.Option(help="Share of an instance that must be new (model's own).")]
FlipsOption = Annotated[
    bool,
    typer.Option(
        "--flips",
        help="Show the network each picture mirrored, too, and cluster the mean (2 views; 8 with turns for a model "
        "trained on turns, as nuclei): better where the views err differently, slower by their number.",
    ),
]
CompileOption = Annotated[
    bool,
    typer.Option(
        "--compile",
        help="Compile the network first (torch.compile; on a GPU with CUDA graphs). Takes up to a minute, which on a "
        "processor only hundreds of large pictures earn back.",
    ),
]
DataOption = Annotated[
    str, typer.Option(help="Cityscapes' layout, nuclei or your own: a folder, or its name below LAB_DATA.")
]
