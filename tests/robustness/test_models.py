"""Files in the place of a model: used, or refused by name; nothing in them is run."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from lab.checkpoints import load_model
from lab.convert.command import convert
from lab.erfnet import BranchedERFNet
from lab.evaluation.predict import predict_scene
from lab.training.start import load_start
from tests.robustness import models
from tests.robustness.judging import bounded_memory, call, command, listing, sample, trouble

PICTURE = np.zeros((16, 16, 3), np.uint8)


@pytest.fixture(scope="module")
def network() -> BranchedERFNet:
    return BranchedERFNet(2, 1)


def use(path: Path) -> None:
    """All that a command asks of a model."""
    model = load_model(path)
    assert ", ".join(model.card.class_names)
    assert isinstance(model.card.settings.get("seed", 0), int)
    predict_scene(model, PICTURE)


@pytest.mark.parametrize("name", sample(models.CARDS, 5))
def test_a_card_is_used_or_refused_by_name(name: str, tmp_path: Path):
    path = models.CARDS[name](tmp_path)
    outcome = call(lambda: load_model(path))
    assert trouble(outcome, path.name) == ""
    assert outcome.code == 1 or name in models.USED


@pytest.mark.parametrize("name", sample(models.TENSORS, 3))
def test_tensors_are_used_or_refused_by_name(name: str, tmp_path: Path, network: BranchedERFNet):
    path = models.TENSORS[name](tmp_path)
    outcome = call(lambda: load_model(path))
    assert trouble(outcome, path.name) == ""
    assert outcome.code == 1 or name in models.USED
    assert trouble(call(lambda: load_start(network, path)), path.name) == ""


@pytest.mark.parametrize("name", sample(models.FILES, 3))
def test_a_file_is_refused_by_name_and_not_run(name: str, tmp_path: Path, network: BranchedERFNet):
    path = models.FILES[name](tmp_path)
    output = tmp_path / "out" / "new.safetensors"
    with bounded_memory():
        for outcome in (
            call(lambda: load_model(path)),
            call(lambda: load_start(network, path)),
            call(lambda: convert(path, output)),
        ):
            assert outcome.code == 1
            assert trouble(outcome, path.name) == ""
    assert not output.exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", {**models.TENSORS, **models.CARDS})
def test_a_model_that_loads_predicts(name: str, tmp_path: Path):
    outcome = call(lambda: use({**models.TENSORS, **models.CARDS}[name](tmp_path)))
    if name == "huge":  # finite weights, but what comes of them is not
        assert "not finite" in outcome.text
    else:
        assert trouble(outcome, models.NAME) == ""


def test_the_commands_say_it_and_leave_nothing(tmp_path: Path):
    for name in ("cut at 0.5", "pickle: a bare pickle"):
        folder = tmp_path / name
        (folder / "in").mkdir(parents=True)
        path = models.FILES[name](folder / "in")
        before = listing(folder)
        for words in (
            ("predict", Path(__file__), "--model", path, "--output", folder / "out"),
            ("export", folder / "out.onnx", "--model", path),
            ("convert", path, folder / "out.safetensors"),
            ("speed", "--size", "16x16", "--frames", "1", "--model", path, "--json", folder / "out.json"),
        ):
            outcome = command(*words)
            assert outcome.code == 1, words
            assert trouble(outcome, path.name) == "", words
        assert listing(folder) == before


def test_the_canary_would_sing(canary: Path):
    """Unpickled in the ordinary way it runs: so what is tested here is tested with live ammunition."""
    pickle.loads(models.PICKLES["a bare pickle"]())
    assert canary.exists()
    canary.unlink()
