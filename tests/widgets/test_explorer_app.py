"""The explorer as an app: what is prepared, the page that Voila runs, and whom the server answers."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from lab.__main__ import app as command_line
from lab.checkpoints import ModelCard, save_model
from lab.erfnet import BranchedERFNet
from lab.images import load_image
from lab.widgets.explorer.app import page, preparation, prepare, server
from lab.widgets.explorer.app.page import NOTEBOOK, read_page, write_page
from lab.widgets.explorer.models import find_models

STREET = ("person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle")


def a_model(folder: Path, names: tuple[str, ...] = ("nucleus",), intensity: str = "percentile") -> str:
    """A file with an untrained model."""
    card = ModelCard(2, len(names), names, 0.9, 0.5, 4, 0.5, intensity=intensity)
    save_model(folder / "mine.safetensors", BranchedERFNet(2, len(names)), card)
    return str(folder / "mine.safetensors")


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    """A grey picture of 16 bits whose values fill little of their range."""
    values = np.random.default_rng(0).integers(300, 900, (48, 64)).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "deep & <dark>.tif"), values)
    return tmp_path / "deep & <dark>.tif"


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Two objects as a label image of 16 bits, with numbers of their own."""
    numbers = np.zeros((48, 64), np.uint16)
    numbers[4:20, 6:20], numbers[30:44, 30:60] = 700, 9
    Image.fromarray(numbers).save(tmp_path / "labels.png")
    return tmp_path / "labels.png"


# --- What is prepared ---


def test_a_picture_is_stretched_as_its_model_was_trained(deep: Path, tmp_path: Path):
    prepared = prepare(deep, a_model(tmp_path))
    np.testing.assert_array_equal(prepared.image, load_image(deep, "percentile"))
    assert not np.array_equal(prepared.image, load_image(deep))
    assert prepared.output.shape == (5, 48, 64)
    assert (prepared.class_names, prepared.thresholds.min_pixels, prepared.note) == (("nucleus",), 4, "")
    assert prepared.instances is None


def test_large_pictures_are_scaled_down_and_their_labels_with_them(deep, labels, tmp_path, monkeypatch):
    monkeypatch.setattr(preparation, "MOST_PIXELS", 24 * 32 + 10)
    prepared = prepare(deep, a_model(tmp_path), labels)
    assert prepared.image.shape == (24, 32, 3)
    assert prepared.output.shape == (5, 24, 32)
    assert sorted(np.unique(prepared.instances)) == [0, 1, 2]
    assert prepared.instances[6, 6] == 2
    assert prepared.instances[18, 20] == 1
    np.testing.assert_array_equal(prepared.classes, prepared.instances > 0)
    assert "from 64x48 to 32x24 px" in prepared.note
    assert "(one is 4 of the file's)" in prepared.note


def test_a_height_can_be_asked_for(deep: Path, labels: Path, tmp_path: Path):
    prepared = prepare(deep, a_model(tmp_path), labels, height=96)
    assert prepared.image.shape == (96, 128, 3)
    assert prepared.instances.shape == (96, 128)
    assert prepared.note == (
        "Scaled from 64x48 to 128x96 px; the model sees the objects at that size, and min_pixels counts pixels of "
        "that size (one is 0.25 of the file's)."
    )
    assert prepared.thresholds.min_pixels == 4
    assert preparation.shown_size((100, 200), 5000) == (1024, 2048)


def test_a_street_of_another_height_than_the_model_learned_is_told():
    words = preparation.tell_height("toyscapes (shipped)", 1024)
    assert words == (
        "This model learned drawn streets 256 px high, and knows objects of that size: in this picture, 1024 px high, "
        "they may be 4 times as large. Try --height 256."
    )
    assert "they may be 0.5 times as large. Try --height 128." in preparation.tell_height("tiny (shipped)", 64)
    assert not any(preparation.tell_height("toyscapes (shipped)", height) for height in (240, 256, 280))
    assert preparation.tell_height("nuclei (shipped)", 1024) == preparation.tell_height("mine (yours)", 64) == ""
    assert preparation.DRAWN_STREETS.keys() <= find_models().keys()


