"""Measure the table of speeds: ``python -m lab.speed.record``, on a machine that does nothing else.

Each case is written as soon as it is measured, and those that are there are not measured again: the same command goes
on where it was stopped.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import psutil
import torch
import typer

from lab.cli.app import plain_errors
from lab.cli.options import DeviceOption
from lab.devices import pick_device
from lab.speed.floors import Rates
from lab.speed.measure import LIMITS, Effort, measure, told
from lab.speed.memory import Limits
from lab.speed.rates import measure_rates
from lab.speed.records import is_of, keep, kept_cases, results_file
from lab.speed.settings import SUBJECTS, Setting, all_settings


def record(
    subjects: Sequence[str],
    folder: Path | None,
    device: str,
    again: bool,
    shrink: int,
    rounds: int,
    gibibytes: float | None,
    tell: Callable[[str], object],
) -> None:
    """Measure what is not kept yet, case by case.

    Raises:
        ValueError: an unknown subject or device, or a rehearsal without a folder of its own.
        OSError: a file could not be written.
    """
    if shrink > 1 and folder is None:
        raise ValueError("--shrink: found no --folder beside it, expected one: a rehearsal is no result to ship.")
    place = pick_device(device)
    wanted = {subject: results_file(subject, folder) for subject in subjects or SUBJECTS}
    effort = Effort(rounds, limits=Limits(_memory(place.type, gibibytes), LIMITS.seconds))
    rates = measure_rates(place, share=1 / shrink)
    for subject, path in wanted.items():
        kept = [] if again else kept_cases(subject, folder)
        settings = [setting.smaller(shrink) for setting in all_settings(subject)]
        lacking = [s for s in settings if not any(is_of(case, s, place) for case in kept)]
        failed = _measure_each(lacking, rates, effort, place, folder, tell)
        tell(f"{path}: {f'{failed} missing, the same command tries them again' if failed else 'whole'}")


def _measure_each(
    settings: Sequence[Setting],
    rates: Rates,
    effort: Effort,
    device: torch.device,
    folder: Path | None,
    tell: Callable[[str], object],
) -> int:
    """Measure, keep and tell one after the other; gives the number of those that failed, which stop no other."""
    failed = 0
    for setting in settings:
        try:
            found = measure(setting, rates, effort, device)
        except ChildProcessError as error:
            tell(f"Not measured: {error}")
            failed += 1
        else:
            keep(found, rates, device, folder)
            tell(told(found))
    return failed


def _memory(device_type: str, gibibytes: float | None) -> float:
    """Bytes that a call may take: what was said, else half of what is free."""
    if gibibytes is not None:
        return gibibytes * 2**30
    return (torch.cuda.mem_get_info()[0] if device_type == "cuda" else psutil.virtual_memory().available) / 2


@plain_errors
def main(
    subjects: Annotated[list[str] | None, typer.Argument(help="loss, clustering, network; all of them.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Of the files; default: data/results.")] = None,
    device: DeviceOption = "auto",
    again: Annotated[bool, typer.Option("--again", help="Measure what is there, too.")] = False,
    shrink: Annotated[int, typer.Option(min=1, max=4, help="Sides so many times shorter: to rehearse.")] = 1,
    rounds: Annotated[int, typer.Option(min=1, help="At most, of each case.")] = 9,
    gibibytes: Annotated[float | None, typer.Option(help="A call may take; default: half of what is free.")] = None,
) -> None:
    """Measure readable and fast versions in turns, and write data/results/speed_*.json."""
    record(subjects or (), folder, device, again, shrink, rounds, gibibytes, typer.echo)


if __name__ == "__main__":
    typer.run(main)
