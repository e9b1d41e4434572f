"""A stage's batches: which crops, and this process's share of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.datasets.crops import CropRecipe
from lab.datasets.feed import Feed, make_feed
from lab.datasets.objects import index_objects
from lab.datasets.scene import SceneSource
from lab.training import runs
from lab.training.distributed import processes_here, share
from lab.training.run_options import RunOptions
from lab.training.settings import STAGE_NAMES, Stage, TrainingSettings, stages

if TYPE_CHECKING:
    import lightning.fabric


def crop_recipe(settings: TrainingSettings, stage: Stage) -> CropRecipe:
    """How a stage's crops are made."""
    s = settings
    return CropRecipe(
        *stage.crop,
        s.seed,
        STAGE_NAMES.index(stage.name),
        stage.object_centred,
        flip=s.flip,
        colour_jitter=s.colour_jitter,
        draw=s.draw,
        quarter_turns=s.quarter_turns,
        scale=s.scale,
    )


def open_feed(
    settings: TrainingSettings,
    source: SceneSource,
    first_stage: int,
    options: RunOptions,
    fabric: "lightning.fabric.Fabric",
    folder: Path,
) -> Feed:
    """The scenes as all stages from ``first_stage`` on take their crops.

    Where the objects lie is kept in the run's ``folder``.

    Raises:
        ValueError: the data are not sound, or there is no room for the feed that is asked for.
    """
    left = [stage for stage in stages(settings)[first_stage:] if stage.steps]
    centred = any(stage.object_centred for stage in left)
    kept = folder / runs.OBJECTS if fabric.is_global_zero else None  # the first of several processes alone writes
    objects = index_objects(source, options.progress, kept) if centred else None
    feed = make_feed(
        source,
        objects,
        crop_recipe(settings, left[0]),
        left[0].batch,
        options.feed,
        fabric.device,
        options.workers,
        processes=processes_here(),
        progress=options.progress,
    )
    options.tell(feed.words)
    return feed


def own_batches(
    feed: Feed, settings: TrainingSettings, stage: Stage, fabric: "lightning.fabric.Fabric", first: int
) -> Iterator[dict[str, Any]]:
    """This process's share of a stage's batches from step ``first`` on."""
    return feed.with_recipe(crop_recipe(settings, stage), *share(stage.batch, fabric)).batches(first, stage.steps)


def whole_batches(
    feed: Feed, settings: TrainingSettings, stage: Stage, fabric: "lightning.fabric.Fabric", steps: int
) -> Iterator[dict[str, Any]]:
    """The crops of a stage's first batches, all of each in one process, as many at once as in a step."""
    size, _ = share(stage.batch, fabric)
    for position in range(0, stage.batch, size):
        yield from feed.with_recipe(crop_recipe(settings, stage), size, position).batches(0, steps)
