"""Ablations: equal budgets, runs that are kept, numbers that can be traced, results by the whole command."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from lab.ablation import command, results
from lab.ablation.arms import ARMS, BUDGETS, METHOD, Budget, find_arms
from lab.ablation.measure import label_image, measure
from lab.ablation.runs import Job, jobs_of, smaller, sweep_jobs, train_all
from lab.checkpoints import load_model
from lab.comparison.records import read_ablations
from lab.datasets.cityscapes import CityscapesFolder
from lab.evaluation.predict import Found
from lab.recordings import read_recording
from lab.training.interrupt import interruptible
from lab.training.settings import stages
from tests.street import write_street
from tests.training.conftest import SMALL

CPU = BUDGETS["cpu"]
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0  # seconds until something is taken to hang


def pixels(settings):
    return sum(stage.steps * stage.batch * stage.crop[0] * stage.crop[1] for stage in stages(settings))


@pytest.mark.parametrize("budget", BUDGETS.values(), ids=BUDGETS)
@pytest.mark.parametrize("arm", ARMS, ids=[arm.name for arm in ARMS])
def test_every_arm_gets_the_same_pixels_and_differs_in_its_own_settings_only(arm, budget):
    settings = arm.settings(budget.settings, 5, budget.fixed_margin)
    assert settings.seed == 5
    assert pixels(settings) == pytest.approx(pixels(budget.settings), rel=0.005)
    changed = set(results.changes_of(arm, budget))
    assert changed == set(arm.changes) | ({"pretrain_steps", "finetune_steps"} if arm.one_stage else set())
    assert bool(changed) == (arm.name != METHOD)
    if "fixed_margin" in changed:
        assert settings.fixed_margin == budget.fixed_margin


def test_the_fixed_margin_is_one_that_was_tried():
    assert all(budget.fixed_margin in budget.margins for budget in BUDGETS.values())


def test_the_core_comes_first_and_is_the_papers_table():
    names = [job.arm.name for job in jobs_of(ARMS, (0, 1), CPU, Path("runs"))]
    core = ["elliptical_learned", "fixed_centroid", "circular_centroid", "circular_learned", "elliptical_centroid"]
    assert names[:10] == 2 * core
    assert len(set(zip(names, [job.seed for job in jobs_of(ARMS, (0, 1), CPU, Path("runs"))], strict=True))) == 20
    assert len({job.folder for job in jobs_of(ARMS, (0, 1), CPU, Path("runs"))}) == 20


def test_an_unknown_arm_is_named_with_the_known_ones():
    with pytest.raises(ValueError, match="arm: found 'eliptical', expected some of elliptical_learned, fixed_centroid"):
        find_arms(("eliptical",))


def test_the_sweep_changes_the_margin_alone():
    swept = [job.settings for job in sweep_jobs(find_arms(("fixed_centroid",))[0], CPU, Path("runs"))]
    assert [settings.fixed_margin for settings in swept] == list(CPU.margins)
    assert {replace(settings, fixed_margin=1.0) for settings in swept} == {replace(swept[0], fixed_margin=1.0)}


def test_a_rehearsal_has_fewer_steps_of_both_stages():
    assert smaller(CPU, 100).settings.pretrain_steps == CPU.settings.pretrain_steps // 100
    assert smaller(CPU, 10_000).settings.finetune_steps == 1


def test_a_stop_ends_all_and_what_is_done_is_told(tmp_path):
    jobs = jobs_of(ARMS[:3], (0,), CPU, tmp_path)
    words, seen = [], []

    def work(job: Job, device: str, progress: bool) -> bool:
        seen.append(job.arm.name)
        return len(seen) < 2

    assert train_all(jobs, 1, "cpu", words.append, work) == (True, ())
    assert seen == [job.arm.name for job in jobs[:2]]
    assert words == ["3 runs, 0 of them finished; 1 at once", f"1 of 3: {jobs[0].folder.name}"]


def test_an_arm_that_diverges_keeps_no_other_from_it(tmp_path):
    jobs = jobs_of(ARMS[:3], (0,), CPU, tmp_path)
    words = []
    outcome = train_all(jobs, 1, "cpu", words.append, diverge_first)
    assert outcome == (False, (f"{jobs[0].folder.name}: stage pretrain, step 3",))
    assert words[1:] == [f"Diverged: {outcome.failed[0]}", "1 of 3: fixed_centroid_0", "2 of 3: circular_centroid_0"]


@pytest.mark.slow
def test_several_at_once_in_processes(tmp_path):
    jobs = jobs_of(ARMS[:3], (0,), CPU, tmp_path)
    words = []
    assert len(train_all(jobs, 2, "cpu", words.append, diverge_first).failed) == 1
    assert sorted(word.split(": ")[0] for word in words[1:]) == ["1 of 3", "2 of 3", "Diverged"]


def test_a_training_whose_process_is_killed_is_told(tmp_path):
    """As for lack of memory; Python's own pool would wait for ever, now and then."""
    with pytest.raises(OSError, match=r"ended from outside.*the same command goes on; fewer at once .--jobs"):
        train_all(jobs_of(ARMS[:3], (0,), CPU, tmp_path), 2, "cpu", print, be_killed)


