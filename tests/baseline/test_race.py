"""A race keeps to its budget, scores on the way, and goes on where it was stopped."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from lab.baseline.contenders import Contender, descend
from lab.baseline.race import Course, races
from lab.baseline.settings import BaselineSettings
from lab.baseline.state import Progress, load_race

SETTINGS = BaselineSettings(minutes=1, shares=(0.25, 0.5, 1.0))


class Runner(Contender):
    """Learns one number; each step takes a second of its own clock."""

    name, what = "mask_rcnn", "one number"

    def __init__(self, optimizer: type[torch.optim.Optimizer] = torch.optim.Adam):
        torch.manual_seed(0)
        self.network = nn.Linear(1, 1, bias=False)
        self.optimizer = optimizer(self.network.parameters(), 0.1)
        self.seconds, self.seen = 0.0, []

    def step(self, number: int, share: float) -> float:
        self.seconds += 1
        self.seen.append((number, share))
        return descend(self, self.network.weight.square().sum(), 0.1, number)


class Timekeeper:
    """A jury to whom scoring costs time, which must not be counted."""

    def __init__(self, runner: Runner):
        self.runner, self.scored = runner, []

    def score(self, contender: Runner, most: int | None = None) -> tuple[float, float, float]:
        self.runner.seconds += 1000
        self.scored.append(most)
        return 0.1, 0.2, 0.5


def race(runner: Runner, course: Course, folder: Path) -> Progress | None:
    """The only contender's progress at the end; None of a race that was stopped."""
    reached = [done[runner.name] for done in races([runner], course, folder)]
    return reached[-1] if reached and len(reached[-1].curve) == len(SETTINGS.shares) else None


def course(runner: Runner, **changes: object) -> Course:
    return Course(SETTINGS, Timekeeper(runner), lambda: runner.seconds)._replace(**changes)


def test_points_lie_where_the_shares_say_and_scoring_costs_nothing(tmp_path: Path):
    runner = Runner()
    progress = race(runner, course(runner), tmp_path)
    assert [(p.seconds, p.steps) for p in progress.curve] == [(15, 15), (30, 30), (60, 60)]
    assert progress.curve[-1].ap == 0.1
    assert runner.seen[30] == (30, 0.5)
    assert runner.seen[-1] == (59, pytest.approx(59 / 60))


def test_all_scenes_are_scored_at_the_last_two_points_only(tmp_path: Path):
    runner = Runner()
    jury = Timekeeper(runner)
    list(races([runner], course(runner, jury=jury, settings=replace(SETTINGS, early_scenes=7)), tmp_path))
    assert jury.scored == [7, None, None]


@pytest.mark.parametrize("optimizer", [torch.optim.Adam, lambda w, rate: torch.optim.SGD(w, rate, 0.9)])
@pytest.mark.parametrize("stop_after", [7, 30, 31])
def test_a_stopped_race_goes_on_as_if_nothing_had_been(tmp_path: Path, optimizer, stop_after: int):
    whole = Runner(optimizer)
    expected = race(whole, course(whole), tmp_path / "whole")
    first = Runner(optimizer)
    path = tmp_path / "stopped"
    assert race(first, course(first, stop=lambda: len(first.seen) == stop_after), path) is None
    second = Runner(optimizer)
    assert race(second, course(second), path) == expected
    assert second.seen[0][0] == stop_after
    assert torch.equal(second.network.weight, whole.network.weight)


def test_a_killed_race_goes_on_from_the_last_save(tmp_path: Path):
    runner = Runner()

    def pull_the_plug() -> bool:
        if len(runner.seen) == 21:
            raise KeyboardInterrupt
        return False

    path = tmp_path / "killed"
    with pytest.raises(KeyboardInterrupt):
        race(runner, course(runner, stop=pull_the_plug, save_seconds=1e9), path)
    again = Runner()
    progress = race(again, course(again), path)
    assert again.seen[0] == (15, 0.25)  # the first point's state
    assert [p.steps for p in progress.curve] == [15, 30, 60]


def test_a_race_that_is_over_does_nothing(tmp_path: Path):
    path, runner = tmp_path / "over", Runner()
    progress = race(runner, course(runner), path)
    again = Runner()
    assert race(again, course(again), path) == progress
    assert again.seen == []
    assert torch.equal(again.network.weight, runner.network.weight)


def test_a_loss_that_is_not_finite_ends_it_before_the_weights_are_touched(tmp_path: Path):
    runner = Runner()
    runner.network.weight.data.fill_(np.inf)
    with pytest.raises(FloatingPointError, match=r"mask_rcnn, step 0: found a loss of inf, expected a finite number"):
        race(runner, course(runner), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_long_gradient_is_cut():
    runner = Runner(torch.optim.SGD)
    runner.network.weight.data.fill_(100.0)
    descend(runner, runner.network.weight.square().sum(), 0.1, 0, longest=1.0)
    assert runner.network.weight.item() == pytest.approx(99.9)


def test_a_file_of_something_else_is_named(tmp_path: Path):
    save_file({"x": torch.zeros(1)}, tmp_path / "race.safetensors")
    runner = Runner()
    with pytest.raises(ValueError, match=r"race\.safetensors: found no progress of a race"):
        load_race(tmp_path / "race.safetensors", runner.network, runner.optimizer)


def test_where_there_is_no_file_nothing_is_done_yet(tmp_path: Path):
    runner = Runner()
    assert load_race(tmp_path / "none.safetensors", runner.network, runner.optimizer) == Progress()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"minutes": 0}, "minutes: found 0, expected more than 0"),
        ({"minutes": math.inf}, "minutes: found inf, expected more than 0, and finite"),
        ({"early_scenes": 0}, "early_scenes: found 0, expected 1 or more"),
        ({"shares": (0.5, 0.25, 1.0)}, "expected ascending numbers above 0"),
        ({"shares": (0.25, 0.5)}, "found 0.5 for the last one, expected 1"),
        ({"shares": ()}, "expected ascending numbers above 0"),
        ({"shares": (0.5, math.nan, 1.0)}, "expected ascending numbers above 0"),
    ],
)
def test_settings_out_of_range_are_named(change: dict, message: str):
    with pytest.raises(ValueError, match=message):
        replace(SETTINGS, **change)


def test_contenders_take_turns(tmp_path: Path):
    first, second, order = Runner(), Runner(), []
    second.name = "spatial_embeddings"
    both = course(first, clock=lambda: first.seconds + second.seconds, tell=lambda words: order.append(words))
    reached = list(races([first, second], both, tmp_path))
    assert [[len(progress.curve) for progress in done.values()] for done in reached] == [[1, 1], [2, 2], [3, 3]]
    assert [words.split(":")[0] for words in order] == ["Mask R-CNN", "spatial embeddings"] * 3
