"""The measurements: each case says what it should, and the file holds them."""

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from lab.evaluation.tiles import Tiles
from lab.folders import data_folder
from lab.limits import record
from lab.limits.large import seen_times, streets
from lab.limits.watch import Watch
from lab.speed.memory import RESET


def test_the_large_picture_is_the_street_again_and_again():
    picture = streets(300, 1300)
    assert picture.shape == (300, 1300, 3)
    np.testing.assert_array_equal(picture[:256, 511::-1], picture[:256, 512:1024])
    np.testing.assert_array_equal(picture[255:211:-1], picture[256:300])


def test_how_often_a_pixel_is_seen():
    assert seen_times(64, 64, Tiles(64), 8) == 1
    # Two tiles of 32 px with 8 px around on one side, each way: (40/32)².
    assert seen_times(64, 64, Tiles(32), 8) == pytest.approx((40 / 32) ** 2, abs=1e-3)


@pytest.mark.skipif(not RESET.exists(), reason="only Linux tells and resets the mark")
def test_a_phase_knows_its_peak_and_not_the_one_before():
    watch = Watch()
    with watch("much"):
        np.ones(2**23).sum()
    with watch("little"):
        pass
    assert watch.phases["much"]["peak"] - watch.phases["much"]["before"] > 60
    assert watch.phases["little"]["peak"] - watch.phases["little"]["before"] < 16


SMALL = {
    "large": {"side": 136, "tile": 64},
    "halos": {"height": 16, "width": 720, "tile": 360},
    "crowd": {"height": 128, "width": 128, "instances": 9, "rounds": 1},
    "stream 10": {"count": 10},
}


@pytest.fixture
def rehearsed(monkeypatch, tmp_path) -> Path:
    """The command, with small cases, all in this process."""
    path, app = tmp_path / "limits.json", typer.Typer()
    monkeypatch.setattr(record, "CASES", SMALL)
    monkeypatch.setattr(record, "in_its_own_process", record.measured)
    monkeypatch.setattr("lab.limits.stream.WARM", 2)
    monkeypatch.setattr("lab.fast.allocator.keep_freed_memory", lambda: 0)  # it is of the whole process
    app.command()(record.main)
    done = CliRunner().invoke(app, ["--file", str(path)])
    assert done.exit_code == 0, done.output
    wrong = CliRunner().invoke(app, ["wide"])
    assert wrong.exit_code == 1
    assert "found the case 'wide', expected some of large, halos" in wrong.output
    return path


@pytest.mark.slow
def test_the_command_measures_and_keeps_every_case(rehearsed):
    content = json.loads(rehearsed.read_text())
    assert list(content["cases"]) == list(SMALL)
    large, halos, crowd, stream = content["cases"].values()
    assert large["instances"] > 0
    assert list(large["phases"]) == ["file read", "network", "clustering", "files written", "COCO file"]
    written = {"coco.json", "large_instances.csv", "large_labels.png", "large_overlay.png"}
    assert set(large["files_mib"]) == {"large.png"} | written
    exact, *_, none = halos["halos"]
    assert exact["offset_px"] < 1e-3 < 0.1 < none["offset_px"]
    assert exact["foreground_px_that_differ"] == 0
    assert crowd["instances"] == 9
    assert crowd["ap"] == 1
    assert stream["tallied"] == stream["images"] == 10


def test_the_file_that_ships_is_of_the_cases_as_they_are():
    content = json.loads((data_folder() / "results" / "limits.json").read_text())
    assert set(content["cases"]) == set(record.CASES)
    for name, arguments in record.CASES.items():
        case = content["cases"][name]
        assert arguments.items() <= (case | {"count": case.get("images")}).items()
