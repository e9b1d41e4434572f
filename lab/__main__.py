"""The command line of the lab: ``python -m lab COMMAND``.  Commands import their modules late, so `--help` is quick."""

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from lab.folders import runs_folder
from lab.training.options import preset_settings, with_settings
from lab.training.settings import only_stage

app = typer.Typer(
    no_args_is_help=True,
    help="Instance segmentation by spatial embeddings and learned margins: data, training, evaluation.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def plain_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """Show bad input as one message, not as a traceback (which LAB_TRACEBACK=1 brings back)."""

    @functools.wraps(command)
    def guarded(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except (ValueError, OSError, FloatingPointError, MemoryError) as error:
            if os.environ.get("LAB_TRACEBACK"):
                raise
            own_words = isinstance(error, OSError) and error.strerror and not error.filename  # drop "[Errno 28]"
            typer.secho(f"Error: {error.strerror if own_words else error}", fg=typer.colors.RED, err=True)
            raise typer.Exit(1) from error

    return guarded


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
    workers: Annotated[int | None, typer.Option(help="toyscapes: processes (default: all cores).")] = None,
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
    from lab.datasets.toyscapes.write import write_toyscapes

    root = folder or download_folder("toyscapes")
    write_toyscapes(root, height, 2 * height, {"train": train, "val": val}, seed, workers)
    typer.echo(f"{root}: {train} scenes to train on, {val} to evaluate on, {2 * height}x{height} px.")


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
        str | None, typer.Option(help="The run's folder is RUNS/NAME (default: the preset's name).")
    ] = None,
    runs: Annotated[
        Path | None, typer.Option(help="Folder of all runs (default: LAB_RUNS, or runs/ of the lab).")
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
    **overrides: Any,
) -> None:
    """Train a network in both stages, or in one.

    Own images: --dataset ./FOLDER with images/ and labels/; without train/, val/ and test/ in it about 8 of 10 train,
    1 validates and 1 is left to evaluate (--split test).

    The same command again goes on where the run stopped: after Ctrl-C, which finishes the step and saves, or after
    a crash, which loses at most the minutes since the last save.

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
        workers, save_minutes, log_every, device, precision, True, refresh, validate_every, tensorboard, feed
    )
    raise typer.Exit(command.train(settings, (runs or runs_folder()) / (name or preset), options, probe))


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
DataOption = Annotated[
    str, typer.Option(help="Cityscapes' layout, nuclei or your own: a folder, or its name below LAB_DATA.")
]


@app.command()
@plain_errors
def evaluate(
    model: ModelOption = "shipped",
    data: DataOption = "toyscapes",
    split: Annotated[str, typer.Option(help="val, train, ...")] = "val",
    limit: Annotated[int | None, typer.Option(help="Only the first so many images.", min=1)] = None,
    output: Annotated[Path, typer.Option(help="For evaluation.json and, of Cityscapes, the submission.")] = Path(
        "evaluation"
    ),
    min_region: Annotated[
        int | None,
        typer.Option(
            help="Pixels; AP ignores smaller true instances (100 in Cityscapes' layout, which is official and meant "
            "for 2048x1024; else 0).",
            min=0,
        ),
    ] = None,
    scorer: Annotated[
        str | None,
        typer.Option(
            help="official: cityscapesscripts, for its layout and the default there.  own: lab.metrics, its equal."
        ),
    ] = None,
    predict_height: Annotated[
        int | None,
        typer.Option(
            help="Predict pictures scaled to this height in pixels, score at the files' own: for a model that was "
            "trained on smaller scenes.",
            min=16,
        ),
    ] = None,
    device: DeviceOption = "auto",
    store: Annotated[bool, typer.Option(help="Keep the result in the model's card.")] = False,
    seed_threshold: SeedThreshold = None,
    foreground_threshold: ForegroundThreshold = None,
    min_pixels: MinPixels = None,
    min_unassigned: MinUnassigned = None,
) -> None:
    """Predict a data set and score it.

    In Cityscapes' layout a submission is written and scored by Cityscapes' own evaluation.  Other data get AP by the
    lab's own scorer and, for one class, the nuclei field's TP / (TP + FP + FN) at overlaps of .5 to .95.
    """
    from lab.evaluation import EvaluationSettings, commands

    thresholds = commands.Overrides(seed_threshold, foreground_threshold, min_pixels, min_unassigned)
    settings = EvaluationSettings(limit, min_region, scorer, predict_height)
    typer.echo(commands.evaluate(model, data, split, output, settings, device, thresholds, store))


@app.command()
@plain_errors
def predict(
    inputs: Annotated[list[Path], typer.Argument(help="Images, or folders of images.", metavar="IMAGE|DIR...")],
    output: Annotated[Path, typer.Option(help="Folder for overlays, label images and lists.")] = Path("predictions"),
    model: ModelOption = "shipped",
    device: DeviceOption = "auto",
    seed_threshold: SeedThreshold = None,
    foreground_threshold: ForegroundThreshold = None,
    min_pixels: MinPixels = None,
    min_unassigned: MinUnassigned = None,
) -> None:
    """Find the instances in images: an overlay PNG, a 16-bit label PNG and a list each."""
    from lab.evaluation import commands

    thresholds = commands.Overrides(seed_threshold, foreground_threshold, min_pixels, min_unassigned)
    done, failed = commands.predict(model, inputs, output, device, thresholds)
    typer.echo(f"{done} image{'' if done == 1 else 's'} predicted into {output}; {failed} failed.")
    if failed:
        raise typer.Exit(1)


@app.command()
@plain_errors
def tune(
    model: ModelOption = "shipped",
    data: DataOption = "toyscapes",
    split: Annotated[
        str | None,
        typer.Option(help="Not the one that results are reported on (val; of Cityscapes' layout train)."),
    ] = None,
    limit: Annotated[int, typer.Option(help="The first so many scenes.", min=1)] = 100,
    min_region: Annotated[
        int | None,
        typer.Option(help="Pixels; AP ignores smaller true instances (100 in Cityscapes' layout, else 0).", min=0),
    ] = None,
    min_pixels: Annotated[
        list[int] | None, typer.Option(help="A size to try; give it several times.", min=0, show_default=False)
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="ap, or nuclei: TP / (TP + FP + FN), the default for one class.")
    ] = None,
    device: DeviceOption = "auto",
    store: Annotated[bool, typer.Option(help="Make the best thresholds the model's own.")] = False,
) -> None:
    """Choose seed threshold and min_pixels on labelled scenes."""
    from lab.evaluation import commands

    typer.echo(commands.tune(model, data, split, limit, min_region, device, store, min_pixels or (), by))


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
    output: Annotated[Path, typer.Option(help="With --labels: folder of the report.")] = Path("label_report"),
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


if __name__ == "__main__":
    app()
