"""Train a network; do a shipped training again."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lab.cli.app import app, plain_errors
from lab.cli.options import DeviceOption, run_name
from lab.folders import runs_folder
from lab.training.options import preset_settings, with_settings
from lab.training.settings import only_stage


@app.command()
@plain_errors
@with_settings
def train(
    preset: Annotated[
        str,
        typer.Option(
            help="tiny: minutes on two cores. laptop: 80 minutes. nuclei: 60 to 90. paper: a GPU; paper_pretrain and "
            "paper_finetune are its two stages, each a run of its own."
        ),
    ] = "tiny",
    stage: Annotated[str, typer.Option(help="both, pretrain (stage 1 alone) or finetune (stage 2 alone).")] = "both",
    name: Annotated[
        str | None,
        typer.Option(help="The run's folder is RUNS/NAME (default: the preset's name).", callback=run_name),
    ] = None,
    runs: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder of all runs (default: LAB_RUNS, or runs/ of the lab).")
    ] = None,
    feed: Annotated[
        str, typer.Option(help="Crops are cut from files, in memory, on the device; auto: the fastest with room.")
    ] = "auto",
    workers: Annotated[
        int | None, typer.Option(help="Processes that read files (default: as many as help).", min=0)
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    precision: Annotated[
        str | None, typer.Option(help="32-true or bf16-mixed (default: bf16-mixed on CUDA, else 32-true).")
    ] = None,
    save_minutes: Annotated[float, typer.Option(help="Time between two saves of the state.", min=0)] = 3.0,
    validate_every: Annotated[
        int, typer.Option(help="Steps between two looks at the split val, and at each stage's end. 0: never.", min=0)
    ] = 500,
    probe: Annotated[str, typer.Option(help="Scene of the split val to record, or none.")] = "first",
    log_every: Annotated[int, typer.Option(help="Steps to a row of log.csv.", min=1)] = 10,
    tensorboard: Annotated[bool, typer.Option(help="Write the curves for TensorBoard, too.")] = False,
    deterministic: Annotated[
        bool,
        typer.Option(
            "--deterministic", help="Equal bits in every run on one machine, on CUDA, too, where it is slower."
        ),
    ] = False,
    **overrides: Any,
) -> None:
    """Train a network in both stages, or in one.

    Own images: --dataset ./FOLDER with images/ and labels/; without train/, val/ and test/ in it about 8 of 10 train,
    1 validates and 1 is left to evaluate (--split test).

    The same command again goes on where the run stopped: after Ctrl-C or a terminal that was closed, which finish the
    step and save, or after a crash, which loses at most the minutes since the last save.  A second process is told
    that one is at work in the folder.

    RUNS/NAME holds settings.json, log.csv (the terms of the loss), validation.csv, record.npz, objects.npz (where
    the data's objects lie), last*.safetensors (the state: weights, and Adam's moments in two files), best.safetensors
    (the model of the lowest validation loss), pretrained.safetensors (the model after stage 1, where stage 2 follows)
    and, at the end, model.safetensors (the model of the last step).  The best is chosen on the split val, on which
    evaluate reports by default: its figure there flatters it, so report the last one's, or on another split.

    Several GPUs or machines: torchrun --nproc-per-node 2 -m lab train ... The batch stays that of all together, so it
    must divide by their number; batch norm, where it is not frozen, sees its own share only.  A run may go on with
    another number of processes.
    """
    settings = only_stage(preset_settings(preset, overrides), stage)
    # Read when torch is loaded. Threads that spin while they wait take five times as long on a shared machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from lab.training import command
    from lab.training.run_options import RunOptions

    refresh = 0.5 if sys.stderr.isatty() else 30.0  # a log file keeps every line of the progress bar
    options = RunOptions(
        workers, save_minutes, log_every, device, precision, True, refresh, validate_every, tensorboard, feed,
        deterministic,
    )  # fmt: skip
    raise typer.Exit(command.train(settings, (runs or runs_folder()) / (name or preset), options, probe))


@app.command()
@plain_errors
def reproduce(
    name: Annotated[str | None, typer.Argument(help="A run that ships; --list names them.")] = None,
    show: Annotated[bool, typer.Option("--list", help="The runs, their figures and times.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say the commands, do nothing.")] = False,
    device: DeviceOption = "auto",
) -> None:
    """Do a shipped run again from its data to its figure, and compare.  The same command again goes on."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from lab.reproduce import command

    if show or name is None:
        typer.echo(command.listed())
        return
    try:
        good = command.reproduce(
            command.find_run(name), lambda words: app(words, standalone_mode=False) or 0, typer.echo, dry_run, device
        )
    except command.Stopped as stopped:
        typer.echo("Stopped. The same command goes on from here.")
        raise typer.Exit(stopped.code) from stopped
    raise typer.Exit(0 if good else 1)
