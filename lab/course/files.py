"""Folders of a release: what is copied into them, how they appear whole, how they are packed."""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from lab.folders import SHIPPED_FOLDERS, typed_path

ROOT = Path(__file__).resolve().parents[2]
SET_UP = ("pyproject.toml", "requirements.lock", "environment.yml", "LICENSE", "README.md")
INSTALLER = (".ci/setup", ".ci/installer.lock")
NOT_FOR_STUDENTS = ("__pycache__", "*.pyc", ".*")
# All of data/ that is handed out.  Whatever else lies there is somebody's data set, with terms of its own.
SHIPS = ("README.md", "nuclei_split.csv", *SHIPPED_FOLDERS)
TEACHERS = ("course", "book")  # of lab/
PAGES = ("lab/book/pages/glossary.md", "lab/book/pages/claims.md")  # to which notebook 00 leads
TARGETS = ("help", "setup", "lab", "doctor")  # of the Makefile; the others need the tests

LINK = re.compile(r"(?<!!)\[([^\]\n]*)\]\((?![a-z]+:|#)([^)\s#]+)[^)\s]*\)")  # in Markdown, to a file: words, path


@contextlib.contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """A folder to fill, which is moved to its place when all is written, and removed if that fails.

    Raises:
        ValueError: the place is taken.
    """
    folder = typed_path(folder).absolute()
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        found = "a file" if folder.is_file() else "a folder that is not empty"
        raise ValueError(f"{folder}: found {found}, expected none or an empty folder. Remove it, or name another.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        yield part
        part.chmod(0o755)  # mkdtemp makes it private; a release is to be read
        if folder.is_dir():
            folder.rmdir()
        os.replace(part, folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def copy_lab(to: Path, root: Path = ROOT) -> None:
    """The library, the data that ship and what sets them up; no notebooks, no tests.

    Raises:
        ValueError: ``root`` is no repository of the lab.
    """
    check_repository(root)
    hidden = shutil.ignore_patterns(*NOT_FOR_STUDENTS)

    def not_lab(folder: str, names: list[str]) -> set[str]:
        top = TEACHERS if Path(folder) == root / "lab" else ()
        return hidden(folder, names) | {name for name in names if name in top}

    def not_data(folder: str, names: list[str]) -> set[str]:
        other = set(names) - set(SHIPS) if Path(folder) == root / "data" else set()
        return hidden(folder, names) | other

    shutil.copytree(root / "lab", to / "lab", ignore=not_lab)
    shutil.copytree(root / "data", to / "data", ignore=not_data)
    (to / ".ci").mkdir()
    (to / PAGES[0]).parent.mkdir(parents=True)
    for name in (*SET_UP, *INSTALLER, *PAGES):
        shutil.copy2(root / name, to / name)
    for name, change in (("Makefile", students_makefile), ("README.md", students_readme)):
        (to / name).write_text(change((root / name).read_text(encoding="utf-8")), encoding="utf-8")


def check_repository(root: Path) -> None:
    """Raise ValueError where files that go out are missing: the lab may be installed without its repository."""
    missing = [
        name for name in ("notebooks", "data", "Makefile", *SET_UP, *INSTALLER, *PAGES) if not (root / name).exists()
    ]
    if missing:
        raise ValueError(
            f"{root}: found no {missing[0]}, expected the lab's whole repository, from which the course is written. "
            "What to do: run it there (`make course`), with the lab installed from it by `pip install -e .`"
        )


def students_makefile(makefile: str) -> str:
    """The Makefile with the targets that work without tests."""
    head, *blocks = re.split(r"^(?=[a-z-]+:)", makefile, flags=re.MULTILINE)
    head = re.sub(r"^\.PHONY:.*$", f".PHONY: {' '.join(TARGETS)}", head, flags=re.MULTILINE)
    return head + "".join(block for block in blocks if block.split(":")[0] in TARGETS)


def students_readme(readme: str) -> str:
    """The README, which says at its beginning what of it is not so here."""
    heading, rest = readme.split("\n", 1)
    targets = ", ".join(f"`make {target}`" for target in TARGETS)
    note = (
        "> This is a copy for a class: [START.md](START.md) says how to begin. The tests, the teachers' page and the "
        f"web book's making are in the lab's repository, not here; of the commands with make, {targets} work."
    )
    return f"{heading}\n\n{note}\n{rest}"


def unlink_missing(folder: Path) -> None:
    """In pages of words, links to what is not in this folder become their words."""

    def words_or_link(link: re.Match[str], page: Path) -> str:
        return link[0] if (page.parent / link[2]).exists() else link[1]

    for page in folder.rglob("*.md"):
        before = page.read_text(encoding="utf-8")
        after = LINK.sub(partial(words_or_link, page=page), before)
        if after != before:
            page.write_text(after, encoding="utf-8")


def pack(folder: Path) -> Path:
    """A zip beside the folder, in which everything lies below the folder's name."""
    return Path(shutil.make_archive(str(folder), "zip", root_dir=folder.parent, base_dir=folder.name))
