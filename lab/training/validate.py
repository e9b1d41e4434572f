"""What the loss says of scenes that are not trained on, and which of a run's models did best on them.

A fixed window of some scenes of the split val, without dropout and with the running statistics of batch norm.  The
training itself is left as it is, bit by bit.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lab.checkpoints import ModelCard, save_model
from lab.datasets.crops import cut
from lab.datasets.scene import Scene, SceneSource
from lab.datasets.sources import open_source
from lab.erfnet import BranchedERFNet
from lab.losses import total_loss
from lab.training.probe import SPLIT
from lab.training.recentre import recentre
from lab.training.settings import TrainingSettings
from lab.training.terms import loss_terms, network_input, term_weights

SCENES = 16  # as dear as a few steps; a mean over 16 windows ranks models of one run, it is no result


def find_validation(settings: TrainingSettings) -> SceneSource | None:
    """The data set's validation scenes; None where it has none, or where the training is on them."""
    if settings.split == SPLIT:
        return None
    try:
        source = open_source(settings.dataset, SPLIT, settings.classes, settings.intensity)
    except FileNotFoundError:
        return None
    return source if len(source) else None


def fixed_windows(source: SceneSource, height: int, width: int, count: int = SCENES) -> list[Scene]:
    """Windows of ``count`` scenes, evenly spread over the data set (or of all, if there are fewer).

    Equal for all runs on these data with this size: seeds and augmentation of a training do not enter.
    """
    chosen = np.linspace(0, len(source) - 1, min(count, len(source))).round().astype(int).tolist()
    return [_window(source[index], index, height, width) for index in chosen]


def _window(scene: Scene, index: int, height: int, width: int) -> Scene:
    rng = np.random.default_rng(index)
    rows, columns = scene.classes.shape
    top, left = (
        int(rng.integers(extent - size + 1)) if extent >= size else (extent - size) // 2
        for extent, size in ((rows, height), (columns, width))
    )
    return cut(scene, top, left, height, width)


@dataclass(frozen=True)
class Validation:
    """The windows, and where the best model is kept.

    Attributes:
        scenes: of one size; of any number.
        best: path of the best model.
    """

    scenes: list[Scene]
    best: Path

    @torch.no_grad()
    def terms(self, network: nn.Module, settings: TrainingSettings) -> dict[str, float]:
        """Means of the terms over all windows, and their weighted total.  Leaves the network in evaluation mode.

        Raises:
            ValueError: labels that the loss refuses; told with the scene's name.
        """
        network.eval()
        device = next(network.parameters()).device
        found = []
        for batch in self._batches(device):
            terms = loss_terms(settings, network(network_input(batch["image"])), batch)
            found.append(torch.stack([*terms.values(), total_loss(terms, term_weights(settings))]))
        means = torch.stack(found).mean(0).tolist()
        return dict(zip((*terms, "total"), means, strict=True))

    def keep(self, network: BranchedERFNet, settings: TrainingSettings, card: ModelCard) -> None:
        """Save the model as the best one so far, without the common shift that learned centres leave."""
        network = copy.deepcopy(network)
        if settings.centre == "learned":
            recentre(network, self._batches(next(network.parameters()).device))
        save_model(self.best, network, card)

    def _batches(self, device: torch.device) -> Iterator[dict[str, Any]]:
        """The windows one by one: together they may be too large."""
        return (_batch(scene, device) for scene in self.scenes)


def _batch(scene: Scene, device: torch.device) -> dict[str, Any]:
    def on_device(array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(device)[None]

    return {
        "image": on_device(scene.image).permute(0, 3, 1, 2),
        "instances": on_device(scene.instances).long(),
        "classes": on_device(scene.classes).long(),
        "scene": [scene.name],
    }
