"""What is compared, and with which budgets."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from lab.training.settings import TrainingSettings


@dataclass(frozen=True)
class Arm:
    """A training that differs from the method in one respect.

    Attributes:
        name: of its runs.
        label: for people.
        group: "sigma_centre", "loss" or "schedule": arms of a group, and the method, are compared with each other.
        changes: settings that differ from the method's.
        one_stage: whether stage 2's budget of pixels goes into stage 1.
    """

    name: str
    label: str
    group: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    one_stage: bool = False

    def settings(self, budget: TrainingSettings, seed: int, fixed_margin: float) -> TrainingSettings:
        """Of one run.  ``fixed_margin`` (px) is that of the arms that have one."""
        changes = dict(self.changes)
        if changes.get("fixed_margin"):
            changes["fixed_margin"] = fixed_margin
        settings = replace(budget, seed=seed, **changes)
        return _in_one_stage(settings) if self.one_stage else settings


def _in_one_stage(settings: TrainingSettings) -> TrainingSettings:
    """Stage 2's pixels spent in stage 1."""
    pixels = settings.finetune_steps * settings.finetune_batch * _area(settings.finetune_crop)
    more = round(pixels / (settings.pretrain_batch * _area(settings.pretrain_crop)))
    return replace(settings, pretrain_steps=settings.pretrain_steps + more, finetune_steps=0)


def _area(crop: tuple[int, int]) -> int:
    return crop[0] * crop[1]


METHOD = "elliptical_learned"
FIXED = MappingProxyType({"bandwidth_channels": 1, "fixed_margin": True})  # how many px, the budget says
CIRCULAR = MappingProxyType({"bandwidth_channels": 1})

# In the order in which they are trained: the first five are the core, and a run that is stopped has those.
ARMS = (
    Arm(METHOD, "elliptical σ, learned centre", "sigma_centre"),
    Arm("fixed_centroid", "fixed σ, centroid", "sigma_centre", {**FIXED, "centre": "centroid"}),
    Arm("circular_centroid", "circular σ, centroid", "sigma_centre", {**CIRCULAR, "centre": "centroid"}),
    Arm("circular_learned", "circular σ, learned centre", "sigma_centre", CIRCULAR),
    Arm("elliptical_centroid", "elliptical σ, centroid", "sigma_centre", {"centre": "centroid"}),
    Arm("fixed_learned", "fixed σ, learned centre", "sigma_centre", FIXED),
    Arm("cross_entropy", "cross-entropy for Lovász", "loss", {"instance_loss": "cross_entropy"}),
    # The hinge knows no pixel that should stay outside, so a centre that is free to move would gather all objects.
    Arm(
        "fixed_margin_hinge",
        "hinge, one fixed margin",
        "loss",
        {**FIXED, "centre": "centroid", "instance_loss": "hinge"},
    ),
    Arm("no_smoothness", "without smoothness", "loss", {"smoothness_weight": 0.0}),
    Arm("one_stage", "without stage 2", "schedule", one_stage=True),
)


def find_arms(names: tuple[str, ...]) -> tuple[Arm, ...]:
    """The arms of these names, in the order of `ARMS`; no names: all.

    Raises:
        ValueError: an unknown name.
    """
    known = [arm.name for arm in ARMS]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"arm: found '{unknown[0]}', expected some of {', '.join(known)}.")
    return tuple(arm for arm in ARMS if not names or arm.name in names)


@dataclass(frozen=True)
class Budget:
    """What every arm gets.

    Attributes:
        settings: the method's own; arms change what they are named for.
        fixed_margin: px, of the arms with one margin for all: the best of ``margins`` on training scenes, see
            `lab.ablation.runs.sweep`.
        margins: px, tried for it.
        min_region: px; AP ignores smaller true instances.
        height: of the scenes in px; the width is twice that.
        train, val: numbers of scenes.
    """

    settings: TrainingSettings
    fixed_margin: float
    margins: tuple[float, ...]
    min_region: int
    height: int
    train: int
    val: int


_CARS = TrainingSettings(classes=("car",), seed_threshold=0.5, min_pixels=8)

BUDGETS = MappingProxyType(
    {
        # Some two minutes a run on one CPU core: cars in streets of 256x128, small crops, few steps at a high rate.
        "cpu": Budget(
            replace(
                _CARS,
                dataset="toyscapes128",
                pretrain_steps=500,
                pretrain_crop=(64, 64),
                pretrain_batch=4,
                pretrain_rate=1e-3,
                finetune_steps=50,
                finetune_crop=(128, 256),
            ),
            fixed_margin=8.0,
            margins=(4.0, 8.0, 16.0, 24.0, 32.0),
            min_region=25,
            height=128,
            train=400,
            val=40,
        ),
        # The same at 512x256 with crops of 256 px and twenty times the pixels, for a GPU; never run to the end yet.
        "gpu": Budget(
            replace(
                _CARS,
                dataset="toyscapes",
                pretrain_steps=3000,
                pretrain_crop=(256, 256),
                pretrain_batch=8,
                finetune_steps=300,
                finetune_crop=(256, 512),
                min_pixels=20,
            ),
            fixed_margin=16.0,
            margins=(8.0, 16.0, 32.0, 48.0, 64.0),
            min_region=100,
            height=256,
            train=800,
            val=100,
        ),
    }
)
