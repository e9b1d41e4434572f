"""The method beside itself with one part replaced."""

import os
from pathlib import Path
from typing import Annotated

import typer

from lab.cli.app import app, plain_errors
from lab.cli.options import DeviceOption
from lab.folders import runs_folder


@app.command()
@plain_errors
def ablate(
    budget: Annotated[
        str,
        typer.Option(
            help="cpu: about 90 seconds of one core a run, from the shipped model's encoder. gpu: from scratch, "
            "crops of 256 px."
        ),
    ] = "cpu",
    arm: Annotated[
        list[str] | None,
        typer.Option(help="One of the arms; again for each further one (default: all ten, the core five first)."),
    ] = None,
    seed: Annotated[list[int] | None, typer.Option(help="Again for each further one (default: 0, 1, 2).")] = None,
    jobs: Annotated[int, typer.Option(help="Trainings at once: one a CPU core, several on a GPU.", min=1)] = 1,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Choose the fixed margin instead: one arm with several, on training scenes.")
    ] = False,
    rehearse: Annotated[int, typer.Option(help="An N-th of the steps, to see that all goes through.", min=1)] = 1,
    runs: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder of all runs (default: LAB_RUNS, or runs/ of the lab).")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Gets results/ablations.json and recordings/ablations.npz (default: RUNS)."),
    ] = None,
    device: DeviceOption = "auto",
) -> None:
    """Train the method and what the paper compares it with, at equal budgets, and measure all.

    Arms: fixed, circular or elliptical sigma, each with centroid and learned centre; cross-entropy and a hinge with one
    margin in the Lovász hinge's place; without smoothness; without stage 2.  Each is measured with its own seeds and
    with ground-truth seeds.  The scenes are drawn where they are missing.  The same command again goes on where it was
    stopped; finished runs are kept.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from lab.ablation import command

    folder = runs or runs_folder()
    raise typer.Exit(
        command.ablate(
            budget, arm or (), seed or (0, 1, 2), folder, output or folder, device, jobs, sweep, rehearse, typer.echo
        )
    )
