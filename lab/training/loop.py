"""The two stages of training: object-centred crops, then larger crops with batch-norm statistics fixed."""

import math
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor
from tqdm.auto import tqdm

from lab.checkpoints import load_tensors, save_model
from lab.datasets.scene import Scene, SceneSource
from lab.devices import pick_device
from lab.erfnet import BranchedERFNet
from lab.folders import remove_parts
from lab.in_use import alone
from lab.training import runs
from lab.training.batches import open_feed, own_batches, whole_batches
from lab.training.books import StepReport, Watcher, open_books
from lab.training.determinism import same_bits
from lab.training.distributed import check_shares, copy_from_first, make_fabric, usual_precision
from lab.training.fixed_margin import pin_margin
from lab.training.interrupt import interruptible
from lab.training.memory import check_batches_fit, feed_memory_told, memory_told
from lab.training.modes import freeze_batch_norm, train_mode
from lab.training.recentre import recentre
from lab.training.run_options import RunOptions
from lab.training.settings import Stage, TrainingSettings, stages
from lab.training.start import find_start, load_start
from lab.training.state import (
    STAGES,
    Progress,
    State,
    check_learned,
    load_state,
    network_tensors,
    restore_moments,
    save_state,
)
from lab.training.step import Run, step_seed, train_step
from lab.training.terms import term_weights

if TYPE_CHECKING:
    import lightning.fabric

# What the lab's other parts take from a training, wherever it stands.
__all__ = ["RunOptions", "StepReport", "freeze_batch_norm", "step_seed", "term_weights", "train", "train_mode"]

RECENTRE_BATCHES = 20  # the common shift of the embeddings is the same everywhere: a few show it


def train(
    settings: TrainingSettings,
    source: SceneSource,
    folder: Path,
    options: RunOptions | None = None,
    watch: Watcher | None = None,
    probe: Scene | None = None,
    validation: SceneSource | None = None,
) -> Path | None:
    """Train in both stages, or go on where the run in ``folder`` stopped.

    Args:
        settings: of the training.
        source: scenes to train on.
        folder: of the run.
        options: what changes the speed, not the result.
        watch: called after every step (by the first of several processes).
        probe: a scene that is not trained on; what the network makes of it is recorded, see `lab.training.recorder`.
        validation: scenes that are not trained on; the model that does best on them is kept beside the last.

    Returns:
        the path of the finished model, or None if a signal stopped the training (its state is saved).

    Raises:
        FloatingPointError: a term, a weight or one of Adam's moments is not finite; the last state on disk stays.
        MemoryError: the device has too little memory; what to lower is named, the last state on disk stays.
        ValueError: no such device, batches that cannot fit on it, or the folder holds another training, a state that
            does not fit, or the data are not sound, or prepared otherwise than the settings say.
        FileNotFoundError: no file to start from.
        OSError: the state could not be saved, the last one on disk stays; or another process trains in the folder.
    """
    _check_intensity(settings, source)
    options = options or RunOptions()
    with ExitStack() as held, same_bits(options.deterministic):
        return _train(settings, source, folder, options, watch, probe, validation, held)


def _train(
    settings: TrainingSettings,
    source: SceneSource,
    folder: Path,
    options: RunOptions,
    watch: Watcher | None,
    probe: Scene | None,
    validation: SceneSource | None,
    held: ExitStack,
) -> Path | None:
    """As `train`; the folder is let go when ``held`` is closed."""
    fabric = make_fabric(pick_device(options.device), options.precision)
    fabric.launch()
    check_shares(settings, fabric.world_size)
    options = replace(options, progress=options.progress and fabric.is_global_zero)
    torch.manual_seed(settings.seed)
    network = BranchedERFNet(settings.bandwidth_channels, len(source.class_names))
    channels = 2 + settings.bandwidth_channels + len(source.class_names)
    check_batches_fit(settings, channels, fabric.device, fabric.world_size)
    progress, tensors, _ = state = _begin(fabric, network, settings, folder, options, held)
    model = fabric.setup_module(network.to(memory_format=torch.channels_last))
    left = any(stage.steps for stage in stages(settings)[progress.stage :])
    with feed_memory_told(options.feed):
        feed = open_feed(settings, source, progress.stage, options, fabric, folder) if left else None
    books = None
    if fabric.is_global_zero:
        books = open_books(
            settings, source.class_names, fabric.device, folder, state, options, watch, probe, validation
        )
    with interruptible(options.tell) as stop:
        run = Run(settings, options, folder, fabric, network, model, feed, books, stop)
        progress = _train_stages(run, progress, tensors)
    if progress.stage < STAGES:
        return None
    was_done = state.progress.stage == STAGES and (folder / runs.MODEL).exists()
    if books and not was_done:  # thresholds that were tuned since stay in its card
        save_model(folder / runs.MODEL, network, books.card(progress))
    return folder / runs.MODEL


def _check_intensity(settings: TrainingSettings, source: SceneSource) -> None:
    """The card says how pictures were prepared; a source that says otherwise would make it say what is not so."""
    found = getattr(source, "intensity", settings.intensity)
    if found != settings.intensity:
        raise ValueError(
            f"intensity: found a source of '{found}' pictures, expected '{settings.intensity}' as in the settings. "
            "Open it with the settings' own: open_source(…, intensity=settings.intensity)."
        )


