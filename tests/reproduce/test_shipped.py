"""What is read of shipped runs, and what is said of files that do not say it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lab.folders import data_folder
from lab.reproduce.command import listed
from lab.reproduce.registry import RUNS
from lab.reproduce.shipped import read_shipped
from lab.training.presets import PRESETS
from tests.reproduce.conftest import SMALL, STUB


def test_settings_time_device_and_figure(shipped: Path):
    found = read_shipped(STUB, shipped)
    assert (found.settings, found.minutes, found.device, found.figure) == (SMALL, 0.1, "CPU (x86_64, 2 threads)", 0)


@pytest.mark.parametrize("name", RUNS)
def test_every_run_of_the_registry_ships_or_is_said_not_to(name: str):
    run = RUNS[name]
    assert 0 < run.spread < 1
    assert run.reason
    if (data_folder() / "models" / f"{name}.json").exists():
        assert read_shipped(run, data_folder()).minutes > 0
    else:
        assert "not yet" in next(line for line in listed().splitlines() if line.startswith(name))


def test_the_table_names_runs_that_do_not_ship(shipped: Path):
    table = listed({"stub": STUB, "gone": replace(STUB, name="gone")}, shipped).splitlines()
    words = [" ".join(line.split()) for line in table]
    assert words[1].startswith("stub AP on the validation scenes 0.0000 0.1 min, CPU (x86_64, 2 threads) the main")
    assert words[2].startswith("gone AP on the validation scenes not yet not yet the main model")


def test_settings_that_came_later_keep_their_defaults(shipped: Path):
    path = shipped / "models" / "stub.json"
    card = json.loads(path.read_text())
    card["settings"] = {"pretrain_steps": 9}
    path.write_text(json.dumps(card))
    assert read_shipped(STUB, shipped).settings == replace(PRESETS["laptop"], pretrain_steps=9)


def spoil_card(shipped: Path, **changes: object) -> None:
    path = shipped / "models" / "stub.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"settings": {"martian": 1}}, r"stub\.json: found the settings martian, expected those of this version"),
        ({"settings": {"seed_threshold": 7.0}}, r"stub\.json: seed_threshold: found 7\.0, expected 0\.\.1"),
        ({"settings": 3}, r"stub\.json: found 3 under 'settings', expected names with values"),
        ({"origin": {}}, r"stub\.json: found no 'minutes', expected minutes"),
        (
            {"origin": {"minutes": "long", "device": "CPU"}},
            r"stub\.json: found 'long' under minutes, expected a number",
        ),
    ],
)
def test_a_card_that_does_not_say_it(shipped: Path, changes: dict, message: str):
    spoil_card(shipped, **changes)
    with pytest.raises(ValueError, match=message):
        read_shipped(STUB, shipped)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("no json", "found no JSON with names"),
        ("[1]", "found no JSON with names"),
        ('{"ap50": 1}', "found no 'ap', expected ap"),
        ('{"ap": null}', "found None under ap, expected a number"),
    ],
)
def test_a_result_without_the_figure(shipped: Path, content: str, message: str):
    (shipped / "results" / STUB.result).write_text(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_shipped(STUB, shipped)
    assert STUB.result in str(caught.value)


def test_a_figure_may_stand_in_a_list(shipped: Path):
    (shipped / "results" / STUB.result).write_text('{"score": {"pooled": [0.8, 0.7]}}')
    assert read_shipped(replace(STUB, figure=("score", "pooled", 1)), shipped).figure == 0.7
    with pytest.raises(ValueError, match=r"found no '2', expected score\.pooled\.2"):
        read_shipped(replace(STUB, figure=("score", "pooled", 2)), shipped)


def test_a_run_that_does_not_ship(shipped: Path):
    with pytest.raises(FileNotFoundError, match=r"gone\.json: found no file, .*it does not ship with this commit"):
        read_shipped(replace(STUB, name="gone"), shipped)
