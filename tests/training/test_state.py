"""The state's files: small enough, of one step, whatever a save was cut off at."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from lab.checkpoints import read_tensors
from lab.datasets.cityscapes import CityscapesFolder
from lab.erfnet import BranchedERFNet
from lab.training import runs, state
from lab.training.loop import StepReport, train
from lab.training.settings import TrainingSettings, differences
from lab.training.state import Progress
from tests.training.conftest import OFTEN, SMALL

LARGEST = 16_000_000


class _Cut(BaseException):
    """The process ends here."""


def _trained(value: float) -> tuple[torch.nn.Module, torch.optim.Adam]:
    """A network and its optimiser after one step, all of whose numbers tell them from another's."""
    network = BranchedERFNet(2, 1)
    for weight in network.parameters():
        weight.data.fill_(value)
        weight.grad = torch.full_like(weight, value)
    adam = torch.optim.Adam(network.parameters(), lr=0.0)
    adam.step()
    return network, adam


def _save(folder: Path, step: int) -> None:
    state.save_state(folder / runs.STATE, *_trained(float(step)), Progress(0, step, 1.0), [])


def test_every_file_is_small_and_old_moments_go(tmp_path: Path):
    _save(tmp_path, 1)
    _save(tmp_path, 2)
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert sizes.keys() == {runs.STATE, "last-0-2-means.safetensors", "last-0-2-squares.safetensors"}
    assert max(sizes.values()) < LARGEST


@pytest.mark.parametrize("files", [0, 1, 2, 3])
@pytest.mark.parametrize("renamed", [False, True])
def test_a_save_that_is_cut_off_anywhere_leaves_one_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: int, renamed: bool
):
    """Killed before or after the renaming of each file, and without the tidying that a dead process cannot do."""
    _save(tmp_path, 1)
    real, done = os.replace, []

    def cut(source: str, target: Path) -> None:
        if len(done) == files and not renamed:
            raise _Cut
        real(source, target)
        done.append(target)
        if len(done) == files + 1:
            raise _Cut

    with monkeypatch.context() as patch:
        patch.setattr("lab.folders.os.replace", cut)
        patch.setattr("lab.folders.os.unlink", lambda path: None)
        patch.setattr(state, "_remove_rest", lambda path: None)
        if files < 3:
            with pytest.raises(_Cut):
                _save(tmp_path, 2)
        else:
            _save(tmp_path, 2)
    step = 2 if files == 3 or (files, renamed) == (2, True) else 1
    _is_of_one_step(tmp_path, step)
    _save(tmp_path, 3)
    assert len(list(tmp_path.iterdir())) == 3
    _is_of_one_step(tmp_path, 3)


def _is_of_one_step(folder: Path, step: int) -> None:
    progress, tensors, _ = state.load_state(folder / runs.STATE)
    assert progress.step == step
    means = [tensor for name, tensor in tensors.items() if name.endswith("/exp_avg")]
    squares = [tensor for name, tensor in tensors.items() if name.endswith("/exp_avg_sq")]
    assert len(means) == len(squares) == len(list(BranchedERFNet(2, 1).parameters()))
    assert all(torch.allclose(tensor, torch.tensor(0.1 * step)) for tensor in means)
    assert all(torch.allclose(tensor, torch.tensor(0.001 * step**2)) for tensor in squares)


def test_a_copy_that_somebody_put_beside_it_stays(tmp_path: Path):
    names = ("last-backup.safetensors", "last-0-1-means-copy.safetensors", "last-0-1-notes.safetensors")
    _save(tmp_path, 1)
    for name in names:
        (tmp_path / name).write_bytes(b"mine")
    _save(tmp_path, 2)
    assert [(tmp_path / name).read_bytes() for name in names] == [b"mine"] * 3
    assert len(list(tmp_path.iterdir())) == 6


def test_while_the_state_cannot_be_read_its_moments_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As on a network's disk that does not answer for a moment: what it names is not known then."""

    def unread(*_: object) -> None:
        raise OSError("Input/output error")

    _save(tmp_path, 1)
    with monkeypatch.context() as patch:
        patch.setattr(state, "safe_open", unread)
        _save(tmp_path, 2)
    _is_of_one_step(tmp_path, 2)
    _save(tmp_path, 3)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_save_that_fails_tells_why_whatever_cannot_be_tidied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    _save(tmp_path, 1)
    (tmp_path / "last-0-0-means.safetensors").write_bytes(b"")
    monkeypatch.setattr("lab.folders.os.replace", refuse)
    monkeypatch.setattr("pathlib.Path.unlink", lambda *_, **__: (_ for _ in ()).throw(OSError(30, "Read-only")))
    with pytest.raises(OSError, match=r"could not save .*No space left on device"):
        _save(tmp_path, 2)
    _is_of_one_step(tmp_path, 1)


def test_moments_of_another_save_are_refused(tmp_path: Path):
    _save(tmp_path, 1)
    other = (tmp_path / "last-0-1-means.safetensors").read_bytes()
    _save(tmp_path, 2)
    (tmp_path / "last-0-2-means.safetensors").write_bytes(other)
    with pytest.raises(ValueError, match=r'means\.safetensors: found moments of the progress .*"step": 1.*"step": 2'):
        state.load_state(tmp_path / runs.STATE)
    (tmp_path / "last-0-2-means.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r"last-0-2-means\.safetensors: found no file, expected the moments"):
        state.load_state(tmp_path / runs.STATE)


@pytest.mark.parametrize("names", ["{", '"a"', "[1]", '["../other.safetensors"]'])
def test_broken_names_of_moments_are_told(tmp_path: Path, names: str):
    sound = '{"stage": 0, "step": 1, "seconds": 1}'
    save_file({"x": torch.zeros(1)}, tmp_path / runs.STATE, {state.PROGRESS: sound, state.MOMENTS: names})
    with pytest.raises(ValueError, match=r"found the names of Adam's moments .*expected a list of files beside it"):
        state.load_state(tmp_path / runs.STATE)


def test_a_state_of_one_file_goes_on(street: CityscapesFolder, tmp_path: Path):
    """As it was written before."""

    def cut(report: StepReport) -> None:
        if report.stage == "pretrain" and report.progress.step == 3:
            raise _Cut

    whole, old = tmp_path / "whole", tmp_path / "old"
    train(SMALL, street, whole, OFTEN)
    with pytest.raises(_Cut):
        train(SMALL, street, old, OFTEN, cut)
    found = state.load_state(old / runs.STATE)
    for path in old.glob("last*"):
        path.unlink()
    save_file(found.tensors, old / runs.STATE, {state.PROGRESS: '{"stage": 0, "step": 2, "seconds": 1.0}'})
    assert train(SMALL, street, old, OFTEN)
    expected, got = (read_tensors(folder / runs.STATE)[0] for folder in (whole, old))
    assert all(torch.equal(tensor, got[name]) for name, tensor in expected.items())


def test_settings_that_came_later_stand_at_their_defaults():
    found = {"seed": 0, "pretrain_steps": 2200}
    assert differences(found, TrainingSettings()) == []
    assert differences(found, TrainingSettings(start_from="x")) == ["start_from: found '', expected 'x'"]
    assert differences(found | {"unheard_of": 1}, TrainingSettings()) == ["unheard_of: found 1, expected None"]
    assert differences(found, replace(TrainingSettings(), seed=1)) == ["seed: found 0, expected 1"]
