"""What the text of notebook 12 says, held against the recorded ablations and against arithmetic."""

from math import comb

import numpy as np
import pytest

from lab.ablation.arms import ARMS, BUDGETS, METHOD
from lab.comparison import Ablations, permutation_p, read_ablations, smallest_p
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
        assert f"${share}$" in text
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


def test_where_all_arms_begin(results, text):
    """With the shipped model's encoder; with the other budget from random weights and with ten times the steps."""
    cpu, gpu = (BUDGETS[name].settings for name in ("cpu", "gpu"))
    assert (cpu.start_from, cpu.start_part, gpu.start_from) == ("toyscapes", "encoder", "")
    assert results.about["budget"]["start_part"] == "encoder"
    assert not {"start_from", "start_part"} & {name for arm in results.arms for name in arm.changes}
    assert gpu.pretrain_steps == 10 * cpu.pretrain_steps
    assert "from random weights and with ten times the steps" in text
