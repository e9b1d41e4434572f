"""Frames from end to end: what is timed, and what is said of it.  How long it takes is asserted nowhere."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from lab.__main__ import app
from lab.checkpoints import save_model
from lab.erfnet import BranchedERFNet
from lab.speed.end_to_end import PARTS, Asked, Frames, measure, parse_size, prepare, report, table, time_frames
from tests.heart import CARD

CPU = torch.device("cpu")


def test_sizes():
    assert parse_size("2048x1024") == (2048, 1024)
    assert parse_size("64X32") == (64, 32)
    for wrong in ("2048", "2048x", "0x64", "64x-64", "64x64x3", "99999x64", "²²x64"):
        with pytest.raises(ValueError, match=r"--size: found '.*', expected WIDTHxHEIGHT"):
            parse_size(wrong)


def test_an_untrained_network_runs_and_a_made_up_prediction_is_clustered():
    work = prepare(Asked(256, 128, instances=3), CPU)
    seen = []
    work.network.register_forward_hook(lambda network, inputs, output: seen.append((*inputs, output)))
    frames = time_frames(work, CPU, 2)
    assert frames.found == 3
    assert frames.wall.shape == frames.processor.shape == (2, len(PARTS))
    assert (frames.wall >= 0).all()
    image, output = seen[-1]
    assert torch.equal(image, work.picture.permute(2, 0, 1)[None] / 255)
    assert output.shape == (1, 12, 128, 256)
    assert "random weights; it is not trained, so a made-up prediction of 3 objects" in work.words


def test_a_models_own_prediction_is_clustered_where_it_sees_something(tmp_path: Path):
    own = prepare(Asked(256, 128, model="toyscapes"), CPU)
    assert own.made_up is None
    assert "its own prediction" in own.words
    network = BranchedERFNet(2, 8)
    network.decoders[1].output_conv.bias.data.fill_(-20)
    save_model(tmp_path / "blind.safetensors", network, CARD)
    blind = prepare(Asked(256, 128, model=str(tmp_path / "blind.safetensors")), CPU)
    assert blind.made_up.shape == (12, 128, 256)
    assert "it sees nothing in the picture" in blind.words


def test_medians_and_quartiles_are_told():
    wall = np.array([[1.0, 20, 4], [2, 30, 4], [3, 100, 4]])
    work = prepare(Asked(256, 128, instances=3), CPU)
    content = report(Asked(256, 128, instances=3), work, Frames(wall, wall / 2, 3), CPU)
    assert content["milliseconds"]["network"] == {"low": 25, "median": 30, "high": 65}
    assert content["milliseconds"]["whole"]["median"] == 36
    assert content["processor_milliseconds"]["whole"]["median"] == 18
    assert content["frames_per_second"] == 27.778
    said = table(content)
    assert re.search(r"^network +30\.0 +25\.0 to 65\.0 +15\.0  █{33}$", said, re.MULTILINE)
    assert "27.8 frames a second, by the median of 3." in said
    assert all(len(line) <= 120 for line in said.splitlines())
    on_gpu = table(content | {"processor_milliseconds": None})
    assert "processor" not in on_gpu.split("\n", 2)[2]


def test_the_command(tmp_path: Path):
    kept = tmp_path / "speed.json"
    words = ["speed", "--size", "128x64", "--instances", "2", "--frames", "1", "--device", "cpu", "--json", str(kept)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert "128x64, 8 classes, float32; CPU" in result.output
    content = json.loads(kept.read_text())
    assert (content["size"], content["instances"], content["frames"]) == ("128x64", 2, 1)
    assert {"device", "versions", "commit", "time", "precision", "compiled"} <= content.keys()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--size", "big"], "--size: found 'big'"),
        (["--size", "64x32", "--precision", "half"], "precision is 'half'"),
        (["--size", "64x32", "--instances", "500"], "Ask for fewer instances or a larger size"),
        (["--size", "64x32", "--model", "nothing"], "found neither a shipped model 'nothing'"),
    ],
)
def test_bad_input_is_one_clear_line(words: list[str], message: str):
    result = CliRunner().invoke(app, ["speed", "--device", "cpu", *words])
    assert result.exit_code == 1
    assert message in " ".join(result.output.split())


@pytest.mark.cuda
def test_on_a_gpu_the_clustering_is_there_too():
    content = measure(Asked(512, 256, frames=3, device="cuda"))
    assert content["instances"] == 20
    assert content["precision"] == "bfloat16"
    assert content["processor_milliseconds"] is None
    assert all(row["median"] > 0 for row in content["milliseconds"].values())
