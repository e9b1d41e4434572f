"""The recorder: what it keeps, how exactly, and that it leaves the training as it is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lab.checkpoints import load_model
from lab.datasets.cityscapes import CityscapesFolder
from lab.datasets.scene import Scene
from lab.embedding import PIXELS_PER_UNIT
from lab.training import loop, recorder, runs
from tests.training.conftest import OFTEN, SMALL


def test_moments_are_logarithmic_and_hold_begin_and_ends():
    found = recorder.moments((2200, 700))
    assert {0, 1, 2, 3, 2200, 2900} <= set(found)
    assert 30 <= len(found) <= recorder.MOMENTS + 1
    steps = np.diff(found)
    assert steps[:4].tolist() == [1, 1, 1, 1]
    assert recorder.moments((0, 0)) == (0,)
    assert recorder.moments((3, 2)) == (0, 1, 2, 3, 4, 5)


def test_codes_are_right_to_half_a_step():
    rng = np.random.default_rng(0)
    frame = rng.normal(0, [[[40.0]], [[5.0]], [[0.2]], [[0.3]]], (4, 9, 11)).astype(np.float32)
    frame[3] = frame[3].clip(0, 1)
    codes, scales = recorder.Quantiser(1, 1).encode(frame)
    error = np.abs(recorder.decode(codes, scales) - frame).reshape(4, -1).max(1)
    assert (error <= scales[:, 1] / 2 * 1.001).all()
    assert codes.reshape(4, -1).max(1)[0] == 127
    assert scales[1, 1] == pytest.approx(50 / 127)
    assert scales[3].tolist() == pytest.approx([frame[3].min(), 1 / 31])


def test_differences_are_undone():
    codes = np.random.default_rng(1).integers(0, 256, (3, 4, 5)).astype(np.uint8)
    assert np.array_equal(recorder._sums(recorder._differences(codes)), codes)


@pytest.mark.parametrize(
    ("size", "stride", "kept"),
    [((256, 512), 2, (128, 256)), ((1024, 2048), 2, (128, 256)), ((256, 256), 1, (128, 256)), ((40, 30), 1, (40, 30))],
)
def test_a_probe_is_the_middle_at_its_own_resolution(size: tuple[int, int], stride: int, kept: tuple[int, int]):
    row = np.arange(size[0] * size[1], dtype=np.int32).reshape(size)
    scene = Scene("s", np.zeros((*size, 3), np.uint8), row, np.ones(size, np.int16))
    probe = recorder.make_probe(scene)
    assert probe.stride == stride
    assert tuple(-(-side // stride) for side in probe.scene.classes.shape) == kept
    top, left = ((a - b * stride) // 2 for a, b in zip(size, kept, strict=True))
    assert probe.scene.instances[0, 0] == row[top, left]


def test_a_record_holds_what_the_network_said(street: CityscapesFolder, tmp_path: Path):
    model = loop.train(SMALL, street, tmp_path, OFTEN, probe=street[2])
    record = recorder.read_record(tmp_path / runs.RECORD)
    total = SMALL.pretrain_steps + SMALL.finetune_steps
    assert record.steps.tolist() == list(recorder.moments((SMALL.pretrain_steps, SMALL.finetune_steps)))
    assert record.stage.tolist() == [int(step > SMALL.pretrain_steps) for step in record.steps]
    assert np.abs(record.frame(0)[:2]).max() == 0  # offsets start at nothing, b at 1
    assert np.abs(record.frame(0)[2:4] - 1).max() < 1e-6
    assert np.array_equal(record.image, street[2].image)
    assert np.array_equal(record.instances, street[2].instances[:: record.stride, :: record.stride])
    assert record.terms[:, 0].tolist() == sorted(record.terms[:, 0].tolist())
    assert record.terms[-1, 0] == total
    network = load_model(model).network
    with torch.no_grad():
        output = network(torch.from_numpy(street[2].image).permute(2, 0, 1)[None].float() / 255)[0]
    last = output[:, :: record.stride, :: record.stride].numpy()
    wanted = np.concatenate([np.tanh(last[:2]) * PIXELS_PER_UNIT, last[2:4], 1 / (1 + np.exp(-last[4:]))])
    # The last frame is taken before the common shift of all embeddings is removed, and the model is kept in fp16.
    shift = (wanted[:2] - record.frame(-1)[:2]).mean((1, 2), keepdims=True)
    assert np.abs(wanted[:2] - shift - record.frame(-1)[:2]).max() < 0.6
    assert np.abs(wanted[2:] - record.frame(-1)[2:]).max() < 0.03


def test_recording_changes_no_weight(street: CityscapesFolder, tmp_path: Path):
    plain = loop.train(SMALL, street, tmp_path / "plain", OFTEN)
    watched = loop.train(SMALL, street, tmp_path / "watched", OFTEN, probe=street[0])
    tensors = [load_model(path).network.state_dict() for path in (plain, watched)]
    assert all(torch.equal(tensor, tensors[1][name]) for name, tensor in tensors[0].items())


def test_a_resumed_run_keeps_its_frames_and_drops_those_beyond(street: CityscapesFolder, tmp_path: Path):
    whole = loop.train(SMALL, street, tmp_path / "whole", OFTEN, probe=street[0])
    assert whole
    stopped = tmp_path / "stopped"

    class Killed(Exception):
        pass

    def kill(report: loop.StepReport) -> None:
        if report.stage == "finetune":
            raise Killed

    with pytest.raises(Killed):
        loop.train(SMALL, street, stopped, replace(OFTEN, save_minutes=1e9), watch=kill, probe=street[0])
    assert loop.train(SMALL, street, stopped, OFTEN, probe=street[0])
    first, second = (recorder.read_record(path / runs.RECORD) for path in (tmp_path / "whole", stopped))
    assert np.array_equal(first.steps, second.steps)
    assert np.array_equal(first.codes, second.codes)
    assert np.array_equal(first.scales, second.scales)


def test_a_packed_record_holds_its_log(street: CityscapesFolder, tmp_path: Path):
    loop.train(SMALL, street, tmp_path / "run", OFTEN, probe=street[0])
    recorder.pack(tmp_path / "run", tmp_path / "run_small.npz", recipe="make it again")
    packed, own = recorder.read_record(tmp_path / "run_small.npz"), recorder.read_record(tmp_path / "run/record.npz")
    assert np.array_equal(packed.terms, own.terms)
    assert np.array_equal(packed.codes, own.codes)
    assert packed.origin["recipe"] == "make it again"
    assert packed.origin["commit"] == own.origin["commit"]


def test_what_is_no_record_is_told(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"record\.npz: found no file"):
        recorder.read_record(tmp_path / "record.npz")
    from lab.recordings import write_arrays

    write_arrays(tmp_path / "record.npz", {"recipe": "x"}, {"a": np.zeros(1)})
    with pytest.raises(ValueError, match=r"record\.npz: found a recording without"):
        recorder.read_record(tmp_path / "record.npz")
