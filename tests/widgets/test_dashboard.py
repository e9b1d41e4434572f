"""The dashboard: what a choice shows, how it is drawn, and the figure moved by its controls."""

import base64
import json

import numpy as np
import pytest

from lab.comparison import read_scenes
from lab.figures.colours import instance_colour
from lab.widgets.dashboard import Choice, Dashboard, side_by_side
from lab.widgets.dashboard.compute import MOST_POINTS, find_outcomes, look, owners_of, thin
from lab.widgets.dashboard.paint import SIZE, WRONG, paint
from lab.widgets.dashboard.render import axis_ticks, draw, height_of, limits, pen, tell_difference
from tests.recorded import ARMS, ablations_for_tests, scenes_for_tests, write_scenes

METHOD = "elliptical_learned"


@pytest.fixture(scope="module")
def results():
    return ablations_for_tests()


@pytest.fixture(scope="module")
def scenes():
    return scenes_for_tests()


@pytest.fixture(scope="module")
def outcomes(scenes):
    return find_outcomes(scenes)


@pytest.fixture
def figure(results, scenes):
    return Dashboard(results, scenes, arms=(METHOD, "cross_entropy"))


def test_rows_are_held_against_the_chosen_arm(results, outcomes):
    view = look(results, outcomes, Choice(("cross_entropy", METHOD, "circular_learned")))
    circular, method, crossed = view.rows  # in the file's order
    assert method.difference is None
    assert (crossed.arm.name, circular.arm.name) == ("cross_entropy", "circular_learned")
    assert crossed.difference == pytest.approx(np.mean(crossed.values) - np.mean(method.values))
    assert crossed.p == pytest.approx(1 / 20)
    assert circular.p > 1 / 20
    assert tell_difference(crossed).startswith("−8.")
    assert tell_difference(crossed).endswith("1/20")
    ahead = look(results, outcomes, Choice((METHOD,), against="cross_entropy")).rows[0]
    assert ahead.difference == pytest.approx(-crossed.difference)
    assert ahead.p == crossed.p


def test_measure_and_seeds_choose_the_numbers(results, outcomes):
    for measure in ("AP", "AP50"):
        for seeds in ("predicted", "ground truth"):
            (row,) = look(results, outcomes, Choice((METHOD,), measure, seeds)).rows
            np.testing.assert_array_equal(row.values, results.values(METHOD, measure, seeds))


def test_every_training_has_its_curve(results, outcomes):
    view = look(results, outcomes, Choice((METHOD, "one_stage"), term="seed"))
    assert [curve.place for curve in view.curves] == [5, 5, 5, 9, 9, 9]
    np.testing.assert_array_equal(view.curves[4].values, results.runs_of("one_stage")[1].curve["seed"])


def test_thinning_keeps_the_mean():
    values = np.arange(10 * MOST_POINTS, dtype=float)
    assert len(thin(values)) == MOST_POINTS
    assert thin(values).mean() == values.mean()
    assert thin(values)[0] == np.arange(10).mean()
    odd = thin(np.arange(MOST_POINTS + 1, dtype=float))
    assert len(odd) == MOST_POINTS // 2 + 1
    assert odd[-1] == MOST_POINTS
    assert thin(np.zeros(0)).size == 0


def test_owners_by_hand():
    truth = np.zeros((4, 8), np.uint8)
    truth[:2, :4], truth[2:, 4:] = 1, 2
    labels = np.zeros_like(truth)
    labels[:2, :3] = 5  # 6 of 8 px of object 1
    labels[2:, 2:6] = 6  # 4 of 12 px of the union with object 2
    labels[0, 7] = 7
    assert owners_of(labels, truth) == {5: 1, 6: 0, 7: 0}
    labels[0, 0], labels[1, 2] = 0, 0
    assert owners_of(labels, truth)[5] == 0  # 4 of 8 is not more than half
    assert owners_of(np.zeros_like(truth), truth) == {}
    assert owners_of(labels, np.zeros_like(truth)) == {5: 0, 6: 0, 7: 0}


def test_counts_in_a_scene(results, outcomes):
    view = look(results, outcomes, Choice(("fixed_centroid", "fixed_learned", METHOD)))
    assert [(cell.found, cell.wrong) for cell in view.cells] == [(6, 1), (5, 1), (4, 1)]
    assert view.objects == 6
    view = look(results, outcomes, Choice((METHOD,), seeds="ground truth"))
    assert [(cell.found, cell.wrong) for cell in view.cells] == [(6, 0)]


def test_found_and_wrong_differ_by_colour_and_cross(scenes):
    image = np.full((SIZE[1], SIZE[0], 3), 100, np.uint8)
    truth = np.zeros(image.shape[:2], np.uint8)
    truth[40:80, 40:80] = 1
    labels = truth.copy()
    labels[100:130, 200:260] = 2
    picture = paint(image, truth, labels, {1: 1, 2: 0}).astype(int)
    expected = 0.4 * 100 + 0.6 * np.array(instance_colour(1))
    np.testing.assert_allclose(picture[60, 60], expected, atol=2)
    np.testing.assert_allclose(picture[105, 210], 0.4 * 100 + 0.6 * np.array(WRONG), atol=2)
    assert picture[110:120, 225:235].min() < 60  # the cross
    assert (picture[40:80, 40] > 150).any()  # the outline


