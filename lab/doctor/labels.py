"""What the label doctor finds in a data set, as a report: words, a table and a contact sheet for each part."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import typer
from tqdm import tqdm

from lab.datasets.label_doctor import KINDS, Finding, examine_scene
from lab.datasets.own.splits import SPLITS
from lab.datasets.scene import SceneSource
from lab.datasets.sources import open_source
from lab.doctor.lines import seconds_between_lines
from lab.folders import dataset_folder, write_whole

SHOWN = 3  # findings of a kind; the table holds all
TABLE = "findings.csv"
COLUMNS = ("severity", "kind", "split", "scene", "top", "left", "bottom", "right", "ids", "words", "file")


def main(data: str, split: str | None, output: Path, min_pixels: int, limit: int | None) -> int:
    """Examine a data set, print what was found, write the report; 1 where something is an error.

    Raises:
        FileNotFoundError, ValueError: nothing that can be opened.
    """
    output.mkdir(parents=True, exist_ok=True)  # a folder that cannot be written is better known before than after
    found: dict[str, list[Finding]] = {}
    seen: dict[bytes, Path] = {}
    sources, refused = opened(data, split)
    for name, source in sources.items():
        found[name] = list(looked_at(source, name, min_pixels, limit, seen))
        _write_sheet(output / f"findings_{name}.png", found[name], source)
    write_whole(output / TABLE, table(found).encode(errors="backslashreplace"))  # files may be called anything
    counts = {name: len(source) if limit is None else min(len(source), limit) for name, source in sources.items()}
    typer.echo(words(found, counts))
    bare = not has_objects(found, counts)
    if bare:
        typer.secho(
            f"ERROR: found no object in any scene that was looked at ({sum(counts.values())}), expected some: there is "
            "nothing to learn from or to measure on. Look whether these are the right label files, and whether 0 is "
            "the background in them.",
            fg=typer.colors.RED,
        )
    for name, why in refused.items():
        typer.secho(f"{name} was not examined: {why}", fg=typer.colors.YELLOW)
    typer.echo(f"Report: {output / TABLE}" + ("; pictures beside it." if any(found.values()) else "."))
    errors = any(finding.severity == "error" for findings in found.values() for finding in findings)
    return int(errors or bare)


def opened(data: str, split: str | None) -> tuple[dict[str, SceneSource], dict[str, str]]:
    """The parts of a data set, and those that cannot be opened with the reason.

    Raises:
        FileNotFoundError, ValueError: no part at all, or a folder of a part that is there and not sound.
    """
    root = dataset_folder(data)
    if split:
        return {split: open_source(root, split)}, {}
    sources, refused = {}, {}
    with_folders = [name for name in SPLITS if _has_folder(root, name)]
    for name in with_folders or SPLITS:
        try:
            sources[name] = open_source(root, name)
        except (FileNotFoundError, ValueError) as error:
            if with_folders:
                raise
            refused[name] = error
    if not sources:
        raise refused[SPLITS[0]]
    return sources, {name: str(error) for name, error in refused.items()}


def _has_folder(root: Path, split: str) -> bool:
    return any(folder.is_dir() for folder in (root / split / "images", root / "leftImg8bit" / split))


def looked_at(
    source: SceneSource, split: str, min_pixels: int, limit: int | None, seen: dict[bytes, Path]
) -> Iterator[Finding]:
    """Findings of the first ``limit`` scenes, with a progress bar."""
    count = len(source) if limit is None else min(limit, len(source))
    for index in tqdm(range(count), f"examining {split}", unit="scene", mininterval=seconds_between_lines()):
        yield from examine_scene(source, index, min_pixels, seen)


def has_objects(found: Mapping[str, Sequence[Finding]], counts: Mapping[str, int]) -> bool:
    """Whether any scene that was looked at has an object, as far as can be told."""
    empty = sum(finding.kind == "empty" for findings in found.values() for finding in findings)
    return empty < sum(counts.values())


def words(found: Mapping[str, Sequence[Finding]], counts: Mapping[str, int]) -> str:
    """The report in words: kind by kind, the first few of each; ``counts`` are the scenes that were looked at."""
    scenes = ", ".join(f"{name} {count}" for name, count in counts.items())
    lines = [f"Scenes examined: {scenes}. Findings: {sum(map(len, found.values())) or 'none'}."]
    for kind, meaning in KINDS.items():
        of_kind = [(name, finding) for name, findings in found.items() for finding in findings if finding.kind == kind]
        if of_kind:
            lines += ["", f"{of_kind[0][1].severity.upper()} {kind} ({len(of_kind)}): {meaning}."]
            lines += [f"  {name}/{finding.scene}: {finding.words}" for name, finding in of_kind[:SHOWN]]
            lines += [f"  … and {len(of_kind) - SHOWN} more"] * (len(of_kind) > SHOWN)
    return "\n".join([*lines, ""])


def table(found: Mapping[str, Sequence[Finding]]) -> str:
    """All findings as CSV, a row each."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for split, findings in found.items():
        for f in findings:
            place = f.where or ("",) * 4
            writer.writerow([f.severity, f.kind, split, f.scene, *place, " ".join(map(str, f.ids)), f.words, f.path])
    return text.getvalue()


def _write_sheet(path: Path, findings: Sequence[Finding], source: SceneSource) -> None:
    """The contact sheet; one of an earlier look at labels that are now sound is taken away."""
    if not findings:
        path.unlink(missing_ok=True)
        return
    from lab.figures.label_findings import show_findings

    write_whole(path, show_findings(findings, source, most=24).png())
