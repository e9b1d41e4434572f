"""Comparing recorded trainings: statistics by hand and by brute force, files as they are and as they should not be."""

import json
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.comparison import (
    dealings,
    permutation_p,
    read_ablations,
    read_contest,
    read_scenes,
    smallest_p,
    spread_of,
    tell_lead,
)
from lab.recordings import write_arrays
from tests.recorded import ARMS, ablations, contest, write_ablations, write_contest, write_scenes

VALUES = st.lists(st.integers(0, 12).map(float), min_size=1, max_size=3)


def test_three_against_three_can_say_one_in_twenty_at_most():
    assert permutation_p([5, 6, 7], [1, 2, 3]) == smallest_p(3, 3) == 1 / 20
    assert permutation_p([1, 2, 3], [5, 6, 7]) == 1
    assert permutation_p([1, 6, 7], [2, 3, 4]) == 5 / 20
    assert permutation_p([4, 4, 4], [4, 4, 4]) == 1


def test_one_against_one_says_nothing():
    assert permutation_p([9], [1]) == smallest_p(1, 1) == 1 / 2
    assert np.isnan(permutation_p([], [1.0, 2.0]))
    assert np.isnan(permutation_p([1.0], []))


def test_dealings_that_are_equal_but_for_rounding_are_equal():
    """.1 + .2 + .3 is not .3 + .2 + .1 in floating point."""
    assert permutation_p([0.1, 0.2, 0.3], [0.3, 0.2, 0.1]) >= 10 / 20
    assert permutation_p([0.1, 0.2, 0.3], [0.1, 0.2, 0.3]) == permutation_p([0.3, 0.2, 0.1], [0.2, 0.1, 0.3])


@given(VALUES, VALUES)
def test_p_is_that_of_every_order(a, b):
    """By brute force: all orders of all values, the first so many being the first hand."""
    pooled = [*a, *b]
    observed = np.mean(a) - np.mean(b)
    ahead = [np.mean(o[: len(a)]) - np.mean(o[len(a) :]) >= observed - 1e-9 for o in permutations(pooled)]
    assert permutation_p(a, b) == pytest.approx(np.mean(ahead))


def test_the_observed_dealing_comes_first():
    differences = dealings([3.0, 5.0], [1.0, 1.0, 2.0])
    assert len(differences) == 10
    assert differences[0] == pytest.approx(4 - 4 / 3)


def test_spread():
    found = spread_of([2.0, 7.0, 3.0])
    assert (found.mean, found.lowest, found.highest, found.count, found.width) == (4, 2, 7, 3, 5)
    assert spread_of([]).count == 0
    assert np.isnan(spread_of([]).mean)


def test_a_lead_in_words():
    assert tell_lead("A", [5, 6, 7], "B", [1, 2, 3]) == (
        "A is ahead of B by 4.0 points: that it is ahead is supported (p = 1/20)."
    )
    assert tell_lead("A", [1, 2, 3], "B", [5, 6, 7]) == (
        "A is behind B by 4.0 points: that it is ahead is not supported by these seeds (p = 1)."
    )
    assert "not supported by these seeds (p = 1/2)" in tell_lead("A", [5], "B", [1])
    assert "not supported by these seeds (p = 1/10)" in tell_lead("A", [3, 6, 7], "B", [1, 2, 4])
    assert tell_lead("A", [], "B", [1]) == "A and B: not recorded."


def test_results_are_told_in_points_by_seed(tmp_path):
    results = read_ablations(write_ablations(tmp_path / "a.json"))
    raw = {run["seed"]: run for run in ablations()["runs"] if run["arm"] == "cross_entropy"}
    np.testing.assert_allclose(results.values("cross_entropy"), [100 * raw[s]["ap"] for s in range(3)])
    measured = results.values("cross_entropy", "AP50", "ground truth")
    np.testing.assert_allclose(measured, [100 * raw[s]["ap50_gt_seeds"] for s in range(3)])
    assert results.missing() == ()
    assert results.about["budget"] == {"pretrain_steps": 360, "finetune_steps": 40}
    assert results.runs_of("one_stage")[1].curve["seed"].shape == (40,)


