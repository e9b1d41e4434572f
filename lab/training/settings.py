"""The settings of a training, each with its reason."""

import json
import math
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from lab.datasets.intensity import INTENSITIES
from lab.datasets.objects import DRAWS


def _setting(default: Any, reason: str) -> Any:
    """A field whose reason is also the help text of its command line option."""
    return field(default=default, metadata={"reason": reason})


@dataclass(frozen=True)
class TrainingSettings:
    """Both stages of a training.  Defaults: the `laptop` preset.

    Two runs with equal settings give equal weights on the CPU of one machine with one number of threads; on a GPU, or
    elsewhere, sums are rounded in another order.  On one GPU `RunOptions.deterministic` asks torch for equal bits.

    Raises:
        ValueError: a value out of its range.
    """

    dataset: str = _setting("toyscapes", "folder of the data below LAB_DATA, or a path. ToyScapes can be made anywhere")
    split: str = _setting("train", "split to train on. The others stay unseen for evaluation")
    classes: tuple[str, ...] = _setting(
        (),
        "all, or one of Cityscapes' eight classes; give the option again for each further one. The others are "
        "background",
    )
    intensity: str = _setting(
        "stored",
        "stored: pictures as they are. percentile: each stretched by its 1st and 99.8th percentile (microscopy)",
    )
    seed: int = _setting(0, "seed of weights, crops and dropout. Change it to see the spread over runs")
    start_from: str = _setting(
        "",
        "weights to begin with: a model or encoder file of this lab, a finished run's name, or a shipped model's. "
        "None: random ones",
    )
    start_part: str = _setting(
        "all", "all: start from all the file holds. encoder: from its encoder alone, as for other classes"
    )

    bandwidth_channels: int = _setting(2, "2: elliptical margins, the paper's best with a learned centre. 1: circular")
    centre: str = _setting("learned", "learned: mean embedding, the paper's best. centroid: mean of the pixels")
    foreground_weight: float = _setting(10.0, "weight of object pixels in the seed term: they are the fewer ones")
    instance_loss: str = _setting(
        "lovasz",
        "lovasz: the method's hinge. cross_entropy, hinge (with one fixed margin): what the paper argues against",
    )
    fixed_margin: float = _setting(
        0.0,
        "0: every object learns its own margin. More: one of so many pixels for all, what the paper argues against",
    )
    instance_weight: float = _setting(1.0, "weight of the instance (Lovász hinge) term. The authors' value")
    smoothness_weight: float = _setting(10.0, "weight of the bandwidth smoothness term. The authors' value")
    seed_weight: float = _setting(1.0, "weight of the seed term. The authors' value")

    draw: str = _setting(
        "objects",
        "whose crops stage 1 takes. objects: each object equally likely. classes: rare classes as often as cars. "
        "images: crowded pictures no more often. mixed: objects and images half each",
    )
    pretrain_steps: int = _setting(
        2200, "steps of stage 1, object-centred crops. Small crops are cheap, and many fit into a batch"
    )
    pretrain_crop: tuple[int, int] = _setting(
        (192, 192),
        "height and width of stage 1's crops in pixels, as in --pretrain-crop 64 64. 192 hold most objects of a "
        "256x512 scene",
    )
    pretrain_batch: int = _setting(8, "crops a step in stage 1. Enough for batch-norm statistics")
    pretrain_rate: float = _setting(5e-4, "learning rate at the start of stage 1. The authors' value for Adam")

    finetune_steps: int = _setting(
        700, "steps of stage 2, larger crops anywhere. Shows whole scenes, their background too"
    )
    finetune_crop: tuple[int, int] = _setting(
        (256, 512),
        "height and width of stage 2's crops in pixels, as in --finetune-crop 128 256. The whole scene at 256x512",
    )
    finetune_batch: int = _setting(2, "crops a step in stage 2. The paper's value")
    finetune_rate: float = _setting(2e-4, "learning rate at the start of stage 2. Lower, not to undo stage 1")
    finetune_frozen_norm: bool = _setting(
        True, "keep batch-norm statistics fixed in stage 2. Two crops are too few to estimate them"
    )

    weight_decay: float = _setting(1e-4, "L2 penalty in Adam. The authors' value")
    decay_power: float = _setting(0.9, "learning rate falls as (1 - step/steps)^this. The authors' value")
    flip: float = _setting(0.5, "probability of a horizontal flip. A mirrored street is a street")
    quarter_turns: bool = _setting(False, "turn crops by 0, 90, 180 or 270 degrees. Where there is no up and down")
    scale: float = _setting(0.0, "objects enlarged by 1/(1 + this) to 1 + this. 0 as in the authors' code")
    colour_jitter: float = _setting(0.0, "brightness, contrast, saturation vary by ± this. 0 as in the authors' code")

    seed_threshold: float = _setting(0.9, "least seed score of an instance. The authors' test value; tuned afterwards")
    foreground_threshold: float = _setting(0.5, "least seed score of a candidate pixel. The authors' value")
    min_pixels: int = _setting(8, "smallest instance in pixels. 128 at 2048x1024, scaled by area to 512x256")
    min_unassigned: float = _setting(0.5, "least new fraction of a proposal. The authors' value")

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            _check_range(name, getattr(self, name), low, high)
        for name, allowed in _WORDS.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name}: found '{getattr(self, name)}', expected {' or '.join(allowed)}.")
        if self.instance_loss == "hinge" and not self.fixed_margin:
            raise ValueError("instance_loss: found 'hinge' without a margin, expected --fixed-margin PIXELS beside it.")


