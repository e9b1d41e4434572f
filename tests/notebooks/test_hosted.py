"""The cell that sets up a hosted notebook: run in a Python without the lab, with pip and git only written down."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
WITH_IT = ("00_start_here", "10_two_stage_training")
PRESENT = "The lab is installed here: nothing to set up.\n"
ADDRESS = "https://example.org/lab.git"
UNSET = 'LAB_REPOSITORY = ""'
# Put before the cell: programs are written down; what unpacks and clones leaves a lab, the rest does nothing.
WRITTEN_DOWN = """
import json, subprocess, types
from pathlib import Path
real, asked = subprocess.run, []
broken = globals().get("broken")
def run(words, **options):
    asked.append([str(word) for word in words])
    if "zipfile" in words:
        return real(words, **options)
    if broken and broken in asked[-1]:
        raise subprocess.CalledProcessError(1, words, f"{broken} says why")
    if words[0] == "git":
        if broken == "interrupt":
            Path(words[-1]).mkdir()
            raise KeyboardInterrupt
        Path(words[-1], "lab").mkdir(parents=True)
        Path(words[-1], "pyproject.toml").touch()
    return types.SimpleNamespace(stdout="CUDA 0: a device")
subprocess.run = run
"""
REPORT = "\nprint(json.dumps({'asked': asked, 'path': __import__('sys').path[0]}))"


def hosted(name: str) -> tuple[int, nbformat.NotebookNode]:
    """The cell and its place."""
    cells = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4).cells
    found = [(place, cell) for place, cell in enumerate(cells) if "LAB_REPOSITORY" in cell.source]
    assert len(found) == 1
    return found[0]


def without_the_lab(folder: Path, before: str = "", repository: str = "") -> subprocess.CompletedProcess[str]:
    """Run the cell in the folder by an interpreter that has nothing installed (-S)."""
    cell = hosted(WITH_IT[0])[1].source.replace(UNSET, f"LAB_REPOSITORY = {repository!r}")
    code = before + WRITTEN_DOWN + cell + REPORT
    return subprocess.run([sys.executable, "-S", "-c", code], cwd=folder, capture_output=True, text=True, timeout=60)


def programs(done: subprocess.CompletedProcess[str]) -> tuple[list[list[str]], str]:
    """What was asked for, and the first folder of sys.path at the end."""
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    return report["asked"], report["path"]


@pytest.mark.parametrize("name", WITH_IT)
def test_it_comes_before_all_else_out_of_sight_where_it_is_not_needed(name: str):
    place, cell = hosted(name)
    assert place == 1
    assert cell.source == hosted(WITH_IT[0])[1].source
    assert cell.metadata.jupyter.source_hidden  # JupyterLab folds it; Colab and Kaggle, who need it, do not
    assert [output.text for output in cell.outputs] == [PRESENT]
    assert UNSET in cell.source


def test_where_the_lab_is_it_says_so_and_does_nothing_else(tmp_path: Path):
    code = WRITTEN_DOWN + hosted(WITH_IT[0])[1].source + REPORT + "\nprint('torch' in __import__('sys').modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=FOLDER, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith(PRESENT), done.stderr
    assert '"asked": []' in done.stdout
    assert done.stdout.endswith("False\n")


def test_without_an_address_it_says_what_to_fill_in(tmp_path: Path):
    done = without_the_lab(tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("RuntimeError: Found no lab here. Fill in LAB_REPOSITORY")
    assert not list(tmp_path.iterdir())


def test_a_notebook_in_a_copy_of_the_lab_installs_that_copy(tmp_path: Path):
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "lovasz.py").touch()
    (tmp_path / "notebooks").mkdir()
    asked, first = programs(without_the_lab(tmp_path / "notebooks"))
    assert asked[0][1:] == ["-m", "pip", "install", "-q", "-e", str(tmp_path)]
    assert asked[1][1:] == ["-m", "lab", "doctor"]
    assert first == str(tmp_path)


def test_it_clones_once_and_leaves_the_hosts_torch_alone(tmp_path: Path):
    (tmp_path / "host" / "torch").mkdir(parents=True)
    (tmp_path / "host" / "torch" / "__init__.py").touch()
    (tmp_path / "host" / "torch-2.11.0+cu130.dist-info").mkdir()
    (tmp_path / "host" / "torch-2.11.0+cu130.dist-info" / "METADATA").write_text("Name: torch\nVersion: 2.11.0+cu130\n")
    before = f"import sys; sys.path.append({str(tmp_path / 'host')!r})\n"
    done = without_the_lab(tmp_path, before, ADDRESS)
    (clone, install, _), _ = programs(done)
    assert clone == ["git", "clone", "--depth", "1", ADDRESS, "spatial-embedding-lab.part"]
    assert not (tmp_path / "spatial-embedding-lab.part").exists()
    assert install[-2:] == [str(tmp_path / "spatial-embedding-lab"), "torch==2.11.0+cu130"]
    assert "a device" in done.stdout
    asked, _ = programs(without_the_lab(tmp_path, before, ADDRESS))
    assert asked[0] == install


def test_an_uploaded_zip_is_unpacked_whatever_its_inner_folder_is_called(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "course.zip", "w") as archive:
        archive.writestr("lab-main/pyproject.toml", "")
    asked, first = programs(without_the_lab(tmp_path, repository="course.zip"))
    assert asked[1][-1] == first == str(tmp_path / "spatial-embedding-lab" / "lab-main")


def test_an_interrupted_clone_is_begun_anew(tmp_path: Path):
    assert without_the_lab(tmp_path, "broken = 'interrupt'\n", ADDRESS).returncode != 0
    (tmp_path / "spatial-embedding-lab.part" / "half.txt").touch()
    programs(without_the_lab(tmp_path, repository=ADDRESS))
    assert [path.name for path in tmp_path.iterdir()] == ["spatial-embedding-lab"]
    assert not list(tmp_path.rglob("half.txt"))


@pytest.mark.parametrize(
    ("broken", "remedy"), [("git", "Could not fetch 'https://example.org/lab.git'"), ("pip", "pip could")]
)
def test_a_program_that_fails_is_heard_and_a_remedy_given(tmp_path: Path, broken: str, remedy: str):
    done = without_the_lab(tmp_path, f"broken = {broken!r}\n", ADDRESS)
    said, problem = done.stderr.splitlines()[-2:]
    assert said == f"RuntimeError: {broken} says why"
    assert problem.startswith(remedy)
    assert problem.endswith("then run this cell again.")


def test_a_program_that_is_not_there_is_named(tmp_path: Path):
    before = "import os; os.environ['PATH'] = ''\n"
    code = before + hosted(WITH_IT[0])[1].source.replace(UNSET, f"LAB_REPOSITORY = {ADDRESS!r}")
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert "RuntimeError: [Errno 2] No such file or directory: 'git'" in done.stderr


def test_a_zip_without_a_lab_is_named_with_what_to_remove(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "holiday.zip", "w") as archive:
        archive.writestr("beach.jpg", "")
    last = without_the_lab(tmp_path, repository="holiday.zip").stderr.splitlines()[-1]
    assert last.startswith("RuntimeError: Found no lab in spatial-embedding-lab. Remove this folder")


def test_colab_is_told_to_show_widgets_at_every_run(tmp_path: Path):
    (tmp_path / "google" / "colab").mkdir(parents=True)
    (tmp_path / "google" / "colab" / "__init__.py").touch()
    module = "def enable_custom_widget_manager(): print('widgets enabled')"
    (tmp_path / "google" / "colab" / "output.py").write_text(module)
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "__init__.py").touch()
    done = without_the_lab(tmp_path)  # the lab is there: a restarted kernel
    assert done.stdout.startswith(PRESENT + "widgets enabled\n")
