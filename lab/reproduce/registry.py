"""The runs that ship.  What was measured of them stands in data/models and data/results and not a second time here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

IN_RUNS = "RUNS/"  # at the beginning of a word: the folder of runs


@dataclass(frozen=True)
class Run:
    """A shipped training, and what belongs to doing it again.

    Attributes:
        name: of data/models/NAME.json, whose settings are trained with.
        what: one line for people.
        data: the data set, a name below LAB_DATA or a folder among the runs (`IN_RUNS`).
        download: words after ``python -m lab download``.
        scenes: number of scenes by split that the shipped run had; empty for nuclei, whose split ships.
        tune, evaluate: words after ``python -m lab tune --model FILE`` and ``... evaluate --model FILE``; without words
            for tune the thresholds stay those of the settings.
        result: file in data/results with the shipped run's figure.
        figure: under which keys (and positions in lists) it stands, there and in a repeat's evaluation.json.
        title: what it is.
        spread: part of the figure by which a repeat may differ.
        reason: where that comes from.
        first: of a run that started from another one's model: the settings in which that one differed; else empty.
    """

    name: str
    what: str
    data: str
    download: tuple[str, ...]
    scenes: Mapping[str, int]
    tune: tuple[str, ...]
    evaluate: tuple[str, ...]
    result: str
    figure: tuple[str | int, ...]
    title: str
    spread: float
    reason: str
    first: Mapping[str, Any] = field(default_factory=dict)


GUESSED = "our own guess: one run was made, no repeats, and other devices round otherwise"

RUNS = MappingProxyType(
    {
        run.name: run
        for run in (
            Run(
                name="toyscapes",
                what="the main model: ToyScapes, 8 classes, both stages, elliptical margins, learned centre",
                data="toyscapes",
                download=("toyscapes", "--train", "800", "--val", "100"),
                scenes=MappingProxyType({"train": 800, "val": 100}),
                # On training scenes: the validation scenes are what is reported on.
                tune=("--data", "toyscapes", "--limit", "60"),
                evaluate=("--data", "toyscapes"),
                result="toyscapes_val.json",
                figure=("ap",),
                title="AP on the validation scenes",
                spread=0.25,
                reason=GUESSED,
            ),
            Run(
                name="nuclei",
                what="nuclei in fluorescence: one class, pictures stretched by their percentiles; two trainings, the "
                "second from the first one's model",
                data="nuclei",
                download=("nuclei",),
                scenes=MappingProxyType({}),  # the split that ships says which images
                tune=("--data", "nuclei"),
                evaluate=("--data", "nuclei", "--split", "test"),
                result="nuclei_test.json",
                figure=("nuclei_score", "pooled", 0),
                title="TP / (TP + FP + FN) at IoU 0.5, pooled over the test images",
                spread=0.05,
                reason=f"{GUESSED}; the archive's own masks differ slightly from the corrected ones it was made with",
                first=MappingProxyType({"pretrain_steps": 3000, "finetune_steps": 250, "seed": 0}),
            ),
            Run(
                name="tiny",
                what="a run as notebook 10 makes it: four small scenes, 78 s of one core's work",
                data=f"{IN_RUNS}tiny_scenes",
                download=("tiny",),
                scenes=MappingProxyType({"train": 4, "val": 1}),
                tune=(),  # it shows how a training begins; thresholds would not save it
                evaluate=("--data", f"{IN_RUNS}tiny_scenes", "--min-region", "0"),
                result="tiny_val.json",
                figure=("ap50",),
                title="AP50 on its validation scene",
                spread=0.5,
                reason=f"{GUESSED}; one scene is little",
            ),
        )
    }
)
