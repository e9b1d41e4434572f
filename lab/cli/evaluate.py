"""Use a model: score it, find instances in files, choose its thresholds."""

from pathlib import Path
from typing import Annotated

import typer

from lab.cli.app import app, plain_errors
from lab.cli.options import (
    CompileOption,
    DataOption,
    DeviceOption,
    FlipsOption,
    ForegroundThreshold,
    MinPixels,
    MinUnassigned,
    ModelOption,
    SeedThreshold,
)


@app.command()
@plain_errors
def evaluate(
    model: ModelOption = "shipped",
    data: DataOption = "toyscapes",
    split: Annotated[str, typer.Option(help="val, test, train: whatever the data set has.")] = "val",
    limit: Annotated[int | None, typer.Option(help="Only the first so many images.", min=1)] = None,
    output: Annotated[
        Path,
        typer.Option(
            file_okay=False,
            help="Folder for evaluation.json, curves.csv (precision and recall at every score), images.csv (every "
            "image's score, the worst first), the pictures and, of Cityscapes' layout, the submission.",
        ),
    ] = Path("evaluation"),
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
    flips: FlipsOption = False,
    device: DeviceOption = "auto",
    compile: CompileOption = False,
    pictures: Annotated[
        bool, typer.Option(help="Draw the curves (curves.png) and the worst images with their errors (worst.png).")
    ] = True,
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
    from lab.evaluation.worst import WORST
    from lab.fast.allocator import keep_freed_memory

    keep_freed_memory()
    thresholds = commands.Overrides(seed_threshold, foreground_threshold, min_pixels, min_unassigned)
    settings = EvaluationSettings(limit, min_region, scorer, predict_height, flips, WORST if pictures else 0)
    typer.echo(commands.evaluate(model, data, split, output, settings, device, thresholds, store, compile))


@app.command()
@plain_errors
def predict(
    inputs: Annotated[list[Path], typer.Argument(help="Images, or folders of images.", metavar="IMAGE|DIR...")],
    output: Annotated[
        Path,
        typer.Option(
            file_okay=False,
            help="Folder for the results. Those of an earlier prediction are replaced (a list, NAME_instances.csv, "
            "also where it was edited), no other file.",
        ),
    ] = Path("predictions"),
    model: ModelOption = "shipped",
    flips: FlipsOption = False,
    tiles: Annotated[
        bool,
        typer.Option(
            "--tiles",
            help="Show the network each picture piece by piece, each with all around it that it can see: the same "
            "result, in the memory of one piece. For pictures of more than some 10 megapixels; takes longer.",
        ),
    ] = False,
    tile_size: Annotated[
        int | None,
        typer.Option(
            help="As --tiles, with tiles of so many px, a multiple of 8 (default: 2048); larger ones take more memory "
            "and less time.",
            min=8,
            show_default=False,
        ),
    ] = None,
    halo: Annotated[
        int | None,
        typer.Option(
            help="As --tiles, with so many px around a tile that the network sees besides (default: 622, all that "
            "an output pixel can see). With 256 it is faster, the result nearly the same; with 128 objects are lost.",
            min=0,
            show_default=False,
        ),
    ] = None,
    device: DeviceOption = "auto",
    seed_threshold: SeedThreshold = None,
    foreground_threshold: ForegroundThreshold = None,
    min_pixels: MinPixels = None,
    min_unassigned: MinUnassigned = None,
) -> None:
    """Find the instances in images.

    Of NAME.jpg come NAME_overlay.png to look at, NAME_labels.png (16 bits: 0 background, k the k-th instance) and
    NAME_instances.csv (class, score, size).  Of all images comes coco.json: masks (RLE, they may overlap), boxes,
    areas, classes and scores, as annotations that pycocotools and tools for labels read.  An image that cannot be
    read is said, and the others go on.
    """
    from lab.evaluation import commands
    from lab.evaluation.files import passed_over
    from lab.evaluation.tiles import NEARLY_EXACT, Tiles
    from lab.fast.allocator import keep_freed_memory

    cut = Tiles(tile_size or Tiles.size, halo) if tiles or tile_size or halo is not None else None
    if not cut:  # in tiles what is kept is a quarter more than what is needed, and no time is gained
        keep_freed_memory()
    if cut and cut.halo is not None and cut.halo < NEARLY_EXACT:
        typer.echo(
            f"With a halo of {cut.halo} px objects may be lost where a picture is cut; with {NEARLY_EXACT} hardly any "
            "pixel changes, without --halo none."
        )
    thresholds = commands.Overrides(seed_threshold, foreground_threshold, min_pixels, min_unassigned)
    left_out = {folder: others for folder in inputs if folder.is_dir() and (others := passed_over(folder))}
    done, failed = commands.predict(model, inputs, output, device, thresholds, flips, cut)
    typer.echo(f"{done} image{'' if done == 1 else 's'} predicted into {output}; {failed} failed.")
    for folder, others in left_out.items():
        typer.echo(f"Left out of {folder}: {others}. Folders in it are not searched; of other kinds save PNG or JPEG.")
    if failed:
        raise typer.Exit(1)


@app.command()
@plain_errors
def tune(
    model: ModelOption = "shipped",
    data: DataOption = "toyscapes",
    split: Annotated[
        str | None,
        typer.Option(
            help="val or train, not the one that results are reported on; test is refused (default: val; of "
            "Cityscapes' layout train, because its val is reported on)."
        ),
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
    flips: FlipsOption = False,
    device: DeviceOption = "auto",
    store: Annotated[bool, typer.Option(help="Make the best thresholds the model's own.")] = False,
) -> None:
    """Choose seed threshold and min_pixels on labelled scenes of the split val (or train), never of test.

    Every pair is tried: of the best ones, which a few scenes cannot tell apart, the one with the highest seed threshold
    is taken.  With --flips the scores fall where the views differ, so tune with --flips what you predict with --flips.
    """
    from lab.evaluation import commands
    from lab.fast.allocator import keep_freed_memory

    keep_freed_memory()
    typer.echo(commands.tune(model, data, split, limit, min_region, device, store, min_pixels or (), by, flips))
