"""What `python -m lab evaluate | predict | tune` do, with names and paths as a person types them."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import torch

from lab.checkpoints import Model, card_file, load_model, shipped_model, store_card
from lab.clustering import Thresholds
from lab.datasets.cityscapes import CityscapesFolder
from lab.datasets.scene import SceneSource
from lab.datasets.sources import open_source
from lab.devices import pick_device
from lab.evaluation.files import find_images, predict_files
from lab.evaluation.looks import write_looks
from lab.evaluation.predict import for_inference, thresholds_of
from lab.evaluation.report import report, table
from lab.evaluation.run import EvaluationSettings
from lab.evaluation.run import evaluate as evaluate_model
from lab.evaluation.tiles import Tiles
from lab.evaluation.tune import tune_thresholds, tuning_table
from lab.folders import data_folder, dataset_folder, runs_folder, write_whole
from lab.origin import origin_of


class Overrides(NamedTuple):
    """Thresholds typed by a person; None for the model's own."""

    seed_threshold: float | None = None
    foreground_threshold: float | None = None
    min_pixels: int | None = None
    min_unassigned: float | None = None


def open_model(
    name: str, device: str, overrides: Overrides, compile: bool = False
) -> tuple[Model, Thresholds, torch.device]:
    """A named model, made ready for inference on a device; its thresholds, and the device."""
    place = pick_device(device)
    model = load_named(name)
    return for_inference(model, place, compile), thresholds_of(model.card, **overrides._asdict()), place


def load_named(name: str) -> Model:
    """A model by its file, as "shipped", or by the name of a shipped one or a run."""
    if name == "shipped":
        return shipped_model()
    path = _own_path(name)
    return load_model(path) if path else shipped_model(name)


def _own_path(name: str) -> Path | None:
    """The file of a model of one's own, by its path or by the name of a run; None for one that ships: these go first.

    Raises:
        FileNotFoundError: a bare word that names none of them.
    """
    if Path(name).suffix == ".safetensors" or Path(name).name != name or Path(name).is_file():
        return Path(name)
    shipped = sorted(path.stem for path in (data_folder() / "models").glob("*.safetensors"))
    if name in ("shipped", *shipped):
        return None
    path = runs_folder() / name / "model.safetensors"
    if path.is_file():
        return path
    raise FileNotFoundError(
        f"--model: found neither a shipped model '{name}' nor {path}, expected a .safetensors file, one of "
        f"{', '.join(shipped)}, or the name of a finished run. Of a run in another folder give the file."
    )


def open_for(model: Model, data: str, split: str) -> SceneSource:
    """A data set's split, its pictures prepared as the model was trained: from the values in the files themselves."""
    source = open_source(data, split)
    if isinstance(source, CityscapesFolder) or model.card.intensity == "stored":
        return source
    return open_source(data, split, intensity=model.card.intensity)


def evaluate(
    model: str,
    data: str,
    split: str,
    output: Path,
    settings: EvaluationSettings,
    device: str,
    overrides: Overrides,
    store: bool = False,
    compile: bool = False,
) -> str:
    """Evaluate; gives the table.  ``output`` gets evaluation.json, and for Cityscapes' layout submission/; besides
    curves and the worst images, see `lab.evaluation.looks`.

    ``store``: the model's card gets the result, too.
    """
    own_file = _own_file(model) if store else None  # asked first: an evaluation takes minutes
    opened, thresholds, place = open_model(model, device, overrides, compile)
    source = open_for(opened, data, split)
    evaluation = evaluate_model(opened, source, output / "submission", thresholds, settings)
    result = report(evaluation)
    # Of paths only the last part: where things lie on one machine is of no use on another.
    named = {"model": Path(model).name, "data": dataset_folder(data).name, "split": split}
    content = named | result | origin_of(place)
    write_whole(output / "evaluation.json", (json.dumps(content, indent=2) + "\n").encode())
    looks = write_looks(output, evaluation)
    if own_file:
        store_card(own_file, evaluation=content)
    beside = ", ".join(path.name for path in looks)
    return f"{table(result)}\nIn full: {output / 'evaluation.json'}; beside it {beside}."


def predict(
    model: str,
    inputs: Sequence[Path],
    output: Path,
    device: str,
    overrides: Overrides,
    flips: bool = False,
    tiles: Tiles | None = None,
) -> tuple[int, int]:
    """Predict files; gives how many were done and how many failed."""
    paths = find_images(inputs)
    opened, thresholds, _ = open_model(model, device, overrides)
    failed = predict_files(opened, paths, output, thresholds, flips=flips, tiles=tiles)
    return len(paths) - failed, failed


def tune(
    model: str,
    data: str,
    split: str | None,
    limit: int,
    min_region: int | None,
    device: str,
    store: bool = False,
    min_pixels: Sequence[int] = (),
    by: str | None = None,
    flips: bool = False,
) -> str:
    """Choose thresholds; gives the table.  ``store`` makes them the model's own.

    ``split`` None: train in Cityscapes' layout, of which ToyScapes has no third part to spare, else val.

    Raises:
        ValueError: the test split, among others: what thresholds were chosen on is no test of them.
    """
    own_file = _own_file(model) if store else None
    if split == "test":
        raise ValueError(
            "found the split test to tune on, expected val or train: results are reported on test, and thresholds that "
            "were chosen there would flatter them."
        )
    opened, thresholds, _ = open_model(model, device, Overrides())
    split = split or _split_to_tune_on(data)
    source = open_for(opened, data, split)
    tuning = tune_thresholds(
        opened, source, thresholds, limit, min_pixels=min_pixels or None, min_region=min_region, by=by, flips=flips
    )
    if own_file:
        # An evaluation at other thresholds would no longer be the model's.
        store_card(own_file, **asdict(tuning.best), evaluation={})
    return "\n".join([tuning_table(tuning), _chosen_on(split, min(limit, len(source)), own_file, flips)])


def _chosen_on(split: str, scenes: int, stored: Path | None, flips: bool) -> str:
    """Which scenes decided, and what follows for results and for prediction."""
    words = (
        f"Chosen on {scenes} scene{'s' * (scenes > 1)} of the split {split}; no other was read. Report results on "
        "another split: on this one they flatter."
    )
    if not stored:
        return f"{words} Kept nowhere: --store makes them the model's own."
    return f"{words} Stored in {stored}." + (" They were chosen with flips: predict with --flips." if flips else "")


def _split_to_tune_on(data: str) -> str:
    return "train" if (dataset_folder(data) / "leftImg8bit").is_dir() else "val"


def _own_file(model: str) -> Path:
    path = _own_path(model)
    if path is None:
        raise ValueError("found --store with a shipped model, expected a model file of your own: --model FILE.")
    card_file(path)  # refused here, not after minutes
    return path
