"""What each of several processes runs for test_distributed.py: ``torchrun -m tests.training.several DATA FOLDER``."""

import sys
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from lab.datasets.cityscapes import CityscapesFolder
from lab.erfnet import BranchedERFNet
from lab.training import loop
from lab.training.settings import TrainingSettings
from tests.training.conftest import OFTEN, SMALL

# Nothing here depends on how a batch is dealt out: frozen statistics, and no dropout.
FROZEN = replace(SMALL, pretrain_steps=0, finetune_steps=4, finetune_batch=4, finetune_crop=(32, 32))
WHOLE = replace(SMALL, finetune_batch=2)


def without_dropout(bandwidth_channels: int, num_classes: int) -> BranchedERFNet:
    """The network as the paper has it, but for dropout."""
    network = BranchedERFNet(bandwidth_channels, num_classes)
    for module in network.modules():
        if isinstance(module, nn.Dropout2d | nn.Dropout):
            module.p = 0.0
    return network


def train_frozen(source: CityscapesFolder, folder: Path, settings: TrainingSettings = FROZEN) -> Path | None:
    """Stage 2 alone, with nothing that is random."""
    loop.BranchedERFNet = without_dropout
    try:
        return loop.train(settings, source, folder, OFTEN)
    finally:
        loop.BranchedERFNet = BranchedERFNet


if __name__ == "__main__":
    torch.set_num_threads(1)
    street, folder = CityscapesFolder(Path(sys.argv[1]), "train"), Path(sys.argv[2])
    train_frozen(street, folder / "frozen")
    loop.train(WHOLE, street, folder / "whole", replace(OFTEN, validate_every=2), validation=street)
    # The rest of what one process began.
    loop.train(WHOLE, street, folder / "begun", OFTEN)
