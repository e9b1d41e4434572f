"""What is compared, and with which budgets."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from lab.training.settings import TrainingSettings


@dataclass(frozen=True)
class Arm:
    """A training that differs in one respect from the arm that it is held against.

    Attributes:
        name: of its runs.
        label: for people.
        group: "sigma_centre" (margins and centres, all held against each other), "loss" or "schedule".
        changes: settings that differ from the method's.
        one_stage: whether stage 2's budget of pixels goes into stage 1.
        against: the arm that it is held against; the method but for the hinge.
    """

    name: str
    label: str
    group: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    one_stage: bool = False
    against: str = "elliptical_learned"

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
        against="fixed_centroid",
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
            `lab.ablation.runs.sweep_jobs`.
        margins: px, tried for it.
        min_region: px; AP ignores smaller true instances.
        height: of the scenes in px; the width is twice that.
        train: number of scenes to train on.  val: of validation scenes to measure on, the first so many.
    """

    settings: TrainingSettings
    fixed_margin: float
    margins: tuple[float, ...]
    min_region: int
    height: int
    train: int
    val: int


_CARS = TrainingSettings(classes=("car",), seed_threshold=0.5, min_pixels=20)

BUDGETS = MappingProxyType(
    {
        # Ninety seconds of one CPU core a run.  From scratch so little teaches nothing (an AP of 1 %, tried with five
        # hundred steps at 256x128): all arms start from the encoder of the shipped model, with fresh decoders.  It was
        # trained with the method's own loss, which may favour the arms that are like it.
        "cpu": Budget(
            replace(
                _CARS,
                dataset="toyscapes",
                start_from="toyscapes",
                start_part="encoder",
                pretrain_steps=300,
                pretrain_crop=(128, 128),
                pretrain_batch=2,
                pretrain_rate=1e-3,
                finetune_steps=20,
                finetune_crop=(256, 512),
                finetune_batch=1,
            ),
            fixed_margin=8.0,
            margins=(4.0, 8.0, 16.0, 32.0),
            min_region=100,
            height=256,
            train=800,
            val=40,
        ),
        # From scratch, with crops of 256 px, for a GPU; rehearsed, never run to the end yet.
        "gpu": Budget(
            replace(
                _CARS,
                dataset="toyscapes",
                pretrain_steps=3000,
                pretrain_crop=(256, 256),
                pretrain_batch=8,
                finetune_steps=300,
                finetune_crop=(256, 512),
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
