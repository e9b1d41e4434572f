"""A street to train on, and the smallest training of both stages."""

from pathlib import Path

import pytest
import torch

from lab.datasets.cityscapes import CityscapesFolder
from lab.training.loop import RunOptions
from lab.training.settings import TrainingSettings
from tests.street import write_street

SMALL = TrainingSettings(
    pretrain_steps=4,
    pretrain_crop=(32, 32),
    pretrain_batch=2,
    finetune_steps=3,
    finetune_crop=(32, 64),
    finetune_batch=1,
)
# Saving after each step: what is lost is then the step that was running.
OFTEN = RunOptions(save_minutes=0.0, log_every=1, device="cpu", progress=False)


@pytest.fixture(autouse=True)
def _one_thread():
    """Tiny crops gain nothing from two, and lose much on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def street(tmp_path_factory: pytest.TempPathFactory) -> CityscapesFolder:
    """Three scenes of 64x128."""
    root: Path = write_street(tmp_path_factory.mktemp("street"), scenes=3)
    return CityscapesFolder(root, "train")
