"""Folders that appear whole or not at all, and what is copied into them."""

import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from lab.course.files import (
    ROOT,
    SHIPS,
    TARGETS,
    appearing,
    copy_lab,
    pack,
    students_makefile,
    students_readme,
    unlink_missing,
)
from lab.course.release import write_course


def test_appears_when_all_is_written(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    with appearing(out) as part:
        (part / "file").write_text("words")
        assert not out.exists()
    assert (out / "file").read_text() == "words"
    assert list(out.parent.iterdir()) == [out]


def test_takes_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with appearing(tmp_path / "out") as part:
        (part / "file").touch()
    assert (tmp_path / "out" / "file").exists()


@pytest.mark.parametrize(("found", "words"), [("out/file", "a folder that is not empty"), ("out", "a file")])
def test_a_place_that_is_taken_is_left_alone(tmp_path: Path, found: str, words: str) -> None:
    path = tmp_path / found
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    message = rf"out: found {words}, expected none or an empty folder\. Remove it"
    with pytest.raises(ValueError, match=message), appearing(tmp_path / "out"):
        pass
    assert path.read_text() == "mine"


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    def write() -> None:
        with appearing(tmp_path / "out") as part:
            (part / "file").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert list(tmp_path.iterdir()) == []


def test_copies_what_students_need_and_no_more(tmp_path: Path) -> None:
    root, to = tmp_path / "root", tmp_path / "to"
    needed = ["lab/lovasz.py", "lab/widgets/course/x.js", "data/models/a.safetensors", "data/README.md", "Makefile"]
    needed += ["pyproject.toml", "requirements.lock", "environment.yml", "LICENSE", "README.md"]
    needed += [".ci/setup", ".ci/installer.lock", "lab/book/pages/glossary.md", "lab/book/pages/claims.md"]
    others = [
        "lab/course/a.py",
        "lab/book/b.py",
        "lab/book/pages/teaching.md",
        "lab/__pycache__/c.pyc",
        "data/toyscapes/d.png",
        "data/cityscapes/gtFine/val/e.png",
        "data/my_cells/f.png",
        "data/.nuclei.part/g",
        "data/grades.csv",
    ]
    for name in (*needed, *others, "tests/test_a.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("words\n")
    (root / ".ci" / "setup").chmod(0o755)
    (root / "notebooks").mkdir()
    to.mkdir()
    copy_lab(to, root)
    assert {str(p.relative_to(to)) for p in to.rglob("*") if p.is_file()} == set(needed)
    assert (to / ".ci" / "setup").stat().st_mode & 0o100


def test_of_the_data_goes_out_what_is_under_version_control() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("no repository to compare with")
    listed = subprocess.run(["git", "ls-files", "data"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split("/")[1] for line in listed.splitlines()} == set(SHIPS)


def test_a_lab_without_its_repository_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="found no notebooks, expected the lab's whole repository"):
        write_course(tmp_path / "out", tmp_path)
    assert not (tmp_path / "out").exists()


def test_the_makefile_keeps_what_works_without_tests() -> None:
    makefile = students_makefile((ROOT / "Makefile").read_text())
    assert re.findall(r"^([a-z-]+):", makefile, re.MULTILINE) == list(TARGETS)
    assert f".PHONY: {' '.join(TARGETS)}\n" in makefile
    assert "lab.course" not in makefile


def test_the_readme_says_what_of_it_is_not_so() -> None:
    readme = students_readme((ROOT / "README.md").read_text())
    assert readme.startswith("# Spatial Embedding Lab\n\n> This is a copy for a class: [START.md](START.md)")
    assert "`make help`, `make setup`, `make lab`, `make doctor` work." in readme


def test_links_to_what_is_not_there_become_words(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "README.md").touch()
    page = tmp_path / "pages" / "a.md"
    page.write_text("[here](../README.md#end), [`lab.x`](../lab/x.py#L3), [web](https://a.org), [up](#up), ![](b.png)")
    unlink_missing(tmp_path)
    assert page.read_text() == "[here](../README.md#end), `lab.x`, [web](https://a.org), [up](#up), ![](b.png)"


def test_a_zip_holds_the_folder(tmp_path: Path) -> None:
    (tmp_path / "practice" / "sub").mkdir(parents=True)
    (tmp_path / "practice" / "sub" / "file").touch()
    path = pack(tmp_path / "practice")
    assert path == tmp_path / "practice.zip"
    assert "practice/sub/file" in zipfile.ZipFile(path).namelist()