def _begin(
    fabric: "lightning.fabric.Fabric",
    network: BranchedERFNet,
    settings: TrainingSettings,
    folder: Path,
    options: RunOptions,
    held: ExitStack,
) -> State:
    """The state that the training goes on from, in all processes; the first one's network has its weights."""
    state = State(Progress(), {}, [])
    if fabric.is_global_zero:
        path = folder / runs.STATE
        if settings.start_from and not path.exists():
            start = find_start(settings.start_from, folder.parent)
            part = load_start(network, start, settings.start_part == "encoder")
            options.tell(f"starting from the {part} in {start}")
        pin_margin(network, settings.fixed_margin)
        held.enter_context(alone(folder / runs.IN_USE, "give another --name"))
        runs.prepare(folder, settings)
        remove_parts(folder)
        if path.exists():
            state = load_state(path, tuple(stage.steps for stage in stages(settings)))
            load_tensors(network, network_tensors(state.tensors), str(path))
    return fabric.broadcast(state)


def _train_stages(run: Run, progress: Progress, tensors: dict[str, Tensor]) -> Progress:
    """Train both stages from ``progress`` to the end or to a signal."""
    try:
        stopped = run.asked
        while progress.stage < STAGES and not stopped:
            progress, stopped = _train_stage(run, progress, tensors)
            tensors = {}
        return progress
    finally:
        if run.books:
            run.books.close()


def _train_stage(run: Run, progress: Progress, tensors: dict[str, Tensor]) -> tuple[Progress, bool]:
    """Train from ``progress`` to the stage's end or to a signal (then True); saves on the way and at the end."""
    stage = stages(run.settings)[progress.stage]
    if stage.steps:
        progress, stopped = _train_steps(run, stage, progress, tensors)
        if stopped:
            return progress, True
        _recentre(run, stage)
    progress = Progress(progress.stage + 1, 0, progress.seconds)
    if run.books:
        if stage.steps and any(s.steps for s in stages(run.settings)[progress.stage :]):
            save_model(run.folder / runs.PRETRAINED, run.network, run.books.card(progress))
        save_state(run.folder / runs.STATE, run.network, None, progress, run.books.log.pending)
    return progress, run.asked


def _train_steps(run: Run, stage: Stage, progress: Progress, tensors: dict[str, Tensor]) -> tuple[Progress, bool]:
    train_mode(run.model, stage.frozen_norm)
    adam = torch.optim.Adam(run.network.parameters(), stage.rate, weight_decay=run.settings.weight_decay)
    restore_moments(run.network, adam, tensors)
    optimizer = cast(torch.optim.Optimizer, run.fabric.setup_optimizers(adam))  # of one, Fabric gives one
    # The best model may be kept at any step, and is not to be without a state: the first step's is saved.
    bare = run.books and run.books.validation and not (run.folder / runs.STATE).exists()
    saved = -math.inf if bare else time.monotonic()
    spent = progress.seconds - time.monotonic()
    with _bar(stage, progress.step, run.options) as bar, memory_told(stage, run.folder, _precision(run)):
        if run.books:
            run.books.record(stage, progress, run.network)
        for batch in own_batches(run.batches_from, run.settings, stage, run.fabric, progress.step):
            values, rate, agreed = train_step(run, stage, progress, batch, optimizer)
            progress = Progress(progress.stage, progress.step + 1, spent + time.monotonic())
            if run.books:
                _show(bar, values, rate)
                run.books.note(stage, StepReport(stage.name, progress, values, rate), run.network)
            # Asked once: a signal must not come between saving and leaving.
            stopping = agreed if run.fabric.world_size > 1 else run.asked
            if run.books and (stopping or time.monotonic() - saved >= 60 * run.options.save_minutes):
                save_state(run.folder / runs.STATE, run.network, adam, progress, run.books.log.pending)
                saved = time.monotonic()
            if stopping:
                return progress, True
    check_learned(run.folder / runs.STATE, run.network, adam, progress)
    if run.books and not (run.folder / runs.STATE).exists():  # nor is the stage's
        save_state(run.folder / runs.STATE, run.network, adam, progress, run.books.log.pending)
    return progress, False


def _recentre(run: Run, stage: Stage) -> None:
    """Take the common shift out of the embeddings; the first process does it for all."""
    if run.settings.centre == "learned":
        if run.books:
            batches = whole_batches(run.batches_from, run.settings, stage, run.fabric, RECENTRE_BATCHES)
            with memory_told(stage, run.folder, _precision(run)):
                recentre(run.network, batches)
        copy_from_first(run.fabric, run.network.last_bias(0))


def _precision(run: Run) -> str:
    return run.options.precision or usual_precision(run.fabric.device)


def _bar(stage: Stage, done: int, options: RunOptions) -> tqdm:
    interval = options.refresh_seconds
    return tqdm(
        desc=stage.name,
        total=stage.steps,
        initial=done,
        unit="step",
        disable=not options.progress,
        mininterval=interval,
        maxinterval=max(10, interval),
        miniters=1,
    )


def _show(bar: tqdm, values: dict[str, float], rate: float) -> None:
    bar.update()
    bar.set_postfix({**{name: f"{value:.3f}" for name, value in values.items()}, "rate": f"{rate:.1e}"}, refresh=False)
