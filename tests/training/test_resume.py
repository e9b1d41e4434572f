"""A training that was stopped, killed or had no disk space goes on to the weights that it would have had."""

import errno
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from lab.checkpoints import load_model, read_tensors, store_card
from lab.datasets.cityscapes import CityscapesFolder
from lab.in_use import alone
from lab.training import loop, runs
from lab.training.interrupt import SIGNALS, interruptible
from lab.training.loop import StepReport, train
from lab.training.settings import TrainingSettings, settings_to_json
from lab.training.state import PENDING, PROGRESS, Progress, load_state
from tests.training.conftest import OFTEN, SMALL


class _Killed(BaseException):
    """Stands for a power cut: no handler of the library may catch it."""


@pytest.fixture(scope="module")
def undisturbed(street: CityscapesFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("undisturbed")
    train(SMALL, street, folder, OFTEN)
    return folder


def _at(stage: str, step: int, act: Callable[[], None]) -> Callable[[StepReport], None]:
    def watch(report: StepReport) -> None:
        if (report.stage, report.progress.step) == (stage, step):
            act()

    return watch


def _kill() -> None:
    raise _Killed


def _assert_same_weights(one: Path, other: Path) -> None:
    for name in (runs.STATE, runs.MODEL):
        expected, found = read_tensors(one / name)[0], read_tensors(other / name)[0]
        assert expected.keys() == found.keys()
        wrong = [key for key in expected if not torch.equal(expected[key], found[key])]
        assert not wrong, f"{name}: {wrong[:3]} differ"


@pytest.mark.parametrize(("stage", "step"), [("pretrain", 3), ("pretrain", 1), ("finetune", 1), ("finetune", 3)])
def test_a_killed_training_goes_on_to_the_same_weights(
    street: CityscapesFolder, tmp_path: Path, undisturbed: Path, stage: str, step: int
):
    with pytest.raises(_Killed):
        train(SMALL, street, tmp_path, OFTEN, _at(stage, step, _kill))
    torch.manual_seed(123)  # another process has another generator
    assert train(SMALL, street, tmp_path, OFTEN) == tmp_path / runs.MODEL
    _assert_same_weights(undisturbed, tmp_path)


def test_a_training_goes_on_from_another_feed(street: CityscapesFolder, tmp_path: Path, undisturbed: Path):
    """Where crops are cut is no matter of what they are."""
    with pytest.raises(_Killed):
        train(SMALL, street, tmp_path, replace(OFTEN, feed="files"), _at("pretrain", 3, _kill))
    train(SMALL, street, tmp_path, replace(OFTEN, feed="memory"))
    _assert_same_weights(undisturbed, tmp_path)


def test_the_log_of_a_killed_training_has_every_step_once(street: CityscapesFolder, tmp_path: Path, undisturbed: Path):
    with pytest.raises(_Killed):
        train(SMALL, street, tmp_path, replace(OFTEN, save_minutes=99.0), _at("finetune", 2, _kill))
    train(SMALL, street, tmp_path, OFTEN)
    columns = [[row.split(",")[:7] for row in (f / runs.LOG).read_text().splitlines()] for f in (undisturbed, tmp_path)]
    assert columns[0] == columns[1]
    assert [row[:2] for row in columns[1][1:]] == [["pretrain", f"{i}"] for i in (1, 2, 3, 4)] + [
        ["finetune", f"{i}"] for i in (1, 2, 3)
    ]


@pytest.mark.usefixtures("hears_ctrl_c")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_finishes_the_step_and_saves(
    street: CityscapesFolder, tmp_path: Path, undisturbed: Path, number: signal.Signals
):
    handler = signal.getsignal(number)
    rarely = replace(OFTEN, save_minutes=99.0)
    assert train(SMALL, street, tmp_path, rarely, _at("pretrain", 2, lambda: signal.raise_signal(number))) is None
    assert signal.getsignal(number) is handler
    progress, *_ = load_state(tmp_path / runs.STATE)
    assert (progress.stage, progress.step) == (0, 2)
    assert not (tmp_path / runs.MODEL).exists()
    train(SMALL, street, tmp_path, OFTEN)
    _assert_same_weights(undisturbed, tmp_path)


@pytest.mark.usefixtures("hears_ctrl_c")
def test_a_second_ctrl_c_acts_at_once(street: CityscapesFolder, tmp_path: Path):
    def twice() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train(SMALL, street, tmp_path, OFTEN, _at("pretrain", 2, twice))
    assert load_state(tmp_path / runs.STATE).progress.step == 1


@pytest.mark.usefixtures("hears_ctrl_c")
def test_the_first_ctrl_c_is_answered_while_its_step_goes_on(street: CityscapesFolder, tmp_path: Path):
    said: list[str] = []
    options = replace(OFTEN, tell=said.append)

    def ask(report: StepReport) -> None:
        signal.raise_signal(signal.SIGINT)
        assert "Stopping after this step" in said[-1]

    assert train(SMALL, street, tmp_path, options, ask) is None


@pytest.mark.usefixtures("hears_ctrl_c")
def test_an_answer_that_nobody_can_read_stops_nothing():
    def gone(words: str) -> None:
        raise BrokenPipeError(words)

    with interruptible(gone) as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop()


@pytest.mark.usefixtures("hears_ctrl_c")
def test_a_terminal_that_hangs_up_twice_does_so_once():
    """Its shell says so, and then the system."""
    with interruptible() as stop:
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGHUP)
        assert stop()


