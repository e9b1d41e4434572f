"""Cases are measured, kept one by one, known again, and told."""

import json
from pathlib import Path

import pytest
import torch

from lab.speed import measure as measuring
from lab.speed.floors import Rates
from lab.speed.measure import Effort, measure, setting_of, told
from lab.speed.memory import Footprint
from lab.speed.record import record
from lab.speed.records import is_of, keep, kept_cases, read_speed, results_file
from lab.speed.settings import SUBJECTS, Setting, all_settings, short_settings

RATES = Rates(bytes=1e10, flops=1e11, exponentials=1e9)
CASE = Setting("loss", 64, 96, "trained", 3)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """The readable way takes ten turns of a sum, the fast one a single; nothing is asked of other processes."""
    calls = {"readable": 0, "fast": 0}

    def way(name: str, turns: int):
        def run() -> None:
            calls[name] += 1
            for _ in range(turns):
                torch.ones(100_000).sum()

        return run

    monkeypatch.setattr(measuring, "ways_of", lambda *_: {"readable": way("readable", 50), "fast": way("fast", 1)})
    footprint = {"readable": Footprint(3 * 2**20), "fast": Footprint(2**20)}
    monkeypatch.setattr(measuring, "footprints", lambda *_: footprint)
    return calls


def test_a_case_says_everything(quick: dict):
    found = measure(CASE, RATES, Effort(rounds=3))
    assert quick == {"readable": 4, "fast": 4}  # one to warm up
    assert found["rounds"] == 3
    readable, fast = found["ways"]["readable"], found["ways"]["fast"]
    assert readable["processor_ms"] > fast["processor_ms"] > 0
    assert fast["faster"]["processor"]["median"] == pytest.approx(
        readable["processor_ms"] / fast["processor_ms"], rel=0.01
    )
    assert readable["times_floor"] == pytest.approx(readable["processor_ms"] / found["floor"]["ms"], rel=0.01)
    assert (readable["peak_mib"], fast["peak_mib"]) == (3.0, 1.0)
    assert setting_of(found) == CASE
    assert told(found).startswith("loss: 3 instances, trained, 96x64, 8 classes: readable ")
    assert "x faster" in told(found)


def test_what_is_refused_says_why_and_the_rest_is_timed(quick: dict, monkeypatch: pytest.MonkeyPatch):
    refused = {"readable": Footprint(refused="does not fit: 35 GiB"), "fast": Footprint(2**20)}
    monkeypatch.setattr(measuring, "footprints", lambda *_: refused)
    found = measure(CASE, RATES, Effort(rounds=2))
    assert quick["readable"] == 0
    assert found["ways"]["readable"] == {"refused": "does not fit: 35 GiB"}
    assert "faster" not in found["ways"]["fast"]
    assert "readable does not fit: 35 GiB; fast " in told(found)
    monkeypatch.setattr(measuring, "footprints", lambda *_: dict.fromkeys(refused, Footprint(refused="too slow")))
    nothing = measure(CASE, RATES, Effort(rounds=2))
    assert nothing["rounds"] == 0
    assert told(nothing).endswith("readable too slow; fast too slow")


def test_kept_in_order_and_replaced(quick: dict, tmp_path: Path):
    other = Setting("loss", 64, 96, "trained", 1)
    for setting in (CASE, other, CASE):
        keep(measure(setting, RATES, Effort(rounds=1)), RATES, "cpu", tmp_path)
    found = read_speed("loss", tmp_path)
    assert [case["instances"] for case in found["cases"]] == [1, 3]
    assert is_of(found["cases"][1], CASE, "cpu")
    assert not is_of(found["cases"][0], CASE, "cpu")
    (machine,) = found["machines"].values()
    assert machine["processor"]
    assert machine["threads"] == torch.get_num_threads()
    assert machine["rates"]["bytes"] == 1e10
    assert {"device", "versions", "commit", "time", "what", "how", "recipe"} <= found.keys()


def test_the_command_goes_on_where_it_stopped(quick: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lab.speed.rates.COPIED", 2**20)
    lines = []
    arguments = {"folder": tmp_path, "device": "cpu", "again": False, "shrink": 4, "rounds": 1, "gibibytes": 1.0}
    record(["network"], **arguments, tell=lines.append)
    assert len(lines) == len(all_settings("network")) + 1
    assert len(kept_cases("network", tmp_path)) == len(all_settings("network"))
    before = dict(quick)
    record(["network"], **arguments, tell=lines.append)
    assert quick == before
    record(["network"], **(arguments | {"again": True}), tell=lines.append)
    assert quick["readable"] == 2 * before["readable"]


def test_a_case_that_fails_leaves_the_others(quick: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lab.speed.rates.COPIED", 2**20)
    usual = measuring.footprints

    def fail_once(setting: Setting, *others: object) -> dict:
        if setting.height == 256:
            raise ChildProcessError("killed")
        return usual(setting, *others)

    monkeypatch.setattr(measuring, "footprints", fail_once)
    lines = []
    record(["network"], tmp_path, "cpu", False, 4, 1, 1.0, lines.append)
    assert lines[0].startswith("network: ")
    assert "Not measured: killed" in lines
    assert lines[-1].endswith("1 missing, the same command tries them again")
    assert len(kept_cases("network", tmp_path)) == len(all_settings("network")) - 1


@pytest.mark.cuda
def test_every_subject_on_a_gpu():
    for setting in (CASE, Setting("clustering", 64, 64, "trained", 3), Setting("network", 64, 64)):
        found = measure(setting, RATES, Effort(rounds=2), "cuda")
        assert {"readable", "fast"} <= found["ways"].keys()
        assert found["ways"]["fast"]["wall_ms"] > 0


def test_a_rehearsal_does_not_touch_what_ships():
    with pytest.raises(ValueError, match="a rehearsal is no result"):
        record([], None, "cpu", False, 4, 1, None, print)


def test_other_files_are_refused(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"python -m lab\.speed\.record"):
        read_speed("loss", tmp_path)
    with pytest.raises(ValueError, match="found 'explorer', expected one of loss, clustering, network"):
        results_file("explorer")
    for content in ({"cases": []}, {"cases": [{}], "machines": {}}):
        results_file("loss", tmp_path).write_text(json.dumps(content))
        with pytest.raises(ValueError, match="expected measured cases"):
            read_speed("loss", tmp_path)


def test_the_tables_hold_the_cases_asked_for():
    for subject in SUBJECTS:
        settings = all_settings(subject)
        assert len(set(settings)) == len(settings)
        assert set(short_settings(subject)) < set(settings)
        assert (512, 512) in {(s.height, s.width) for s in settings}
        assert (1024, 2048) in {(s.height, s.width) for s in settings}
    asked = {(s.kind, s.instances) for s in all_settings("loss")}
    assert asked == {(kind, k) for kind in ("trained", "random") for k in (5, 20, 60, 200)}
    assert Setting("clustering", 512, 512, "random", 5).min_pixels == 16


@pytest.mark.parametrize(
    ("subject", "kind", "instances"), [("start", None, None), ("loss", None, None), ("network", "random", 3)]
)
def test_a_setting_of_nothing_is_refused(subject: str, kind: str | None, instances: int | None):
    with pytest.raises(ValueError, match="expected"):
        Setting(subject, 64, 64, kind, instances)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_what_ships_is_the_whole_table(subject: str):
    if not results_file(subject).is_file():
        pytest.skip("not measured yet: python -m lab.speed.record")
    cases = read_speed(subject)["cases"]
    for device in {case["device"] for case in cases}:
        found = {setting_of(case) for case in cases if case["device"] == device}
        assert found == set(all_settings(subject))
