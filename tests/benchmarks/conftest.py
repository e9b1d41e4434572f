"""Readable beside fast: the comparison in turns is told above the table, in which the clock runs for the fast one."""

from collections.abc import Callable

import pytest
import torch

from lab.speed.floors import Rates
from lab.speed.interleaved import wait_for
from lab.speed.measure import time_briefly, told
from lab.speed.rates import measure_rates
from lab.speed.settings import Setting
from lab.speed.ways import FAST, ways_of

ROUNDS = 5
TOLD = pytest.StashKey[list[str]]()


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.cuda)], scope="session")
def device(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="session")
def rates(device: str) -> Rates:
    """What this machine does at its best."""
    return measure_rates(device)


@pytest.fixture
def compare_ways(benchmark, device: str, rates: Rates, pytestconfig: pytest.Config) -> Callable[[Setting], None]:
    """``compare_ways(setting)`` times readable and fast in turns; the result is in --benchmark-json as extra_info."""

    def run(setting: Setting) -> None:
        ways = ways_of(setting, device)
        record = time_briefly(setting, ways, rates, ROUNDS, device)
        benchmark.extra_info.update(record)
        benchmark.pedantic(lambda: (ways[FAST](), wait_for(torch.device(device))), rounds=ROUNDS, warmup_rounds=1)
        pytestconfig.stash.setdefault(TOLD, []).append(told(record))

    return run


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if lines := config.stash.get(TOLD, []):
        terminalreporter.section("readable and fast in turns, medians")
        for line in lines:
            terminalreporter.write_line(line)
