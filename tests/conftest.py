"""What all tests share: threads, random numbers, and when a test that needs a device or a browser may be skipped."""

import os
import random
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import numpy as np
import pytest

# Read by torch when it is imported, here and in every process that a test starts: the same work everywhere.
os.environ["OMP_NUM_THREADS"] = "2"
# Threads that spin while they wait make everything several times slower on a machine that does something else, too.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Nobody's own progress is touched, nor seen by a notebook under test.
PROGRESS = tempfile.TemporaryDirectory(prefix="lab-progress-")  # removed when the tests end
os.environ["LAB_PROGRESS"] = str(Path(PROGRESS.name) / "progress.json")
os.environ["LAB_RUNS"] = str(Path(PROGRESS.name) / "runs")  # what a notebook under test trains
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")

# Times vary on a shared machine, so no deadline.  In CI the same examples every time: red must mean a change.
hypothesis.settings.register_profile("lab", deadline=None, derandomize=IN_CI)
hypothesis.settings.load_profile("lab")


@pytest.fixture(autouse=True)
def same_random_numbers() -> None:
    """Every test starts from the same seeds, alone or in the whole suite."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  for libraries that draw from the global generator
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)


@pytest.fixture
def hears_ctrl_c() -> Iterator[None]:
    """SIGINT and SIGHUP as in a terminal, here and in processes that a test starts.

    A shell has its background jobs ignore Ctrl-C, nohup hang-ups, and both are handed down.  (A handler of Python's
    becomes the system's own in a new program; "ignore" would stay.)
    """
    usual = {signal.SIGINT: signal.default_int_handler}
    if hasattr(signal, "SIGHUP"):
        usual[signal.SIGHUP] = signal.SIG_DFL
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def lab_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the place of LAB_DATA."""
    folder = tmp_path / "lab_data"
    folder.mkdir()
    monkeypatch.setenv("LAB_DATA", str(folder))
    return folder


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account without a home folder: in a container, a number without a name."""

    def unknown(_: int) -> None:
        raise KeyError("no such number")

    for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)


@pytest.fixture(scope="session")
def nuclei() -> Path:
    """The folder of real nuclei that LAB_NUCLEI names, else shared/nuclei beside the checkout; skips without."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "nuclei"
    folder = Path(os.environ.get("LAB_NUCLEI") or beside)
    if not (folder / "manifest.csv").is_file():
        pytest.skip(f"needs the real nuclei: no {folder / 'manifest.csv'}; set LAB_NUCLEI to their folder")
    return folder


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("cuda"):
        _skip_without_cuda()
    if item.get_closest_marker("browser"):
        _skip_without_chromium()


def _skip_without_cuda() -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")


def _skip_without_chromium() -> None:
    from lab.chromium import find_chromium, how_to_install

    if find_chromium() is None:
        give_up = pytest.fail if IN_CI else pytest.skip
        give_up(f"needs Chromium; to install it, type: {how_to_install()}")


class NoSilentCells:
    """After a cell's time-out nbval marks the notebook's later cells as expected failures: here they are failures."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item):
        report = yield
        if item.path.suffix == ".ipynb" and hasattr(report, "wasxfail"):
            report.outcome = "failed"
            report.longrepr = f"not run, because an earlier cell failed: {report.wasxfail}"
            del report.wasxfail
        return report


def pytest_configure(config: pytest.Config) -> None:
    # Registered by hand: hooks of this file itself would not reach items of notebooks/, which lie beside tests/.
    config.pluginmanager.register(NoSilentCells())
