"""Ways are called in turns, and times and ratios are what they are said to be."""

import numpy as np
import pytest
import torch

from lab.speed.interleaved import Comparison, Timing, compare


def test_in_turns_with_the_order_changed():
    called = []
    ways = {name: lambda name=name: called.append(name) for name in "AB"}
    found = compare(ways, rounds=3, warm_up=1)
    assert "".join(called) == "AB" + "AB" + "BA" + "AB"
    assert found.rounds == 3
    assert found["A"].wall.shape == found["B"].processor.shape == (3,)


def test_the_budget_ends_it_after_a_whole_round():
    found = compare({"A": lambda: None, "B": lambda: None}, rounds=10**9, seconds=0.0)
    assert found.rounds == 2  # of one there is no spread


def test_busy_work_takes_processor_time_and_sleep_takes_none(monkeypatch: pytest.MonkeyPatch):
    clocks = {"process_time": 0.0, "perf_counter": 0.0}
    for name in clocks:
        monkeypatch.setattr(f"lab.speed.interleaved.time.{name}", lambda name=name: clocks[name])

    def work(processor: float, wall: float) -> None:
        clocks["process_time"] += processor
        clocks["perf_counter"] += wall

    found = compare({"busy": lambda: work(2.0, 1.0), "asleep": lambda: work(0.0, 1.0)}, rounds=2)
    assert (found["busy"].median(), found["busy"].median("wall")) == (2000, 1000)
    assert (found["asleep"].median(), found["asleep"].median("wall")) == (0, 1000)


def test_ratio_is_of_the_medians_and_its_spread_of_the_rounds():
    slow, fast = np.array([10.0, 20.0, 30.0]), np.array([1.0, 4.0, 5.0])
    found = Comparison({"readable": Timing(slow, 2 * slow), "fast": Timing(fast, slow)})
    ratio = found.ratio()
    assert ratio.median == 5.0  # 20 / 4
    assert (ratio.low, ratio.high) == (5.5, 8.0)  # of 10, 5 and 6
    assert str(found.ratio(clock="wall")) == "2x (2 to 2)"
    assert found["readable"].quartiles() == (15.0, 25.0)


@pytest.mark.parametrize(("ways", "rounds"), [({}, 1), ({"A": int}, 0)])
def test_bad_input_is_told(ways: dict, rounds: int):
    with pytest.raises(ValueError, match=r"expected 1, 1 and 0 or more"):
        compare(ways, rounds)


@pytest.mark.cuda
def test_the_work_of_a_gpu_is_waited_for():
    matrix = torch.ones(4096, 4096, device="cuda")
    found = compare({"once": lambda: matrix @ matrix, "often": lambda: [matrix @ matrix for _ in range(20)]}, 5, 2)
    times = {name: found[name].median("wall") for name in ("once", "often")}
    assert times["often"] > 5 * times["once"]
    assert found.ratio("often", "once", "wall").median > 5
