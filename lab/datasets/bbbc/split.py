"""Which images of the archive are used, and for what: data/nuclei_split.csv."""

import csv
from pathlib import Path
from typing import NamedTuple

from lab.folders import data_folder

COLUMNS = ("id", "group", "split")


class Row(NamedTuple):
    """One image: its id in the archive, its field of view (``group``), and train, val or test."""

    id: str
    group: str
    split: str

    @property
    def name(self) -> str:
        """What its files are called: the first twelve letters of the id, which are unique (checked when read)."""
        return self.id[:12]


def read_split(path: Path | None = None) -> list[Row]:
    """The committed split, or another file of that form.

    Raises:
        FileNotFoundError: no such file.
        ValueError: other columns, an id or a name that comes twice, or no rows.
    """
    path = path or data_folder() / "nuclei_split.csv"
    if not path.is_file():
        raise FileNotFoundError(f"{path}: found no file, expected the split of the nuclei. git restore {path.name}")
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ValueError(f"{path}: found the columns {reader.fieldnames}, expected {list(COLUMNS)}. Restore it.")
        rows = [Row(*(row[column] for column in COLUMNS)) for row in reader]
    names = [row.name for row in rows]
    if not rows or len(set(names)) < len(names):
        raise ValueError(
            f"{path}: found {len(rows)} rows with {len(set(names))} names, expected one for each. Restore it."
        )
    return rows