def test_what_is_missing_is_said(tmp_path):
    file = ablations(arms=("elliptical_learned", "fixed_centroid"))
    file["runs"] = [run for run in file["runs"] if (run["arm"], run["seed"]) != ("fixed_centroid", 1)]
    file["arms"] = [arm for arm in file["arms"] if arm["name"] != "cross_entropy"]  # in the plan, not in the file
    file["runs"][0]["ap_gt_seeds"] = None
    path = tmp_path / "a.json"
    path.write_text(json.dumps(file))
    results = read_ablations(path)
    without, fewer = results.missing()
    assert "cross-entropy" in without
    assert "stage 1 only" in without
    assert "fixed σ, centroid (2 of 3)" in fewer
    assert len(results.values("fixed_centroid")) == 2
    assert len(results.values("elliptical_learned", "AP", "ground truth")) == 2
    assert results.values("cross_entropy").size == 0


def edited(change) -> str:
    file = ablations()
    change(file)
    return json.dumps(file)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "no JSON"),
        ("[1]", "found a list"),
        ("{}", "no 'arms'"),
        (edited(lambda f: f["runs"][0].update(ap=21.0)), "ap 21, outside of 0..1"),
        (edited(lambda f: f["runs"][0].update(arm="nobody")), "nobody"),
        (edited(lambda f: f["runs"][0].pop("seed")), "no 'seed'"),
    ],
)
def test_a_broken_file_is_named_with_what_is_wrong(tmp_path, text, told):
    path = tmp_path / "ablations.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"ablations\.json") as caught:
        read_ablations(path)
    assert told in str(caught.value)


def test_no_file_says_what_makes_one(tmp_path):
    for read, recipe in ((read_ablations, "ablate"), (read_scenes, "ablate"), (read_contest, "baseline")):
        with pytest.raises(FileNotFoundError, match=f"python -m lab {recipe}"):
            read(tmp_path / "nothing.json")


def test_as_long_as_no_contest_ships_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr("lab.comparison.contest.data_folder", lambda: tmp_path)
    assert not read_contest().courses


def test_an_unknown_arm_is_told_from_the_known(tmp_path):
    with pytest.raises(ValueError, match="found 'round', expected one of fixed_centroid"):
        read_ablations(write_ablations(tmp_path / "a.json")).arm("round")


def test_scenes(tmp_path):
    scenes = read_scenes(write_scenes(tmp_path / "s.npz", arms=("one_stage",)))
    assert set(scenes.labels) == {("one_stage", "predicted"), ("one_stage", "ground truth")}
    assert scenes.image.shape[:3] == scenes.truth.shape == scenes.labels["one_stage", "predicted"].shape
    write_arrays(tmp_path / "other.npz", {"recipe": "x"}, {"image": scenes.image})
    with pytest.raises(ValueError, match="no truth"):
        read_scenes(tmp_path / "other.npz")


def test_the_contest(tmp_path):
    file = contest()
    file["models"]["mask_rcnn"]["curve"][0]["ap"] = None
    file["models"]["mask_rcnn"]["images_per_second"] = None
    path = write_contest(tmp_path / "m.json")
    course = read_contest(path).courses["spatial_embeddings"]
    assert course.minutes.tolist() == [1, 2, 5, 10, 20]
    assert course.scores["AP"][-1] == pytest.approx(40 * (1 - 0.8**20))
    path.write_text(json.dumps(file))
    course = read_contest(path).courses["mask_rcnn"]
    assert np.isnan(course.scores["AP"][0])
    assert np.isnan(course.images_per_second)
    path.write_text(json.dumps({"models": {"mask_rcnn": {}}}))
    with pytest.raises(ValueError, match="no 'curve'"):
        read_contest(path)


def test_the_arms_here_are_those_that_are_trained():
    from lab.ablation.arms import ARMS as PLANNED

    assert {arm.name for arm in PLANNED} == set(ARMS)
