"""The crop sampler: what windows show in the long run, crops and where they come from, picture, shell."""

from dataclasses import replace

import numpy as np
import pytest

from lab.datasets.crops import Crops, cut, window_start
from lab.datasets.objects import ObjectIndex, index_objects, object_centres
from lab.datasets.sample import street
from lab.datasets.scene import Scene
from lab.widgets.board.board import Event
from lab.widgets.crops import CropSampler, coverage, render
from lab.widgets.crops.compute import COUNTED, DRAWN, Choice, hit, look, objects_of, plan, set_stage
from tests.sources import InMemory


def small_scene() -> Scene:
    """A car in a corner, a person in the middle, a second car at the right edge, in 20 x 30 px."""
    instances = np.zeros((20, 30), np.int32)
    instances[0:4, 0:6], instances[9:12, 14:16], instances[15:19, 26:30] = 1, 2, 3
    classes = np.array([0, 3, 1, 3], np.int16)[instances]
    classes[19, :5] = -1
    image = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    return Scene("small", image, instances, classes)


@pytest.fixture(scope="module")
def stage():
    return set_stage(small_scene())


@pytest.mark.parametrize("way", coverage.WAYS)
@pytest.mark.parametrize("size", [1, 7, 20, 24, 40])
def test_weights_are_a_distribution(way, size):
    weights = coverage.weights(small_scene(), size, way)
    assert weights.shape == (max(20 - size, 0) + 1, max(30 - size, 0) + 1)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()


@pytest.mark.parametrize("size", [1, 6, 20, 24, 40])
def test_shares_anywhere_by_cutting_every_window(size):
    scene = small_scene()
    windows = [
        cut(scene, int(top), int(left), size, size).instances
        for top in coverage.starts(size, 20)
        for left in coverage.starts(size, 30)
    ]
    shares = [np.mean([(w == k).any() for w in windows]) for k in (1, 2, 3)]
    np.testing.assert_allclose(coverage.seen(scene, size, "anywhere"), shares)
    assert coverage.empty(scene, size, "anywhere") == pytest.approx(np.mean([not w.any() for w in windows]))


@pytest.mark.parametrize(("way", "chances"), [("objects", [1 / 3] * 3), ("classes", [1 / 4, 1 / 2, 1 / 4])])
def test_shares_on_objects_by_cutting_each_one(way, chances):
    scene = small_scene()
    windows = [
        cut(scene, window_start(row, 8, 20), window_start(column, 8, 30), 8, 8).instances
        for row, column in object_centres(scene.instances).tolist()
    ]
    shares = [sum(p * (w == k).any() for p, w in zip(chances, windows, strict=True)) for k in (1, 2, 3)]
    np.testing.assert_allclose(coverage.seen(scene, 8, way), shares)
    assert coverage.empty(scene, 8, way) == 0


@pytest.mark.parametrize("way", coverage.WAYS)
@pytest.mark.parametrize("size", [5, 20, 26])
def test_light_is_the_share_of_windows_over_each_pixel(way, size):
    scene = small_scene()
    expected = np.zeros(scene.instances.shape)
    weights = coverage.weights(scene, size, way)
    for i, top in enumerate(coverage.starts(size, 20)):
        for j, left in enumerate(coverage.starts(size, 30)):
            expected[max(top, 0) : top + size, max(left, 0) : left + size] += weights[i, j]
    np.testing.assert_allclose(coverage.light(scene, size, way), expected, atol=1e-12)


def test_an_unknown_way_is_refused():
    with pytest.raises(ValueError, match="found 'nowhere'"):
        coverage.weights(small_scene(), 4, "nowhere")


CHOICES = (
    Choice("objects", 8, 1),
    Choice("classes", 8, 2, flip=True),
    Choice("objects", 9, 3, turns=True),
    Choice("objects", 12, 4, True, True, True, True),
    Choice("objects", 26, 5, turns=True),
    Choice("by hand", 8, 6, place=(19, 29)),
)


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_a_crop_is_what_the_training_s_crops_would_be(stage, choice):
    """Of a source that holds the scene once."""
    source = InMemory(stage.scene)
    objects = index_objects(source, progress=False)
    if choice.draw == "by hand":
        objects = ObjectIndex(np.array([0]), np.array([choice.place]), np.array([1]))
    expected = Crops(source, objects, choice.recipe)[choice.number, 0]
    view = look(stage, choice)
    np.testing.assert_array_equal(view.image, expected["image"].permute(1, 2, 0).numpy())
    np.testing.assert_array_equal(view.instances, expected["instances"].numpy())
    np.testing.assert_array_equal(view.classes, expected["classes"].numpy())
    assert (view.drawn > 0) == (choice.draw != "by hand")


