"""What `python -m lab download nuclei` does."""

from collections import Counter
from pathlib import Path

from lab.datasets.bbbc.convert import OTHER_MASKS, Conversion, convert
from lab.datasets.bbbc.fetch import fetch, remember
from lab.datasets.bbbc.folder import what_is_there
from lab.datasets.bbbc.offline import ONE_IMAGE, SOURCE, write_offline
from lab.datasets.bbbc.split import read_split
from lab.datasets.manifest import MANIFEST, SPLITS, read_manifest
from lab.datasets.nuclei import NucleiFolder
from lab.in_use import alone

ARCHIVES = "bbbc038"  # folder of the fetched archive, beside the data set's


def download(target: Path, offline: bool = False, archive: Path | None = None) -> str:
    """Bring the nuclei to ``target`` unless they are there; gives what to tell a person.

    Args:
        target: folder of the data set; it appears whole or not at all.
        offline: the one image inside stardist instead of the archive.
        archive: stage1_train.zip where it was fetched by other means.

    Raises:
        ValueError, OSError: as `fetch`, `convert` and `NucleiFolder`; or other data are in the way, or another process
            brings these.
    """
    if offline and archive:
        raise ValueError("found --offline and --archive, expected one of them: the first makes its data without one.")
    if there := what_is_there(target):
        return _kept(target, str(there["source"]), offline)
    # Beside the folder, which appears whole: so that the archive, too, is fetched by one process at a time.
    with alone(target.absolute().parent / ".nuclei.in_use", "name another --folder, in another place"):
        return _bring(target, offline, archive)


def _bring(target: Path, offline: bool, archive: Path | None) -> str:
    there = what_is_there(target)  # as another process may have brought it
    if there:
        return _kept(target, str(there["source"]), offline)
    if offline:
        write_offline(target)
        return f"{_counts(target)}. {ONE_IMAGE}."
    source = archive or fetch(target.absolute().parent / ARCHIVES)
    done = convert(source, target, read_split())
    if not archive:
        remember(source)
    return f"{_counts(target)}. {_words(done)} {OTHER_MASKS}. The archive is kept: {source}"


def _kept(target: Path, source: str, offline: bool) -> str:
    """What stands in the place already, if it is whole and what was asked for."""
    if offline != (source == SOURCE):
        raise ValueError(
            f"{target}: found nuclei from {source}, expected those from {SOURCE if offline else 'the archive'}. Move "
            "the folder away, or name another one: --folder."
        )
    return f"{_counts(target)}: already there, nothing done. Move the folder away to make it anew."


def _counts(target: Path) -> str:
    """How many images of each split are there; raises where table and files do not agree."""
    counts = Counter(entry.split for entry in read_manifest(target / MANIFEST))
    parts = [f"{len(NucleiFolder(target, split))} {split}" for split in SPLITS if counts[split]]
    return f"{target}: images: {', '.join(parts)}"


def _words(done: Conversion) -> str:
    return (
        f"{done.nuclei} nuclei; left out: {done.empty_files} empty mask files and {done.hidden_files} that lie wholly "
        f"under others; {done.shared_pixels} pixels claimed by several files stay with the first."
    )
