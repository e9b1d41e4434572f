"""Mask R-CNN beside the lab's method."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from lab.cli.app import app, plain_errors
from lab.cli.options import DeviceOption, run_name


@app.command()
@plain_errors
def baseline(
    preset: Annotated[
        str, typer.Option(help="cpu: 256x128, a small Mask R-CNN.  gpu: 1024x512, ResNet-50 (not run by us).")
    ] = "cpu",
    minutes: Annotated[
        float | None, typer.Option(help="Of training for each of the two (20 and 60).", show_default=False)
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            help="In Cityscapes' layout, with train and val: a folder, or its name below LAB_DATA (toyscapes_128, "
            "toyscapes_512).",
            show_default=False,
        ),
    ] = None,
    classes: Annotated[
        list[str] | None,
        typer.Option(help="A class; give it several times. all: every one (cpu: car; gpu: all).", show_default=False),
    ] = None,
    points: Annotated[
        list[float] | None,
        typer.Option(
            help="Share of the budget after which AP is measured; give it several times, the last is 1 (1/16, 1/8, "
            "1/4, 1/2, 3/4, 1).",
            show_default=False,
        ),
    ] = None,
    early_scenes: Annotated[
        int | None,
        typer.Option(
            help="Of val, at the points before the last two; those two have all (cpu: 40; gpu: 20).",
            min=1,
            show_default=False,
        ),
    ] = None,
    mask_rate: Annotated[
        float | None, typer.Option(help="Mask R-CNN's highest learning rate (0.02).", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="Of weights, crops and dropout.", min=0)] = 0,
    name: Annotated[str, typer.Option(help="All of it is kept in RUNS/NAME.", callback=run_name)] = "baseline",
    runs: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder of all runs (default: LAB_RUNS, or runs/ of the lab).")
    ] = None,
    device: DeviceOption = "auto",
    threads: Annotated[
        int | None,
        typer.Option(help="Of the processor (cpu: 1; cuda: all cores, which cluster).", min=1, show_default=False),
    ] = None,
    save_minutes: Annotated[float, typer.Option(help="Time between two saves of the state.", min=0)] = 3.0,
    speed: Annotated[bool, typer.Option(help="Measure images per second at the end.")] = True,
) -> None:
    """Train torchvision's Mask R-CNN and the lab's method from random weights, and compare AP against training time.

    Both get the same scenes, classes, flips, device and seconds of training, in turns and never at once.  A second of
    training is one of steps and of making their batches; reading the scenes first, scoring and saving are not counted.
    On a CPU the seconds are the processor's, so other work on the machine takes
    nothing from either.  AP is measured on the split val at several points, by the lab's own scorer; its floor for
    small instances (100 px at 2048x1024) is scaled to the scenes.

    The scenes:  python -m lab download toyscapes --height 128 --train 400 --val 40 --folder data/toyscapes_128

    For --preset gpu:  python -m lab download toyscapes --height 512 --folder data/toyscapes_512

    A first run on a GPU, to see what it costs:  python -m lab baseline --preset gpu --minutes 5 --points 1
    --classes car --name first.  Scoring may take longer than training: networks that have barely begun name thousands
    of instances, which are clustered on the processor, class by class.

    The same command again goes on where it was stopped, after Ctrl-C or a crash.  RUNS/NAME/mask_rcnn.json holds both
    curves, whether they have levelled off, images per second, device, versions, commit.  What it says holds at this
    budget, from scratch, and no further.
    """
    # Read when torch is loaded. Threads that spin while they wait take five times as long on a shared machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from lab.baseline import command
    from lab.baseline.settings import chosen
    from lab.folders import runs_folder
    from lab.training.run_options import RunOptions

    given = {"minutes": minutes, "dataset": dataset, "classes": classes, "shares": points, "mask_rate": mask_rate}
    settings = chosen(preset, seed, early_scenes=early_scenes, **given)
    options = RunOptions(device=device, save_minutes=save_minutes, progress=sys.stderr.isatty(), tell=typer.echo)
    raise typer.Exit(command.baseline(settings, (runs or runs_folder()) / name, options, threads, speed))
