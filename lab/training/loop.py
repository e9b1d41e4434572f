"""The two stages of training: object-centred crops, then larger crops with batch-norm statistics fixed."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from tqdm.auto import tqdm

from lab.checkpoints import ModelCard, load_tensors, save_model
from lab.datasets.crops import CropKeys, CropRecipe, Crops
from lab.datasets.objects import ObjectIndex, index_objects
from lab.datasets.scene import Scene, SceneSource
from lab.devices import pick_device
from lab.erfnet import BranchedERFNet
from lab.losses import TERM_WEIGHTS, SpatialEmbeddingLoss, total_loss
from lab.training import runs
from lab.training.card import make_card
from lab.training.interrupt import interruptible
from lab.training.recentre import recentre
from lab.training.recorder import Recorder, make_probe
from lab.training.settings import Stage, TrainingSettings, learning_rate, stages
from lab.training.state import Progress, State, load_state, network_tensors, restore_moments, save_state

RECENTRE_BATCHES = 20  # the common shift of the embeddings is the same everywhere: a few show it
# Others would change what is trained, or need more in the state: 16-mixed a loss scaler's, *-true other weights.
PRECISIONS = ("32-true", "bf16-mixed")


@dataclass(frozen=True)
class RunOptions:
    """What changes a training's speed but not what it computes (but for rounding, by device and precision).

    Raises:
        ValueError: a precision that is not offered.
    """

    workers: int = 0  # a crop takes a few ms against a step's second; processes would compete for two cores
    save_minutes: float = 3.0  # what a power cut may cost; saving takes a tenth of a second
    log_every: int = 10  # steps to a row of log.csv: smooth enough to read, fine enough to see a jump
    device: str = "auto"  # CUDA if there is one
    precision: str | None = None  # bf16-mixed on CUDA (loss in float32), 32-true on the CPU
    progress: bool = True
    refresh_seconds: float = 0.5  # of the progress bar; rarer where it goes to a log file, which keeps every line

    def __post_init__(self) -> None:
        if self.precision not in (None, *PRECISIONS):
            raise ValueError(f"precision: found '{self.precision}', expected {' or '.join(PRECISIONS)}.")


class StepReport(NamedTuple):
    """One step, for whoever watches a training: terms are instance, smoothness, seed and the weighted total."""

    stage: str
    progress: Progress
    terms: dict[str, float]
    learning_rate: float


Watcher = Callable[[StepReport], None]


def train(
    settings: TrainingSettings,
    source: SceneSource,
    folder: Path,
    options: RunOptions | None = None,
    watch: Watcher | None = None,
    probe: Scene | None = None,
) -> Path | None:
    """Train in both stages, or go on where the run in ``folder`` stopped.

    Args:
        settings: of the training.
        source: scenes to train on.
        folder: of the run.
        options: what changes the speed, not the result.
        watch: called after every step.
        probe: a scene that is not trained on; what the network makes of it is recorded, see `lab.training.recorder`.

    Returns:
        the path of the finished model, or None if a signal stopped the training (its state is saved).

    Raises:
        FloatingPointError: a term or a weight is not finite; the last state on disk stays.
        ValueError: no such device, or the folder holds another training, a state that does not fit, or the data are
            not sound.
        OSError: the state could not be saved; the last one on disk stays.
    """
    options = options or RunOptions()
    device = pick_device(options.device)
    runs.prepare(folder, settings)
    state = _last_state(folder, settings)
    progress, tensors = state.progress, state.tensors
    torch.manual_seed(settings.seed)
    network = BranchedERFNet(settings.bandwidth_channels, len(source.class_names))
    if tensors:
        load_tensors(network, network_tensors(tensors), str(folder / runs.STATE))
    fabric = make_fabric(device, options.precision)
    model = fabric.setup_module(network.to(memory_format=torch.channels_last))
    objects = index_objects(source, options.progress) if progress.stage == 0 else None
    names = tuple(stage.name for stage in stages(settings))
    log = runs.open_log(folder, state, names, options.log_every)
    card = make_card(settings, source.class_names, str(fabric.device), progress.seconds)
    recorder = _recorder(folder, probe, settings, card, progress) if probe else None
    with interruptible() as stop:
        run = _Run(settings, source, objects, folder, options, fabric, network, model, log, recorder, stop, watch)
        while progress.stage < len(names) and not stop():
            progress, tensors = _train_stage(run, progress, tensors), {}
    if progress.stage < len(names):
        return None
    card = make_card(settings, source.class_names, str(fabric.device), progress.seconds)
    save_model(folder / runs.MODEL, network, card)
    return folder / runs.MODEL


@dataclass(frozen=True)
class _Run:
    """What all steps of a run share."""

    settings: TrainingSettings
    source: SceneSource
    objects: ObjectIndex | None
    folder: Path
    options: RunOptions
    fabric: "lightning.fabric.Fabric"
    network: nn.Module
    model: nn.Module
    log: runs.TermLog
    recorder: Recorder | None
    stop: Callable[[], bool]
    watch: Watcher | None


def make_fabric(device: torch.device, precision: str | None) -> "lightning.fabric.Fabric":
    """The device, by Lightning Fabric.  Imported here because it takes seconds."""
    from lightning.fabric import Fabric

    usual = "bf16-mixed" if device.type == "cuda" else "32-true"
    return Fabric(accelerator=device.type, devices=1, precision=precision or usual)


def freeze_batch_norm(network: nn.Module) -> None:
    """Fix the running statistics; the affine weights go on being trained.  Undone by every ``network.train()``."""
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.eval()


def train_mode(network: nn.Module, frozen_norm: bool) -> None:
    """Switch to training, batch norm frozen again where it is to be."""
    network.train()
    if frozen_norm:
        freeze_batch_norm(network)


def step_seed(seed: int, stage: int, step: int) -> int:
    """Seed of a step's dropout: a function of where the training stands, so that there is no generator to store."""
    return (seed * 2 + stage) * 10_000_019 + step


