"""Bring data to disk, and say what is wrong with them or with this machine."""

from pathlib import Path
from typing import Annotated

import typer

from lab.cli.app import app, plain_errors


@app.command()
@plain_errors
def download(
    what: Annotated[
        str,
        typer.Argument(
            help="toyscapes: rendered on this machine, nothing is fetched. nuclei: fluorescence images of the 2018 "
            "Data Science Bowl (BBBC038v1), fetched from the Broad Institute; the masks are the archive's own, the "
            "lab's numbers were measured with corrected ones, which differ slightly. tiny: notebook 10's small scenes, "
            "into the folder of runs."
        ),
    ],
    folder: Annotated[
        Path | None, typer.Option(help="Where to (default: its name below LAB_DATA, or below data/).")
    ] = None,
    offline: Annotated[
        bool, typer.Option(help="nuclei: no network; one real image, which the stardist package holds, cut in four.")
    ] = False,
    archive: Annotated[
        Path | None, typer.Option(help="nuclei: stage1_train.zip, if you fetched it by other means.")
    ] = None,
    height: Annotated[int, typer.Option(help="toyscapes: pixels; the width is twice that.", min=128, max=1024)] = 256,
    train: Annotated[int, typer.Option(help="toyscapes: scenes to train on.", min=0)] = 800,
    val: Annotated[int, typer.Option(help="toyscapes: scenes to evaluate on.", min=0)] = 100,
    seed: Annotated[int, typer.Option(help="toyscapes: equal seeds give equal scenes.")] = 0,
    workers: Annotated[int | None, typer.Option(help="toyscapes: processes (default: all cores).", min=1)] = None,
) -> None:
    """Bring a data set to disk.  Run it again to go on where it was stopped."""
    from lab.folders import download_folder

    if what == "nuclei":
        from lab.datasets import bbbc

        typer.echo(bbbc.download(folder or download_folder("nuclei"), offline, archive))
        return
    if what == "tiny":
        from lab.training.tiny import tiny_scenes

        typer.echo(f"{tiny_scenes(folder)}: the scenes of the tiny run.")
        return
    if what != "toyscapes":
        raise ValueError(
            f"found '{what}', expected 'toyscapes', 'nuclei' or 'tiny'. Cityscapes needs a licence of your own: fetch "
            "it from its site, put leftImg8bit/ and gtFine/ into a folder `cityscapes` below LAB_DATA."
        )
    from lab.datasets.toyscapes.write import scene_counts, write_toyscapes

    root = folder or download_folder("toyscapes")
    write_toyscapes(root, height, 2 * height, {"train": train, "val": val}, seed, workers)
    there = scene_counts(root)
    more = " More than asked for: what was there stays." if there["train"] > train or there["val"] > val else ""
    typer.echo(
        f"{root}: {there['train']} scenes to train on, {there['val']} to evaluate on, {2 * height}x{height} px.{more}"
    )


@app.command()
@plain_errors
def doctor(
    labels: Annotated[
        str | None, typer.Option(help="Examine the labels of a data set: a folder, or a name below LAB_DATA.")
    ] = None,
    cityscapes: Annotated[
        Path | None, typer.Option(help="Count and check the official folders as csDownload leaves them.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="With --labels: one of its parts (default: all).")] = None,
    output: Annotated[Path, typer.Option(file_okay=False, help="With --labels: folder of the report.")] = Path(
        "label_report"
    ),
    min_pixels: Annotated[int, typer.Option(help="With --labels: objects under this size are named.", min=0)] = 16,
    limit: Annotated[int | None, typer.Option(help="The first so many scenes of each part only.", min=1)] = None,
) -> None:
    """Say what this machine has and what is missing; or what is wrong with data, and show it."""
    if labels and cityscapes:
        raise ValueError("found --labels and --cityscapes, expected one of them. Run the command once for each.")
    if labels:
        from lab.doctor.labels import main as of_labels

        raise typer.Exit(of_labels(labels, split, output, min_pixels, limit))
    if cityscapes:
        from lab.doctor.cityscapes import main as of_cityscapes

        raise typer.Exit(of_cityscapes(cityscapes, limit))
    from lab.doctor.machine import main

    raise typer.Exit(main())
