"""What is installed is what was locked, by hash; and no name of a folder is taken for a command."""

import re
import shutil
from pathlib import Path

import pytest

from tests.test_ci import FAKE_PYTHON, bin_folder, copy_of_setup, posix, set_up
from tests.test_setup import ROOT, run

LOCKS = [
    path.relative_to(ROOT).as_posix() for path in (ROOT / "requirements.lock", *sorted((ROOT / ".ci").glob("*.lock")))
]
SCRIPTS = [path for path in sorted((ROOT / ".ci").iterdir()) if path.read_bytes().startswith(b"#!")]
INSTALL = re.compile(r"^[^#\n]*\bpip install\b.*$", re.MULTILINE)
# The lab itself, from this folder: nothing is fetched for it.
ITSELF = "--no-deps --no-build-isolation -e ."


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_every_lock_is_one_version_with_hashes(name: str):
    text = re.sub(r"\\\n", " ", (ROOT / name).read_text())
    entries = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert entries
    for entry in entries:
        assert re.match(r"[a-zA-Z0-9][\w.\[\]-]*==\S+ ", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry


def test_what_is_installed_is_asked_for_by_hash():
    lines = [line.strip() for path in (*SCRIPTS, ROOT / "Makefile") for line in INSTALL.findall(path.read_text())]
    assert len(lines) >= 3
    fetching = [line for line in lines if not line.endswith(ITSELF)]
    assert not [line for line in fetching if "--require-hashes" not in line or "-r " not in line]


def test_scripts_run_no_text_and_fetch_nothing_by_themselves():
    for path in SCRIPTS:
        text = path.read_text()
        assert not re.search(r"\beval\b|\bcurl\b|\bwget\b|\bsh -c\b", text), path


@posix
@pytest.mark.parametrize("name", ["two words", "a; touch evil", "$(touch evil)", "`touch evil`", 'it\'s "here"'])
def test_a_folder_may_be_called_anything(name: str, tmp_path: Path):
    checkout = copy_of_setup(tmp_path / "clone" / name)
    (tmp_path / "bin").mkdir()
    done = set_up(checkout, bin_folder(tmp_path / "bin", python3=FAKE_PYTHON))
    assert done.returncode == 0, done.stderr
    assert (checkout / ".venv" / "setup-finished").is_file()
    assert not list(tmp_path.rglob("evil"))


@posix
@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
def test_a_course_goes_where_it_is_told_whatever_the_folder_is_called():
    """The recipe names a variable of the environment, so that the shell does not read the name itself."""
    name = 'my course; touch `evil` "it\'s"'
    recipe = run("make", "-n", "course", f"COURSE={name}", check=True).stdout.splitlines()[-1]
    assert recipe.strip() == '.venv/bin/python -m lab.course "$COURSE"'
    shown = run("make", "--eval", 'shown: ; @printf %s "$$COURSE"', "shown", f"COURSE={name}", check=True).stdout
    assert shown == name
