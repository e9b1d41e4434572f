"""The lab installed by hand, as README says it for where make is missing; and from a wheel, without its repository."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from lab.folders import data_folder
from tests.test_setup import ROOT, run, tracked_files

SCENE = data_folder() / "scenes" / "leftImg8bit" / "val" / "toyville" / "toyville_000000_000018_leftImg8bit.png"
MODEL = data_folder() / "models" / "toyscapes.safetensors"
# Everything a learner's notebook or a command may ask for; the book needs its own requirements, make book has them.
IMPORT_ALL = (
    "import importlib, pkgutil, lab\n"
    "for module in pkgutil.walk_packages(lab.__path__, 'lab.'):\n"
    "    if not module.name.startswith(('lab.book', 'lab.course')) and not module.name.endswith('__main__'):\n"
    "        importlib.import_module(module.name)\n"
    "print(lab.__file__)\n"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from what lies here."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), check=True)
    return next(folder.glob("*.whl"))


def python_of(environment: Path) -> str:
    """The interpreter of a virtual environment."""
    return str(environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def at_home(home: Path, *command: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run from another folder with a home of its own, and none of this process' settings of the lab."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LAB_", "PYTHON"))}
    places = {"HOME": str(home), "XDG_DATA_HOME": str(home / "share"), "OMP_WAIT_POLICY": "PASSIVE"}
    return run(*command, **{"cwd": home, "env": environment | places, "timeout": 600, **options})


def test_a_wheel_holds_every_file_of_the_library(wheel: Path):
    """Styles, scripts and templates, too, which the code reads beside itself."""
    wanted = {path.relative_to(ROOT).as_posix() for path in tracked_files() if path.is_relative_to(ROOT / "lab")}
    with zipfile.ZipFile(wheel) as archive:
        assert wanted <= set(archive.namelist())
    assert {"lab/widgets/explorer/explorer.js", "lab/widgets/explorer/app/page/index.html.j2"} <= wanted


@pytest.mark.slow
def test_a_wheel_without_the_repository_works_or_says_what_it_lacks(wheel: Path, tmp_path: Path):
    """The packages are this environment's, lent by a path; what is tested is the lab, not its requirements."""
    venv.create(tmp_path / "venv", with_pip=False)
    python = python_of(tmp_path / "venv")
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        str(wheel),
        check=True,
    )
    packages = Path(
        at_home(tmp_path, python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
    )
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib"))

    imported = at_home(tmp_path, python, "-c", IMPORT_ALL)
    assert imported.stdout.strip() == str(packages / "lab" / "__init__.py"), imported.stderr
    page = "from lab.widgets.explorer.app.server import TEMPLATE; print((TEMPLATE / 'index.html.j2').is_file())"
    assert at_home(tmp_path, python, "-c", page).stdout.strip() == "True"

    doctor = at_home(tmp_path, python, "-m", "lab", "doctor")
    assert doctor.returncode == 1
    assert "repository  none around the installed code" in doctor.stdout
    assert "1 missing" in doctor.stdout
    lost = at_home(tmp_path, python, "-m", "lab", "predict", str(SCENE))
    assert lost.returncode == 1
    assert "found no shipped model 'toyscapes'" in lost.stderr
    assert "Run from a clone of the repository" in lost.stderr
    found = at_home(tmp_path, python, "-m", "lab", "predict", str(SCENE), "--model", str(MODEL))
    assert "1 image predicted into predictions; 0 failed." in found.stdout, found.stderr
    assert not (packages / "data").exists()
    assert not (packages / "runs").exists()


@pytest.mark.slow
def test_by_hand_in_a_bare_environment(tmp_path: Path):
    """What README says for where make is missing: venv, pip install -e ., doctor.

    It proves that the requirements of pyproject.toml, and nothing else, are enough: no package of the tests is there.
    They come at the locked versions, by uv and from its cache, for pip would bring three gigabytes anew; then pip
    itself finds every one satisfied and builds the lab.  Which versions pip would choose by itself is not proved.
    """
    venv.create(tmp_path / "venv", with_pip=True)
    python = python_of(tmp_path / "venv")
    uv = [str(Path(python_of(Path(sys.prefix))).with_name("uv")), "pip", "install", "--quiet", "--python", python]
    needed = ["-r", "pyproject.toml", "-c", "requirements.lock"]
    if run(*uv, "--offline", *needed, timeout=600).returncode:
        run(*uv, *needed, timeout=600, check=True)
    pip = run(python, "-m", "pip", "install", "--disable-pip-version-check", "-e", ".", timeout=600)
    assert pip.returncode == 0, pip.stderr
    assert [line for line in pip.stdout.splitlines() if line.startswith("Successfully installed")] == [
        "Successfully installed spatial-embedding-lab-0.1.0"
    ]
    assert run(python, "-m", "pip", "check").returncode == 0

    imported = at_home(tmp_path, python, "-c", IMPORT_ALL)
    assert imported.stdout.strip() == str(ROOT / "lab" / "__init__.py"), imported.stderr
    doctor = at_home(tmp_path, python, "-m", "lab", "doctor")
    assert doctor.returncode == 0, doctor.stdout
    assert "The lab can run." in doctor.stdout
    found = at_home(tmp_path, python, "-m", "lab", "predict", str(SCENE))
    assert "1 image predicted into predictions; 0 failed." in found.stdout, found.stderr
    assert len(list((tmp_path / "predictions").glob("*_overlay.png"))) == 1
    assert at_home(tmp_path, python, "-m", "jupyter", "lab", "--version").returncode == 0
