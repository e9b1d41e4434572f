"""The official folders of Cityscapes as csDownload leaves them: counted, and every label file looked at."""

import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
import typer
from tqdm import tqdm

from lab.datasets.cityscapes import CityscapesFolder
from lab.doctor.lines import Finding, State, seconds_between_lines, show_all
from lab.images import whole
from lab.shell_words import shell_words

PACKAGES = MappingProxyType({"leftImg8bit": "leftImg8bit_trainvaltest", "gtFine": "gtFine_trainvaltest"})
SHOWN = 5  # unsound scenes of a split; the others are counted
OFFICIAL_COUNTS = MappingProxyType({"train": 2975, "val": 500, "test": 1525})


@dataclass(frozen=True)
class Expected:
    """What Cityscapes holds.

    Attributes:
        counts: images of each split.
        size: height and width in px.
    """

    counts: Mapping[str, int] = field(default_factory=lambda: OFFICIAL_COUNTS)
    size: tuple[int, int] = (1024, 2048)


def check_cityscapes(root: Path, limit: int | None = None, expected: Expected = Expected()) -> Iterator[Finding]:
    """Findings as they are made; ``limit`` looks into the first so many scenes of each split only."""
    packages = list(check_packages(root))
    yield from packages
    if any(finding.state is State.MISSING for finding in packages):
        return
    for split in expected.counts:
        yield from check_split(root, split, limit, expected)


def main(root: Path, limit: int | None) -> int:
    """Print the findings as they are made; 0 when all is there and sound."""
    missing = show_all(check_cityscapes(root, limit))
    typer.secho(f"\nTo act on: {missing}, see the arrows." if missing else "\nCityscapes is whole.", bold=True)
    return 1 if missing else 0


def check_packages(root: Path) -> Iterator[Finding]:
    """Both archives, unpacked in one folder."""
    if not root.is_dir():
        remedy = "name the folder that holds leftImg8bit/ and gtFine/"
        yield Finding("folder", State.MISSING, f"{root}: found no folder", remedy)
        return
    for folder, package in PACKAGES.items():
        if not (root / folder).is_dir():
            yield Finding(folder, State.MISSING, *_why_not_unpacked(root, folder, package))
        elif (root / f"{package}.zip").exists():
            text = f"{root / package}.zip lies beside its folder"
            yield Finding(folder, State.OPTIONAL, text, "delete it once all is found whole: it is not read")


def _why_not_unpacked(root: Path, folder: str, package: str) -> tuple[str, str]:
    """What lies in the place of a folder, and what to do."""
    archive, inner = root / f"{package}.zip", root / package / folder
    if inner.is_dir():
        return f"found {inner}, expected {root / folder}", shell_words("mv", inner, root)
    if (root.parent / folder).is_dir() and root.name in PACKAGES:
        return f"found it beside {root}, expected it in it", f"name the folder above: --cityscapes {root.parent}"
    if not archive.exists():
        text = f"found neither {root / folder} nor {archive.name}"
        return text, f"{_fetch(root, archive)} (with an account of your own), then unpack it there"
    if not zipfile.is_zipfile(archive):
        size = archive.stat().st_size / 1e6
        text = f"{archive}: found {size:.0f} MB without an end, a part of a download"
        return text, f"delete it and download it again: {_fetch(root, archive)}"
    return f"{archive} is not unpacked", f"{shell_words('cd', root)} && {shell_words('unzip', '-n', archive.name)}"


def _fetch(root: Path, archive: Path) -> str:
    return shell_words("csDownload", "-d", root, archive.name)


def check_split(root: Path, split: str, limit: int | None, expected: Expected) -> Iterator[Finding]:
    """Number of images and labels, then what is in them."""
    images = _names(root / "leftImg8bit" / split, "_leftImg8bit.png")
    labels = _names(root / "gtFine" / split, "_gtFine_instanceIds.png")
    wanted = expected.counts[split]
    again = "unpack both archives again (unzip -n keeps what is there)"
    for name, found in (("images", images), ("labels", labels)):
        if len(found) != wanted:
            yield Finding(split, State.MISSING, f"found {len(found)} {name}, expected {wanted}", again)
    for name, alone in (("labels", images - labels), ("image", labels - images)):
        if alone:
            yield Finding(split, State.MISSING, f"{len(alone)} scenes without {name}, the first {min(alone)}", again)
    if images and images <= labels:
        yield from _check_scenes(CityscapesFolder(root, split), limit, expected.size)


def _names(folder: Path, suffix: str) -> set[str]:
    return {path.name.removesuffix(suffix) for path in folder.glob(f"*/*{suffix}")}


def _check_scenes(source: CityscapesFolder, limit: int | None, size: tuple[int, int]) -> Iterator[Finding]:
    """The scenes that are not sound, then the objects in the others."""
    count = len(source) if limit is None else min(limit, len(source))
    objects: Counter[str] = Counter()
    images: Counter[str] = Counter()
    unsound: list[str] = []
    with ThreadPoolExecutor() as pool:  # decoding a PNG frees the interpreter's lock
        looked = pool.map(lambda index: look(source, index, size), range(count))
        bar = tqdm(looked, f"looking at {source.split}", count, unit="scene", mininterval=seconds_between_lines())
        for found in bar:
            if isinstance(found, str):
                unsound.append(found)
            else:
                objects += found
                images += Counter(found.keys())
    for words in unsound[:SHOWN]:
        yield Finding(source.split, State.MISSING, words, "unpack the two archives again")
    if len(unsound) > SHOWN:
        yield Finding(source.split, State.MISSING, f"and {len(unsound) - SHOWN} more scenes that are not sound")
    state = State.OPTIONAL if unsound else State.OK
    yield Finding(source.split, state, f"{count - len(unsound)} of {len(source)} scenes looked at and sound")
    for name in source.class_names:
        if objects[name]:
            yield Finding("", State.OK, f"{name:11}{objects[name]:6} objects in {images[name]:5} images")


def look(source: CityscapesFolder, index: int, size: tuple[int, int]) -> Counter[str] | str:
    """Objects of each class in a scene; or what is wrong with it, in words."""
    path = source.image_path(index)
    if not whole(path):
        return f"{path}: found no whole PNG, expected one"
    try:
        instances, classes = source.checked_labels(index)
    except (ValueError, OSError) as error:
        return str(error)
    if instances.shape != size:
        found = f"{instances.shape[1]}x{instances.shape[0]}"
        return f"{path}: found {found} px, expected {size[1]}x{size[0]} (resized or other data: --labels)"
    _, first = np.unique(instances, return_index=True)
    held = classes.ravel()[first]
    return Counter(source.class_names[c - 1] for c in held.tolist() if c > 0)
