"""Seed trajectories: what is read from a run, the picture, the shell, and the recordings that ship."""

import dataclasses

import numpy as np
import pytest
import torch

from lab.datasets.sample import corner
from lab.datasets.scene import Scene
from lab.embedding import bandwidth_to_sharpness, split
from lab.figures.colours import instance_colour
from lab.widgets.board.board import Event
from lab.widgets.trajectories import Trajectories
from lab.widgets.trajectories.compute import (
    LAYERS,
    TARGET_NAMES,
    Choice,
    kept_index,
    look,
    nearest,
    step_on,
    typical_pixels,
)
from lab.widgets.trajectories.record import COLUMNS, KEPT, SEEDS, TARGETS, Run, load, own_values, record, train
from lab.widgets.trajectories.render import LETTERS, difference_colours, draw, paint, picture_panel, pixel_at
from lab.widgets.trajectories.words import tell, tell_pull
from tests.ideal import ideal_output

STEPS = np.array([0, 2, 10])


def small_scene() -> Scene:
    """A block of 4x5 px (3) and a bar of 2x6 px (7) of another class, on 12x16 px."""
    instances, classes = np.zeros((12, 16), np.int32), np.zeros((12, 16), np.int16)
    instances[1:5, 2:7], classes[1:5, 2:7] = 3, 1
    instances[8:10, 6:12], classes[8:10, 6:12] = 7, 2
    classes[11] = -1
    return Scene("small", np.full((12, 16, 3), 100, np.uint8), instances, classes)


def invented_run(offset: int = 0) -> Run:
    """φ of pixel p at step t is (8 t + p + offset) / 255, s is 100 / 255 more."""
    phi = (8 * np.arange(3)[:, None] + np.arange(32) + offset).astype(np.uint8)
    summary = np.arange(18, dtype=np.float32).reshape(3, 6) / 100 + offset
    return Run(STEPS, phi, phi + np.uint8(100), summary)


@pytest.fixture
def runs() -> dict[str, Run]:
    return {"membership": invented_run(), "attached": invented_run(40)}


def view_of(runs, **changes):
    choice = Choice(pixels=((2, 1), (6, 8), (6, 4)), **changes)
    return look(runs, small_scene(), choice)