def test_a_signal_that_was_to_be_ignored_stays_so():
    """nohup, and background jobs of scripts, which the script's Ctrl-C is not meant for."""
    before = [signal.signal(number, signal.SIG_IGN) for number in SIGNALS]
    try:
        with interruptible() as stop:
            for number in SIGNALS:
                signal.raise_signal(number)
            assert not stop()
    finally:
        for number, handler in zip(SIGNALS, before, strict=True):
            signal.signal(number, handler)


def test_a_second_process_is_refused_and_touches_nothing(street: CityscapesFolder, tmp_path: Path):
    with alone(tmp_path / runs.IN_USE, "fly"):
        part = tmp_path / ".last.safetensors.abcdefgh.part"
        part.write_bytes(b"being written")
        before = sorted(tmp_path.iterdir())
        with pytest.raises(OSError, match=rf"{tmp_path}: found process {os.getpid()} .*or give another --name"):
            train(SMALL, street, tmp_path, OFTEN)
        assert sorted(tmp_path.iterdir()) == before


def test_what_a_killed_one_left_is_cleared(street: CityscapesFolder, tmp_path: Path):
    (tmp_path / ".record.npz.abc_0129.part").write_bytes(b"half")
    with pytest.raises(_Killed):
        train(SMALL, street, tmp_path, OFTEN, _at("pretrain", 1, _kill))
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_finished_training_is_not_done_again(street: CityscapesFolder, undisturbed: Path):
    steps = []
    assert train(SMALL, street, undisturbed, OFTEN, steps.append) == undisturbed / runs.MODEL
    assert steps == []


def test_other_settings_are_named(street: CityscapesFolder, undisturbed: Path):
    other = replace(SMALL, pretrain_rate=0.25, pretrain_crop=(48, 32))
    with pytest.raises(
        ValueError, match=r"other settings: pretrain_crop: found \[32, 32\], expected \[48, 32\]; pre.*0\.25"
    ):
        train(other, street, undisturbed, OFTEN)


def test_a_tuned_card_of_a_finished_run_stays(street: CityscapesFolder, undisturbed: Path):
    store_card(undisturbed / runs.MODEL, seed_threshold=0.25)
    train(SMALL, street, undisturbed, OFTEN)
    assert load_model(undisturbed / runs.MODEL).card.seed_threshold == 0.25


def test_a_state_without_settings_is_refused_and_nothing_written(
    street: CityscapesFolder, tmp_path: Path, undisturbed: Path
):
    (tmp_path / runs.STATE).write_bytes((undisturbed / runs.STATE).read_bytes())
    with pytest.raises(ValueError, match=r"settings\.json: found no file beside the state last\.safetensors, expected"):
        train(SMALL, street, tmp_path, OFTEN)
    assert [path.name for path in tmp_path.iterdir()] == [runs.STATE]


