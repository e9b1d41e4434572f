"""Places where the lab runs all the same: without a network, with a home folder that cannot be written."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab.folders import data_folder
from tests.browser.jupyterlab import START_SECONDS, free_port, stop
from tests.test_setup import ROOT, run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="what is tried here is Linux' and macOS'"),
]
SCENE = data_folder() / "scenes" / "leftImg8bit" / "val" / "toyville" / "toyville_000000_000018_leftImg8bit.png"


# --- No network ---


def offline(*command: str) -> list[str]:
    """The command in a network of its own, in which there is nothing but this machine itself."""
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", "--net", *as_root, "bash", "-c", 'ip link set lo up && exec "$@"', "bash", *command]


@pytest.fixture
def _network_of_its_own() -> None:
    if not shutil.which("unshare") or run(*offline("true")).returncode:
        pytest.skip("needs unshare and ip, and leave to make a network")


@pytest.mark.usefixtures("_network_of_its_own")
def test_the_network_is_closed():
    """Else the next test would prove nothing."""
    ask = "import socket; socket.create_connection(('192.0.2.1', 80), 2)"
    assert "Network is unreachable" in run(*offline(sys.executable, "-c", ask)).stderr


@pytest.mark.usefixtures("_network_of_its_own")
def test_notebook_and_doctor_need_no_network():
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_lovasz.py", "notebooks/00_start_here.ipynb"]
    done = run(*offline(sys.executable, *words, "--nbval-lax", "--nbval-current-env"), timeout=900)
    assert done.returncode == 0, done.stdout
    assert "The lab can run." in run(*offline(sys.executable, "-m", "lab", "doctor"), timeout=300).stdout


# --- A home folder that cannot be written ---


@pytest.fixture
def nowhere(tmp_path: Path) -> dict[str, str]:
    """An environment whose home is a file, so that not even the superuser writes there."""
    (tmp_path / "file").touch()
    ours = ("XDG_", "JUPYTER_", "IPYTHON", "MPL", "NUMBA_", "LAB_PROGRESS", "MAKE", "MFLAGS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"HOME": str(tmp_path / "file")}


def test_predict_needs_no_home(tmp_path: Path, nowhere: dict[str, str]):
    words = [sys.executable, "-m", "lab", "predict", str(SCENE), "--output", str(tmp_path / "found")]
    done = run(*words, env=nowhere, timeout=300)
    assert "1 image predicted" in done.stdout, done.stderr
    assert (tmp_path / "file").read_bytes() == b""


def test_jupyterlab_starts_as_make_lab_starts_it(tmp_path: Path, nowhere: dict[str, str]):
    checkout = tmp_path / "ein Ordner ü"
    (checkout / ".ci").mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "home", checkout / ".ci" / "home")
    words = [".ci/home", sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={free_port()}"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            words, cwd=checkout, env=nowhere, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        end = time.monotonic() + START_SECONDS
        while not (started := list((checkout / "build" / "home").rglob("jpserver-*.json"))):
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < end, (tmp_path / "log").read_text()
            time.sleep(0.2)
    finally:
        stop(process)
    assert len(started) == 1
    assert "settings and what you have done are kept in" in (tmp_path / "log").read_text()
