"""Two methods against the clock, as recorded in data/results/mask_rcnn.json."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from lab.comparison.records import POINTS, read_json
from lab.folders import data_folder
from lab.real import Real

RECIPE = "python -m lab baseline"
MEASURES = {"AP": "ap", "AP50": "ap50"}


@dataclass(frozen=True)
class Course:
    """One method's way through its training.

    Attributes:
        label: its name for people.
        what: architecture, initialisation and schedule in words.
        parameters: number of weights.
        minutes: of training until each measurement.  steps: the same in steps.
        scores: "AP" and "AP50" in points of 100, at each measurement; NaN where there was none.
        images_per_second: at inference; NaN where it was not measured.
        levelled_off: whether it had, in words.
    """

    label: str
    what: str
    parameters: int
    minutes: Float[np.ndarray, "T"]
    steps: Float[np.ndarray, "T"]
    scores: Mapping[str, Float[np.ndarray, "T"]]
    images_per_second: float
    levelled_off: str


@dataclass(frozen=True)
class Contest:
    """Both courses, with what was the same for both.

    Attributes:
        courses: by the method's name in the file.
        about: data, resolution, device, versions: whatever else is in the file.
    """

    courses: Mapping[str, Course]
    about: Mapping[str, Any]


def read_contest(path: Path | None = None) -> Contest:
    """The recorded contest; default the one that ships, or where none does one without courses.

    Raises:
        FileNotFoundError: the file that is named is not there.
        ValueError: the file is none of this kind.
    """
    shipped = data_folder() / "results" / "mask_rcnn.json"
    if path is None and not shipped.is_file():
        return Contest({}, {})
    path = path or shipped
    found = read_json(path, RECIPE)
    try:
        courses = {name: _read_course(name, model) for name, model in found["models"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(
            f"{path}: found {'no ' if isinstance(error, KeyError) else ''}{error}, expected models with their curves. "
            f"Make it again with `{RECIPE}`."
        ) from error
    return Contest(courses, {key: value for key, value in found.items() if key != "models"})


def _read_course(name: str, model: Mapping[str, Any]) -> Course:
    points = model["curve"]
    return Course(
        label=model.get("label", name),
        what=model["what"],
        parameters=int(model["parameters"]),
        minutes=_numbers([point["seconds"] for point in points]) / 60,
        steps=_numbers([point["steps"] for point in points]),
        scores={name: POINTS * _numbers([point[key] for point in points]) for name, key in MEASURES.items()},
        images_per_second=float(_numbers([model["images_per_second"]])[0]),
        levelled_off=model["levelled_off"],
    )


def _numbers(values: list[Real | None]) -> Float[np.ndarray, "T"]:
    return np.array([np.nan if value is None else value for value in values], float)
