"""One case, measured: every way in turns, its memory, and how far it is from the floor."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from lab.clustering import cluster
from lab.origin import current_commit, device_name
from lab.speed.floors import (
    Item,
    Rates,
    bound_by,
    clustering_work,
    floor_milliseconds,
    loss_work,
    network_work,
    reached_pairs,
)
from lab.speed.interleaved import Clock, Comparison, compare
from lab.speed.memory import Footprint, Limits, footprints
from lab.speed.rates import clock_of
from lab.speed.settings import Setting
from lab.speed.ways import READABLE, Way, case_of, network_of, ways_of

CLOCKS: tuple[Clock, ...] = ("processor", "wall")
MEBIBYTE = 2**20
LIMITS = Limits(bytes=4 * 2**30, seconds=60)  # for a laptop of 8 GiB, and for whoever waits


@dataclass(frozen=True)
class Effort:
    """How much is spent on a case.

    Attributes:
        rounds: at most; each way is timed once in a round.
        seconds: no round but the second begins later than this: slow ways get few.
        limits: what one call may take; a way beyond is refused with the reason.
    """

    rounds: int = 9
    seconds: float | int = 6
    limits: Limits = LIMITS


def measure(setting: Setting, rates: Rates, effort: Effort, device: torch.device | str = "cpu") -> dict[str, Any]:
    """Everything that a file of results says of a case, as `lab.speed.records` keeps it."""
    memory = footprints(setting, effort.limits, str(device))
    ways = {name: way for name, way in ways_of(setting, device).items() if not memory[name].refused}
    if not ways:
        return about(setting, device) | {"ways": {n: {"refused": f.refused} for n, f in memory.items()}, "rounds": 0}
    timed = compare(ways, effort.rounds, seconds=effort.seconds, device=device)
    work = work_of(setting)
    return about(setting, device) | {
        "ways": {name: _way(name, timed, found, work, rates, device) for name, found in memory.items()},
        "rounds": timed.rounds,
        "floor": floor_entry(work, rates),
    }


def time_briefly(
    setting: Setting, ways: Mapping[str, Way], rates: Rates, rounds: int, device: str = "cpu"
) -> dict[str, Any]:
    """As `measure`, without memory: for `make bench`."""
    timed, work = compare(ways, rounds, device=device), work_of(setting)
    entries = {name: _way(name, timed, Footprint(), work, rates, device) for name in ways}
    return about(setting, device) | {"ways": entries, "rounds": rounds, "floor": floor_entry(work, rates)}


def about(setting: Setting, device: torch.device | str) -> dict[str, Any]:
    """By what a case is known, and of which commit it tells."""
    return setting.entry() | {"device": device_name(device), "commit": current_commit()}


def work_of(setting: Setting) -> tuple[Item, ...]:
    """What cannot be avoided."""
    if setting.subject == "network":
        return network_work(network_of(setting), setting.height, setting.width, setting.batch)
    case = case_of(setting)
    if setting.subject == "loss":
        return loss_work(case, reached_pairs(case))
    return clustering_work(case.output[0], cluster(case.output[0], min_pixels=setting.min_pixels))


def floor_entry(work: Sequence[Item], rates: Rates) -> dict[str, Any]:
    """The floor in ms of the clock that counts, and what it is the time of."""
    counts = {name: sum(getattr(item, name) for item in work) for name in ("bytes", "flops", "exponentials")}
    return {"ms": _short(floor_milliseconds(work, rates)), "bound_by": bound_by(work, rates)} | counts


def _way(
    name: str, timed: Comparison, memory: Footprint, work: Sequence[Item], rates: Rates, device: torch.device | str
) -> dict[str, Any]:
    """What is said of one way."""
    if memory.refused:
        return {"refused": memory.refused}
    timing = timed[name]
    entry: dict[str, Any] = {f"{clock}_ms": _short(timing.median(clock)) for clock in CLOCKS}
    entry |= {f"{clock}_ms_quartiles": [_short(ms) for ms in timing.quartiles(clock)] for clock in CLOCKS}
    entry["times_floor"] = _short(timing.median(clock_of(device)) / floor_milliseconds(work, rates))
    if memory.peak_bytes is not None:
        entry["peak_mib"] = _short(memory.peak_bytes / MEBIBYTE)
    if name != READABLE and READABLE in timed.timings:
        entry["faster"] = {clock: _ratio(timed, name, clock) for clock in CLOCKS}
    return entry


def _ratio(timed: Comparison, name: str, clock: Clock) -> dict[str, Any]:
    return {key: _short(value) for key, value in asdict(timed.ratio(READABLE, name, clock)).items()}


def _short(value: float) -> float:
    """Four digits: more would be noise."""
    return float(f"{value:.4g}")


def told(record: Mapping[str, Any]) -> str:
    """A case for people, in a line."""
    clock = clock_of("cpu" if record["device"].startswith("CPU") else "cuda")
    parts = []
    for name, way in record["ways"].items():
        if "refused" in way:
            parts.append(f"{name} {way['refused']}")
            continue
        words = f"{name} {way[f'{clock}_ms']:.4g} ms, {way['times_floor']:.3g} times the floor"
        words += f", {way['peak_mib']:.3g} MiB" if "peak_mib" in way else ""
        if ratio := way.get("faster", {}).get(clock):
            words += f", {ratio['median']:.3g}x faster ({ratio['low']:.3g} to {ratio['high']:.3g})"
        parts.append(words)
    return f"{record['subject']}: {name_of(record)}: {'; '.join(parts)}"


def name_of(record: Mapping[str, Any]) -> str:
    """The case in words."""
    return setting_of(record).name


def setting_of(record: Mapping[str, Any]) -> Setting:
    """What was asked for, out of what was written."""
    return Setting(**{key: record[key] for key in Setting.__dataclass_fields__})