def _last_state(folder: Path, settings: TrainingSettings) -> State:
    path = folder / runs.STATE
    steps = tuple(stage.steps for stage in stages(settings))
    return load_state(path, steps) if path.exists() else State(Progress(), {}, [])


def _train_stage(run: _Run, progress: Progress, tensors: dict[str, Tensor]) -> Progress:
    """Train from ``progress`` to the stage's end or to a signal; saves on the way and at the end."""
    stage = stages(run.settings)[progress.stage]
    train_mode(run.model, stage.frozen_norm)
    adam = torch.optim.Adam(run.network.parameters(), stage.rate, weight_decay=run.settings.weight_decay)
    restore_moments(run.network, adam, tensors)
    optimizer = run.fabric.setup_optimizers(adam)
    _record(run, stage, progress)
    path, saved, spent = run.folder / runs.STATE, time.monotonic(), progress.seconds - time.monotonic()
    with _bar(stage, progress.step, run.options) as bar:
        for batch in _loader(run, stage, progress):
            _train_step(run, stage, progress, batch, optimizer, bar)
            progress = Progress(progress.stage, progress.step + 1, spent + time.monotonic())
            _record(run, stage, progress)
            stopping = run.stop()  # asked once: a signal must not come between saving and leaving
            if stopping or time.monotonic() - saved >= 60 * run.options.save_minutes:
                save_state(path, run.network, adam, progress, run.log.pending)
                saved = time.monotonic()
            if stopping:
                return progress
    if run.settings.centre == "learned":
        recentre(run.network, _loader(run, stage, Progress(progress.stage), steps=RECENTRE_BATCHES))
    progress = Progress(progress.stage + 1, 0, progress.seconds)
    save_state(path, run.network, None, progress, run.log.pending)
    return progress


def _recorder(folder: Path, probe: Scene, settings: TrainingSettings, card: ModelCard, progress: Progress) -> Recorder:
    steps = tuple(stage.steps for stage in stages(settings))
    return Recorder(folder / runs.RECORD, make_probe(probe), steps, card, sum(steps[: progress.stage]) + progress.step)


