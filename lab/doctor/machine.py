"""What this machine has and what the lab misses: ``python -m lab doctor``.

Each check yields findings one by one, so that the first lines stand there before torch has been imported.
"""

import importlib.metadata
import json
import os
import platform
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer
from packaging.requirements import Requirement

from lab.chromium import find_chromium, how_to_install
from lab.doctor.lines import Finding, State, show_all
from lab.folders import SHIPPED_FOLDERS, data_folder, dataset_folder, download_folder, repository, user_folder
from lab.shell_words import shell_words

NAME = "spatial-embedding-lab"
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Needs:
    """What the lab asks of a machine.

    Attributes:
        python: the oldest version; jaxtyping's and torch's current releases need it.
        free_disk: bytes; ToyScapes at 256x512 with a run's checkpoints and predictions.
        shipped: below ``data/``; the notebooks open with them.
    """

    python: tuple[int, int] = (3, 11)
    free_disk: int = 2 * 2**30
    shipped: tuple[str, ...] = ("models/toyscapes.safetensors", "scenes")


def report(needs: Needs = Needs()) -> list[Finding]:
    """All findings, in the order in which they are shown."""
    return list(_findings(needs))


def main() -> int:
    """Print the report as it is made; 0 when the lab can run, 1 when something that it needs is missing."""
    missing = show_all(_findings(Needs()))
    typer.secho(f"\n{missing} missing: see the arrows." if missing else "\nThe lab can run.", bold=True)
    return 1 if missing else 0


def _findings(needs: Needs) -> Iterator[Finding]:
    yield check_python(needs.python)
    if root := repository():
        yield from check_packages(root / "pyproject.toml")
        yield from check_shipped(data_folder(), needs.shipped)
    else:
        yield from check_alone()
    yield check_toyscapes(dataset_folder("toyscapes"))
    yield check_writing(download_folder("toyscapes").parent, needs.free_disk)
    yield check_home()
    yield check_chromium()
    yield from check_devices()


def check_python(oldest: tuple[int, int]) -> Finding:
    text = f"{platform.python_version()} on {platform.platform()}, {sys.executable}"
    if sys.version_info >= oldest:
        return Finding("Python", State.OK, text)
    wanted = ".".join(map(str, oldest))
    return Finding(
        "Python", State.MISSING, f"{text}; expected {wanted} or newer", "make .venv anew with a newer Python"
    )


def check_packages(pyproject: Path) -> Iterator[Finding]:
    """Each requirement of the lab against what is installed; those that fit share a line."""
    # Read here and not from the metadata of the installed lab: those of an editable install grow old.
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    yield from _check_group("packages", project["project"]["dependencies"], State.MISSING, "pip install -e .")
    for group, lines in project["dependency-groups"].items():
        yield from _check_group(f"{group} tools", lines, State.OPTIONAL, f"pip install --group {group} (pip >= 25.1)")


def check_alone() -> Iterator[Finding]:
    """The packages of a lab that was installed without its repository, and what it lacks."""
    lines = importlib.metadata.requires(NAME) or []
    yield from _check_group("packages", lines, State.MISSING, f"pip install --force-reinstall {NAME}")
    text = "none around the installed code, so no models, scenes, recordings and notebooks; commands need --model FILE"
    yield Finding("repository", State.MISSING, text, "take the whole repository, and in it: pip install -e .")


def _check_group(topic: str, lines: list[str], state_if_absent: State, remedy: str) -> Iterator[Finding]:
    fitting, lacking = [], []
    for requirement in map(Requirement, lines):
        version = _installed(requirement.name)
        if version and requirement.specifier.contains(version, prereleases=True):
            fitting.append(f"{requirement.name} {version}")
        else:
            lacking.append(f"{requirement.name}: found {version or 'none'}, expected {requirement.specifier}")
    if lacking:
        yield Finding(topic, state_if_absent, "; ".join(lacking), remedy)
    for row in _rows(fitting):
        yield Finding(topic, State.OK, row)


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _rows(items: list[str], per_row: int = 5) -> list[str]:
    return [", ".join(items[start : start + per_row]) for start in range(0, len(items), per_row)]


def check_shipped(data: Path, needed: tuple[str, ...]) -> Iterator[Finding]:
    """Every folder that ships below ``data/``: its size, and whether each file in it can be read."""
    for name in needed:
        if not (data / name).exists():
            text = f"{data / name} is not there"
            yield Finding(Path(name).parts[0], State.MISSING, text, "git restore data, or download the lab anew")
    for folder in (data / name for name in SHIPPED_FOLDERS):
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        broken = [(file, why) for file in files if (why := why_unreadable(file))]
        for file, why in broken:
            yield Finding(folder.name, State.MISSING, f"{file}: {why}", shell_words("git", "restore", file))
        if files and not broken:
            yield Finding(folder.name, State.OK, f"{len(files)} files, {_size(files)}, all readable, in {folder}")


