"""One step of a training: a batch forward and backward, the terms told to whoever wants them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from lab.datasets.feed import Feed
from lab.erfnet import BranchedERFNet
from lab.losses import total_loss
from lab.training.books import Books
from lab.training.distributed import agree, gathered
from lab.training.fixed_margin import pin_margin
from lab.training.run_options import RunOptions
from lab.training.settings import Stage, TrainingSettings, learning_rate
from lab.training.state import Progress
from lab.training.terms import check_finite, is_finite, loss_terms, network_input, term_weights

if TYPE_CHECKING:
    import lightning.fabric

RANKS_APART = 10**15  # more than seed, stage and step make: no process repeats another's dropout


@dataclass(frozen=True)
class Run:
    """What all steps of a run share.

    ``model`` is ``network`` as Fabric wrapped it; only the first of several processes has ``books``; ``feed`` is None
    where no step is left.
    """

    settings: TrainingSettings
    options: RunOptions
    folder: Path
    fabric: "lightning.fabric.Fabric"
    network: BranchedERFNet
    model: nn.Module
    feed: Feed | None
    books: Books | None
    stop: Callable[[], bool]

    @property
    def batches_from(self) -> Feed:
        """The feed, where there is a step left to take.  Raises RuntimeError where there is none."""
        if self.feed is None:
            raise RuntimeError(f"{self.folder}: found no feed for a step, expected one until the last step is done.")
        return self.feed

    @property
    def asked(self) -> bool:
        """Whether a single process is to stop; several agree on it in each step."""
        return self.fabric.world_size == 1 and self.stop()


def step_seed(seed: int, stage: int, step: int, rank: int = 0) -> int:
    """Seed of a step's dropout: a function of where the training stands, so that there is no generator to store."""
    return (seed * 2 + stage) * 10_000_019 + step + rank * RANKS_APART


def train_step(
    run: Run, stage: Stage, progress: Progress, batch: dict[str, Any], optimizer: torch.optim.Optimizer
) -> tuple[dict[str, float], float, bool]:
    """One step; gives the terms (means over all processes), the learning rate, and whether to stop after it.

    Raises:
        FloatingPointError: a term is not finite; the weights are not updated.
        ValueError: labels that the loss refuses; told with the scene's name.
    """
    rate = learning_rate(stage, progress.step, run.settings.decay_power)
    for group in optimizer.param_groups:
        group["lr"] = rate
    torch.manual_seed(step_seed(run.settings.seed, progress.stage, progress.step, run.fabric.global_rank))
    batch = run.fabric.to_device(batch)
    terms = loss_terms(run.settings, run.model(network_input(batch["image"])), batch)
    total = total_loss(terms, term_weights(run.settings))
    means, stop = agree(run.fabric, torch.stack([*terms.values(), total]).detach(), run.stop())
    values = dict(zip((*terms, "total"), means, strict=True))
    if not is_finite(values):
        check_finite(values, stage.name, progress.step, gathered(run.fabric, batch["scene"]))
    optimizer.zero_grad(set_to_none=True)
    run.fabric.backward(total)
    optimizer.step()
    pin_margin(run.network, run.settings.fixed_margin)
    return values, rate, stop
