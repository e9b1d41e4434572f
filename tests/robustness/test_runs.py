"""What trainings, comparisons, recordings and learners leave, changed by something else: read, refused or made anew."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.comparison.records import read_ablations
from lab.datasets.bbbc.folder import what_is_there
from lab.datasets.objects import index_objects
from lab.datasets.sources import open_source
from lab.datasets.toyscapes.write import CARD, VERSION, write_toyscapes
from lab.exercises.progress import note_help, note_verdict
from lab.folders import data_folder
from lab.recordings import read_recording, recording_file, tell_origin
from lab.reproduce.registry import RUNS
from lab.reproduce.shipped import read_shipped
from lab.training.runs import best_row, prepare, read_log, read_validation
from lab.training.settings import TrainingSettings, settings_to_json
from tests.own import write_discs
from tests.robustness import runs
from tests.robustness.judging import bounded_memory, call, sample, trouble

VALUES = (None, "x", -1, [], {}, float("nan"))
HEAD = b"stage,step,instance,smoothness,seed,total,learning_rate,seconds\n"
TABLES = {
    "nothing": b"",
    "words": b"a,b\n1\n",
    "bytes": bytes(range(256)),
    "zeros": bytes(50),
    "UTF-16": "stage,step".encode("utf-16"),
    "a long line": b"9" * 200_000 + b",1\n",
    "NaN": HEAD + b"pretrain,1,nan,nan,nan,nan,1,1\n",
    "an unknown stage": HEAD + b"0,1,1,1,1,1,1,1\n",
    "half a row": HEAD + b"pretrain,1,0.5",
    "a step of 1e400": HEAD + b"pretrain,1e400,inf,1,1,1,1,1\n",
    "many digits": HEAD + b"pretrain," + b"9" * 5000 + b",1,1,1,1,1,1\n",
}


def files(sound: object, limit: int = 4) -> Iterator[tuple[str, bytes]]:
    """No JSON at all, and a sound file with each of its first values changed in turn."""
    yield from runs.JSON.items()
    for value in VALUES:
        yield from runs.mutated(sound, value, limit)


def each_refused(path: Path, use: Callable[[], object], sound: object, *names: str, limit: int = 4) -> int:
    """Write every variant; assert that it is read or refused by name; gives how many there were."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    for count, (name, content) in enumerate(files(sound, limit), start=1):  # noqa: B007
        path.write_bytes(content)
        assert trouble(call(use), *(names or (path.name,)), told=("found",)) == "", name
    return count


def sound_json(path: str) -> object:
    return json.loads((data_folder() / path).read_text(encoding="utf-8"))


def test_results_of_comparisons(tmp_path: Path):
    path = tmp_path / "ablations.json"
    assert each_refused(path, lambda: read_ablations(path), sound_json("results/ablations.json")) > 30


@pytest.mark.slow
def test_results_of_comparisons_in_every_value(tmp_path: Path):
    path = tmp_path / "ablations.json"
    each_refused(path, lambda: read_ablations(path), sound_json("results/ablations.json"), limit=400)


@pytest.mark.parametrize("limit", [4, pytest.param(400, marks=pytest.mark.slow)])
def test_cards_and_results_of_shipped_runs(tmp_path: Path, limit: int):
    run = RUNS["tiny"]
    card, result = tmp_path / "models" / "tiny.json", tmp_path / "results" / run.result
    sound_card, sound_result = sound_json("models/tiny.json"), sound_json(f"results/{run.result}")
    result.parent.mkdir()
    result.write_text(json.dumps(sound_result))
    each_refused(card, lambda: read_shipped(run, tmp_path), sound_card, limit=limit)
    card.write_text(json.dumps(sound_card))
    each_refused(result, lambda: read_shipped(run, tmp_path), sound_result, limit=limit)


@pytest.mark.parametrize("limit", [4, pytest.param(400, marks=pytest.mark.slow)])
def test_settings_of_a_run(tmp_path: Path, limit: int):
    settings = TrainingSettings(dataset="x")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "last.safetensors").write_bytes(b"x")
    sound = json.loads(settings_to_json(settings))
    use = lambda: prepare(tmp_path / "run", settings)  # noqa: E731
    each_refused(tmp_path / "run" / "settings.json", use, sound, "run", limit=limit)


def test_the_record_of_generated_scenes(tmp_path: Path):
    sound = {"version": VERSION, "seed": 0, "height": 128, "width": 256, "counts": {"train": 1, "val": 1}}
    path = tmp_path / CARD

    def use() -> None:
        write_toyscapes(tmp_path, 128, 256, {"train": 0, "val": 0}, 0, 1)

    for name, content in files(sound):
        path.write_bytes(content)
        assert trouble(call(use), CARD, told=()) == "", name


def test_the_note_of_fetched_nuclei_may_be_anything(tmp_path: Path):
    (tmp_path / "manifest.csv").write_text("x")
    for name, content in files({"source": "x", "url": "y"}):
        (tmp_path / "origin.json").write_bytes(content)
        assert call(lambda: str(what_is_there(tmp_path)["source"])).code == 0, name


def test_a_learners_progress_may_be_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A lesson goes on; what cannot be read is put aside."""
    entry = {"state": "right", "solved": "2026", "tries": 1, "hints": 1, "solution": True}
    sound = {"exercises": {"a": entry}, "guesses": {"g": {"said": "x", "outcome": 1}}}
    for number, (name, content) in enumerate(files(sound)):
        path = tmp_path / f"{number}.json"
        monkeypatch.setenv("LAB_PROGRESS", str(path))
        path.write_bytes(content)
        outcome = call(lambda: (note_verdict("a", "right"), note_help("a", "hints", 2)))
        assert (outcome.code, outcome.bare) == (0, None), name


def test_tables_of_a_run(tmp_path: Path):
    for name, content in TABLES.items():
        for path, read in ((tmp_path / "log.csv", read_log), (tmp_path / "validation.csv", read_validation)):
            path.write_bytes(content)
            assert trouble(call(lambda r=read, p=path: r(p)), path.name) == "", name
        assert trouble(call(lambda: best_row(tmp_path)), "validation.csv") == "", name


@pytest.mark.parametrize("name", sample(runs.arrays(b""), 3))
def test_arrays(name: str, tmp_path: Path):
    """A recording is refused by name; the index of a data set's objects is made anew."""
    recording = tmp_path / "recording.npz"
    recording.write_bytes(runs.arrays(recording_file("smoothness").read_bytes())[name]())
    source = open_source(write_discs(tmp_path / "own" / "train").parent, "train")
    cache = tmp_path / "objects.npz"
    sound = index_objects(source, False, cache)
    cache.write_bytes(runs.arrays(cache.read_bytes())[name]())
    with bounded_memory():
        assert trouble(call(lambda: tell_origin(read_recording(recording, "make it")[1])), recording.name) == ""
        assert index_objects(source, False, cache).centres.tolist() == sound.centres.tolist()
