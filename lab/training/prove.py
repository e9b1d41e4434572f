"""The paper's two presets, proved by a short real run at full crop size: ``python -m lab.training.prove``.

A GPU runs them to the end; here a few steps show that they run at all: with which memory, how long a step takes, that
the terms of the loss are finite, and that the second stage leaves the batch-norm statistics alone.
"""

import json
import math
import resource
import signal
import sys
import tempfile
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from lab.checkpoints import load_tensors, save_model
from lab.datasets.sources import open_source
from lab.erfnet import BranchedERFNet
from lab.folders import data_folder, write_whole
from lab.origin import origin_of
from lab.training.card import make_card
from lab.training.loop import RunOptions, StepReport, train
from lab.training.presets import PRESETS
from lab.training.runs import STATE
from lab.training.settings import Stage, TrainingSettings, stages
from lab.training.state import load_state, network_tensors

RECIPE = "python -m lab.training.prove"
FILE = data_folder() / "results" / "paper_presets.json"
WORDS = "proved by a short run, not run to the end"
SCENES, HEIGHT = 3, 1024  # Cityscapes' size
STEPS = 2  # of each stage; their learning rates are those of the whole run's first steps
STATISTICS = ("running_mean", "running_var")


class Watched(NamedTuple):
    """A step's report, and when its end was seen: by the clock, and in seconds of processor time."""

    report: StepReport
    clock: float
    cpu: float


def paper_presets(data: Path) -> dict[str, TrainingSettings]:
    """Both presets as they are, but for the data."""
    return {name: replace(PRESETS[name], dataset=str(data)) for name in ("paper_pretrain", "paper_finetune")}


def prove(presets: dict[str, TrainingSettings], folder: Path) -> dict[str, Any]:
    """Run the first steps of both presets in ``folder``, the second from where the first one came to.

    Returns:
        what was measured, as plain numbers.

    Raises:
        RuntimeError: a term is not finite, or a statistic that was to stay fixed has moved.
    """
    first, second = presets.values()
    before, pretrained = _run(first, folder / "paper_pretrain")
    start = folder / "start.safetensors"
    _save(before, first, start)
    after, finetuned = _run(replace(second, start_from=str(start)), folder / "paper_finetune")
    statistics = [name for name in before if name.endswith(STATISTICS)]
    moved = [name for name in statistics if not before[name].equal(after[name])]
    if moved:
        raise RuntimeError(f"stage 2 moved {len(moved)} batch-norm statistics, expected none: {', '.join(moved[:4])}.")
    return {
        "result": WORDS,
        "presets": dict(zip(presets, (pretrained, finetuned), strict=True)),
        "batch_norm_statistics_unchanged_in_stage_2": len(statistics),
    }


def _run(settings: TrainingSettings, folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """A training that is stopped as by a signal: its network's tensors, and what was measured."""
    reports: list[Watched] = []

    def watch(report: StepReport) -> None:
        reports.append(Watched(report, time.monotonic(), time.process_time()))
        if len(reports) == STEPS:
            signal.raise_signal(signal.SIGTERM)  # the running step is finished and saved

    (stage,) = (stage for stage in stages(settings) if stage.steps)
    source = open_source(settings.dataset, settings.split)
    train(settings, source, folder, RunOptions(log_every=1, device="cpu"), watch)
    return network_tensors(load_state(folder / STATE).tensors), _measured(stage, reports)


def _save(tensors: dict[str, Tensor], settings: TrainingSettings, path: Path) -> None:
    """The network of an unfinished run as a model to start from, in full precision."""
    names = open_source(settings.dataset, settings.split).class_names
    network = BranchedERFNet(settings.bandwidth_channels, len(names))
    load_tensors(network, tensors, str(path))
    save_model(path, network, make_card(settings, names, "cpu", 0.0), half=False)


def _measured(stage: Stage, reports: list[Watched]) -> dict[str, Any]:
    terms = [{name: round(value, 6) for name, value in watched.report.terms.items()} for watched in reports]
    if not all(math.isfinite(value) for step in terms for value in step.values()):
        raise RuntimeError(f"stage {stage.name}: found the terms {terms}, expected finite numbers.")
    return {
        "steps": len(reports),
        "crop": list(stage.crop),
        "batch": stage.batch,
        "frozen_batch_norm": stage.frozen_norm,
        "terms": terms,
        # Between two steps' ends, so without the start, with which the first step is mixed up.  On a machine that does
        # other work, too, only the second number says something.
        "seconds_per_step": [round(after.clock - before.clock, 1) for before, after in pairwise(reports)],
        "cpu_seconds_per_step": [round(after.cpu - before.cpu, 1) for before, after in pairwise(reports)],
        "peak_memory_gib_so_far": round(peak_memory() / 2**30, 2),
    }


def peak_memory() -> int:
    """The most memory that this process has held, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak  # elsewhere in KiB


def main() -> None:
    """Draw the scenes, run, and keep what was measured with the results that ship."""
    from lab.datasets.toyscapes.write import write_toyscapes

    with tempfile.TemporaryDirectory() as temporary:
        data = write_toyscapes(Path(temporary) / "scenes", HEIGHT, 2 * HEIGHT, {"train": SCENES, "val": 0})
        measured = prove(paper_presets(data), Path(temporary))
    scenes = f"{SCENES} ToyScapes scenes of {2 * HEIGHT}x{HEIGHT} px"
    content = {"recipe": RECIPE, "data": scenes} | measured | origin_of("cpu")
    write_whole(FILE, (json.dumps(content, indent=2) + "\n").encode())


if __name__ == "__main__":
    main()