def test_the_height_is_told_unless_it_was_asked_for(deep: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(preparation, "DRAWN_STREETS", {"mine.safetensors": 200})
    assert prepare(deep, a_model(tmp_path)).note.endswith("Try --height 200.")
    assert "Try" not in prepare(deep, a_model(tmp_path), height=60).note


@pytest.mark.parametrize("size", [(1024, 2048), (2048, 1024), (1, 1), (1000, 2000)])
def test_what_fits_stays_as_it_is(size):
    assert preparation.shown_size(size) == size


@pytest.mark.parametrize("size", [(1025, 2048), (9000, 9000), (1, 3_000_000), (4000, 6000)])
def test_what_does_not_fit_keeps_its_shape(size):
    height, width = preparation.shown_size(size)
    assert 0.99 * preparation.MOST_PIXELS < height * width <= preparation.MOST_PIXELS or height == 1
    assert height == 1 or height / width == pytest.approx(size[0] / size[1], rel=0.01)


def test_a_street_has_its_classes(tmp_path: Path):
    Image.new("RGB", (16, 8)).save(tmp_path / "street.png")
    ids = np.full((8, 16), 7, np.uint16)
    ids[2:6, 2:6], ids[2:6, 8:12] = 26001, 24005
    Image.fromarray(ids).save(tmp_path / "a_gtFine_instanceIds.png")
    prepared = prepare(tmp_path / "street.png", a_model(tmp_path, ("car",)), tmp_path / "a_gtFine_instanceIds.png")
    assert prepared.classes[3, 3] == prepared.instances[3, 3] == 1
    assert prepared.classes[3, 9] == 0  # persons are nothing that this model looks for


def test_of_a_folder_the_pictures_are_named(tmp_path):
    for name in "abcde":
        Image.new("L", (4, 4)).save(tmp_path / f"{name}.png")
    with pytest.raises(
        IsADirectoryError, match=r"found a folder, expected one picture\. .*a\.png, .*c\.png and 2 more"
    ):
        prepare(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="found no images in the folder"):
        prepare(tmp_path / "empty")


def test_labels_that_do_not_fit_are_refused(deep, labels, tmp_path):
    street = tmp_path / "a_gtFine_instanceIds.png"
    Image.fromarray(np.full((48, 64), 26001, np.uint16)).save(street)
    with pytest.raises(ValueError, match="found labels of streets, expected such as the model finds: nucleus"):
        prepare(deep, a_model(tmp_path), street)
    with pytest.raises(ValueError, match="not their classes, and a model of 8 classes"):
        prepare(deep, a_model(tmp_path, STREET), labels)
    Image.fromarray(np.ones((4, 4), np.uint16)).save(labels)
    with pytest.raises(ValueError, match="found labels of 4x4 px, expected 64x48 px"):
        prepare(deep, a_model(tmp_path), labels)


def test_the_model_stands_under_the_name_that_the_explorer_lists(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "model.safetensors").touch()
    monkeypatch.setenv("LAB_RUNS", str(tmp_path))
    models = find_models()
    assert preparation.listed_as("shipped", models) == "toyscapes (shipped)"
    assert preparation.listed_as("nuclei", models) == "nuclei (shipped)"
    assert preparation.listed_as("mine", models) == "mine (yours)"
    assert preparation.listed_as(str(tmp_path / "mine" / "model.safetensors"), models) == "mine (yours)"
    assert preparation.listed_as("elsewhere/other.safetensors", models) == "other.safetensors"


# --- The page ---


def test_the_page_holds_the_explorer_and_cannot_be_broken_by_a_name(deep, labels, tmp_path):
    import nbformat

    prepared = prepare(deep, a_model(tmp_path), labels)
    notebook = nbformat.read(write_page(tmp_path, prepared), as_version=4)
    words, code = notebook.cells
    assert notebook.metadata.title == "deep & <dark>.tif · Spatial Embedding Lab"
    assert "<h1>deep &amp; &lt;dark&gt;.tif</h1>" in words.source
    assert "64x48 px" in words.source
    assert code.source.splitlines()[-1] == f"ipywidgets.VBox([read_page({str(tmp_path)!r})])"
    explorer = read_page(str(tmp_path))
    np.testing.assert_array_equal(explorer.maps.image, prepared.image)
    assert explorer.front.model_name == "mine.safetensors"
    assert "cell" not in explorer.front.revival  # the page shows none
    assert "python -m lab explore" in explorer.front.revival
    assert "2 missed" in explorer.front.truth_words
    write_page(tmp_path, prepare(deep, a_model(tmp_path)))
    assert read_page(str(tmp_path)).front.truth_words == ""


def test_a_name_of_several_lines_is_one_heading(deep, tmp_path):
    """Markdown would read on after an empty line."""
    prepared = prepare(deep, a_model(tmp_path))._replace(file="a\n\n**b**.tif")
    assert page.heading(prepared).startswith("<h1>a **b**.tif</h1>\n")


def test_another_model_chosen_in_the_page_sees_the_file_as_it_was_trained(deep, tmp_path, monkeypatch):
    """Of 16 bits, of which the first model's 8-bit picture says less, and in other values."""
    monkeypatch.setenv("LAB_RUNS", str(tmp_path / "runs"))
    for name, intensity in (("plain", "stored"), ("stretched", "percentile")):
        (tmp_path / "runs" / name).mkdir(parents=True)
        Path(a_model(tmp_path, intensity=intensity)).rename(tmp_path / "runs" / name / "model.safetensors")
    for first, then in (("plain", "stretched"), ("stretched", "plain")):
        write_page(tmp_path, prepare(deep, first, height=40))
        explorer = read_page(str(tmp_path))
        explorer.front.model_name = f"{then} (yours)"
        assert explorer.error.value == ""
        np.testing.assert_array_equal(explorer.maps.output, prepare(deep, then, height=40).output)


# --- The server ---


@pytest.fixture
def voila(tmp_path: Path) -> Iterator["server.Voila"]:
    """Voila as it is made for a page, not started."""
    (tmp_path / NOTEBOOK).touch()
    before = signal.getsignal(signal.SIGTERM)
    yield server.voila(tmp_path / NOTEBOOK, 8866, "secret")
    signal.signal(signal.SIGTERM, before)


def test_voila_answers_this_machine_with_the_token_and_serves_no_file(voila):
    assert (voila.ip, voila.port_retries, voila.token) == ("127.0.0.1", 0, "secret")
    assert voila.tornado_settings["allow_remote_access"] is False
    assert voila.voila_configuration.file_allowlist == []
    assert voila.voila_configuration.allow_template_override == "NO"
    assert voila.config_file_paths == []
    settings = voila.init_settings()
    assert settings["identity_provider"].token == "secret"
    assert "execute_request" not in settings["kernel_manager"].allowed_message_types


def test_voila_takes_our_template_and_this_interpreter(voila):
    assert Path(voila.template_paths[0], "index.html.j2").is_file()
    kernels = voila.voila_configuration.kernel_spec_manager_class()
    assert list(kernels.find_kernel_specs()) == ["python3"]
    assert kernels.get_kernel_spec("python3").argv[0] == sys.executable


def test_a_port_in_use_is_said():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(OSError, match=f"--port: found {taken} in use .* leave --port out"):
            server.usable_port(taken)
        assert server.usable_port(None) != taken


# --- The command ---


def test_the_command_says_what_is_wrong_before_it_serves(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "note.txt").write_text("no picture")
    Image.new("RGB", (16, 16)).save(tmp_path / "picture.png")
    for words, message in [
        (["missing.png"], "missing.png: found no file"),
        (["."], "found a folder, expected one picture. Name one of those in it: picture.png."),
        (["note.txt"], "cannot be read as an image"),
        (["picture.png", "--model", "none"], "neither a shipped model 'none'"),
    ]:
        result = CliRunner().invoke(command_line, ["explore", *words])
        assert result.exit_code == 1
        assert message in result.stderr
        assert not result.stdout  # nothing is said to run
    assert sorted(os.listdir()) == ["note.txt", "picture.png"]