def be_killed(job: Job, device: str, progress: bool) -> bool:
    """In the place of a training."""
    os.kill(os.getpid(), signal.SIGKILL)
    return True


@pytest.mark.usefixtures("hears_ctrl_c")
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="asks for the signals of Unix")
@pytest.mark.parametrize("end", [lambda pid: os.killpg(pid, signal.SIGINT), lambda pid: os.kill(pid, signal.SIGTERM)])
def test_after_a_signal_no_training_begins_and_those_that_run_end(tmp_path, end):
    """Ctrl-C in a terminal reaches all processes, `kill` and `docker stop` the first only."""
    with _in_a_session(tmp_path, sleep_till_asked, 5) as process:
        wait_until(lambda: len(list(tmp_path.glob("begun_*"))) == 2, process)
        end(process.pid)
        assert process.wait(PATIENCE) == 0
    assert sorted(path.name[:5] for path in tmp_path.iterdir()) == ["begun"] * 2 + ["ended"] * 2 + ["outco"]
    assert (tmp_path / "outcome").read_text() == "stopped"


@pytest.mark.usefixtures("hears_ctrl_c")
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="asks for the signals of Unix")
def test_a_worker_that_has_nothing_left_to_do_does_not_end_the_others(tmp_path):
    with _in_a_session(tmp_path, sleep_but_the_first, 2) as process:
        wait_until(lambda: len(list(tmp_path.glob("begun_*"))) == 2 and len(list(tmp_path.glob("ended_*"))), process)
        time.sleep(1)  # it is told that there is no more
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    assert len(list(tmp_path.glob("ended_*"))) == 2
    assert (tmp_path / "outcome").read_text() == "stopped"


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="asks for the signals of Unix")
def test_no_training_outlives_a_killed_parent(tmp_path):
    with _in_a_session(tmp_path, sleep_till_asked, 5) as process:
        wait_until(lambda: len(list(tmp_path.glob("begun_*"))) == 2, process)
        workers = [psutil.Process(int(path.read_text())) for path in tmp_path.glob("begun_*")]
        process.kill()
        psutil.wait_procs(workers, PATIENCE)
    assert not any(worker.is_running() for worker in workers)
    assert len(list(tmp_path.iterdir())) == 2


@contextmanager
def _in_a_session(folder: Path, work: Callable, count: int) -> Iterator[subprocess.Popen]:
    """A process that trains two arms at once, with its workers, and nobody else, in a session of its own."""
    code = f"from tests.ablation.test_ablation import *; train_and_say(Path({str(folder)!r}), {work.__name__}, {count})"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, start_new_session=True) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def train_and_say(folder: Path, work: Callable, count: int) -> None:
    outcome = train_all(jobs_of(ARMS, (0,), CPU, folder)[:count], 2, "cpu", print, work)
    (folder / "outcome").write_text("stopped" if outcome.stopped else "done")