def test_pens_differ():
    assert len({pen(place) for place in range(len(ARMS))}) == len(ARMS)


def test_ticks_lie_inside_and_are_few():
    for low, high in ((0, 1.5), (12.3, 19.9), (0, 55)):
        ticks = axis_ticks(low, high)
        assert 2 <= len(ticks) <= 8
        assert min(ticks) >= low
        assert max(ticks) <= high
    assert "-" not in "".join(f"{tick:g}" for tick in axis_ticks(-0.3, 15.2))


def test_all_points_are_on_the_axis(results, outcomes):
    view = look(results, outcomes, Choice(("fixed_margin_hinge",)))
    low, high = limits(view)
    assert 5 < low < results.values("fixed_margin_hinge").min()
    assert 38 > high > results.values(METHOD).max()  # held against, so its range is drawn


def test_with_whatever_is_there(tmp_path):
    """No arm, an arm without runs, one seed, no curve, no picture."""
    few = ablations_for_tests(arms=("fixed_centroid",), seeds=(1,))
    scenes = read_scenes(write_scenes(tmp_path / "s.npz", arms=("one_stage",), scenes=1))
    figure = Dashboard(few, scenes, arms=("fixed_centroid", METHOD))
    assert figure.error.value == ""
    assert figure.board.shapes.count("not recorded") == 3  # no seed of the method, and no picture of either
    assert "Not trained" in figure.words.value
    figure.choose(set())
    assert "No arm is chosen" in figure.board.alt
    figure.choose(set(ARMS))
    assert figure.error.value == ""
    assert figure.still().pixels.size


def test_a_method_that_is_not_in_the_file(tmp_path):
    from dataclasses import replace

    few = ablations_for_tests(arms=("fixed_centroid",))
    figure = Dashboard(replace(few, arms=few.arms[:2]), scenes_for_tests())
    assert figure.against.value == "fixed_centroid"
    assert figure.error.value == ""
    for button in figure._buttons():
        button.click()
        assert figure.error.value == ""


def test_controls_move_the_picture(figure):
    for name, value in (
        ("measure", "AP50"), ("seeds", "ground truth"), ("against", "cross_entropy"), ("term", "seed"), ("scene", 1),
    ):  # fmt: skip
        before = figure.board.shapes
        getattr(figure, name).value = value
        assert figure.board.shapes != before, name
        assert figure.error.value == ""
    height = figure.board.height
    figure.arm_one_stage.value = True
    assert [row.arm.name for row in figure.view.rows] == [METHOD, "cross_entropy", "one_stage"]
    assert figure.board.height > height
    assert figure.board.height == height_of(figure.view)


def test_a_groups_button_chooses_it_with_the_method(figure):
    buttons = {button.description: button for button in figure.children[1].children}
    buttons["the schedule"].click()
    assert {name for name, box in figure.boxes.items() if box.value} == {METHOD, "one_stage"}
    buttons["all arms"].click()
    assert all(box.value for box in figure.boxes.values())


def test_the_words_hold_the_numbers(figure, results):
    mean = results.values("cross_entropy").mean()
    assert f"cross-entropy: {mean:.1f}" in figure.board.alt
    assert "3 seeds" in figure.board.alt


def test_an_unknown_arm_is_refused(results, scenes):
    with pytest.raises(ValueError, match="found 'round'"):
        Dashboard(results, scenes, arms=("round",))


def test_side_by_side(results, scenes):
    still = side_by_side(results, scenes, Choice((METHOD, "cross_entropy")))
    assert "curves" not in still.alt
    assert "cross-entropy 6" in still.alt
    assert len(still.jpeg()) < 60_000
    with pytest.raises(ValueError, match="found nobody, expected some of"):
        side_by_side(results, scenes, Choice(("nobody",)))
    alone = side_by_side(results, scenes, Choice(("one_stage", "nobody"), against="nobody"))
    assert "range of stage 1 only" in alone.alt


def test_a_page_without_a_kernel_gets_a_still_and_a_sentence(figure):
    bundle, metadata = figure._repr_mimebundle_()
    assert len(base64.b64decode(bundle["image/jpeg"])) < 150_000
    assert "every training a point" in metadata["image/jpeg"]["alt"]
    json.dumps(bundle)


def test_nothing_is_drawn_below_the_boards_end(results, outcomes):
    for arms in ((METHOD,), tuple(ARMS)):
        view = look(results, outcomes, Choice(arms))
        shapes = draw(view, dict.fromkeys([*outcomes.owners, ("truth", "", 0)], "data:,"))
        tops = [float(part.split('"')[0]) for part in shapes.split(' y="')[1:]]
        assert max(tops) < height_of(view)
