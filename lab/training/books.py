"""What is written down of a run on its way: log, curves, record, validation, best model."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from lab.checkpoints import ModelCard
from lab.datasets.scene import Scene, SceneSource
from lab.erfnet import BranchedERFNet
from lab.training import runs
from lab.training.board import Board
from lab.training.card import make_card
from lab.training.modes import train_mode
from lab.training.recorder import Recorder, make_probe
from lab.training.run_options import RunOptions
from lab.training.settings import STAGE_NAMES, Stage, TrainingSettings, stages
from lab.training.state import Progress, State
from lab.training.validate import Validation, fixed_windows


class StepReport(NamedTuple):
    """One step, for whoever watches a training: terms are instance, smoothness, seed and the weighted total."""

    stage: str
    progress: Progress
    terms: dict[str, float]
    learning_rate: float


Watcher = Callable[[StepReport], None]


def steps_done(settings: TrainingSettings, progress: Progress) -> int:
    """Steps over both stages."""
    return sum(stage.steps for stage in stages(settings)[: progress.stage]) + progress.step


@dataclass(frozen=True)
class Books:
    """All that one run writes down but its state; of several processes only the first has them."""

    settings: TrainingSettings
    class_names: tuple[str, ...]
    device: str
    log: runs.TermLog
    validation_log: runs.ValidationLog
    validate_every: int
    validation: Validation | None = None
    recorder: Recorder | None = None
    board: Board | None = None
    watch: Watcher | None = None

    def card(self, progress: Progress) -> ModelCard:
        """Of a model as it is now."""
        return make_card(self.settings, self.class_names, self.device, progress.seconds)

    def _card_of_step(self, stage: Stage, progress: Progress) -> ModelCard:
        """With the step in its origin, by which a resumed training knows which row of the table is this model's."""
        card = self.card(progress)
        return replace(card, origin=card.origin | {"stage": stage.name, "step": progress.step})

    def note(self, stage: Stage, report: StepReport, network: BranchedERFNet) -> None:
        """Write down a step.  The network stays in training mode.

        Raises:
            OSError: a file could not be written.
            ValueError: labels of a validation scene that the loss refuses.
        """
        means = self.log.add(stage, report.progress, list(report.terms.values()), report.learning_rate)
        if means and self.board:
            terms = dict(zip(report.terms, means, strict=True))
            self.board.training(steps_done(self.settings, report.progress), terms, report.learning_rate)
        if self.watch:
            self.watch(report)
        self.record(stage, report.progress, network)
        every, step = self.validate_every, report.progress.step
        if self.validation and every and (step % every == 0 or step == stage.steps):
            self._validate(self.validation, stage, report.progress, network)

    def record(self, stage: Stage, progress: Progress, network: nn.Module) -> None:
        """A frame for the recorder, if it waits for this step."""
        done = steps_done(self.settings, progress)
        if self.recorder and self.recorder.is_due(done):
            self.recorder.take(done, network)
            train_mode(network, stage.frozen_norm)

    def _validate(self, validation: Validation, stage: Stage, progress: Progress, network: BranchedERFNet) -> None:
        terms = validation.terms(network, self.settings)
        if self.validation_log.add(stage, progress, list(terms.values())):
            validation.keep(network, self.settings, self._card_of_step(stage, progress))
        if self.board:
            self.board.validation(steps_done(self.settings, progress), terms)
        train_mode(network, stage.frozen_norm)

    def close(self) -> None:
        """Write what waits."""
        if self.board:
            self.board.close()


def open_books(
    settings: TrainingSettings,
    class_names: tuple[str, ...],
    device: torch.device,
    folder: Path,
    state: State,
    options: RunOptions,
    watch: Watcher | None = None,
    probe: Scene | None = None,
    validation: SceneSource | None = None,
) -> Books:
    """The books of a run, to go on from ``state``: what was written of later steps is dropped.

    Raises:
        ValueError: validation scenes of other classes.
    """
    done = steps_done(settings, state.progress)
    books = Books(
        settings,
        class_names,
        str(device),
        runs.open_log(folder, state, STAGE_NAMES, options.log_every),
        runs.open_validation(folder, state.progress, STAGE_NAMES),
        options.validate_every,
        _validation(settings, class_names, folder, validation) if validation and options.validate_every else None,
        board=Board(folder, done) if options.tensorboard else None,
        watch=watch,
    )
    if probe is None:
        return books
    steps = tuple(stage.steps for stage in stages(settings))
    return replace(
        books, recorder=Recorder(folder / runs.RECORD, make_probe(probe), steps, books.card(state.progress), done)
    )


def _validation(
    settings: TrainingSettings, class_names: tuple[str, ...], folder: Path, source: SceneSource
) -> Validation:
    if source.class_names != class_names:
        raise ValueError(
            f"the validation scenes: found the classes {', '.join(source.class_names)}, expected "
            f"{', '.join(class_names)} as in those to train on."
        )
    return Validation(fixed_windows(source, *settings.finetune_crop), folder / runs.BEST)