@pytest.mark.parametrize("name", [runs.MODEL, runs.BEST, runs.PRETRAINED])
@pytest.mark.parametrize("settings", [SMALL, None])
def test_a_model_without_its_state_is_not_written_over(
    street: CityscapesFolder, tmp_path: Path, name: str, settings: TrainingSettings | None
):
    if settings:
        (tmp_path / runs.SETTINGS).write_text(settings_to_json(settings))
    (tmp_path / name).write_bytes(b"a model")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ValueError, match=rf"{tmp_path}: found {name} without the state .*another --name"):
        train(SMALL, street, tmp_path, OFTEN)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_finished_run_is_finished_without_its_state(tmp_path: Path, undisturbed: Path):
    for name in (runs.MODEL, runs.SETTINGS):
        (tmp_path / name).write_bytes((undisturbed / name).read_bytes())
    assert runs.finished_model(tmp_path, SMALL) == tmp_path / runs.MODEL
    with pytest.raises(ValueError, match="other settings: seed: found 0, expected 1"):
        runs.finished_model(tmp_path, replace(SMALL, seed=1))
    (tmp_path / runs.SETTINGS).unlink()  # somebody's model: of what, nobody knows
    assert runs.finished_model(tmp_path, SMALL) is None


def test_a_model_that_is_kept_on_the_way_has_a_state_beside_it(street: CityscapesFolder, tmp_path: Path):
    rarely = replace(OFTEN, save_minutes=99.0, validate_every=2)
    with pytest.raises(_Killed):
        train(SMALL, street, tmp_path, rarely, _at("pretrain", 3, _kill), validation=street)
    assert (tmp_path / runs.BEST).exists()
    assert load_state(tmp_path / runs.STATE).progress.step == 1
    assert train(SMALL, street, tmp_path, rarely, validation=street) == tmp_path / runs.MODEL


def test_a_stages_model_is_not_without_a_state_however_rarely_one_is_saved(
    street: CityscapesFolder, tmp_path: Path, undisturbed: Path, monkeypatch: pytest.MonkeyPatch
):
    """Where the disk is full after a short stage 1, its model alone would be refused for ever."""
    rarely, save = replace(OFTEN, save_minutes=99.0), loop.save_model

    def full(path: Path, *rest: object) -> None:
        save(path, *rest)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(loop, "save_model", full)
        with pytest.raises(OSError, match="No space left"):
            train(SMALL, street, tmp_path, rarely)
    assert (tmp_path / runs.PRETRAINED).exists()
    assert load_state(tmp_path / runs.STATE).progress.step == SMALL.pretrain_steps
    train(SMALL, street, tmp_path, rarely)
    _assert_same_weights(undisturbed, tmp_path)


def test_a_run_without_a_state_takes_new_settings(tmp_path: Path):
    runs.prepare(tmp_path, SMALL)
    runs.prepare(tmp_path, replace(SMALL, seed=1))
    assert '"seed": 1' in (tmp_path / runs.SETTINGS).read_text()


def test_a_full_disk_leaves_the_last_state_and_no_rest(
    street: CityscapesFolder, tmp_path: Path, undisturbed: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        watch = _at("pretrain", 3, lambda: patch.setattr("lab.folders.os.fsync", full))
        with pytest.raises(
            OSError, match=rf"could not save {tmp_path}/last.*No space left.*unchanged; free some space"
        ):
            train(SMALL, street, tmp_path, OFTEN, watch)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "last-0-2-means.safetensors",
        "last-0-2-squares.safetensors",
        runs.STATE,
        runs.LOG,
        runs.OBJECTS,
        runs.SETTINGS,
        runs.VALIDATION,
    ]
    assert load_state(tmp_path / runs.STATE).progress.step == 2
    train(SMALL, street, tmp_path, OFTEN)
    _assert_same_weights(undisturbed, tmp_path)


def test_a_state_of_another_network_names_the_tensors(street: CityscapesFolder, tmp_path: Path, undisturbed: Path):
    circular = replace(SMALL, bandwidth_channels=1)
    runs.prepare(tmp_path, circular)
    (tmp_path / runs.STATE).write_bytes((undisturbed / runs.STATE).read_bytes())
    with pytest.raises(ValueError, match=r"last\.safetensors: 2 tensors do not fit.*found \[4\], expected \[3\]"):
        train(circular, street, tmp_path, OFTEN)


def test_a_broken_state_is_named(street: CityscapesFolder, tmp_path: Path, undisturbed: Path):
    runs.prepare(tmp_path, SMALL)
    (tmp_path / runs.STATE).write_bytes((undisturbed / runs.STATE).read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"last\.safetensors: found something else than a whole .*another --name"):
        train(SMALL, street, tmp_path, OFTEN)


