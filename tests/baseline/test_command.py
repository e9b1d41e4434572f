"""The command as a person types it, with networks that really train for a second."""

import itertools
import json
import re
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from lab.__main__ import app
from lab.baseline import command, race
from lab.baseline.contenders import Contender, descend
from lab.baseline.speed import Speed, read_speed
from lab.baseline.state import Point, Progress
from lab.evaluation.predict import Found, Timing
from tests.street import write_street


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Type the command, with more words; gives exit code and what was said."""
    monkeypatch.setattr("lab.baseline.speed.HEIGHTS", (64,))
    data = tmp_path / "street"
    for split in ("train", "val"):
        write_street(data, 2, split)
    common = ("--dataset", data, "--minutes", 0.02, "--points", 0.5, "--points", 1, "--runs", tmp_path / "runs")

    def lab(*words: object) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["baseline", *map(str, (*common, *words))])
        return result.exit_code, " ".join(result.output.split())

    yield lab
    shutil.rmtree(tmp_path / "runs", ignore_errors=True)  # states of 250 MB, of which pytest would keep three


@pytest.mark.slow
def test_stopped_by_a_signal_it_goes_on_to_the_end(typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    real, seen = race._scored, []

    def then_a_signal(*arguments):
        progress = real(*arguments)
        if not seen:
            seen.append(progress)
            signal.raise_signal(signal.SIGTERM)
        return progress

    monkeypatch.setattr(race, "_scored", then_a_signal)
    code, said = typed("--minutes", 0.05)  # several steps, also on a busy machine
    assert code == 130
    assert "Stopped; what was learned is saved. The same command goes on." in said
    code, said = typed("--minutes", 0.05)
    assert code == 0, said
    assert "at this budget, from scratch; one seed" in said
    found = json.loads((tmp_path / "runs" / "baseline" / "mask_rcnn.json").read_text())
    assert found["models"].keys() == {"mask_rcnn", "spatial_embeddings"}
    for model in found["models"].values():
        first, last = model["curve"]
        assert 1.5 <= first["seconds"] < last["seconds"]
        assert 3 <= last["seconds"] < 8
        assert 0 < first["steps"] < last["steps"]
        assert last["ap"] is not None
        assert model["images_per_second"] > 0
        assert re.match("(not )?levelled off|cannot|has not|fell", model["levelled_off"])
    parts = found["models"]["spatial_embeddings"]["seconds_at"]["128x64"]
    assert min(parts["network"], parts["clustering"]) > 0
    assert found["models"]["mask_rcnn"]["seconds_at"] == {}
    assert found["models"]["mask_rcnn"]["curve"][0]["steps"] == seen[0].curve[0].steps
    assert found["resolution"] == "128x64"
    assert {"device", "versions", "commit", "time", "seed", "min_region_pixels"} <= found.keys()
    assert "torchvision" in found["versions"]
    code, said = typed("--seed", 1)
    assert code == 1
    assert "holds a comparison with other settings: seed: found 0, expected 1" in said


class Quick(Contender):
    """Trains one number, and finds nothing."""

    what = "one number"

    def __init__(self, name: str):
        self.name, self.network = name, nn.Linear(1, 1)
        self.optimizer = torch.optim.SGD(self.network.parameters(), 0.1)
        self.timing = Timing(0.5, 0.25) if name == "spatial_embeddings" else None

    def step(self, number: int, share: float) -> float:
        return descend(self, self.network.weight.square().sum(), 0.1, number)

    def predict(self, image: np.ndarray) -> Found:
        return Found(np.zeros((0, *image.shape[:2]), bool), np.zeros(0), np.zeros(0, int))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch):
    """Such contenders, and a clock that goes on by 10 ms whenever it is read: a real one may be too coarse for them."""
    ticks = itertools.count(0, 0.01)
    monkeypatch.setattr(command, "now", lambda device: float(next(ticks)))
    monkeypatch.setattr(command, "open_contenders", lambda *_: (Quick("mask_rcnn"), Quick("spatial_embeddings")))


def speeds(path: Path) -> tuple:
    found = json.loads(path.read_text())
    return found["speed_at"], found["speed_is"], {
        name: (model["images_per_second"], model["images_per_second_at"], model["seconds_at"])
        for name, model in found["models"].items()
    }  # fmt: skip


def test_speed_that_was_measured_stays(typed, quick, tmp_path: Path):
    path = tmp_path / "runs" / "baseline" / "mask_rcnn.json"
    short = "--minutes", 0.001
    code, said = typed(*short, "--threads", 1)
    assert code == 0, said
    assert "at 128x64 0.500 s for the network, 0.250 s for the clustering" in said
    measured = speeds(path)
    assert measured[0] == "128x64"
    assert "threads: 1;" in measured[1]
    assert measured[2]["mask_rcnn"][0] == pytest.approx(100, abs=0.1)
    assert typed(*short, "--no-speed", "--threads", 2)[0] == 0
    assert speeds(path) == measured
    content = json.loads(path.read_text())
    content["models"]["mask_rcnn"]["curve"][-1]["ap"] = 0.5  # of other networks
    path.write_text(json.dumps(content))
    assert typed(*short, "--no-speed")[0] == 0
    assert speeds(path) == (None, "not measured", dict.fromkeys(content["models"], (None, {}, {})))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"models": 3}', '{"models": {"mask_rcnn": {}}}', "\x00"])
def test_a_result_that_cannot_be_read_says_nothing(tmp_path: Path, content: str):
    (tmp_path / "odd.json").write_text(content)
    assert read_speed(tmp_path / "odd.json", {"mask_rcnn": Progress()}) == Speed()
    assert read_speed(tmp_path / "none.json", {"mask_rcnn": Progress()}) == Speed()


def test_an_older_result_is_read(tmp_path: Path):
    """As it was before network and clustering were told apart."""
    point = Point(60.0, 5, 0.1, 0.2, 0.5, 1.0)
    model = {"curve": [vars(point)], "images_per_second_at": {"512x256": 2.0}}
    (tmp_path / "old.json").write_text(json.dumps({"speed_is": "so", "models": {"mask_rcnn": model}}))
    done = {"mask_rcnn": Progress(curve=(point,))}
    assert read_speed(tmp_path / "old.json", done) == Speed("so", {"mask_rcnn": {"512x256": 2.0}})


def test_bad_words_are_told(typed, tmp_path: Path):
    told = {
        ("--preset", "laptop"): "preset: found 'laptop', expected cpu or gpu",
        ("--minutes", 0): "minutes: found 0",
        ("--points", 0.5): "expected ascending numbers",
        ("--device", "tpu"): "found the device 'tpu', expected auto, cpu or cuda",
        ("--classes", "martian"): "martian",
        ("--dataset", tmp_path / "none"): "none",
    }
    for words, message in told.items():
        code, said = typed(*words)
        assert code == 1, words
        assert message in said, words
    assert not (tmp_path / "runs").exists()