def _record(run: _Run, stage: Stage, progress: Progress) -> None:
    """A frame for the recorder, if it waits for this step; the network goes back to training."""
    done = sum(s.steps for s in stages(run.settings)[: progress.stage]) + progress.step
    if run.recorder and run.recorder.is_due(done):
        run.recorder.take(done, run.network)
        train_mode(run.model, stage.frozen_norm)


def _train_step(run: _Run, stage: Stage, progress: Progress, batch: dict, optimizer, bar: tqdm) -> None:
    rate = learning_rate(stage, progress.step, run.settings.decay_power)
    for group in optimizer.param_groups:
        group["lr"] = rate
    torch.manual_seed(step_seed(run.settings.seed, progress.stage, progress.step))
    batch = run.fabric.to_device(batch)
    terms = _terms(run, batch)
    total = total_loss(terms, term_weights(run.settings))
    values = dict(zip((*terms, "total"), torch.stack([*terms.values(), total]).tolist(), strict=True))
    check_finite(values, stage.name, progress.step, batch["scene"])
    optimizer.zero_grad(set_to_none=True)
    run.fabric.backward(total)
    optimizer.step()
    done = Progress(progress.stage, progress.step + 1, progress.seconds)
    run.log.add(stage, done, list(values.values()), rate)
    bar.update()
    bar.set_postfix({**{name: f"{value:.3f}" for name, value in values.items()}, "rate": f"{rate:.1e}"}, refresh=False)
    if run.watch:
        run.watch(StepReport(stage.name, done, values, rate))


def _terms(run: _Run, batch: dict) -> dict[str, Tensor]:
    """The loss's terms for a batch; what the loss says about labels is told with the scene's name."""
    image = batch["image"].float().div(255).contiguous(memory_format=torch.channels_last)
    output = run.model(image)
    try:
        return _loss(run.settings)(output, batch["instances"], batch["classes"])
    except ValueError as error:
        place = re.match(r"image (\d+) of the batch", str(error))
        names = [batch["scene"][int(place[1])]] if place else batch["scene"]
        raise ValueError(f"scene {', '.join(names)}: {error}") from error


def term_weights(settings: TrainingSettings) -> dict[str, float]:
    """The settings' weights of the terms, by name."""
    return {name: getattr(settings, f"{name}_weight") for name in TERM_WEIGHTS}


def check_finite(values: dict[str, float], stage: str, step: int, scenes: list[str]) -> None:
    """Raise FloatingPointError with all terms and the batch's scenes if a term is NaN or infinite."""
    if not all(abs(value) < float("inf") for value in values.values()):
        found = ", ".join(f"{name} {value:.6g}" for name, value in values.items())
        raise FloatingPointError(
            f"stage {stage}, step {step}: found the terms {found}, expected finite numbers. The weights are not "
            "updated and the last saved state stays. Lower the learning rate, or look at the labels of this step's "
            f"scenes: {', '.join(scenes)}."
        )


def _loss(settings: TrainingSettings) -> SpatialEmbeddingLoss:
    return SpatialEmbeddingLoss(settings.bandwidth_channels, settings.centre, settings.foreground_weight)


def _loader(run: _Run, stage: Stage, progress: Progress, steps: int | None = None) -> DataLoader:
    """Batches from where the training stands to step ``steps``, by default the stage's last."""
    s = run.settings
    recipe = CropRecipe(
        *stage.crop,
        s.seed,
        progress.stage,
        stage.object_centred,
        flip=s.flip,
        colour_jitter=s.colour_jitter,
        draw=s.draw,
        quarter_turns=s.quarter_turns,
        scale=s.scale,
    )
    return DataLoader(
        Crops(run.source, run.objects, recipe),
        batch_sampler=CropKeys(progress.step, stage.steps if steps is None else steps, stage.batch),
        num_workers=run.options.workers,
    )


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