def why_unreadable(file: Path) -> str:
    """Why a shipped file is no whole safetensors, image or JSON file; empty if it is one, or of another kind."""
    from PIL import Image
    from safetensors import safe_open

    from lab.images import PIXELS

    try:
        if file.suffix == ".safetensors":
            # Opening compares the header with the file's length.
            with safe_open(file, framework="numpy"):
                return ""
        if file.suffix in (".png", ".jpg"):
            with Image.open(file, formats=PIXELS) as image:
                image.load()
        elif file.suffix == ".json":
            json.loads(file.read_text(encoding="utf-8"))
    except Exception as error:  # each of the three libraries has its own kinds; all mean the same here
        return f"found no whole {file.suffix[1:]} file ({type(error).__name__}: {error})"
    return ""


def _size(files: list[Path]) -> str:
    return f"{sum(file.stat().st_size for file in files) / 1e6:.1f} MB"


def check_toyscapes(folder: Path) -> Finding:
    """The generated training data; the notebooks run without it."""
    counts = {split: len(list((folder / "leftImg8bit" / split).glob("*/*.png"))) for split in SPLITS}
    if any(counts.values()):
        text = ", ".join(f"{split} {count}" for split, count in counts.items() if count)
        return Finding("ToyScapes", State.OK, f"{text} scenes in {folder}")
    return Finding(
        "ToyScapes",
        State.OPTIONAL,
        f"none in {folder}; only training and evaluation need it",
        "python -m lab download toyscapes (LAB_DATA names another folder for large data)",
    )


def check_writing(folder: Path, needed: int) -> Finding:
    """Whether the folder for large data can be written, and how much fits."""
    try:
        # Where LAB_DATA is yet to be made, its nearest folder decides.
        there = _nearest(folder)
        with tempfile.TemporaryFile(dir=there):
            free = shutil.disk_usage(there).free
    except OSError as error:
        remedy = "set LAB_DATA to a folder that you can write"
        return Finding("data folder", State.MISSING, f"{folder} cannot be written: {error.strerror}", remedy)
    text = f"{folder} can be written, {free / 1e9:.0f} GB free"
    if free >= needed:
        return Finding("data folder", State.OK, text)
    text += f"; expected {needed / 1e9:.0f} GB for ToyScapes and a training"
    return Finding("data folder", State.OPTIONAL, text, "free some space, or set LAB_DATA to a larger disk")


def _nearest(folder: Path) -> Path:
    """The folder itself, or the nearest above it that there is and that this user may see."""
    above = (folder.absolute(), *folder.absolute().parents)
    return next(parent for parent in above if os.path.exists(parent))  # Path.exists fails where it may not look


def check_home() -> Finding:
    """Whether Jupyter's settings and the learner's progress can be kept where the system has their place."""
    remedy = "make lab keeps it in build/home; by hand: set HOME to a folder that you can write"
    try:
        ours = user_folder()
        places = [Path.home() / ".jupyter", ours.with_name("jupyter"), ours]
    except (OSError, RuntimeError):
        text = "this account has none; Jupyter wants one, and your progress is kept there"
        return Finding("home folder", State.OPTIONAL, text, remedy)
    for place in places:
        if not (_nearest(place).is_dir() and os.access(_nearest(place), os.W_OK)):
            text = f"{place} cannot be written; Jupyter wants to, or your progress is kept there"
            return Finding("home folder", State.OPTIONAL, text, remedy)
    return Finding("home folder", State.OK, f"{Path.home()} can be written")


def check_chromium() -> Finding:
    try:
        found = find_chromium()
    except FileNotFoundError as error:
        return Finding("Chromium", State.OPTIONAL, str(error), "unset LAB_CHROMIUM")
    if found:
        return Finding("Chromium", State.OK, str(found))
    return Finding("Chromium", State.OPTIONAL, "none; only the browser tests need it", how_to_install())


def check_devices() -> Iterator[Finding]:
    """CPU threads and CUDA devices as torch sees them.  Last, because importing torch takes seconds."""
    try:
        import torch
    except (ImportError, OSError) as error:
        yield Finding("CPU", State.MISSING, f"torch does not start: {error}", "pip install --force-reinstall torch")
        return
    yield Finding("CPU", State.OK, f"{torch.get_num_threads()} threads of {os.cpu_count()} cores")
    if not torch.cuda.is_available():
        yield Finding("CUDA", State.OPTIONAL, f"no device (torch is built for CUDA {torch.version.cuda or 'none'})")
    for index in range(torch.cuda.device_count()):
        device = torch.cuda.get_device_properties(index)
        text = f"{index}: {device.name}, {device.total_memory / 2**30:.0f} GiB, torch for CUDA {torch.version.cuda}"
        yield Finding("CUDA", State.OK, text)