def test_a_model_is_no_state(street: CityscapesFolder, tmp_path: Path, undisturbed: Path):
    runs.prepare(tmp_path, SMALL)
    (tmp_path / runs.STATE).write_bytes((undisturbed / runs.MODEL).read_bytes())
    with pytest.raises(ValueError, match="found a header without progress"):
        train(SMALL, street, tmp_path, OFTEN)


def test_a_folder_in_the_states_place_is_named(street: CityscapesFolder, tmp_path: Path):
    runs.prepare(tmp_path, SMALL)
    (tmp_path / runs.STATE).mkdir()
    with pytest.raises(ValueError, match=r"last\.safetensors: found a folder, expected .* state.*another --name"):
        train(SMALL, street, tmp_path, OFTEN)


@pytest.mark.parametrize(
    "content",
    [
        "no json",
        "[]",
        "null",
        '{"a": 1}',
        '{"stage": 0, "step": 1}',
        '{"stage": 0, "step": 1, "seconds": 1, "more": 1}',
        '{"stage": "0", "step": 1, "seconds": 1}',
        '{"stage": 0, "step": 1.5, "seconds": 1}',
        '{"stage": true, "step": 1, "seconds": 1}',
        '{"stage": 0, "step": 1, "seconds": NaN}',
        '{"stage": 3, "step": 0, "seconds": 1}',
        '{"stage": 2, "step": 1, "seconds": 1}',
        '{"stage": -1, "step": 0, "seconds": 1}',
        '{"stage": 0, "step": -1, "seconds": 1}',
        '{"stage": 0, "step": 5, "seconds": 1}',
    ],
)
def test_broken_progress_is_named(tmp_path: Path, content: str):
    path = tmp_path / runs.STATE
    save_file({"x": torch.zeros(1)}, path, {PROGRESS: content})
    with pytest.raises(
        ValueError, match=r"last\.safetensors: found the progress .*expected stage 0.*another --name"
    ) as e:
        load_state(path, (4, 3))
    assert content in str(e.value)


@pytest.mark.parametrize("content", ["{", "{}", "[1]", "[[1, 2, 3]]", '[[1, 2, 3, "4"]]'])
def test_broken_pending_terms_are_named(tmp_path: Path, content: str):
    sound = '{"stage": 0, "step": 1, "seconds": 1}'
    save_file({"x": torch.zeros(1)}, tmp_path / runs.STATE, {PROGRESS: sound, PENDING: content})
    with pytest.raises(ValueError, match=r"last\.safetensors: found the pending rows of the log .*four numbers"):
        load_state(tmp_path / runs.STATE)


def test_a_state_without_pending_terms_is_read(tmp_path: Path):
    """As written before they were stored."""
    save_file({"x": torch.zeros(1)}, tmp_path / runs.STATE, {PROGRESS: '{"stage": 1, "step": 2, "seconds": 0.5}'})
    state = load_state(tmp_path / runs.STATE, (4, 3))
    assert (state.progress, state.pending) == (Progress(1, 2, 0.5), [])


def test_bf16_goes_on_to_the_same_weights(street: CityscapesFolder, tmp_path: Path, undisturbed: Path):
    options = replace(OFTEN, precision="bf16-mixed")
    train(SMALL, street, tmp_path / "whole", options)
    with pytest.raises(_Killed):
        train(SMALL, street, tmp_path / "cut", options, _at("finetune", 2, _kill))
    train(SMALL, street, tmp_path / "cut", options)
    _assert_same_weights(tmp_path / "whole", tmp_path / "cut")
    with pytest.raises(AssertionError, match="differ"):  # it is another precision
        _assert_same_weights(undisturbed, tmp_path / "whole")


@pytest.mark.parametrize("content", ["{", "[]"])
def test_broken_settings_are_named(street: CityscapesFolder, tmp_path: Path, undisturbed: Path, content: str):
    (tmp_path / runs.STATE).write_bytes((undisturbed / runs.STATE).read_bytes())
    (tmp_path / runs.SETTINGS).write_text(content)
    with pytest.raises(ValueError, match=r"settings\.json: found .*Restore it, or give another --name"):
        train(SMALL, street, tmp_path, OFTEN)


def test_progress_survives_the_header(undisturbed: Path):
    progress, tensors, pending = load_state(undisturbed / runs.STATE)
    assert progress == Progress(2, 0, progress.seconds)
    assert progress.seconds > 0
    assert pending == []
    assert all(name.startswith("network/") for name in tensors)