def sleep_till_asked(job: Job, device: str, progress: bool) -> bool:
    """In the place of a training."""
    (folder := job.folder.parent).joinpath(f"begun_{job.folder.name}").write_text(str(os.getpid()))
    with interruptible() as stop:
        end = time.monotonic() + PATIENCE
        while not stop() and time.monotonic() < end:
            time.sleep(0.05)
    (folder / f"ended_{job.folder.name}").write_text("")
    return False


def sleep_but_the_first(job: Job, device: str, progress: bool) -> bool:
    if job.arm.name != METHOD:
        return sleep_till_asked(job, device, progress)
    for word in ("begun", "ended"):
        (job.folder.parent / f"{word}_{job.folder.name}").write_text(str(os.getpid()))
    return True


def wait_until(happened: Callable[[], object], process: subprocess.Popen) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)


def diverge_first(job: Job, device: str, progress: bool) -> bool:
    """In the place of a training; on the module's level, so that a process can be sent it."""
    if job.arm.name == METHOD:
        raise FloatingPointError("stage pretrain, step 3")
    return True


def test_how_the_margin_was_chosen_is_said_as_it_was():
    tried = [{"margin": 8.0, "ap_gt_seeds": 0.2}, {"margin": 16.0, "ap_gt_seeds": 0.3}]
    assert results.how_chosen(16.0, tried).endswith("of those below: 16 px")
    assert results.how_chosen(8.0, tried).endswith("16 px is best, found after the arms had been trained with 8 px")
    assert results.how_chosen(8.0, []) == "set beforehand; no others were tried"


def test_label_images_show_the_highest_score_on_top():
    masks = np.zeros((3, 1, 4), bool)
    masks[0, 0, :3] = masks[1, 0, 1:] = masks[2, 0, 2] = True
    found = Found(masks, np.array([0.5, 0.9, 0.7], np.float32), np.ones(3, int))
    assert label_image(found).tolist() == [[1, 2, 2, 2]]
    assert label_image(Found(masks, np.array([0.9, 0.5, 0.95], np.float32), np.ones(3, int))).tolist() == [[1, 1, 3, 2]]
    assert label_image(Found(masks, np.full(3, 0.5, np.float32), np.ones(3, int))).tolist() == [[1, 1, 1, 2]]


def test_a_curve_counts_over_both_stages_and_means_neighbours(tmp_path):
    head = "stage,step,instance,smoothness,seed,total,learning_rate,seconds\n"
    rows = [f"pretrain,{10 * i},{i},0,{2 * i},{3 * i},0.1,1\n" for i in range(1, 61)]
    rows += [f"finetune,{10 * i},0,0,0,0,0.1,1\n" for i in range(1, 21)]
    (tmp_path / "log.csv").write_text(head + "".join(rows))
    found = results.curve(tmp_path / "log.csv", 600)
    assert len(found["step"]) == 40
    assert found["step"][:2] == [20, 40]
    assert found["step"][-1] == 800
    assert found["instance"][:2] == [1.5, 3.5]
    assert found["total"][:2] == [4.5, 10.5]


@pytest.fixture
def small_budget(tmp_path, monkeypatch) -> Budget:
    """The street of the training's tests in place of scenes that must be drawn."""
    write_street(tmp_path / "data" / "street", scenes=2)
    (tmp_path / "data" / "street" / "leftImg8bit" / "val").symlink_to("train")
    (tmp_path / "data" / "street" / "gtFine" / "val").symlink_to("train")
    monkeypatch.setenv("LAB_DATA", str(tmp_path / "data"))
    settings = replace(SMALL, dataset="street", classes=("car",), seed_threshold=0.1, min_pixels=0)
    budget = Budget(settings, 8.0, (4.0, 8.0), 0, 64, 2, 2)
    monkeypatch.setattr(command, "BUDGETS", {"cpu": budget})
    monkeypatch.setattr(command, "_draw", lambda *_: None)
    return budget


