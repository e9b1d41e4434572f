"""The doctor tells what is here, what is missing and the one thing to do."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from lab import chromium
from lab.doctor import machine as doctor
from lab.doctor.lines import Finding, State
from lab.shell_words import shell_words

MODEL = "models/toyscapes.safetensors"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a whole model and a whole scene."""
    (tmp_path / "models").mkdir()
    (tmp_path / "scenes").mkdir()
    save_file({"weight": np.zeros(1000, np.float32)}, tmp_path / MODEL)
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(tmp_path / "scenes" / "scene.png")
    (tmp_path / "scenes" / "results.json").write_text("{}")
    return tmp_path


def states(findings: list[Finding]) -> list[State]:
    return [finding.state for finding in findings]


def test_whole_data_are_fine(data: Path):
    findings = list(doctor.check_shipped(data, (MODEL, "scenes")))
    assert states(findings) == [State.OK, State.OK]
    assert [finding.topic for finding in findings] == ["models", "scenes"]


@pytest.mark.parametrize("name", [MODEL, "scenes/scene.png", "scenes/results.json"])
def test_a_cut_off_file_is_missing(data: Path, name: str):
    whole = (data / name).read_bytes()
    (data / name).write_bytes(whole[: len(whole) * 2 // 3])
    broken = [finding for finding in doctor.check_shipped(data, (MODEL, "scenes")) if finding.state is State.MISSING]
    assert len(broken) == 1
    assert str(data / name) in broken[0].text
    assert broken[0].remedy == shell_words("git", "restore", data / name)


def test_a_data_set_of_ones_own_is_not_examined(data: Path):
    (data / "photographs of ours").mkdir()
    (data / "photographs of ours" / "cut.png").write_bytes(b"\x89PNG")
    assert states(list(doctor.check_shipped(data, (MODEL, "scenes")))) == [State.OK, State.OK]


@pytest.mark.parametrize("name", [MODEL, "scenes"])
def test_absent_data_are_missing(data: Path, name: str):
    (data / name).rename(data / "elsewhere")
    findings = list(doctor.check_shipped(data, (MODEL, "scenes")))
    assert findings[0].state is State.MISSING
    assert str(data / name) in findings[0].text


def test_generated_scenes_are_counted(tmp_path: Path):
    assert doctor.check_toyscapes(tmp_path).state is State.OPTIONAL
    city = tmp_path / "leftImg8bit" / "val" / "toy"
    city.mkdir(parents=True)
    (city / "toy_000000_000000_leftImg8bit.png").touch()
    finding = doctor.check_toyscapes(tmp_path)
    assert finding.state is State.OK
    assert "val 1 scenes" in finding.text


def write_pyproject(folder: Path, dependency: str, test_tool: str = "pytest>=8") -> Path:
    path = folder / "pyproject.toml"
    path.write_text(f'[project]\ndependencies = ["{dependency}"]\n[dependency-groups]\ntest = ["{test_tool}"]\n')
    return path


@pytest.mark.parametrize(
    ("dependency", "state", "words"),
    [
        ("numpy>=2.1", State.OK, f"numpy {np.__version__}"),
        ("numpy>=99", State.MISSING, f"numpy: found {np.__version__}, expected >=99"),
        ("no-such-package>=1", State.MISSING, "no-such-package: found none, expected >=1"),
    ],
)
def test_packages_against_their_bounds(tmp_path: Path, dependency: str, state: State, words: str):
    finding = next(doctor.check_packages(write_pyproject(tmp_path, dependency)))
    assert (finding.state, finding.text) == (state, words)


def test_an_absent_test_tool_stops_nobody(tmp_path: Path):
    findings = list(doctor.check_packages(write_pyproject(tmp_path, "numpy", "no-such-package")))
    assert states(findings) == [State.OK, State.OPTIONAL]
    assert "--group test" in findings[1].remedy


def test_a_lab_without_its_repository_knows_what_it_needs_and_lacks(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor, "repository", lambda: None)
    findings = list(doctor.check_alone())
    assert any("torch" in finding.text for finding in findings if finding.topic == "packages")
    assert (findings[-1].topic, findings[-1].state) == ("repository", State.MISSING)
    topics = [next(reported := doctor._findings(doctor.Needs())).topic, *(next(reported).topic for _ in findings)]
    assert topics == ["Python", *(finding.topic for finding in findings)]


def test_an_old_python_is_missing():
    finding = doctor.check_python((3, 99))
    assert finding.state is State.MISSING
    assert "expected 3.99" in finding.text


def test_writing(tmp_path: Path):
    assert doctor.check_writing(tmp_path / "to" / "be" / "made", 1).state is State.OK
    assert not (tmp_path / "to").exists()
    assert doctor.check_writing(tmp_path, 10**18).state is State.OPTIONAL


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
    finding = doctor.check_writing(tmp_path, 1)
    assert finding.state is State.MISSING
    assert "LAB_DATA" in finding.remedy


def test_a_home_that_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    finding = doctor.check_home()
    assert (finding.state, finding.text) == (State.OK, f"{tmp_path} can be written")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["HOME", "XDG_DATA_HOME"])
def test_a_home_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str):
    (tmp_path / "file").touch()
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(place, str(tmp_path / "file"))
    finding = doctor.check_home()
    assert finding.state is State.OPTIONAL
    assert finding.text.startswith(str(tmp_path / "file"))
    assert "make lab" in finding.remedy


