"""What the text of notebook 12 says, held against the recorded ablations and against arithmetic."""

import json
from math import comb

import numpy as np
import pytest

from lab.ablation.arms import ARMS, BUDGETS, METHOD
from lab.comparison import Ablations, permutation_p, read_ablations, read_scenes, smallest_p
from lab.folders import data_folder
from lab.widgets.dashboard.compute import find_outcomes
from tests.notebooks.exercises import read


@pytest.fixture(scope="module")
def results() -> Ablations:
    return read_ablations()


@pytest.fixture(scope="module")
def text() -> str:
    return "\n".join(cell.source for cell in read(12).cells if cell.cell_type == "markdown")


def test_what_so_many_seeds_can_say(text):
    assert comb(6, 3) == 20
    for seeds, share in ((3, "1/20"), (2, "1/6"), (1, "1/2"), (5, "1/252")):
        assert smallest_p(seeds, seeds) == pytest.approx(1 / int(share.partition("/")[2]))
        assert f"{share}$" in text
    assert 2**3 == 8  # ways to flip three pairs
    assert "three pairs give $1/8$" in text


def test_ranges_that_do_not_touch_are_one_in_twenty_and_no_others():
    rng = np.random.default_rng(0)
    for _ in range(200):
        a, b = rng.normal([[0.5], [0.0]], size=(2, 3))
        assert (permutation_p(a, b) < 0.051) == (a.min() > b.max())


def test_nine_comparisons_by_chance(text):
    """About every fourth table; the best of three nearly a standard deviation above the mean."""
    draws = np.random.default_rng(1).normal(size=(20_000, 10, 3))
    beaten = (draws[:, 1:].max(2) < draws[:, 0].min(1)[:, None]).any(1).mean()
    assert 0.2 < beaten < 0.27
    assert "about every fourth such table" in text
    assert 0.8 < (draws[:, 0].max(1) - draws[:, 0].mean(1)).mean() < 0.9


def test_what_is_equal_is_equal(results):
    """Steps, batches, crops, rates, thresholds; nothing was chosen on the validation scenes."""
    assert results.arms[0].name == METHOD
    equal = {"pretrain_batch", "pretrain_crop", "pretrain_rate", "finetune_batch", "finetune_crop", "dataset", "seed"}
    for arm in results.arms:
        assert not equal & set(arm.changes)
        assert arm.name == "one_stage" or not {"pretrain_steps", "finetune_steps"} & set(arm.changes)
    assert "training scenes" in results.about["fixed_margin"]["how"]
    assert {arm.name for arm in ARMS if arm.changes.get("fixed_margin")} >= {"fixed_centroid", "fixed_margin_hinge"}


def given(results: Ablations, *names: str) -> np.ndarray:
    """AP with ground-truth seeds of all trainings of these arms."""
    return np.concatenate([results.values(name, "AP", "ground truth") for name in names])


FIXED = ("fixed_centroid", "fixed_learned")
CIRCULAR = ("circular_centroid", "circular_learned")
ELLIPTICAL = ("elliptical_centroid", METHOD)


def test_the_papers_three_arms(results, text):
    """Section 5: the order of the means, no step supported, a training at 0.0 in both arms with a learned margin."""
    fixed, learned, elliptical = (given(results, name) for name in ("fixed_centroid", "circular_centroid", METHOD))
    assert fixed.mean() < elliptical.mean() < learned.mean()
    assert "fixed < elliptical < learned, and not one of the three steps is supported" in text
    for better, worse in ((learned, fixed), (elliptical, learned), (elliptical, fixed)):
        assert 0.05 < permutation_p(better, worse) < 0.95
    assert round(learned.min(), 1) == round(elliptical.min(), 1) == round(fixed.min(), 1) == 0.0


def test_put_together_by_questions(results, text):
    learned, fixed = given(results, *CIRCULAR, *ELLIPTICAL), given(results, *FIXED)
    p = permutation_p(learned, fixed)
    said = f"{learned.mean():.1f} points against {fixed.mean():.1f}, $p = {p:.3f}$"
    assert (len(learned), len(fixed)) == (12, 6)
    assert f"Twelve trainings with a learned margin against six with a fixed one: {said}" in text
    assert f"twelve trainings against six, $p = {p:.3f}$" in text
    shape = permutation_p(given(results, *ELLIPTICAL), given(results, *CIRCULAR))
    centre = permutation_p(given(results, CIRCULAR[1], METHOD), given(results, CIRCULAR[0], ELLIPTICAL[0]))
    assert f"($p = {shape:.2f}$ for the ellipse being ahead)" in text
    assert f"($p = {centre:.2f}$)" in text


