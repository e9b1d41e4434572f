"""The command as a person types it, with networks that really train for a second."""

import json
import re
import shutil
import signal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lab.__main__ import app
from lab.baseline import race
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
    code, said = typed()
    assert code == 130
    assert "Stopped; what was learned is saved. The same command goes on." in said
    code, said = typed()
    assert code == 0, said
    assert "at this budget, from scratch; one seed" in said
    found = json.loads((tmp_path / "runs" / "baseline" / "mask_rcnn.json").read_text())
    assert found["models"].keys() == {"mask_rcnn", "spatial_embeddings"}
    for model in found["models"].values():
        first, last = model["curve"]
        assert 0.6 <= first["seconds"] < last["seconds"]
        assert 1.2 <= last["seconds"] < 6
        assert 0 < first["steps"] < last["steps"]
        assert last["ap"] is not None
        assert model["images_per_second"] > 0
        assert re.match("(not )?levelled off|cannot", model["levelled_off"])
    assert found["models"]["mask_rcnn"]["curve"][0]["steps"] == seen[0].curve[0].steps
    assert found["resolution"] == "128x64"
    assert {"device", "versions", "commit", "time", "seed", "min_region_pixels"} <= found.keys()
    assert "torchvision" in found["versions"]
    code, said = typed("--seed", 1)
    assert code == 1
    assert "holds a comparison with other settings: seed: found 0, expected 1" in said


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