@pytest.mark.usefixtures("homeless")
def test_an_account_without_a_home_is_told():
    finding = doctor.check_home()
    assert (finding.state, finding.topic) == (State.OPTIONAL, "home folder")
    assert "this account has none" in finding.text


def test_a_home_that_may_not_be_looked_into_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As /root for all others, said in the system's place: whoever runs this may look everywhere."""
    home, real = tmp_path / "home", os.stat
    home.mkdir()

    def stat(path: object, *rest: object, **options: object) -> os.stat_result:
        if isinstance(path, str | Path) and home in Path(path).parents:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *rest, **options)

    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.delenv("LAB_CHROMIUM", raising=False)
    monkeypatch.delenv("PLAYWRIGHT_BROWSERS_PATH", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(chromium, "APPLICATIONS", ())
    monkeypatch.setattr(os, "stat", stat)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != home)
    finding = doctor.check_home()
    assert (finding.state, finding.text[: len(str(home))]) == (State.OPTIONAL, str(home))
    assert doctor.check_chromium().text.startswith("none")


@pytest.mark.usefixtures("homeless")
def test_without_a_home_no_chromium_is_looked_for_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("LAB_CHROMIUM", raising=False)
    monkeypatch.delenv("PLAYWRIGHT_BROWSERS_PATH", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(chromium, "APPLICATIONS", ())
    assert doctor.check_chromium().text.startswith("none")


def test_a_wrong_lab_chromium_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LAB_CHROMIUM", "/no/such/browser")
    finding = doctor.check_chromium()
    assert finding.state is State.OPTIONAL
    assert "/no/such/browser" in finding.text


def test_chromium_on_the_path_and_playwrights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("LAB_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.setattr(chromium, "APPLICATIONS", ())
    assert chromium.find_chromium() is None
    assert doctor.check_chromium().remedy
    for build in ("chromium-1100", "chromium-1200"):
        (tmp_path / build / "chrome-linux").mkdir(parents=True)
        (tmp_path / build / "chrome-linux" / "chrome").touch()
    assert chromium.find_chromium() == tmp_path / "chromium-1200" / "chrome-linux" / "chrome"
    (tmp_path / "chromium").write_text("#!/bin/sh\n")
    (tmp_path / "chromium").chmod(0o755)
    assert chromium.find_chromium() == tmp_path / "chromium"


def test_devices():
    findings = list(doctor.check_devices())
    assert findings[0].topic == "CPU"
    assert "threads" in findings[0].text
    assert findings[1].topic == "CUDA"


def test_exit_code_and_colour(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    fine = Finding("Python", State.OK, "3.11")
    monkeypatch.setattr(doctor, "_findings", lambda needs: iter([fine]))
    assert doctor.main() == 0
    missing = Finding("models", State.MISSING, "none", "git restore data")
    monkeypatch.setattr(doctor, "_findings", lambda needs: iter([fine, missing]))
    assert doctor.main() == 1
    out = capsys.readouterr().out
    assert "-> git restore data" in out
    assert "\x1b[" not in out


def test_the_command_speaks_before_torch_is_imported():
    code = (
        "import sys, lab.doctor.machine as d; first = next(d._findings(d.Needs()));"
        "print(first.topic, 'torch' in sys.modules, 'torchvision' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["Python", "False", "False"]


def test_the_command(tmp_path: Path):
    command = [sys.executable, "-m", "lab", "doctor"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LAB_DATA": str(tmp_path)})
    assert done.returncode == ("missing" in [line.split()[0] for line in done.stdout.splitlines() if line.strip()])
    assert f"none in {tmp_path / 'toyscapes'}" in done.stdout