def test_the_drawn_object_is_in_the_crop_s_middle_or_at_the_border(stage):
    drawn = set()
    for number in range(1, 30):
        view = look(stage, Choice("objects", 8, number))
        drawn.add(view.drawn)
        assert (view.instances == view.drawn).any()
        row, column = stage.objects.centres[view.drawn - 1].tolist()
        left, top = view.corners[0] + 0.5
        assert (top, left) == pytest.approx((window_start(row, 8, 20), window_start(column, 8, 30)))
    assert drawn == {1, 2, 3}


@pytest.mark.parametrize("choice", CHOICES, ids=str)
@pytest.mark.parametrize("number", range(1, 9))
def test_corners_lead_back_to_the_scene(stage, choice, number):
    """The scene's pixel that lies under each of the crop's, by the corners, is the one that it came from."""
    choice = replace(choice, number=number)
    pixels = np.arange(1, 601, dtype=np.int32).reshape(20, 30)  # a scene whose pixels are numbered
    numbered = (replace(stage.scene, instances=pixels),) * 3
    origin = Crops(numbered, objects_of(stage, choice), choice.recipe)[number, 0]["instances"].numpy()
    steps = (np.arange(choice.size) + 0.5) / choice.size
    a, b, c, _ = look(stage, choice).corners
    places = a + steps[None, :, None] * (b - a) + steps[:, None, None] * (c - b)
    rows, columns = np.divmod(origin - 1, 30)
    off = np.abs(places - np.stack([columns, rows], -1))[origin > 0]
    assert off.max() < (0.51 if choice.scale else 1e-6)


def test_hits_are_counted_over_the_last_draws(stage):
    choice = Choice("classes", 8, COUNTED + 5, turns=True, scale=True)
    view = look(stage, choice)
    crops = [look(stage, replace(choice, number=n)).instances for n in range(6, COUNTED + 6)]
    assert view.counted == COUNTED
    assert view.hits.tolist() == [sum((crop == k).any() for crop in crops) for k in (1, 2, 3)]
    assert look(stage, replace(choice, number=2)).counted == 2


def test_a_window_hits_what_a_cut_holds(stage):
    window = plan(stage, Choice("objects", 8, 1))
    for top, left, height, width in np.random.default_rng(1).integers(1, 20, (300, 4)).tolist():
        moved = replace(window, top=top - 4, left=2 * left - 8, height=height, width=width)
        crop = cut(stage.scene, moved.top, moved.left, height, width).instances
        assert hit(stage, moved).tolist() == [(crop == k).any() for k in (1, 2, 3)], moved


def test_many_draws_come_near_the_long_run(stage):
    share = np.mean([plan(stage, Choice("classes", 8, n)).scene == 1 for n in range(1, DRAWN + 1)])
    assert share == pytest.approx(0.5, abs=0.12)
    assert look(stage, Choice("classes", 8)).expected[1] == pytest.approx(0.5)


def test_void_is_painted_in_stripes_and_told(stage):
    view = look(stage, Choice("objects", 26, 1))
    painted = render.paint_labels(view)
    assert view.void > 0.2
    assert set(np.unique(painted[view.classes == -1]).tolist()) == {40, 250}
    assert f"{100 * view.void:.0f} % of it is void" in render.describe(view, ())


@pytest.fixture(scope="module")
def figure():
    return CropSampler()


def test_every_control_changes_the_picture(figure):
    steps = (("draw", "anywhere"), ("size", 128), ("number", 33), ("turns", True), ("scale", True), ("colour", True))
    for control, value in steps:
        before = figure.board.shapes
        getattr(figure, control).value = value
        assert figure.board.shapes != before, control
        assert figure.error.value == ""
    figure.number.value = DRAWN
    figure.again.click()
    assert figure.number.value == 1


def test_the_cross_takes_the_window_by_hand_and_the_window_stays_inside(figure):
    figure.draw.value, figure.size.value, figure.turns.value, figure.scale.value = "objects", 96, False, False
    figure._move(Event("drag", "middle", *render.STREET.at(-20, 400), 0, 0))
    assert figure.draw.value == "by hand"
    assert figure.view.asked == (255, 0)
    assert figure.view.corners.min(0).tolist() == pytest.approx([-0.5, 159.5])
    figure._move(Event("key", "middle", 0, 0, 10, -1))
    assert figure.view.asked == (254, 10)
    figure._move(Event("press", "", 1, 1, 0, 0))
    assert figure.view.asked == (254, 10)
    assert "by hand" in figure.board.alt


def test_still_is_the_drawing_with_words(figure):
    still = figure.still()
    assert still.width == render.WIDTH
    assert "rows" in still.alt
    assert still.pixels.std() > 20


def test_the_text_s_numbers_of_the_street():
    scene = street()
    own = scene.instances == 7
    tried = np.mean([own[r : r + 96, c : c + 96].any() for r in range(161) for c in range(417)])
    assert coverage.seen(scene, 96, "anywhere")[6] == pytest.approx(tried)
    assert coverage.empty(scene, 128, "anywhere") == 0
