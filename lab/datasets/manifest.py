"""The table of a folder of nuclei: manifest.csv, one row per picture."""

import csv
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

MANIFEST = "manifest.csv"
COLUMNS = ("name", "id", "width", "height", "instances", "group", "split")
SPLITS = ("train", "val", "test")
MOST_DIGITS = 9  # of a number; Python itself reads no more than 4300


class Entry(NamedTuple):
    """A row.

    Attributes:
        line: of the file, for messages.
        name: of the picture's and its labels' files, without suffix.
        id: of the picture where it comes from; empty where it has none.
        width, height: pixels.
        instances: how many nuclei.
        group: pictures of one field of view share it; a group lies in one split.
        split: train, val or test.
    """

    line: int
    name: str
    id: str
    width: int
    height: int
    instances: int
    group: str
    split: str


def read_manifest(path: Path) -> list[Entry]:
    """All rows, in the table's order.

    Raises:
        FileNotFoundError: no such file.
        ValueError: other columns, a row that cannot be read, a name or an id that comes twice, a group in two
            splits, or no rows.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: found no file, expected the table of the pictures ({','.join(COLUMNS)}). "
            "`python -m lab download nuclei` makes a folder with one."
        )
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:  # Excel puts a mark before the first column's name
            reader = csv.DictReader(file)
            _check_columns(path, reader.fieldnames or ())
            table = [_entry(path, reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(
            f"{path}: found no readable text ({error}), expected comma-separated values in UTF-8."
        ) from error
    if not table:
        raise ValueError(f"{path}: found no rows, expected one per picture. Fetch the data anew.")
    _check_unique(path, table)
    _check_groups(path, table)
    return table


def _check_columns(path: Path, found: Sequence[str]) -> None:
    lacking = [name for name in COLUMNS if name not in found]
    if lacking:
        raise ValueError(
            f"{path}: found the columns {', '.join(found) or 'none'}, expected {', '.join(COLUMNS)}; "
            f"{', '.join(lacking)} is missing. The first line names the columns, with commas between."
        )


def _entry(path: Path, line: int, row: dict[str, Any]) -> Entry:
    if None in row or None in row.values():
        raise ValueError(f"{path}, line {line}: found more or fewer values than columns, expected one for each.")
    if not row["name"].strip() or row["name"] != Path(row["name"]).name:
        raise ValueError(f"{path}, line {line}: found the name '{row['name']}', expected a file's name without folder.")
    if row["split"] not in SPLITS:
        raise ValueError(
            f"{path}, line {line}: found the split '{row['split']}' for {row['name']}, expected {', '.join(SPLITS)}. "
            "Write one of them into the row, or take picture, labels and row away."
        )
    width, height, instances = (_number(path, line, row, column) for column in ("width", "height", "instances"))
    return Entry(line, row["name"], row["id"].strip(), width, height, instances, row["group"], row["split"])


def _number(path: Path, line: int, row: dict[str, Any], column: str) -> int:
    text = row[column].strip()
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise ValueError(f"{path}, line {line}: found the {column} '{row[column][:40]}', expected a whole number.")
    return int(text)


def _check_unique(path: Path, table: list[Entry]) -> None:
    for column in ("name", "id"):
        lines = defaultdict(list)
        for entry in table:
            lines[getattr(entry, column)].append(str(entry.line))
        again = [value for value in lines if value and len(lines[value]) > 1]
        if again:
            raise ValueError(
                f"{path}: found {again[0]} on the lines {', '.join(lines[again[0]])}, expected each {column} once: a "
                "picture that is there twice counts twice, and in two splits gives the test away. Delete the other "
                "rows."
            )


def _check_groups(path: Path, table: list[Entry]) -> None:
    splits = {entry.group: entry.split for entry in table}
    torn = [entry for entry in table if entry.group and splits[entry.group] != entry.split]
    if torn:
        raise ValueError(
            f"{path}, line {torn[0].line}: found {torn[0].name} of group {torn[0].group} in {torn[0].split}, expected "
            f"{splits[torn[0].group]} like others of its group: pictures of one field of view in two splits make a "
            "test too easy. Correct the split, or leave the group empty where it is not known."
        )
