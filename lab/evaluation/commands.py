"""What `python -m lab evaluate | predict | tune` do, with names and paths as a person types them."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import torch

from lab.checkpoints import Model, load_model, shipped_model, store_card
from lab.clustering import Thresholds
from lab.datasets.cityscapes import CityscapesFolder
from lab.devices import pick_device
from lab.evaluation.files import find_images, predict_files
from lab.evaluation.predict import on_device, thresholds_of
from lab.evaluation.run import EvaluationSettings, report, table
from lab.evaluation.run import evaluate as evaluate_model
from lab.evaluation.tune import tune_thresholds, tuning_table
from lab.folders import dataset_folder, write_whole
from lab.origin import origin_of


class Overrides(NamedTuple):
    """Thresholds typed by a person; None for the model's own."""

    seed_threshold: float | None = None
    foreground_threshold: float | None = None
    min_pixels: int | None = None
    min_unassigned: float | None = None


def open_model(name: str, device: str, overrides: Overrides) -> tuple[Model, Thresholds, torch.device]:
    """A model by its file or as "shipped", its thresholds, and the device that it now lies on."""
    place = pick_device(device)
    model = shipped_model() if name == "shipped" else load_model(name)
    return on_device(model, place), thresholds_of(model.card, **overrides._asdict()), place


def evaluate(
    model: str,
    data: str,
    split: str,
    output: Path,
    limit: int | None,
    min_region: int,
    scorer: str,
    device: str,
    overrides: Overrides,
    store: bool = False,
) -> str:
    """Evaluate; gives the table.  ``output`` gets submission/ and evaluation.json; ``store``: the model's card, too."""
    settings = EvaluationSettings(limit, min_region, scorer)
    own_file = _own_file(model) if store else None  # asked first: an evaluation takes minutes
    opened, thresholds, place = open_model(model, device, overrides)
    source = CityscapesFolder(dataset_folder(data), split)
    result = report(evaluate_model(opened, source, output / "submission", thresholds, settings))
    # Of paths only the last part: where things lie on one machine is of no use on another.
    named = {"model": Path(model).name, "data": dataset_folder(data).name, "split": split}
    content = named | result | origin_of(place)
    write_whole(output / "evaluation.json", (json.dumps(content, indent=2) + "\n").encode())
    if own_file:
        store_card(own_file, evaluation=content)
    return f"{table(result)}\nIn full: {output / 'evaluation.json'}"


def predict(model: str, inputs: Sequence[Path], output: Path, device: str, overrides: Overrides) -> tuple[int, int]:
    """Predict files; gives how many were done and how many failed."""
    paths = find_images(inputs)
    opened, thresholds, _ = open_model(model, device, overrides)
    failed = predict_files(opened, paths, output, thresholds)
    return len(paths) - failed, failed


def tune(model: str, data: str, split: str, limit: int, min_region: int, device: str, store: bool = False) -> str:
    """Choose thresholds; gives the table.  ``store`` makes them the model's own."""
    own_file = _own_file(model) if store else None
    opened, thresholds, _ = open_model(model, device, Overrides())
    source = CityscapesFolder(dataset_folder(data), split)
    tuning = tune_thresholds(opened, source, thresholds, limit, min_region=min_region)
    if own_file:
        # An evaluation at other thresholds would no longer be the model's.
        store_card(own_file, **asdict(tuning.best), evaluation={})
    return tuning_table(tuning)


def _own_file(model: str) -> Path:
    if model == "shipped":
        raise ValueError("found --store with the shipped model, expected a model file of your own: --model FILE.")
    return Path(model)