def test_own_values_are_of_the_own_object_and_the_own_class():
    scene = small_scene()
    output = ideal_output(scene.instances, scene.classes, 2)
    phi, score = own_values(output, scene)
    prediction = split(output[None], 2)
    inside = torch.from_numpy(scene.instances == 7)
    e, b = prediction.embedding[0][:, inside].double(), prediction.bandwidth[0][:, inside].double()
    kappa, centre = bandwidth_to_sharpness(b.mean(1)), e.mean(1)
    expected = torch.exp(-(kappa[:, None] * (e - centre[:, None]) ** 2).sum(0))
    torch.testing.assert_close(phi[inside].double(), expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(score[inside], prediction.seed_map[0, 1][inside])
    outside = torch.from_numpy(scene.classes <= 0)
    assert (phi[outside] == 0).all()
    assert (score[outside] == 0).all()


def test_curves_belong_to_the_pixel_that_was_chosen(runs):
    view = view_of(runs, step=5)
    rows, columns = np.nonzero(small_scene().classes > 0)
    for curve, shadow in zip(view.curves, view.shadows, strict=True):
        place = int(np.flatnonzero((columns == curve.pixel[0]) & (rows == curve.pixel[1]))[0])
        np.testing.assert_allclose(curve.phi * 255, 8 * np.arange(3) + place)
        np.testing.assert_allclose(curve.score - curve.phi, 100 / 255)
        np.testing.assert_allclose(shadow.phi - curve.phi, 40 / 255)
    assert [curve.instance for curve in view.curves] == [3, 7, 3]


def test_the_last_kept_step_is_shown(runs):
    assert [kept_index(STEPS, step) for step in (0, 1, 2, 9, 10, 400)] == [0, 0, 1, 1, 2, 2]
    view = view_of(runs, step=9)
    assert view.now == 1
    assert view.means == pytest.approx((0.06, 0.07, 0.09))
    assert view.means_beside == pytest.approx((40.06, 40.07, 40.09))


def test_maps_hold_the_step_and_nothing_outside_of_objects(runs):
    view, scene = view_of(runs, step=10), small_scene()
    assert np.isnan(view.maps[:, scene.classes <= 0]).all()
    np.testing.assert_allclose(view.maps[0][scene.classes > 0] * 255, 16 + np.arange(32))


@pytest.mark.parametrize(
    ("wanted", "found"), [((3, 3), (3, 3)), ((0, 0), (2, 1)), ((15, 11), (11, 9)), ((4, 7), (6, 8))]
)
def test_background_gives_way_to_the_nearest_object_pixel(wanted, found):
    foreground = small_scene().classes > 0
    assert nearest(foreground, wanted) in (found, (4, 4))
    assert foreground[nearest(foreground, wanted)[::-1]]


def test_typical_pixels_of_the_recording():
    recording, scene = load(), corner()
    a, b, c = typical_pixels(recording.runs, scene)
    assert [scene.instances[row, column] for column, row in (a, b, c)] == [11, 11, 5]
    run = recording.runs["membership"]
    view = look(recording.runs, scene, Choice(pixels=(a, b, c)))
    inside = scene.instances[scene.classes > 0] == 11
    assert view.curves[1].phi.mean() == pytest.approx(run.phi[:, inside].mean(0).min() / 255)
    at_60 = kept_index(run.steps, 60)
    assert abs(view.curves[0].phi[at_60] - run.phi[at_60, inside].mean() / 255) < 0.2


def test_the_recording_shows_what_the_notebook_says_of_it():
    """Of B with each of the targets, of the cloud at step 40 without the stop-gradient."""
    recording, scene = load(), corner()
    pixels = typical_pixels(recording.runs, scene)
    of_b = look(recording.runs, scene, Choice("mask", "membership", 100, pixels=pixels)).curves[1]
    at_100 = kept_index(recording.runs["mask"].steps, 100)
    assert of_b.phi[at_100] < 0.1
    assert of_b.score[at_100] == pytest.approx(0.7, abs=0.03)
    ends = {t: look(recording.runs, scene, Choice(t, pixels=pixels)).curves[1] for t in TARGETS[:2]}
    assert ends["membership"].phi[-1] == pytest.approx(0, abs=0.005)
    assert ends["membership"].score[-1] == pytest.approx(0.07, abs=0.006)
    assert ends["membership"].phi.max() < 0.2, "never at the centre"
    assert ends["attached"].phi[-1] == pytest.approx(0.46, abs=0.005)
    assert ends["attached"].score[0] > ends["attached"].phi[0] + 0.5, "begins above the diagonal"
    fixed, attached = (look(recording.runs, scene, Choice(t, step=40, pixels=pixels)) for t in TARGETS[:2])
    assert np.abs(attached.score - attached.phi).mean() < 0.55 * np.abs(fixed.score - fixed.phi).mean()
    assert 0.4 < attached.phi.mean() < 0.6
    assert attached.means[2] < fixed.means[2] - 0.15


def test_pixel_at_is_the_inverse_of_where_it_is_drawn():
    scene = small_scene()
    panel = picture_panel(scene)
    for pixel in ((0, 0), (15, 11), (7, 3)):
        assert pixel_at(scene, *panel.at(*pixel)) == pixel
    assert pixel_at(scene, panel.left - 5, panel.top + 5) is None
    assert pixel_at(scene, panel.left + 5, panel.top + panel.height + 5) is None


def test_layers(runs):
    scene = small_scene()
    pictures = {layer: paint(view_of(runs, step=10, layer=layer), scene) for layer in LAYERS}
    assert (pictures["image"] == 100).all()
    for layer in LAYERS[1:]:
        assert (pictures[layer][scene.classes <= 0] == 217).all()
    inside = pictures["s - φ"][scene.classes > 0]
    assert (inside == inside[0]).all(), "s is 100/255 above φ everywhere"
    assert inside[0][1] > max(inside[0][0], inside[0][2]), "too high is green"


def test_difference_colours():
    colours = difference_colours(np.array([[0.0, -0.5, 0.5, -1.0, 0.25]]))[0]
    assert colours[0].tolist() == [255, 255, 255]
    assert colours[1].tolist() == colours[3].tolist() == [0x76, 0x2A, 0x83]
    assert colours[2].tolist() == [0x1B, 0x78, 0x37]
    assert colours[4, 2] == 155


def test_drawing_names_pixels_and_uses_the_objects_colours(runs):
    drawing = draw(view_of(runs, step=10), small_scene())
    for letter in LETTERS:
        assert f'data-handle="{letter}"' in drawing
    assert 'aria-label="pixel B: column 6, row 8, object 7"' in drawing
    for number in (3, 7):
        assert "#{:02x}{:02x}{:02x}".format(*instance_colour(number)) in drawing
    assert draw(view_of(runs, step=2), small_scene()) != drawing


@pytest.mark.parametrize(
    ("target", "phi", "score", "words"),
    [
        ("membership", 0.9, 0.3, "pulls s up to φ, and leaves φ alone"),
        ("membership", 0.3, 0.9, "pulls s down to φ"),
        ("attached", 0.9, 0.3, "pulls s up, and just as hard φ down"),
        ("attached", 0.3, 0.9, "pulls s down, and just as hard φ up"),
        ("attached", 0.3, 0.3, "nothing to do"),
        ("mask", 0.1, 0.3, "up to 1, however φ stands"),
    ],
)
def test_pull_in_words(target, phi, score, words):
    assert words in tell_pull(target, phi, score)


def test_words_say_what_is_shown(runs):
    words = tell(view_of(runs, step=10, target="attached", beside="membership", active=1))
    assert "Step 10, φ, no stop-gradient" in words
    assert "32 object pixels: φ 40.12, s 40.13; mean IoU of the objects 40.15" in words
    assert "(target φ, held fixed): φ 0.12, IoU 0.15" in words
    assert "<b>B</b> (column 6, row 8, object 7): φ 0.30, s 0.69" in words


# --- the shell -------------------------------------------------------------------------------------------------------


@pytest.fixture
def figure(runs) -> Trajectories:
    return Trajectories(runs, small_scene(), step=2)


def test_controls_change_the_picture(figure):
    seen = {figure.board.shapes}
    for control, value in ((figure.step, 2), (figure.target, "attached"), (figure.layer, "φ")):
        control.value = value
        assert figure.error.value == ""
        assert figure.board.shapes not in seen
        seen.add(figure.board.shapes)
    assert figure.view.choice.beside == "membership"
    assert figure.view.choice.step == 10


def test_pixels_follow_hand_and_keys(figure):
    figure._touched(Event("key", "B", 0, 0, 0, 0))
    assert figure.active == 1
    before = figure.pixels
    x, y = picture_panel(small_scene()).at(9, 8)
    figure._touched(Event("drag", "C", x, y, 0, 0))
    assert figure.pixels == (*before[:2], (9, 8))
    figure._touched(Event("key", "C", 0, 0, 1, 0))
    assert figure.pixels[2] == (10, 8)
    figure._touched(Event("key", "C", 0, 0, 10, 0))
    assert figure.pixels[2] == (11, 8), "the last object pixel, as no step leads out of the picture"
    figure._touched(Event("press", "", *picture_panel(small_scene()).at(3, 2), 0, 0))
    assert figure.pixels[2] == (3, 2), "a click moves the pixel touched last"
    figure._touched(Event("press", "", 700, 200, 0, 0))
    assert figure.pixels[2] == (3, 2), "a click beside the picture moves nothing"
    assert figure.error.value == ""


def test_keys_leap_over_the_gaps():
    foreground = np.zeros((4, 30), bool)
    foreground[1, [2, 3, 9, 14, 28]] = True
    assert step_on(foreground, (2, 1), 1, 0) == (3, 1)
    assert step_on(foreground, (3, 1), 1, 0) == (9, 1)
    assert step_on(foreground, (9, 1), -1, 0) == (3, 1)
    assert step_on(foreground, (3, 1), 10, 0) == (14, 1)
    assert step_on(foreground, (14, 1), 10, 0) == (28, 1)
    assert step_on(foreground, (9, 1), -10, 0) == (2, 1), "the last one, where none is beyond"
    assert step_on(foreground, (28, 1), 1, 0) == (28, 1)
    assert step_on(foreground, (2, 1), 0, 1) == (2, 1)


def test_every_object_is_reached_by_plain_keys():
    scene = corner()
    foreground, reached = scene.classes > 0, set()
    due = [tuple(np.argwhere(foreground)[0][::-1].tolist())]
    while due:
        pixel = due.pop()
        if pixel not in reached:
            reached.add(pixel)
            due += [step_on(foreground, pixel, dx, dy) for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    numbers = {int(scene.instances[row, column]) for column, row in reached}
    assert numbers == set(np.unique(scene.instances[foreground]).tolist())


def test_still_and_words_beside_it(figure):
    bundle, _ = figure._repr_mimebundle_()
    assert "image/png" in bundle
    assert "three pixels marked" in bundle["text/plain"]


def test_an_exception_is_shown(figure):
    figure.runs = {}
    figure.step.value = 2
    assert "KeyError" in figure.error.value


def test_runs_of_another_scene_are_refused(runs):
    with pytest.raises(ValueError, match="follow 32 pixels, the scene has 2072"):
        Trajectories(runs)


# --- recordings ------------------------------------------------------------------------------------------------------


def test_recorder_writes_what_load_reads(tmp_path):
    path = tmp_path / "some.npz"
    record(path, kept=(0, 2), seeds=(5,))
    read, direct = load(path), train(corner(), "attached", 5, (0, 2))
    assert list(read.runs) == list(TARGETS)
    assert read.origin["recipe"] == "python -m lab.widgets.trajectories.record"
    assert read.summaries["mask"].shape == (1, 2, len(COLUMNS))
    for field in dataclasses.fields(Run):
        np.testing.assert_allclose(getattr(read.runs["attached"], field.name), getattr(direct, field.name), atol=1.01)
    start = [run.phi[0] for run in read.runs.values()]
    assert (start[0] == start[1]).all(), "all targets start from the same weights"
    assert (read.runs["attached"].phi[-1] != read.runs["membership"].phi[-1]).any()


def test_what_ships_is_whole_and_says_where_it_is_from():
    recording = load()
    assert set(recording.runs) == set(TARGETS) == set(TARGET_NAMES)
    assert {"device", "versions", "commit", "recipe", "seeds"} <= set(recording.origin)
    for target, run in recording.runs.items():
        assert tuple(run.steps) == KEPT
        assert run.phi.shape == run.score.shape == (len(KEPT), int((corner().classes > 0).sum()))
        assert recording.summaries[target].shape == (len(SEEDS), len(KEPT), len(COLUMNS))
        np.testing.assert_allclose(run.phi.mean(1) / 255, run.summary[:, COLUMNS.index("phi")], atol=2e-3)
        np.testing.assert_allclose(run.score.mean(1) / 255, run.summary[:, COLUMNS.index("score")], atol=2e-3)
