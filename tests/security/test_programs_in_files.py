"""Programs in the place of data: no reader of the lab runs what a file says, whatever the file is called."""

import contextlib
import io
import os
import pickle
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import EpsImagePlugin, Image

from lab.checkpoints import load_model, read_tensors
from lab.convert.pickled import read_pickled
from lab.datasets.bbbc.archive import Archive
from lab.datasets.cityscapes import read_ids
from lab.datasets.manifest import read_manifest
from lab.datasets.nuclei import read_mask
from lab.datasets.objects import index_objects
from lab.datasets.own import OwnFolder
from lab.datasets.own.coco import read_coco
from lab.datasets.own.label_images import read_label_image
from lab.doctor.machine import why_unreadable
from lab.erfnet import BranchedERFNet
from lab.folders import repository
from lab.images import image_size, load_image
from lab.recordings import read_recording
from lab.training.start import load_start
from lab.training.state import is_finished, load_state
from lab.widgets.explorer.app.page import ARRAYS, WORDS, read_page
from tests.own import write_discs


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, sprung: Path):
        self.sprung = sprung

    def __reduce__(self) -> tuple[Callable, tuple]:
        return os.makedirs, (str(self.sprung),)


def pickled(trap: Trap, protocol: int) -> bytes:
    return pickle.dumps({"model_state_dict": trap, "weights": torch.zeros(2)}, protocol)


def of_torch(trap: Trap, new: bool) -> bytes:
    memory = io.BytesIO()
    torch.save({"model_state_dict": trap}, memory, _use_new_zipfile_serialization=new)
    return memory.getvalue()


def of_numpy(trap: Trap, many: bool) -> bytes:
    memory, objects = io.BytesIO(), np.array([trap], dtype=object)
    names = ("origin", "state", "scenes", "centres", "classes", "image", "output", "stored", "percentile")
    np.savez(memory, **dict.fromkeys(names, objects)) if many else np.save(memory, objects)
    return memory.getvalue()


def postscript(trap: Trap) -> bytes:
    """What Ghostscript is told does not matter: the one that the test puts in the path springs the trap."""
    return b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n"


def in_a_zip(trap: Trap) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as opened:
        opened.writestr("data.pkl", pickled(trap, 2))
        opened.writestr("archive/data.pkl", pickled(trap, 2))
    return memory.getvalue()


PROGRAMS: dict[str, Callable[[Trap], bytes]] = {
    "a pickle as text": lambda trap: pickled(trap, 0),
    "a pickle of protocol 2": lambda trap: pickled(trap, 2),
    "a pickle of protocol 5": lambda trap: pickled(trap, 5),
    "a checkpoint of torch": lambda trap: of_torch(trap, True),
    "an old checkpoint of torch": lambda trap: of_torch(trap, False),
    "objects in npz": lambda trap: of_numpy(trap, True),
    "objects in npy": lambda trap: of_numpy(trap, False),
    "a zip with pickles": in_a_zip,
    "PostScript": postscript,
}


def read_objects(path: Path) -> object:
    """The index beside a data set, which is only a copy: it is made anew."""
    return index_objects(OwnFolder(write_discs(path.parent / "own" / "train").parent, "train"), False, path)


def read_explorers_page(path: Path) -> object:
    shutil.copy(path, path.with_name(ARRAYS))
    path.with_name(WORDS).write_text("{}")
    with contextlib.suppress(KeyError):  # the folder is the explorer's own, so it need not say what lacks in it
        return read_page(str(path.parent))


def examine_shipped(path: Path) -> None:
    """As the doctor looks at what ships: each file as what its name says."""
    for suffix in (".png", ".jpg", ".json", ".safetensors"):
        why_unreadable(Path(shutil.copy(path, path.with_suffix(suffix))))


READERS: dict[str, Callable[[Path], object]] = {
    "a model": load_model,
    "its tensors": read_tensors,
    "a training's state": load_state,
    "whether it is finished": is_finished,
    "weights to start from": lambda path: load_start(BranchedERFNet(1, 1), path),
    "a checkpoint to convert": read_pickled,
    "a recording": lambda path: read_recording(path, "recipe"),
    "an index of objects": read_objects,
    "the explorer's page": read_explorers_page,
    "a picture": load_image,
    "a picture's size": image_size,
    "a label image": read_label_image,
    "ids of Cityscapes": read_ids,
    "a mask of nuclei": read_mask,
    "a COCO file": read_coco,
    "a table": read_manifest,
    "a shipped file": examine_shipped,
    "an archive": lambda path: Archive(path).files([]),
}


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trap:
    """Also sprung by a Ghostscript that is asked for anything."""
    program = tmp_path / "bin" / "gs"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nmkdir -p '{tmp_path / 'sprung'}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None)  # so that it is looked for
    return Trap(tmp_path / "sprung")


@pytest.mark.parametrize("reader", READERS)
def test_no_reader_runs_a_program(reader: str, trap: Trap, tmp_path: Path):
    for number, (name, program) in enumerate(PROGRAMS.items()):
        path = tmp_path / str(number) / "file"
        path.parent.mkdir()
        path.write_bytes(program(trap))
        with contextlib.suppress(ValueError, OSError):  # what they say is tested beside each reader
            READERS[reader](path)
        assert not trap.sprung.exists(), name


def test_the_pickles_are_traps(trap: Trap):
    for name in ("a pickle as text", "a pickle of protocol 2", "a pickle of protocol 5"):
        pickle.loads(PROGRAMS[name](trap))
        trap.sprung.rmdir()  # fails where it was not sprung


def test_the_checkpoints_are_traps(trap: Trap):
    for name in ("a checkpoint of torch", "an old checkpoint of torch"):
        torch.load(io.BytesIO(PROGRAMS[name](trap)), weights_only=False)
        trap.sprung.rmdir()


def test_the_arrays_are_traps(trap: Trap):
    np.load(io.BytesIO(PROGRAMS["objects in npy"](trap)), allow_pickle=True)
    trap.sprung.rmdir()
    with np.load(io.BytesIO(PROGRAMS["objects in npz"](trap)), allow_pickle=True) as arrays:
        _ = arrays["origin"]
    trap.sprung.rmdir()


@pytest.mark.skipif(os.name != "posix", reason="the Ghostscript that is put in the path is a shell script")
def test_postscript_is_a_trap(trap: Trap):
    with pytest.raises((OSError, subprocess.CalledProcessError)):
        Image.open(io.BytesIO(PROGRAMS["PostScript"](trap))).load()
    trap.sprung.rmdir()


def test_torch_and_pickle_open_files_in_one_place():
    """So that the next reader is written beside it, too."""
    root = repository()
    opening = re.compile(
        r"\btorch\.load\(|\bpickle\b.*\bloads?\b|\bjoblib\b|\byaml\.(?:unsafe_)?load\(|allow_pickle=True"
    )
    found = [path for path in (root / "lab").rglob("*.py") if opening.search(path.read_text(encoding="utf-8"))]
    assert [path.relative_to(root).as_posix() for path in found] == ["lab/convert/pickled.py"]


def test_pictures_are_opened_as_pictures_alone():
    """Pillow asked without formats has Ghostscript run PostScript; what the lab itself has just made is no matter."""
    root, opening = repository(), re.compile(r"\bImage\.open\((?!BytesIO|buffer)[^()]*(?:\([^()]*\)[^()]*)*\)")
    found = [
        call for path in (root / "lab").rglob("*.py") for call in opening.findall(path.read_text(encoding="utf-8"))
    ]
    assert len(found) >= 6
    assert not [call for call in found if "formats=" not in call]
