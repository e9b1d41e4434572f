"""The runs that ship.  What was measured of them stands in data/models and data/results and not a second time here."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Run:
    """A shipped training, and what belongs to doing it again.

    Attributes:
        name: of data/models/NAME.json, whose settings are trained with.
        what: one line for people.
        download: words after ``python -m lab download``.
        scenes: number of scenes by split that the shipped run had; empty where the data set is a fixed one.
        tune, evaluate: words after ``python -m lab tune --model FILE`` and ``... evaluate --model FILE``; without words
            for tune the thresholds stay those of the settings.
        result: file in data/results with the shipped run's figure.
        figure: under which keys it stands, there and in the evaluation.json of a repeat.
        title: what it is.
        spread: part of the figure by which a repeat may differ.
        reason: where that comes from.
    """

    name: str
    what: str
    download: tuple[str, ...]
    scenes: Mapping[str, int]
    tune: tuple[str, ...]
    evaluate: tuple[str, ...]
    result: str
    figure: tuple[str, ...]
    title: str
    spread: float
    reason: str


GUESSED = "our own guess: one run was made, no repeats, and other devices round otherwise"

RUNS = MappingProxyType(
    {
        run.name: run
        for run in (
            Run(
                name="toyscapes",
                what="the main model: ToyScapes, 8 classes, both stages, elliptical margins, learned centre",
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
        )
    }
)
