"""Sixty seconds to sigma: the recorded run, its drawing, and the live one."""

import asyncio
import itertools
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from lab.widgets.sixty import Sixty
from lab.widgets.sixty.render import describe, draw
from lab.widgets.sixty.run import STEPS, read_run, recording, take_frame, train, widest, write_run

FRAMES = read_run(recording())


def test_the_recorded_run_tells_the_story():
    first, top, last = FRAMES[0], FRAMES[widest(FRAMES)], FRAMES[-1]
    assert (first.step, last.step) == (0, STEPS)
    np.testing.assert_allclose(first.margins, 5.7443, atol=1e-3)
    assert top.radius[3] > 14, "the car's margin grows to nearly three times its start"
    assert last.iou.mean() > 0.95
    assert last.radius[3] > 2 * last.radius[0], "in the end the large car has the wider margin"


def test_the_recording_is_what_the_command_would_make():
    """Its first steps, trained again: later ones drift apart on other machines, as rounding does."""
    for frame, snapshot in zip(FRAMES, itertools.islice(train(0), 3), strict=False):
        again = take_frame(snapshot)
        np.testing.assert_allclose(again.margins, frame.margins, rtol=0.02)


def test_a_run_survives_its_file(tmp_path):
    write_run(tmp_path / "run.npz", FRAMES[:3])
    for kept, frame in zip(read_run(tmp_path / "run.npz"), FRAMES, strict=False):
        assert kept.step == frame.step
        np.testing.assert_array_equal(kept.embedding, frame.embedding)


def test_a_missing_recording_names_the_command(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"lab\.widgets\.sixty\.record"):
        read_run(tmp_path / "none.npz")


@pytest.mark.parametrize("place", [0, 30, -1])
def test_drawing(place):
    shapes = draw(FRAMES, range(len(FRAMES))[place])
    ET.fromstring(f'<svg xmlns="http://www.w3.org/2000/svg">{shapes}</svg>')
    assert f"step {FRAMES[place].step}<" in shapes
    assert f"11 car: margin {FRAMES[place].radius[3]:.1f} px" in describe(FRAMES, range(len(FRAMES))[place])


def test_nothing_is_trained_before_the_press():
    figure = Sixty()
    assert figure.error.value == ""
    assert not figure.live
    assert "Recorded" in figure.status.value
    before = figure.board.shapes
    figure.place.value = 3
    assert figure.board.shapes != before


def test_trains_pauses_and_goes_on():
    async def press() -> tuple[int, int, int]:
        figure.start.click()
        while len(figure.frames) < 4 and not figure.error.value:
            await asyncio.sleep(0.02)
        running = figure.start.description
        figure.start.click()
        await figure._task
        paused = len(figure.frames)
        await asyncio.sleep(0.2)
        assert (running, len(figure.frames)) == ("pause", paused)
        figure.start.click()
        while len(figure.frames) < paused + 2 and not figure.error.value:
            await asyncio.sleep(0.02)
        figure.start.click()
        await figure._task

    figure = Sixty()
    asyncio.run(press())
    assert figure.error.value == ""
    assert figure.live
    assert "Live" in figure.status.value
    assert [f.step for f in figure.frames] == list(range(len(figure.frames)))
    assert figure.frames[-1].margins.mean() > figure.frames[0].margins.mean()


def test_an_exception_in_training_is_shown(monkeypatch):
    async def press() -> None:
        figure.start.click()
        await figure._task

    def breaks(seed: int):
        yield from itertools.islice(train(seed), 1)
        raise FloatingPointError("a loss that is not a number")

    monkeypatch.setattr("lab.widgets.sixty.shell.train", breaks)
    figure = Sixty()
    asyncio.run(press())
    assert "a loss that is not a number" in figure.error.value
    assert not figure.running
    assert not figure.start.disabled


def test_it_can_be_pressed_again_after_an_error(monkeypatch):
    async def press(button) -> None:
        button.click()
        if figure._task:
            await figure._task

    def breaks_at_once(seed: int):
        raise FloatingPointError("not even one step")
        yield

    figure = Sixty()
    with monkeypatch.context() as broken:
        broken.setattr("lab.widgets.sixty.shell.train", breaks_at_once)
        asyncio.run(press(figure.start))
        assert "not even one step" in figure.error.value
        assert not figure.live, "the recording stays"
        assert len(figure.frames) == len(FRAMES)
        broken.setattr("lab.widgets.sixty.shell.train", lambda seed: itertools.islice(train(seed), 1))
        asyncio.run(press(figure.start))
    assert figure.error.value == ""
    assert figure.live
    assert [f.step for f in figure.frames] == [0]