@pytest.mark.slow
def test_the_whole_command_trains_measures_and_writes_and_does_nothing_twice(small_budget, tmp_path):
    out, words = tmp_path / "out", []
    names = ("elliptical_learned", "fixed_margin_hinge", "one_stage")
    arguments = ("cpu", names, (0, 1), tmp_path / "runs", out, "cpu", 1, False, 1)
    assert command.ablate(*arguments[:7], True, 1, words.append) == 0
    assert command.ablate(*arguments, words.append) == 0
    content = json.loads((out / "results" / "ablations.json").read_text())
    assert [arm["name"] for arm in content["arms"]] == [arm.name for arm in find_arms(names)]
    found = [(row["arm"], row["seed"]) for row in content["runs"]]
    assert sorted(found) == sorted((name, seed) for name in names for seed in (0, 1))
    assert [tried["margin"] for tried in content["fixed_margin"]["tried"]] == [4.0, 8.0]
    arrays, origin = read_recording(out / "recordings" / "ablations.npz", command.RECIPE)
    assert arrays["image"].shape == (2, 64, 128, 3)
    assert all(arrays[f"{name}.{way}"].shape == (2, 64, 128) for name in names for way in ("labels", "gt_seeds"))
    assert origin["recipe"] == "python -m lab ablate --budget cpu"
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").rglob("*") if path.is_file()}
    assert command.ablate(*arguments, words.append) == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before
    _holds_what_the_model_measures(content["runs"][0], small_budget, tmp_path)


def _holds_what_the_model_measures(row, budget, tmp_path):
    folder = tmp_path / "runs" / "ablation_cpu" / f"{row['arm']}_{row['seed']}"
    source = CityscapesFolder(tmp_path / "data" / "street", "val", ("car",))
    again = measure(load_model(folder / "model.safetensors"), source, budget.min_region)
    assert (row["ap"], row["ap_gt_seeds"]) == pytest.approx((again.own.mean, again.gt_seeds.mean), abs=1e-6)
    assert again.own.counts.sum() > 0
    assert row["train_seconds"] == pytest.approx(60 * load_model(folder / "model.safetensors").card.origin["minutes"])


def test_what_was_measured_otherwise_is_measured_anew(small_budget, tmp_path):
    arguments = (("elliptical_learned",), (0,), tmp_path / "runs", tmp_path / "out", "cpu", 1, False, 1, [].append)
    command.ablate("cpu", *arguments)
    kept = tmp_path / "runs" / "ablation_cpu" / "elliptical_learned_0" / results.KEPT
    row = json.loads(kept.read_text())
    kept.write_text(json.dumps(row | {"ap": 0.123}))
    command.ablate("cpu", *arguments)
    assert json.loads((tmp_path / "out" / "results" / "ablations.json").read_text())["runs"][0]["ap"] == 0.123
    command.BUDGETS["cpu"] = replace(small_budget, min_region=7)
    command.ablate("cpu", *arguments)
    content = json.loads((tmp_path / "out" / "results" / "ablations.json").read_text())
    assert content["runs"][0]["ap"] != 0.123
    assert content["runs"][0]["measured_on"]["min_region_pixels"] == 7


def test_results_are_of_all_that_is_there_and_can_be_read(small_budget, tmp_path):
    """One arm after the other, each by a command of its own; what is read says their times."""
    for name, seed in (("elliptical_learned", 0), ("one_stage", 4)):
        command.ablate("cpu", (name,), (seed,), tmp_path / "runs", tmp_path / "out", "cpu", 1, False, 1, [].append)
    found = read_ablations(tmp_path / "out" / "results" / "ablations.json")
    assert [(run.arm, run.seed) for run in found.runs] == [("elliptical_learned", 0), ("one_stage", 4)]
    assert all(np.isfinite(run.seconds) for run in found.runs)


def test_an_unknown_budget_is_refused(tmp_path):
    with pytest.raises(ValueError, match="budget: found 'tpu', expected one of cpu, gpu"):
        command.ablate("tpu", (), (0,), tmp_path, tmp_path, "cpu", 1, False, 1, print)
