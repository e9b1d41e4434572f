"""The ablations as they were recorded: data/results/ablations.json and data/recordings/ablations.npz."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from lab.ablation.arms import ARMS
from lab.folders import data_folder
from lab.json_text import from_json
from lab.recordings import read_recording, recording_file

RECIPE = "python -m lab ablate"
MEASURES = ("AP", "AP50")
SEEDS = ("predicted", "ground truth")
KEYS = {
    ("AP", "predicted"): "ap",
    ("AP50", "predicted"): "ap50",
    ("AP", "ground truth"): "ap_gt_seeds",
    ("AP50", "ground truth"): "ap50_gt_seeds",
}
POINTS = 100  # AP is kept as 0..1 and told in points, as the paper does


@dataclass(frozen=True)
class Arm:
    """One of the things that are compared.

    Attributes:
        name: in the files.
        label: for people.
        group: of what it is a variation: "sigma_centre", "loss" or "schedule".
        changes: the settings in which it differs from the method.
    """

    name: str
    label: str
    group: str
    changes: Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        arm: its name.
        seed: of the training.
        measures: "ap", "ap50", "ap_gt_seeds", "ap50_gt_seeds" in 0..1, those that were measured.
        seconds: that the training took.
        curve: "step" and the terms of the loss over it.
    """

    arm: str
    seed: int
    measures: Mapping[str, float]
    seconds: float
    curve: Mapping[str, Float[np.ndarray, "T"]]


@dataclass(frozen=True)
class Ablations:
    """Everything that ablations.json says.

    Attributes:
        arms: in the file's order.
        runs: by arm, then by seed.
        about: what, data, budget, device, versions, commit: whatever else is in the file.
    """

    arms: tuple[Arm, ...]
    runs: tuple[Run, ...]
    about: Mapping[str, Any]

    def arm(self, name: str) -> Arm:
        """By its name.  Raises ValueError for one that is not there."""
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise ValueError(f"arm: found {name!r}, expected one of {', '.join(a.name for a in self.arms)}.")

    def runs_of(self, name: str) -> tuple[Run, ...]:
        """The arm's trainings in the order of their seeds."""
        return tuple(run for run in self.runs if run.arm == name)

    def values(self, name: str, measure: str = "AP", seeds: str = "predicted") -> Float[np.ndarray, "R"]:
        """In points of 100, one for every training of the arm in which it was measured; by seed.

        An arm that the file does not know has none, so that a comparison with it can say that it is missing.
        """
        key = KEYS[measure, seeds]
        found = [POINTS * run.measures[key] for run in self.runs_of(name) if key in run.measures]
        return np.array(found, float)

    def missing(self) -> tuple[str, ...]:
        """Sentences on trainings that are planned and not there."""
        labels = {arm.name: arm.label for arm in ARMS} | {arm.name: arm.label for arm in self.arms}
        counts = {name: len(self.runs_of(name)) for name in labels}
        most = max(counts.values())
        without = [label for name, label in labels.items() if not counts[name]]
        fewer = [f"{label} ({counts[name]} of {most})" for name, label in labels.items() if 0 < counts[name] < most]
        told = {"Not trained": without, "Fewer seeds than others": fewer}
        return tuple(f"{words}: {', '.join(names)}." for words, names in told.items() if names)


@dataclass(frozen=True)
class Scenes:
    """Validation scenes as every arm's first seed segments them.

    Attributes:
        image: the photographs.
        truth: 0, or the number of the labelled object.
        labels: (arm, "predicted" or "ground truth") -> 0, or the number of the instance found.
    """

    image: UInt8[np.ndarray, "V H W 3"]
    truth: UInt8[np.ndarray, "V H W"]
    labels: Mapping[tuple[str, str], UInt8[np.ndarray, "V H W"]]


def read_ablations(path: Path | None = None) -> Ablations:
    """The recorded ablations; default those that ship.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is none of this kind; says what is wrong.
    """
    path = path or data_folder() / "results" / "ablations.json"
    found = read_json(path, RECIPE)
    try:
        arms = tuple(Arm(a["name"], a["label"], a["group"], a.get("changes", {})) for a in found["arms"])
        order = {arm.name: place for place, arm in enumerate(arms)}
        runs = sorted((_read_run(run) for run in found["runs"]), key=lambda run: (order[run.arm], run.seed))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _not_of_the_kind(path, error) from error
    about = {key: value for key, value in found.items() if key not in ("arms", "runs")}
    return Ablations(arms, tuple(runs), about)


def _read_run(run: Mapping[str, Any]) -> Run:
    measures = {key: float(run[key]) for key in KEYS.values() if run.get(key) is not None}
    if strange := [f"{key} {value:g}" for key, value in measures.items() if not 0 <= value <= 1]:
        raise ValueError(f"{run['arm']}, seed {run['seed']}: {', '.join(strange)}, outside of 0..1")
    curve = {name: np.array(values, float) for name, values in run.get("curve", {}).items()}
    return Run(run["arm"], int(run["seed"]), measures, float(run.get("train_seconds", "nan")), curve)


def read_json(path: Path, recipe: str) -> dict[str, Any]:
    """An object from a file of results.  Raises FileNotFoundError, or ValueError for a file that holds none."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: found no file, expected recorded results. Make it with `{recipe}`.")
    try:
        found = from_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: found no JSON in it ({error}). Make it again with `{recipe}`.") from error
    if not isinstance(found, dict):
        raise ValueError(
            f"{path}: found a {type(found).__name__}, expected an object with names. Is it the right file?"
        )
    return found


def _not_of_the_kind(path: Path, error: Exception) -> ValueError:
    what = f"no {error}" if isinstance(error, KeyError) else str(error)
    return ValueError(f"{path}: found {what}, expected recorded arms and runs. Make it again with `{RECIPE}`.")


def read_scenes(path: Path | None = None) -> Scenes:
    """The recorded scenes; default those that ship.  Raises as `lab.recordings.read_recording`."""
    path = path or recording_file("ablations")
    arrays, _ = read_recording(path, RECIPE)
    endings = {".labels": SEEDS[0], ".gt_seeds": SEEDS[1]}
    labels = {
        (name.removesuffix(ending), seeds): arrays[name]
        for ending, seeds in endings.items()
        for name in arrays
        if name.endswith(ending)
    }
    if absent := [name for name in ("image", "truth") if name not in arrays]:
        raise ValueError(f"{path}: found no {' and no '.join(absent)}, expected scenes. Make it again with `{RECIPE}`.")
    return Scenes(arrays["image"], arrays["truth"], labels)
