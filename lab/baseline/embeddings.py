"""The lab's method as a contender: its network, loss, crops and two stages, the stages laid over a budget of time."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8
from torch import nn
from torch.optim import Optimizer

from lab.baseline.contenders import ENDLESS, descend
from lab.baseline.settings import LAPTOP_CROP, BaselineSettings, scaled_pixels
from lab.checkpoints import Model
from lab.datasets.feed import Feed
from lab.erfnet import BranchedERFNet
from lab.evaluation.predict import Found, Timing, predict_timed, thresholds_of
from lab.losses import total_loss
from lab.training.batches import crop_recipe
from lab.training.card import make_card
from lab.training.modes import train_mode
from lab.training.presets import PRESETS
from lab.training.settings import TrainingSettings, stages
from lab.training.step import step_seed
from lab.training.terms import loss_terms, network_input, term_weights

MIN_PIXELS = 128  # the authors', at 2048x1024


def training_settings(settings: BaselineSettings, size: tuple[int, int]) -> TrainingSettings:
    """The laptop preset for scenes of this height and width: crops and smallest instance keep their share of them."""
    side = max(16, 8 * round(LAPTOP_CROP * size[0] / 8))
    laptop = PRESETS["laptop"]
    return replace(
        laptop,
        dataset=settings.dataset,
        classes=settings.classes,
        seed=settings.seed,
        pretrain_crop=(side, side),
        pretrain_batch=settings.embedding_batch,
        finetune_crop=size,
        min_pixels=scaled_pixels(MIN_PIXELS, size),
        # Every instance that it would ever name; a higher threshold only stops the same procedure earlier.
        seed_threshold=laptop.foreground_threshold,
    )


class SpatialEmbeddings:
    """A `lab.baseline.contenders.Contender`.

    Args:
        settings: of the comparison.
        class_names: of the classes 1..N.
        size: height and width of the scenes in pixels.
        feed: batches, whose recipe is replaced by that of each stage; it must know where the objects are.
        device: where it is trained.
    """

    name = "spatial_embeddings"

    def __init__(
        self,
        settings: BaselineSettings,
        class_names: tuple[str, ...],
        size: tuple[int, int],
        feed: Feed,
        device: torch.device,
    ):
        torch.manual_seed(settings.seed)
        self.share, self.feed, self.device = settings.embedding_share, feed, device
        self.settings = training_settings(settings, size)
        network = BranchedERFNet(self.settings.bandwidth_channels, len(class_names))
        self.network: nn.Module = network.to(device).to(memory_format=torch.channels_last)
        self.card = make_card(self.settings, class_names, str(device), 0.0)
        weights = self.network.parameters()
        self.optimizer: Optimizer = torch.optim.Adam(weights, weight_decay=self.settings.weight_decay)
        self.what = words(self.settings, self.share)
        self.timing: Timing | None = None
        self._stage: int | None = None
        self._batches: Iterator[dict[str, Any]] = iter(())

    def step(self, number: int, share: float) -> float:
        index, rate = rate_at(self.settings, self.share, share)
        stage = stages(self.settings)[index]
        if self._stage != index:
            self._begin(index, number)
        train_mode(self.network, stage.frozen_norm)
        torch.manual_seed(step_seed(self.settings.seed, index, number))
        batch = {name: self._on_device(value) for name, value in next(self._batches).items()}
        terms = loss_terms(self.settings, self.network(network_input(batch["image"])), batch)
        return descend(self, total_loss(terms, term_weights(self.settings)), rate, number)

    def _begin(self, index: int, number: int) -> None:
        """A stage's crops.  Adam goes on, so that a race that is taken up at the border is the same one."""
        stage = stages(self.settings)[index]
        self._stage = index
        self._batches = self.feed.with_recipe(crop_recipe(self.settings, stage), stage.batch).batches(number, ENDLESS)

    def _on_device(self, value: Any) -> Any:
        return value.to(self.device) if isinstance(value, torch.Tensor) else value

    def predict(self, image: UInt8[np.ndarray, "H W 3"]) -> Found:
        model = Model(self.network.eval(), self.card)
        found, self.timing = predict_timed(model, image, thresholds_of(self.card), prepared=True)
        return Found(found.masks.numpy(), found.scores.numpy(), found.classes.numpy())


def rate_at(settings: TrainingSettings, first_share: float | int, share: float | int) -> tuple[int, float]:
    """The stage (0, 1) and the learning rate after this share of the budget, of which stage 1 has ``first_share``."""
    index = int(share >= first_share)
    begin, end = ((0.0, first_share), (first_share, 1.0))[index]
    left = 1 - (share - begin) / (end - begin)
    return index, stages(settings)[index].rate * left**settings.decay_power


def words(settings: TrainingSettings, share: float | int) -> str:
    """Architecture, initialisation and schedule."""
    first, second = stages(settings)
    return (
        f"two-branch ERFNet, elliptical margins, learned centres, batch norm, random weights; stage 1 "
        f"({share:.0%} of the budget): {first.batch} crops of {first.crop[1]}x{first.crop[0]} a step around objects; "
        f"stage 2 (the rest): {second.batch} crops of {second.crop[1]}x{second.crop[0]}, batch-norm statistics fixed; "
        f"flipped with probability {settings.flip:g}; Adam, weight decay {settings.weight_decay:g}, rate from "
        f"{first.rate:g} and from {second.rate:g} down to 0 as (1 - part of the stage)^{settings.decay_power:g}; "
        f"instances of more than {settings.min_pixels} px, candidates above {settings.foreground_threshold:g}; void is "
        "in no term of the loss"
    )
