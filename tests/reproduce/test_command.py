"""``python -m lab reproduce``: its order, what it does not do twice, and what it says at the end."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lab.__main__ import app
from lab.datasets.bbbc.folder import write_table
from lab.datasets.bbbc.offline import write_offline
from lab.datasets.bbbc.split import read_split
from lab.folders import data_folder
from lab.reproduce import command
from tests.reproduce.conftest import STUB, write_shipped


class Hand:
    """Does the steps in no time; ``figure`` is what its evaluation finds, ``breaks`` the step that fails."""

    def __init__(self, lab_data: Path, runs: Path, figure: float = 0.1, breaks: str = ""):
        self.lab_data, self.folder, self.figure, self.breaks = lab_data, runs / "reproduce_stub", figure, breaks
        self.did: list[str] = []
        self.said: list[str] = []

    def __call__(self, words: list[str]) -> int:
        self.did.append(words[0])
        if words[0] == self.breaks:
            return 130
        if words[0] == "download":
            scenes(self.lab_data, train=2, val=1)
        if words[0] == "evaluate":
            (self.folder / "evaluation").mkdir(parents=True, exist_ok=True)
            (self.folder / "evaluation" / "evaluation.json").write_text(json.dumps({"ap": self.figure}))
        return 0

    def reproduce(self, shipped: Path, **options: object) -> bool:
        return command.reproduce(STUB, self, self.said.append, data=shipped, **options)


def scenes(lab_data: Path, **counts: int) -> None:
    for split, count in counts.items():
        folder = lab_data / "toyscapes" / "leftImg8bit" / split / "toyville"
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            (folder / f"{number}_leftImg8bit.png").write_bytes(b"")


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    return write_shipped(tmp_path / "shipped", figure=0.1)


@pytest.fixture
def hand(lab_data: Path, runs: Path) -> Hand:
    return Hand(lab_data, runs)


def test_all_steps_in_order_and_then_the_comparison(hand: Hand, shipped: Path):
    assert hand.reproduce(shipped)
    assert hand.did == ["download", "train", "tune", "evaluate"]
    first = hand.said[0]
    assert "trained in 0.1 minutes by the clock on CPU (x86_64, 2 threads), whatever" in first
    assert "On a GPU it was not measured." in first
    assert "Expected: AP on the validation scenes 0.1000 ± 0.0250 (our own guess" in first
    assert "2. python -m lab train --preset " in first
    assert hand.said[-1] == "AP on the validation scenes: 0.1000, within the expected 0.1000 ± 0.0250."


@pytest.mark.parametrize(("figure", "word"), [(0.07, "below"), (0.13, "above"), (0.124, "within"), (0.076, "within")])
def test_the_verdict(lab_data: Path, runs: Path, shipped: Path, figure: float, word: str):
    hand = Hand(lab_data, runs, figure)
    assert hand.reproduce(shipped) == (word == "within")
    assert f"{figure:.4f}, {word} the expected" in hand.said[-1]


def test_a_second_time_nothing_is_done_again(hand: Hand, shipped: Path):
    hand.reproduce(shipped)
    hand.did.clear()
    assert hand.reproduce(shipped)
    assert hand.did == []
    assert sum(line.startswith("Done before: python -m lab") for line in hand.said) == 3


@pytest.mark.parametrize("breaks", ["download", "train", "tune", "evaluate"])
def test_it_goes_on_where_it_stopped(hand: Hand, shipped: Path, breaks: str):
    hand.breaks = breaks
    with pytest.raises(command.Stopped) as caught:
        hand.reproduce(shipped)
    assert caught.value.code == 130
    done = hand.did[:-1]
    hand.did.clear()
    hand.breaks = ""
    assert hand.reproduce(shipped)
    assert hand.did == [name for name in ("download", "train", "tune", "evaluate") if name not in done]


def test_other_settings_are_trained_anew(hand: Hand, shipped: Path):
    hand.reproduce(shipped)
    card = json.loads((shipped / "models" / "stub.json").read_text())
    card["settings"]["seed"] = 5
    (shipped / "models" / "stub.json").write_text(json.dumps(card))
    hand.did.clear()
    hand.reproduce(shipped)
    assert hand.did == ["train", "tune", "evaluate"]


def test_a_broken_note_of_what_was_done_costs_only_time(hand: Hand, shipped: Path):
    hand.reproduce(shipped)
    (hand.folder / command.DONE).write_text("[1")
    hand.did.clear()
    assert hand.reproduce(shipped)
    assert hand.did == ["train", "tune", "evaluate"]


def test_a_dry_run_does_nothing(hand: Hand, shipped: Path, runs: Path, lab_data: Path):
    assert hand.reproduce(shipped, dry_run=True)
    assert hand.did == []
    assert len(hand.said) == 1
    assert not runs.exists()
    assert not list(lab_data.iterdir())


def test_data_with_fewer_scenes_are_filled_and_with_more_refused(hand: Hand, shipped: Path, lab_data: Path):
    scenes(lab_data, train=1)
    assert hand.reproduce(shipped)
    assert hand.did[0] == "download"
    scenes(lab_data, train=5)
    with pytest.raises(ValueError, match=r"toyscapes: found 5 scenes in train, 1 scenes in val, expected 2 .*LAB_DATA"):
        hand.reproduce(shipped)


def test_nuclei_are_those_of_the_split_that_ships_or_refused(lab_data: Path):
    nuclei, folder = replace(STUB, scenes={}), lab_data / "nuclei"
    assert not command.data_are_there(nuclei, "nuclei")
    folder.mkdir()
    assert not command.data_are_there(nuclei, "nuclei")
    rows = [{"name": row.name, "id": row.id, "group": row.group, "split": row.split} for row in read_split()]
    write_table(folder, [row | {"width": 9, "height": 9, "instances": 1} for row in rows])
    assert command.data_are_there(nuclei, "nuclei")
    write_table(folder, [row | {"width": 9, "height": 9, "instances": 1} for row in rows[1:]])
    with pytest.raises(ValueError, match=r"found .* expected 313 scenes in train, .*Move the folder away"):
        command.data_are_there(nuclei, "nuclei")


def test_the_few_tiles_are_not_trained_on_as_if_they_were_the_nuclei(lab_data: Path, hand: Hand, shipped: Path):
    write_offline(lab_data / "nuclei")
    with pytest.raises(ValueError, match="found 2 scenes in train, 1 scenes in val, 1 scenes in test, expected 313"):
        command.reproduce(replace(STUB, data="nuclei", scenes={}), hand, hand.said.append, data=shipped)
    assert not hand.did


def lab(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["reproduce", *words])
    assert "Traceback" not in result.output
    return result.exit_code, " ".join(result.output.split())


class TestCommandLine:
    def test_without_a_name_and_with_list_it_shows_the_runs(self):
        assert lab() == lab("--list")
        code, said = lab()
        assert code == 0
        assert "toyscapes" in said

    def test_an_unknown_run(self):
        code, said = lab("martians")
        assert code == 1
        assert "found the run 'martians', expected one of toyscapes" in said

    def test_a_dry_run_of_the_main_model(self, runs: Path):
        code, said = lab("toyscapes", "--dry-run")
        assert code == 0
        figure = json.loads((data_folder() / "results" / "toyscapes_val.json").read_text())["ap"]
        assert f"{figure:.4f} ±" in said
        assert not runs.exists()

    @pytest.mark.slow  # half a minute: draws two scenes, trains, tunes and evaluates in earnest
    def test_a_small_run_from_its_data_to_its_figure(self, lab_data: Path, runs: Path, tmp_path: Path, monkeypatch):
        shipped = write_shipped(tmp_path / "shipped")
        monkeypatch.setattr(command, "RUNS", {"stub": STUB})
        monkeypatch.setattr(command, "find_run", lambda name: STUB)
        monkeypatch.setattr(command, "data_folder", lambda: shipped)
        code, said = lab("stub", "--device", "cpu")
        assert code == 0, said
        assert "AP on the validation scenes: 0.0000, within the expected" in said
        again, said = lab("stub", "--device", "cpu")
        assert again == 0
        assert said.count("Done before") == 3
