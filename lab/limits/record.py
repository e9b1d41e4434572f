"""Measure the limits: ``python -m lab.limits.record``; some minutes, on a machine with 8 GB of memory or more.

Each case runs in a process of its own, and is written as soon as it is measured.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from lab.cli.app import plain_errors
from lab.folders import data_folder, write_whole

WHAT = "memory and time of a large picture, of many instances, of many images"
RECIPE = "python -m lab.limits.record"
HOW = (
    "each case once, in a process of its own; processor_s: of all threads together; MiB are of the process, libraries "
    "included: before and peak of a phase, rss after a step; load: the system's average over a minute, before and after"
)
# The arguments of the functions of the same names; the folder comes from here.
CASES: dict[str, dict[str, int]] = {
    "large": {"side": 8192, "tile": 2048},
    "halos": {"height": 1024, "width": 2048, "tile": 512},
    "crowd": {"height": 1024, "width": 2048, "instances": 1000, "rounds": 5},
    "stream 500": {"count": 500},
    "stream 5000": {"count": 5000},
}
NEEDS_NO_FOLDER = ("halos",)


def measured(name: str, arguments: dict[str, int]) -> dict[str, Any]:
    """One case, here.  ``name``: of a function of this package, and what tells it from others, after a space."""
    import torch

    from lab.fast.allocator import keep_freed_memory
    from lab.limits import crowd, large, stream

    if not name.startswith("large"):  # as the commands do, but for predict --tiles
        keep_freed_memory()
    functions: dict[str, Callable[..., dict[str, Any]]] = {
        "large": large.large,
        "halos": large.halos,
        "crowd": crowd.crowd,
        "stream": stream.stream,
    }
    kind = name.split()[0]
    with tempfile.TemporaryDirectory() as folder:
        more = {} if kind in NEEDS_NO_FOLDER else {"folder": Path(folder)}
        return functions[kind](**arguments, **more) | {"threads": torch.get_num_threads()}


def in_its_own_process(name: str, arguments: dict[str, int]) -> dict[str, Any]:
    """One case, elsewhere, and the load meanwhile.

    Raises:
        ChildProcessError: it failed; says what it said last.
    """
    before = load()
    command = [sys.executable, "-m", "lab.limits.record", "--child", json.dumps([name, arguments])]
    # Threads that spin while they wait take several times as long on a machine that does something else, too.
    environment = {"OMP_WAIT_POLICY": "PASSIVE"} | os.environ
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        said = (done.stderr.strip() or f"it ended with {done.returncode} and without a word").splitlines()[-1]
        raise ChildProcessError(f"{name}: not measured: {said}")
    return json.loads(done.stdout.splitlines()[-1]) | {"load": [before, load()]}


def load() -> float | None:
    """The system's load average over a minute; None where it tells none."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def keep(name: str, found: dict[str, Any], path: Path) -> None:
    """Put a case into the file, in the place of an older one."""
    from lab.origin import origin_of
    from lab.speed.records import machine

    before = json.loads(path.read_text(encoding="utf-8"))["cases"] if path.is_file() else {}
    origin = origin_of("cpu")
    case = found | {"commit": origin.pop("commit"), "time": origin.pop("time")}
    content = {"what": WHAT, "how": HOW, "recipe": RECIPE} | origin
    content |= {"machine": machine("cpu"), "cases": before | {name: case}}
    write_whole(path, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())


@plain_errors
def main(
    names: Annotated[list[str] | None, typer.Argument(help=f"{', '.join(CASES)}; all of them.")] = None,
    file: Annotated[Path | None, typer.Option(help="To write; default: data/results/limits.json.")] = None,
    child: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Measure how large it may get, and write data/results/limits.json."""
    if child:
        typer.echo(json.dumps(measured(*json.loads(child))))
        return
    strange = [name for name in names or () if name not in CASES]
    if strange:
        raise ValueError(f"found the case {strange[0]!r}, expected some of {', '.join(CASES)}.")
    path = file or data_folder() / "results" / "limits.json"
    for name in names or CASES:
        found = in_its_own_process(name, CASES[name])
        keep(name, found, path)
        typer.echo(f"{name}: {json.dumps(found)}")
    typer.echo(f"Kept in {path}.")


if __name__ == "__main__":
    typer.run(main)
