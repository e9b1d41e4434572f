"""Named settings of whole trainings."""

from dataclasses import replace
from types import MappingProxyType

from lab.training.settings import TrainingSettings

# The paper's two stages on Cityscapes' 2975 scenes: 200 epochs in batches of 12, then 50 in batches of 2.
# Its learning rates are unknown; these are the authors' code's.
# 500 is no multiple of 8: the network pads it and crops its output.
_PAPER = TrainingSettings(
    dataset="cityscapes",
    pretrain_steps=49_600,
    pretrain_crop=(500, 500),
    pretrain_batch=12,
    finetune_steps=74_400,
    finetune_crop=(1024, 1024),
    finetune_rate=5e-5,
    min_pixels=128,
)

PRESETS = MappingProxyType(
    {
        # A minute on two CPU cores, as notebook 10 makes it: the terms fall, seeds appear, masks are poor.  One class,
        # since a minute is not enough for rare ones; many steps of two small crops, since early on it is steps that
        # count; stage 2 with a low rate and few steps, for it could only undo what little was learned.
        "tiny": TrainingSettings(
            classes=("car",),
            pretrain_steps=500,
            pretrain_crop=(64, 64),
            pretrain_batch=2,
            pretrain_rate=2e-3,
            finetune_steps=30,
            finetune_crop=(128, 256),
            finetune_rate=1e-4,
            seed_threshold=0.7,
            min_pixels=20,
        ),
        # 80 minutes on two CPU cores at 256x512: trains the model that ships.
        "laptop": TrainingSettings(),
        # Nuclei in fluorescence, 91 minutes on one CPU core.  The model that ships was trained on from such a one, for
        # 2500 + 500 steps with seed 1 (python -m lab reproduce nuclei).  Crops hold some dozens of
        # nuclei; pictures of few nuclei come as often as crowded ones by half; there is no up and down, and brightness
        # says nothing.
        "nuclei": TrainingSettings(
            dataset="nuclei",
            intensity="percentile",
            draw="mixed",
            pretrain_steps=3000,
            pretrain_crop=(160, 160),
            finetune_steps=250,
            finetune_crop=(256, 256),
            finetune_batch=4,
            finetune_rate=1e-4,
            quarter_turns=True,
            scale=0.25,
            colour_jitter=0.2,
            min_pixels=20,
            seed_threshold=0.7,
        ),
        "paper": _PAPER,
        # Each of its stages as a run of its own: what the first one learned can be looked at, and the second begun
        # again with other settings.
        "paper_pretrain": replace(_PAPER, finetune_steps=0),
        "paper_finetune": replace(_PAPER, pretrain_steps=0, start_from="paper_pretrain"),
    }
)
