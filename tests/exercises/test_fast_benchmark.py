"""Notebook 13's repair: its own lying benchmark, mended in part, mended whole, or told otherwise."""

from itertools import combinations
from statistics import fmean, median

import pytest

from lab.exercises.fast import EXERCISES
from lab.exercises.fast.benchmark import AS_GIVEN, COLD, INPUTS, MESSAGES, WARM, examine
from lab.exercises.fast.machine import COSTS, SECONDS, Machine
from lab.exercises.fast.solution import honest_benchmark
from tests.notebooks.exercises import read, stub_cells

JUDGE = next(exercise.judge for exercise in EXERCISES if exercise.name == "lying_benchmark")


def lying(*faults):
    """An honest benchmark but for these faults."""

    def seconds(function, given, clock, wait):
        wait()
        start = clock()
        function(given)
        if "busy" not in faults:
            wait()
        return clock() - start

    def script(readable, fast, inputs, clock, wait):
        if "first" not in faults:
            readable(inputs[0])
            fast(inputs[0])
        slow, quick = [], []
        jobs = (
            [(readable, given, slow) for given in inputs],
            [(fast, inputs[0] if "inputs" in faults else given, quick) for given in inputs],
        )
        order = [*jobs[0], *jobs[1]] if "turns" in faults else [job for pair in zip(*jobs, strict=True) for job in pair]
        for function, given, into in order:
            into.append(seconds(function, given, clock, wait))
        return fmean(slow) / (min(quick) if "statistics" in faults else fmean(quick))

    return script


@pytest.mark.parametrize("count", range(len(AS_GIVEN) + 1))
def test_every_set_of_faults_is_told(count):
    for faults in combinations(sorted(AS_GIVEN), count):
        assert set(examine(lying(*faults))) == set(faults), faults
        verdict = JUDGE(lying(*faults))
        assert verdict.state == {0: "right", len(AS_GIVEN): "not tried yet"}.get(count, "wrong")
        if verdict.state == "wrong":
            assert verdict.words.startswith(MESSAGES[next(f for f in MESSAGES if f in faults)])
            assert ("more after this" in verdict.words) == (count > 1)


def test_honest_ones_however_told():
    def ratios(readable, fast, inputs, clock, wait):
        readable(inputs[0])
        fast(inputs[0])
        wait()
        found = []
        for given in inputs:
            a = clock()
            fast(given)
            wait()
            b = clock()
            readable(given)
            wait()
            found.append((clock() - b) / (b - a))
        return median(found)

    def first_round_dropped(readable, fast, inputs, clock, wait):
        rows = []
        for given in [inputs[0], *inputs]:
            row = []
            for function in (fast, readable):
                start = clock()
                function(given)
                wait()
                row.append(clock() - start)
            rows.append(row)
        quick, slow = zip(*rows[1:], strict=True)
        return min(slow) / min(quick)

    for script in (honest_benchmark, ratios, first_round_dropped):
        assert JUDGE(script).state == "right", JUDGE(script).words


@pytest.mark.parametrize("told", ["medians", "ratios"])
def test_a_cold_start_that_a_median_hides_is_right_and_said(told):
    def script(readable, fast, inputs, clock, wait, *, calls_before=0):
        for _ in range(calls_before):
            readable(inputs[0])
            fast(inputs[0])
        rows = []
        for given in inputs:
            row = []
            for function in (readable, fast):
                wait()
                start = clock()
                function(given)
                wait()
                row.append(clock() - start)
            rows.append(row)
        slow, quick = zip(*rows, strict=True)
        ratios = [a / b for a, b in rows]
        return median(ratios) if told == "ratios" else median(slow) / median(quick)

    assert (JUDGE(script).state, JUDGE(script).words) == ("right", COLD)
    warm = JUDGE(lambda *given: script(*given, calls_before=1))
    assert (warm.state, warm.words) == ("right", WARM)


@pytest.mark.parametrize(
    ("answer", "state", "part"),
    [
        (lambda *_: None, "not tried yet", "calls nothing"),
        (lambda *_: 8.0, "wrong", "never times readable"),
        (lambda readable, *_: readable("a picture"), "wrong", "expected one of the inputs"),
        (lambda *a: 1 / honest_benchmark(*a), "wrong", MESSAGES["inverse"]),
        (lambda *a: 0 * honest_benchmark(*a) + 8, "wrong", MESSAGES["number"]),
        (lambda *a: f"{honest_benchmark(*a)} times", "wrong", "one number was expected"),
        (lambda *_: 1 / 0, "wrong", "ZeroDivisionError"),
    ],
)
def test_scripts_that_are_none(answer, state, part):
    verdict = JUDGE(answer)
    assert verdict.state == state
    assert part in verdict.words


def test_the_lie_is_large_and_the_honest_number_near_the_truth():
    def told(script):
        machine = Machine()
        return script(machine.readable, machine.fast, list(INPUTS), machine.clock, machine.wait)

    truth = SECONDS["readable"] / SECONDS["fast"]
    assert told(honest_benchmark) == pytest.approx(truth, rel=0.05)
    assert told(lying(*AS_GIVEN)) > 1.4 * truth
    assert len(COSTS) == len(INPUTS) >= 5


def test_every_message_is_another():
    assert len(set(MESSAGES.values())) == len(MESSAGES)


def test_the_notebooks_own_has_all_five():
    names: dict = {}
    exec(stub_cells(read(13))["lying_benchmark"].source, names)
    assert examine(names["mended_benchmark"]) == [fault for fault in MESSAGES if fault in AS_GIVEN]