def test_where_the_scatter_comes_from(results, text):
    runs = [run for name in (*CIRCULAR, *ELLIPTICAL) for run in results.runs_of(name)]
    ends = np.array([run.curve["instance"][-2:].mean() for run in runs])
    scores = np.array([100 * run.measures["ap"] for run in runs])
    far = scores[np.round(ends, 2) <= 1.05]
    assert f"between {far.min():.1f} and {far.max():.1f}" in text
    assert f"at 1.2 or higher, it is at most {scores[ends >= 1.2].max():.1f}" in text
    assert np.corrcoef(ends, scores)[0, 1] < -0.7
    others = np.array([100 * run.measures["ap_gt_seeds"] for run in runs])
    assert np.corrcoef(scores, others)[0, 1] > 0.9  # own seeds or given ones: up and down together


def told(values: np.ndarray) -> str:
    first, second, third = (f"{value:.1f}" for value in values)
    return f"{first}, {second} and {third}"


def test_one_part_at_a_time(results, text):
    """Section 6: every seed as it is said, and its p."""
    own = {arm.name: results.values(arm.name) for arm in results.arms}
    assert f"{told(own['fixed_margin_hinge'])} points against 0.0 in all three" in text
    assert own["fixed_centroid"].max() < 0.05
    assert permutation_p(own["fixed_margin_hinge"], own["fixed_centroid"]) == pytest.approx(1 / 5)
    high, *low = sorted(own["cross_entropy"])[::-1]
    assert f"One seed of cross-entropy at {high:.1f}, two below 1; the method at {told(own[METHOD])}" in text
    assert max(low) < 1
    assert own["no_smoothness"].max() < 0.5
    assert permutation_p(own[METHOD], own["no_smoothness"]) == pytest.approx(1 / 5)
    assert f"{told(own['one_stage'])} points without stage 2" in text
    assert permutation_p(own["one_stage"], own[METHOD]) == pytest.approx(1 / 20)
    wholly = [n for n, values in own.items() if values.min() > own[METHOD].max() or values.max() < own[METHOD].min()]
    assert wholly == ["one_stage"]  # the one of nine


def test_the_stages_as_they_were(results, text):
    budget, alone = results.about["budget"], results.arm("one_stage").changes
    assert (budget["pretrain_steps"], budget["finetune_steps"], budget["finetune_batch"]) == (300, 20, 1)
    assert f"a rate of {budget['finetune_rate']:g}" in text
    assert alone == {"pretrain_steps": 380, "finetune_steps": 0}
    assert {arm.changes["fixed_margin"] for arm in results.arms if arm.name in FIXED} == {8.0}


def test_in_the_street_shown_one_margin_finds_nothing():
    scenes = read_scenes()
    outcomes = find_outcomes(scenes)
    for name in ("fixed_centroid", "fixed_margin_hinge"):
        assert not any(outcomes.owners[name, "predicted", 0].values())


def test_where_all_arms_begin(results, text):
    """With the shipped model's encoder; with the other budget from random weights and with ten times the steps."""
    cpu, gpu = (BUDGETS[name].settings for name in ("cpu", "gpu"))
    assert (cpu.start_from, cpu.start_part, gpu.start_from) == ("toyscapes", "encoder", "")
    assert results.about["budget"]["start_part"] == "encoder"
    assert not {"start_from", "start_part"} & {name for arm in results.arms for name in arm.changes}
    assert gpu.pretrain_steps == 10 * cpu.pretrain_steps
    assert "from random weights and with ten times the steps" in text


def test_what_stage_2_does_to_the_seed_map(text):
    found = json.loads((data_folder() / "results" / "ablations_seed_map.json").read_text())
    (first, third) = found["stages"]
    for stage in ("after_stage_1", "after_stage_2"):
        assert f"{100 * first[stage]['ap']:.1f} and {100 * third[stage]['ap']:.1f}" in text
    falls = [
        [f"{100 * seed[stage]['above_threshold']:.0f}" for stage in ("after_stage_1", "after_stage_2")]
        for seed in found["stages"]
    ]
    assert "from {} to {} % and from {} to {} %".format(*falls[0], *falls[1]) in text
    at = {row["threshold"]: told(100 * np.array(row["ap"])) for row in found["thresholds"]}
    assert f"At a threshold of 0.3 the three seeds have {at[0.3]} points in place of {at[0.5]}" in text
