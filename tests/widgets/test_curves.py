"""Live curves: what is read from a log, the drawing, and the figure beside a training."""

import json
from pathlib import Path

import numpy as np
import pytest

from lab.folders import data_folder
from lab.widgets.curves import Curves, read_log, show_log
from lab.widgets.curves.render import describe, draw, spread, step_ticks, top_of, value_ticks

HEAD = "stage,step,instance,smoothness,seed,total,learning_rate,seconds\n"
ROWS = ["pretrain,10,1.5,0.001,0.5,2.01,0.001,1\n", "pretrain,15,1.0,0.002,0.4,1.42,0.0005,2\n"]
SECOND = "finetune,10,0.8,0.003,0.3,1.13,0.0001,3\n"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "log.csv").write_text(HEAD + "".join(ROWS) + SECOND)
    return folder


def test_steps_are_counted_through_both_stages(run):
    log = read_log(run / "log.csv")
    assert log.steps.tolist() == [10, 15, 25]
    assert log.stage.tolist() == [0, 0, 1]
    assert log.ends == (15, 25)
    np.testing.assert_allclose(log.terms[1], [1.0, 0.002, 0.4])
    np.testing.assert_allclose(log.total, [2.01, 1.42, 1.13])
    assert log.mean_of("instance", 0, 15) == 1.25
    assert log.mean_of("total", 20, 30) == 1.13
    assert np.isnan(log.mean_of("seed", 100, 200))


def test_a_run_of_stage_two_alone_begins_at_its_first_step(tmp_path):
    rows = [f"finetune,{step},0.8,0.003,0.3,1.13,0.0001,3\n" for step in (10, 20, 30)]
    (tmp_path / "log.csv").write_text(HEAD + "".join(rows))
    log = read_log(tmp_path / "log.csv")
    assert log.steps.tolist() == [10, 20, 30]
    assert log.stage.tolist() == [1, 1, 1]
    assert log.ends == (0, 30)


def test_a_line_that_is_being_written_is_left_out(run):
    with (run / "log.csv").open("a") as file:
        file.write("finetune,20,0.7,0.0")
    assert len(read_log(run / "log.csv")) == 3


def test_no_log_and_an_empty_one(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"log\.csv: found no file"):
        read_log(tmp_path / "log.csv")
    (tmp_path / "log.csv").write_text(HEAD)
    log = read_log(tmp_path / "log.csv")
    assert len(log) == 0
    assert "no step" in describe(log)
    assert draw(log, (10, 20))
    assert draw(log)


def test_the_log_that_ships():
    log = read_log(data_folder() / "results" / "toyscapes_training.csv")
    assert len(log.ends) == 2
    assert log.total[-1] < log.total[0] / 2
    still = show_log(log)
    assert str(log.steps[-1]) in still.alt
    assert still.pixels.std() > 5


def test_labels_at_the_right_do_not_cover_one_another():
    places = spread([100.0, 101.0, 50.0, 199.0], lowest=200.0)
    assert places[2] < places[0] < places[1] < places[3] <= 200.0
    assert min(np.diff(sorted(places))) >= 15 - 1e-9
    crowded = spread([200.0, 200.0, 199.0, 198.0], lowest=200.0)
    assert max(crowded) == 200.0
    assert min(np.diff(sorted(crowded))) >= 15 - 1e-9


def test_axes_have_round_ticks():
    assert step_ticks(530) == [0, 100, 200, 300, 400, 500]
    assert step_ticks(1) == [0, 1]
    assert value_ticks(2.5) == [0, 0.5, 1.0, 1.5, 2.0, 2.5]
    assert top_of(np.array([2.0] * 99 + [50.0])) < 5  # one jump does not press all else to the floor


def test_a_folders_name_is_text_and_no_html(tmp_path):
    (tmp_path / "<img src=x>").mkdir()
    assert Curves(tmp_path / "<img src=x>").status.value == "<b>&lt;img src=x&gt;</b>: nothing logged yet"


def test_the_figure_follows_a_training(tmp_path):
    folder = tmp_path / "mine"
    curves = Curves(folder, seconds=0.0)
    assert "nothing logged yet" in curves.status.value
    folder.mkdir()
    (folder / "settings.json").write_text(json.dumps({"pretrain_steps": 15, "finetune_steps": 10}))
    (folder / "log.csv").write_text(HEAD + ROWS[0])
    curves.watch(None)
    assert "step 10 of 25" in curves.status.value
    first = curves.board.shapes
    with curves:
        (folder / "log.csv").write_text(HEAD + "".join(ROWS) + SECOND)
    assert curves.board.shapes != first
    assert "step 25 of 25" in curves.status.value
    assert curves.error.value == ""


def test_it_looks_no_oftener_than_it_is_told(run):
    curves = Curves(run, seconds=60.0)
    before = curves.board.shapes
    with (run / "log.csv").open("a") as file:
        file.write("finetune,20,0.7,0.003,0.2,0.9,0.00005,4\n")
    curves.watch(None)
    assert curves.board.shapes == before
    curves.again.click()
    assert curves.board.shapes != before


def test_what_goes_wrong_does_not_end_the_training(run, monkeypatch):
    curves = Curves(run, seconds=0.0)
    with monkeypatch.context() as broken:
        broken.setattr("lab.widgets.curves.shell.read_log", lambda path: 1 / 0)
        curves.watch(None)
        assert "ZeroDivisionError" in curves.error.value
    curves.watch(None)
    assert curves.error.value == ""


def test_an_interrupted_training_still_leaves_its_curves(run):
    curves = Curves(run, seconds=60.0)

    def train() -> None:
        with curves:
            with (run / "log.csv").open("a") as file:
                file.write("finetune,20,0.7,0.003,0.2,0.9,0.00005,4\n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train()
    assert "step 35" in curves.status.value


def test_a_page_without_a_kernel_gets_a_still(run):
    bundle, metadata = Curves(run)._repr_mimebundle_()
    assert "image/png" in bundle
    assert "total from 2.010 to 1.130" in metadata["image/png"]["alt"]
