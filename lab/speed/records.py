"""The files of measured times: data/results/speed_loss.json, speed_clustering.json, speed_network.json."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil
import torch

from lab.comparison.records import read_json
from lab.folders import data_folder, write_whole
from lab.origin import device_name, origin_of
from lab.speed.floors import Rates
from lab.speed.rates import clock_of
from lab.speed.settings import KINDS, SUBJECTS, Setting

RECIPE = "python -m lab.speed.record"
WHAT = {
    "loss": "value and gradient of the loss's three terms, weighted and summed",
    "clustering": "one image clustered, all its classes, from the network's output to masks and labels",
    "network": "one forward pass for inference, random weights",
}
HOW = (
    "ms of a call, medians and quartiles over the rounds, the ways in turns, the order changed from round to round; "
    "processor: of all threads together, wall: by the clock; faster: ratio of the medians, low and high: quartiles of "
    "the rounds' own ratios; times_floor: on a CPU by the processor's time, on a GPU by the wall's; peak_mib: memory "
    "beside the inputs, of a process of its own; inputs made up by lab.speed.cases"
)


def results_file(subject: str, folder: Path | None = None) -> Path:
    """Where a subject's times are kept; default: among those that ship.

    Raises:
        ValueError: no such subject.
    """
    if subject not in SUBJECTS:
        raise ValueError(f"subject: found {subject!r}, expected one of {', '.join(SUBJECTS)}.")
    return (folder or data_folder() / "results") / f"speed_{subject}.json"


def read_speed(subject: str, folder: Path | None = None) -> dict[str, Any]:
    """The content of a subject's file.

    Raises:
        FileNotFoundError: there is no such file; says how to make it.
        ValueError: the file is none of this kind.
    """
    path = results_file(subject, folder)
    found = read_json(path, RECIPE)
    lacking = [key for key in ("cases", "machines") if key not in found]
    if lacking or any("ways" not in case for case in found["cases"]):
        what = f"no {' and no '.join(lacking)}" if lacking else "a case without ways"
        raise ValueError(f"{path}: found {what}, expected measured cases. Make it again with `{RECIPE}`.")
    return found


def kept_cases(subject: str, folder: Path | None = None) -> list[dict[str, Any]]:
    """The cases that are measured already; none where there is no file."""
    return read_speed(subject, folder)["cases"] if results_file(subject, folder).is_file() else []


def is_of(record: Mapping[str, Any], setting: Setting, device: torch.device | str) -> bool:
    """Whether a record tells of this case on this device."""
    return setting.entry().items() <= record.items() and record["device"] == device_name(device)


def keep(record: Mapping[str, Any], rates: Rates, device: torch.device | str, folder: Path | None = None) -> Path:
    """Put a case into its subject's file, in the place of an older one of the same case and device."""
    path = results_file(record["subject"], folder)
    before = read_speed(record["subject"], folder) if path.is_file() else {"machines": {}, "cases": []}
    same = {"device", *Setting.__dataclass_fields__}
    others = [case for case in before["cases"] if any(case[key] != record[key] for key in same)]
    origin = origin_of(device)
    versions = origin["versions"] | {"numba": _numba()}
    here = machine(device) | {"rates": asdict(rates), "versions": versions}
    content = {
        "what": WHAT[record["subject"]],
        "how": HOW,
        "recipe": RECIPE,
        **origin,
        "versions": versions,
        "machines": before["machines"] | {device_name(device): here},
        "cases": sorted([*others, record], key=_place),
    }
    write_whole(path, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
    return path


def _numba() -> str | None:
    """The version of the compiler that fast versions use, if it is here."""
    try:
        return version("numba")
    except PackageNotFoundError:
        return None


def _place(record: Mapping[str, Any]) -> tuple[Any, ...]:
    """By device, kind, size, classes and number of instances."""
    kind = KINDS.index(record["kind"]) if record["kind"] else 0
    size = (record["height"] * record["width"], record["batch"])
    return (record["device"], kind, size, -record["num_classes"], record["instances"] or 0)


def machine(device: torch.device | str) -> dict[str, Any]:
    """What the times were measured on; the rates' clock with it."""
    return {
        "processor": processor_name(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "rates_in_seconds_of": clock_of(device),
    }


def processor_name() -> str:
    """As its maker calls it, where the system tells."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