_WORDS = {
    "centre": ("learned", "centroid"),
    "instance_loss": ("lovasz", "cross_entropy", "hinge"),
    "intensity": INTENSITIES,
    "draw": DRAWS,
    "start_part": ("all", "encoder"),
}


_RANGES = {
    **dict.fromkeys(("seed_threshold", "foreground_threshold", "min_unassigned", "flip", "colour_jitter"), (0, 1)),
    "scale": (0, 3),
    "fixed_margin": (0, 1000),
    **dict.fromkeys(("pretrain_steps", "finetune_steps", "min_pixels", "weight_decay", "decay_power"), (0, None)),
    # Each step's own seed is this one times twenty million (lab.training.step): torch takes 64 bits, and processes
    # must stay apart.
    "seed": (0, 10_000_000),
    **dict.fromkeys(("instance_weight", "smoothness_weight", "seed_weight", "foreground_weight"), (0, None)),
    **dict.fromkeys(("pretrain_batch", "finetune_batch"), (1, None)),
    **dict.fromkeys(("pretrain_rate", "finetune_rate"), (0, 1)),
    **dict.fromkeys(("pretrain_crop", "finetune_crop"), (16, None)),
    "bandwidth_channels": (1, 2),
}


def _check_range(name: str, value: Any, low: float | int, high: float | int | None) -> None:
    for number in value if isinstance(value, tuple) else (value,):
        if not low <= number < math.inf or (high is not None and number > high):
            expected = f"{low}..{high}" if high is not None else f"at least {low}, and finite"
            raise ValueError(f"{name}: found {number}, expected {expected}.")


STAGE_NAMES = ("pretrain", "finetune")


@dataclass(frozen=True)
class Stage:
    """One stage's part of the settings, under common names."""

    name: str
    steps: int
    crop: tuple[int, int]
    batch: int
    rate: float
    object_centred: bool
    frozen_norm: bool


def stages(settings: TrainingSettings) -> tuple[Stage, Stage]:
    """The two stages in order."""
    s = settings
    return (
        Stage(STAGE_NAMES[0], s.pretrain_steps, s.pretrain_crop, s.pretrain_batch, s.pretrain_rate, True, False),
        Stage(
            STAGE_NAMES[1],
            s.finetune_steps,
            s.finetune_crop,
            s.finetune_batch,
            s.finetune_rate,
            False,
            s.finetune_frozen_norm,
        ),
    )


def learning_rate(stage: Stage, step: int, power: float) -> float:
    """Polynomial decay: the rate of step 0, 1, ... of a stage."""
    return stage.rate * (1 - step / stage.steps) ** power


def settings_to_json(settings: TrainingSettings) -> str:
    """As text, for a run's settings.json."""
    return json.dumps(asdict(settings), indent=1)


def differences(found: dict[str, Any], settings: TrainingSettings) -> list[str]:
    """Where settings read from JSON differ from ``settings``: 'NAME: found X, expected Y'.

    Settings that came later than the file stand at their defaults, which leave a training as it was.
    """
    found = json.loads(settings_to_json(TrainingSettings())) | found
    expected = json.loads(settings_to_json(settings))
    return [
        f"{name}: found {found.get(name)!r}, expected {expected.get(name)!r}"
        for name in sorted(found.keys() | expected.keys())
        if found.get(name) != expected.get(name)
    ]


def only_stage(settings: TrainingSettings, stage: str) -> TrainingSettings:
    """The settings of one stage alone, "pretrain" or "finetune"; as they are for "both".

    Raises:
        ValueError: another word, or a stage that has no steps.
    """
    if stage not in ("both", *STAGE_NAMES):
        raise ValueError(f"stage: found '{stage}', expected both, {' or '.join(STAGE_NAMES)}.")
    others: dict[str, Any] = {f"{name}_steps": 0 for name in STAGE_NAMES if stage not in ("both", name)}
    chosen = replace(settings, **others)
    if not any(s.steps for s in stages(chosen)):
        raise ValueError(f"stage: found '{stage}' without a step, expected at least one. Give --{stage}-steps.")
    return chosen
