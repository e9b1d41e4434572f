"""The scripts below .ci: which Python is taken, what an interrupted set-up leaves, a home that cannot be written."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_setup import ROOT, run

# --- The set-up ---


def bin_folder(folder: Path, **programs: str) -> Path:
    """A folder that holds, for PATH, the system's small tools and our own programs."""
    for name in ("bash", "env", "dirname", "cat", "cksum", "grep", "head", "rm", "touch", "mkdir", "chmod"):
        (folder / name).symlink_to(shutil.which(name))
    for name, text in programs.items():
        (folder / name).write_text(f"#!{shutil.which('bash')}\n{text}\n")
        (folder / name).chmod(0o755)
    return folder


def copy_of_setup(folder: Path) -> Path:
    """What .ci/setup reads, in a folder of its own."""
    (folder / ".ci").mkdir(parents=True)
    for name in ("requirements.lock", "pyproject.toml", ".ci/setup", ".ci/home", ".ci/installer.lock"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def pretended(version: str) -> str:
    """A program's text that is Python of this version as far as can be asked, and makes no environment."""
    numbers = ", ".join(version.split("."))
    pretend = f"import sys; sys.version_info = ({numbers}); exec(sys.argv[1])"
    return f"""case "$1" in
--version) echo Python {version} ;;
-c) exec "{sys.executable}" -c '{pretend}' "$2" ;;
*) exit 3 ;;
esac"""


def set_up(checkout: Path, path: Path, **more: str) -> subprocess.CompletedProcess[str]:
    command = [checkout / ".ci" / "setup"]
    environment = {"PATH": str(path), "HOME": str(checkout), **more}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


posix = pytest.mark.skipif(os.name != "posix", reason="make's way; Windows has the plain one")


@posix
def test_without_a_usable_python(tmp_path: Path):
    checkout = copy_of_setup(tmp_path / "checkout")
    (tmp_path / "bin").mkdir()
    done = set_up(checkout, bin_folder(tmp_path / "bin", python3=pretended("3.9.2")))
    assert done.returncode == 1
    assert "found:\n  python3: Python 3.9.2\nsetup: expected: Python 3.11 or newer" in done.stderr
    assert "what to do: install one" in done.stderr
    assert not (checkout / ".venv").exists()


@posix
@pytest.mark.parametrize(
    ("there", "taken", "said"),
    [
        ({"python3": "3.9.2", "python3.12": "3.12.1"}, "3.12.1", ""),
        ({"python3": "3.14.2", "python3.11": "3.11.7"}, "3.11.7", ""),
        ({"python3": "3.14.2"}, "3.14.2", "Python 3.14.2 is newer than what was tested (3.11 to 3.13)"),
    ],
)
def test_of_several_pythons_one_that_was_tested_is_taken(tmp_path: Path, there: dict, taken: str, said: str):
    checkout = copy_of_setup(tmp_path / "checkout")
    (tmp_path / "bin").mkdir()
    done = set_up(checkout, bin_folder(tmp_path / "bin", **{name: pretended(of) for name, of in there.items()}))
    assert f"making .venv with Python {taken} ..." in done.stderr
    assert (said or "newer than") in done.stderr if said else "newer than" not in done.stderr


@posix
def test_the_python_that_is_named_is_taken_wherever_it_lies(tmp_path: Path):
    checkout = copy_of_setup(tmp_path / "checkout")
    (place := tmp_path / "ein Ordner ü").mkdir()
    (tmp_path / "bin").mkdir()
    named = bin_folder(place, python=pretended("3.12.1")) / "python"
    path = bin_folder(tmp_path / "bin", python3=pretended("3.11.7"))
    done = set_up(checkout, path, PYTHON=str(named))
    assert "making .venv with Python 3.12.1 ..." in done.stderr


# Stands in for Python: makes a .venv whose python and uv are stand-ins too, and writes down what it was asked.
FAKE_PYTHON = """
echo "$*" >>"$HOME/asked"
case "$*" in
    *"-m venv"*)
        mkdir -p .venv/bin
        cat "$0" >.venv/bin/python
        echo 'echo uv "$*" >>"$HOME/asked"; if [ -e "$HOME/index-is-down" ]; then exit 2; fi' >.venv/bin/uv
        echo 'echo jupyter "$*" >>"$HOME/asked"' >.venv/bin/jupyter
        echo "VIRTUAL_ENV=$(pwd -P)/.venv" >.venv/bin/activate
        chmod +x .venv/bin/* ;;
esac
"""


@posix
def test_an_interrupted_install_is_repeated_and_a_finished_one_is_not(tmp_path: Path):
    checkout = copy_of_setup(tmp_path / "checkout")
    (tmp_path / "bin").mkdir()
    path = bin_folder(tmp_path / "bin", python3=FAKE_PYTHON)
    asked = checkout / "asked"

    (checkout / "index-is-down").touch()
    stopped = set_up(checkout, path)
    assert stopped.returncode == 1
    assert "what to do: run the same command again" in stopped.stderr
    (checkout / "index-is-down").unlink()
    asked.unlink()
    assert set_up(checkout, path).returncode == 0
    assert "-m venv --clear .venv" in asked.read_text()
    assert "uv pip install --require-hashes -r requirements.lock" in asked.read_text()

    asked.unlink()
    assert "up to date" in set_up(checkout, path).stderr
    assert "uv" not in asked.read_text()

    with (checkout / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    assert set_up(checkout, path).returncode == 0
    assert "-m venv" not in asked.read_text()
    assert "uv pip install --require-hashes -r requirements.lock" in asked.read_text()


@posix
def test_a_moved_folder_gets_a_new_environment(tmp_path: Path):
    checkout = copy_of_setup(tmp_path / "checkout")
    (tmp_path / "bin").mkdir()
    path = bin_folder(tmp_path / "bin", python3=FAKE_PYTHON)
    assert set_up(checkout, path).returncode == 0
    moved = checkout.rename(tmp_path / "moved")
    assert set_up(moved, path).returncode == 0
    assert (moved / "asked").read_text().count("-m venv --clear .venv") == 2


# --- The home folder ---


def at_home(home: str | None, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command by .ci/home with HOME as given; None leaves it unset."""
    environment = {name: value for name, value in os.environ.items() if name != "HOME" and not name.startswith("XDG_")}
    environment |= more | ({"HOME": home} if home is not None else {})
    return run(str(ROOT / ".ci" / "home"), *command, env=environment)


@posix
def test_a_home_that_can_be_written_stays(tmp_path: Path):
    (tmp_path / "ein Ordner").mkdir()
    done = at_home(str(tmp_path / "ein Ordner"), "printenv", "HOME", XDG_DATA_HOME=str(tmp_path / "share"))
    assert (done.stdout, done.stderr) == (f"{tmp_path / 'ein Ordner'}\n", "")


@posix
@pytest.mark.parametrize("place", ["HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"])
def test_a_home_that_cannot_be_written_is_replaced(tmp_path: Path, place: str):
    """A file in a folder's place: not even the superuser writes there."""
    (tmp_path / "file").touch()
    checkout = copy_of_setup(tmp_path / "checkout")
    places = {"HOME": str(tmp_path), "XDG_DATA_HOME": "", "XDG_CACHE_HOME": "", place: str(tmp_path / "file")}
    words = [str(checkout / ".ci" / "home"), "bash", "-c", 'echo "$HOME ${XDG_DATA_HOME:-} ${XDG_CACHE_HOME:-}"']
    done = run(*words, cwd=checkout, env=os.environ | places)
    assert done.stdout.split() == [str(checkout / "build" / "home")]
    assert done.stderr.startswith(f"home: {tmp_path / 'file'}/")
    assert "cannot be written; settings and what you have done are kept in" in done.stderr


@posix
def test_a_home_that_is_not_named_is_the_accounts():
    import pwd

    account = pwd.getpwuid(os.getuid()).pw_dir
    if not os.access(account, os.W_OK):
        pytest.skip("this account has no home that can be written")
    assert at_home(None, "printenv", "HOME").stdout == f"{account}\n"
