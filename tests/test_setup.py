"""The set-up: requirements agree, the lock is whole, the commands are there, nothing too large is tracked."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
REQUIREMENTS = [*PYPROJECT["project"]["dependencies"], *chain.from_iterable(PYPROJECT["dependency-groups"].values())]
LOCK = (ROOT / "requirements.lock").read_text()
# In `lab` these may be imported below lab/widgets/ only: training runs on a machine without them.
JUPYTER = {
    "anywidget",
    "ipykernel",
    "ipywidgets",
    "IPython",
    "jupyter_client",
    "jupyter_server",
    "jupyterlab",
    "notebook",
    "voila",
}


def run(*command: str, **options: object) -> subprocess.CompletedProcess[str]:
    # The tests run below make themselves; a make of their own is to know nothing of that one.
    environment = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    }
    options = {"cwd": ROOT, "env": environment, "capture_output": True, "text": True, "timeout": 120, **options}
    return subprocess.run(command, **options)


def tracked_files() -> list[Path]:
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("needs git and a clone: what is tracked is not known here")
    names = run("git", "ls-files", "-z", check=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def bounds(lines: list[str]) -> dict[str, str]:
    return {canonicalize_name(each.name): str(each.specifier) for each in map(Requirement, lines)}


def locked() -> list[tuple[Requirement, str]]:
    """Each entry of the lock with the text of its hashes."""
    entries = re.findall(r"^([a-zA-Z0-9][^\\\n]*?) \\\n((?: +--hash=\S+(?: \\)?\n)+)", LOCK, re.MULTILINE)
    return [(Requirement(requirement), hashes) for requirement, hashes in entries]


# --- Requirements ---


def test_conda_asks_for_the_same():
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    *conda, pip = dependencies
    *lines, lab = pip["pip"]
    assert lab == "-e ."
    assert bounds(lines) == bounds(REQUIREMENTS)
    (version,) = [line.partition("=")[2] for line in conda if line.startswith("python=")]
    assert Version(version) in SpecifierSet(PYPROJECT["project"]["requires-python"])


def test_every_locked_line_has_hashes():
    names = re.findall(r"^([a-zA-Z0-9][^=;\s]*)==", LOCK, re.MULTILINE)
    assert len(names) > 100
    assert [canonicalize_name(name) for name in names] == [canonicalize_name(each.name) for each, _ in locked()]
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}\b", hashes) for _, hashes in locked())


@pytest.mark.parametrize("line", REQUIREMENTS)
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_lock_keeps_the_bounds(line: str, python: str):
    wanted = Requirement(line)
    environment = {**default_environment(), "python_version": python, "python_full_version": f"{python}.0"}
    versions = [
        str(entry.specifier).removeprefix("==")
        for entry, _ in locked()
        if canonicalize_name(entry.name) == canonicalize_name(wanted.name)
        and (entry.marker is None or entry.marker.evaluate(environment))
    ]
    assert len(versions) == 1, f"{line}: run `make lock`"
    assert wanted.specifier.contains(Version(versions[0])), f"{line}: locked is {versions[0]}; run `make lock`"


@pytest.mark.parametrize(
    "name", ["requirements.lock", ".ci/installer.lock", "environment.yml", "pyproject.toml", "Makefile"]
)
def test_no_host_names(name: str):
    found = re.findall(r"\S*(?:://|index-url|find-links|pypi|pythonhosted|files\.)\S*", (ROOT / name).read_text())
    assert not found, f"{name} names where packages come from; that is the machine's own setting"


def test_what_is_installed_is_what_is_locked():
    """On a machine set up by make; elsewhere the bounds are what counts."""
    if not (Path(sys.prefix) / "setup-finished").exists():
        pytest.skip("not an environment made by make")
    import importlib.metadata

    environment = default_environment()
    for entry, _ in locked():
        if entry.marker is None or entry.marker.evaluate(environment):
            assert entry.specifier.contains(importlib.metadata.version(entry.name), prereleases=True), entry.name


# --- Commands ---


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
def test_make_lab_opens_the_first_notebook():
    """`make -n` says the commands without running them; the variables reach JupyterLab."""
    done = run("make", "-n", "lab", "LAB_JUPYTER_ARGS=--no-browser --port 9000")
    assert done.returncode == 0, done.stderr
    first, *jupyter = done.stdout.splitlines()
    assert first == ".ci/setup"
    words = " ".join(jupyter).split()
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in words
    assert words[-3:] == ["--no-browser", "--port", "9000"]


TARGETS = [
    "test",
    "test-all",
    "test-lowest",
    "test-python",
    "bench",
    "book",
    "course",
    "nbgrader",
    "doctor",
    "lint",
    "lock",
]


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
@pytest.mark.parametrize("target", TARGETS)
def test_every_target_sets_up_first(target: str):
    lines = run("make", "-n", target, check=True).stdout.splitlines()
    assert lines[0].strip() == ".ci/setup"


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
def test_make_alone_says_what_there_is():
    shown = run("make", check=True).stdout
    assert all(f"make {target} " in shown for target in ("lab", "test", "test-all", "bench", "doctor"))


def test_ci_runs_make_test():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text().splitlines()[-1] == "exec make test"


# --- What is tracked ---


def test_nothing_large_is_tracked():
    large = {file.name: file.stat().st_size for file in tracked_files() if file.stat().st_size > 6_000_000}
    assert not large, "ship it smaller, or make it on the reader's machine"


# --- What an import costs ---


def modules_after(code: str) -> set[str]:
    """Top-level names in sys.modules after running ``code`` in a fresh interpreter."""
    report = "import sys; print(*{name.split('.')[0] for name in sys.modules})"
    done = run(sys.executable, "-c", f"{code}\n{report}")
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_importing_lab_is_cheap():
    assert not modules_after("import lab") & {"torch", "torchvision", "lightning", "matplotlib", "plotly", *JUPYTER}


def test_the_method_needs_torch_and_little_else():
    """Nor does its fast twin, before it is asked to compute."""
    code = "import lab.embedding, lab.lovasz, lab.losses, lab.clustering, lab.erfnet, lab.fast.network"
    late = {"cv2", "lightning", "matplotlib", "numba", "pandas", "plotly", "scipy", "stardist", "torchvision", *JUPYTER}
    assert not modules_after(code) & late


def test_a_guess_and_a_picture_need_no_torch():
    """The first cells of notebook 00, whose street is there before torch is."""
    code = "import lab.exercises, lab.datasets.cityscapes, lab.figures"
    assert not modules_after(code) & {"torch", "scipy", "numba", "plotly", *JUPYTER}


def test_jupyter_is_for_widgets_only():
    """Without the Jupyter packages all else can be imported, as on a bare GPU machine."""
    code = (
        f"import importlib, pkgutil, sys; sys.modules.update(dict.fromkeys({sorted(JUPYTER)}))\n"
        "import lab\n"
        "for module in pkgutil.walk_packages(lab.__path__, 'lab.', onerror=lambda name: None):\n"
        "    if not module.name.startswith('lab.widgets'):\n"
        "        importlib.import_module(module.name)\n"
    )
    assert "lab" in modules_after(code)


def test_imports_point_down():
    """Figures and method know nothing of widgets, exercises, commands and the book, which may use everything."""
    imports = re.compile(r"^\s*(?:from|import) lab\.(widgets|exercises)\b", re.MULTILINE)
    above = ("widgets", "exercises", "cli", "book", "course")
    below = [path for path in (ROOT / "lab").rglob("*.py") if path.relative_to(ROOT / "lab").parts[0] not in above]
    assert len(below) > 50
    assert not [str(path) for path in below if imports.search(path.read_text())]


def test_the_list_of_commands_comes_quickly():
    assert not modules_after("import lab.__main__") & {"torch", "torchvision", "lightning", "matplotlib"}


# --- How the tests themselves are run ---


def test_shapes_are_checked_while_testing():
    """Else a wrong annotation would go unnoticed; pyproject's addopts name the plugin."""
    import jaxtyping
    import numpy as np
    import torch

    from lab.datasets.scene import Scene
    from lab.lovasz import lovasz_hinge

    with pytest.raises(jaxtyping.TypeCheckError):
        lovasz_hinge(torch.zeros(4), torch.zeros(5, dtype=torch.bool))
    image, flat = np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5))
    with pytest.raises(jaxtyping.TypeCheckError):
        Scene("scene", image, flat.astype(np.int32), flat.astype(np.int16))


NOTEBOOK = {
    "cells": [
        {"cell_type": "code", "execution_count": None, "id": f"c{i}", "metadata": {}, "outputs": [], "source": source}
        for i, source in enumerate(["import time; time.sleep(30)", "1 + 1"])
    ],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def test_cells_after_a_time_out_are_red(tmp_path: Path):
    """nbval itself calls them expected failures, which pytest counts as fine."""
    path = tmp_path / "slow.ipynb"
    path.write_text(json.dumps(NOTEBOOK))
    words = [
        "--nbval-lax",
        "--nbval-current-env",
        "--nbval-cell-timeout=2",
        "-p",
        "no:cacheprovider",
        "-p",
        "tests.conftest",
    ]
    done = run(sys.executable, "-m", "pytest", "-q", str(path), f"--rootdir={tmp_path}", *words)
    assert done.returncode == 1
    assert "2 failed" in done.stdout
    assert "xfailed" not in done.stdout
