"""Notebook 13's exercises: right answers however written, wrong ones with their own words."""

import re

import numpy as np
import pytest
import torch

from lab.embedding import bandwidth_to_sharpness, sharpness_to_margin, split
from lab.exercises.fast import EXERCISES, folding, one_sort, reach, situations, waits
from lab.exercises.fast.solution import folded, half_widths, losses_in_one_sort
from lab.exercises.reference import fast as reference
from lab.lovasz import lovasz_hinge
from tests.exercises.learners import rewritten

JUDGES = {exercise.name: exercise.judge for exercise in EXERCISES}


def by_squares(kappa, best):
    return torch.sqrt((1 - best).log().neg().unsqueeze(1) * 1024**2 / kappa)


def by_logs(kappa, best):
    return [
        [1024 * (-np.log1p(-m) / k) ** 0.5 for k in row] for row, m in zip(kappa.tolist(), best.tolist(), strict=True)
    ]


def two_stable_sorts(errors, labels, owner, count):
    order = errors.argsort(descending=True)
    order = order[owner[order].argsort(stable=True)]
    m, fg, k = errors[order].double(), labels[order].double(), owner[order]
    per = torch.zeros(2, count, dtype=torch.float64).index_add_(1, k, torch.stack([fg, 1 - fg]))
    before = per.cumsum(1) - per
    f, b = torch.stack([fg, 1 - fg]).cumsum(1) - before[:, k]
    jaccard = 1 - (per[0][k] - f) / (per[0][k] + b)
    steps = jaccard - torch.cat([jaccard[:1] * 0, jaccard[:-1] * (k[1:] == k[:-1])])
    return torch.zeros(count, dtype=torch.float64).index_add_(0, k, m.clamp(min=0) * steps)


def in_numpy(errors, labels, owner, count):
    return one_sort.slipped()(errors.numpy(), labels.numpy(), owner.numpy(), count)


def by_torch(weight, bias, mean, variance, gamma, beta, eps):
    from torch.nn.utils.fusion import fuse_conv_bn_weights

    return fuse_conv_bn_weights(weight, bias, mean, variance, eps, gamma, beta)


def by_einsum(weight, bias, mean, variance, gamma, beta, eps):
    factor = gamma * (variance + eps) ** -0.5
    return [torch.einsum("oihw,o->oihw", weight, factor), bias * factor + (beta - mean * factor)]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("count_waits", 41.0),
        ("count_waits", torch.tensor(41)),
        ("reach", by_squares),
        ("reach", by_logs),
        ("one_sort", two_stable_sorts),
        ("one_sort", in_numpy),
        ("fold_the_norm", by_torch),
        ("fold_the_norm", by_einsum),
        ("what_pays_when", ["f", "e", "D", "a"]),
        ("what_pays_when", "A, D, E, F"),
    ],
)
def test_right_answers_written_differently(name, answer):
    verdict = JUDGES[name](answer)
    assert verdict.state == "right", verdict.words


def of(mistakes, name):
    return next(m.message for m in mistakes if m.name == name)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (("torch.sqrt(-torch.log(1 - best)[:, None] / kappa)", "-torch.log(1 - best)[:, None] / kappa"), "no root"),
        (("PIXELS_PER_UNIT * ", ""), "not in px"),
        (("log(1 - best)", "log(best)"), "best membership"),
        (("torch.log(1 - best)[:, None]", "torch.log(torch.tensor(0.5))"), "margin"),
        (("-torch.log", "-2 * torch.log"), "κ for 1/2σ²"),
        (("/ kappa", "* kappa"), "κ as σ²"),
        (("/ kappa", "/ kappa.flip(1)"), "axes exchanged"),
        (("torch.sqrt(-torch.log(1 - best)[:, None] / kappa)", "3 / torch.sqrt(2 * kappa)"), "three sigma"),
        (("-torch.log(", "-torch.log2("), "logarithm to base 2"),
        (("PIXELS_PER_UNIT *", "512 *"), "half the half-width"),
        (("/ kappa", "/ kappa.mean(1, keepdim=True).expand(-1, 2)"), "both axes alike"),
        (("PIXELS_PER_UNIT *", "2 * PIXELS_PER_UNIT *"), "whole width"),
    ],
)
def test_a_learners_reach_is_recognised(change, name):
    verdict = JUDGES["reach"](rewritten(half_widths, change))
    assert (verdict.state, verdict.words) == ("wrong", of(reach.MISTAKES, name))


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ([("- errors.double()", "+ errors.double()")], "smallest error first"),
        ([("(owner.double() - errors.double() / 4).argsort()", "owner.argsort(stable=True)")], "not by error"),
        ([("owner.double() - errors.double() / 4", "-errors.double()")], "sorted by the errors only"),
        (
            [
                ("labels.cumsum(0) - (foreground.cumsum(0) - foreground)[owner]", "labels.cumsum(0)"),
                ("- start - f", "- f"),
            ],
            "counts go on",
        ),
        (
            [("union = foreground[owner]", "foreground[:] = foreground.sum()\n    union = foreground[owner]")],
            "all foreground",
        ),
        ([("errors.relu()", "errors")], "no relu"),
        (
            [
                (
                    "errors.new_zeros(count).index_add_(0, owner, errors.relu() * increments)",
                    "(errors.relu() * increments).sum().expand(count) / count",
                )
            ],
            "mean over the instances",
        ),
    ],
)
def test_a_learners_sort_is_recognised(changes, name):
    verdict = JUDGES["one_sort"](rewritten(losses_in_one_sort, *changes))
    assert (verdict.state, verdict.words) == ("wrong", of(one_sort.MISTAKES, name))


def test_a_key_without_digits_is_found_out_and_stable_sorts_are_not():
    short = rewritten(losses_in_one_sort, ("owner.double() - errors.double() / 4", "owner.float() - errors / 4"))
    verdict = JUDGES["one_sort"](short)
    assert verdict.state == "wrong"
    assert f"with {one_sort.CROWD:,}" in verdict.words
    assert JUDGES["one_sort"](two_stable_sorts).words == one_sort.PRAISE


def test_a_sort_for_each_instance_is_right_and_not_what_was_asked():
    def one_by_one(errors, labels, owner, count):
        logits = (1 - errors) * (2.0 * labels - 1)
        return torch.stack([lovasz_hinge(logits[owner == k], labels[owner == k]) for k in range(count)])

    verdict = JUDGES["one_sort"](one_by_one)
    assert verdict.state == "wrong"
    assert f"for {one_sort.MANY} instances yours sorts {one_sort.MANY} times" in verdict.words


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (("torch.sqrt(variance + eps)", "(variance + eps)"), "variance for deviation"),
        (("variance + eps", "variance"), "no ε"),
        (("torch.sqrt(variance + eps)", "(torch.sqrt(variance) + eps)"), "ε outside"),
        (("gamma / ", "1 / "), "no γ"),
        (("(bias - mean) * scale + beta", "beta - mean * scale"), "bias forgotten"),
        (("(bias - mean) * scale + beta", "bias + beta - mean * scale"), "bias not scaled"),
        (("(bias - mean) * scale + beta", "bias"), "bias as it was"),
        ((" + beta", ""), "no β"),
    ],
)
def test_a_learners_fold_is_recognised(change, name):
    verdict = JUDGES["fold_the_norm"](rewritten(folded, change))
    assert (verdict.state, verdict.words) == ("wrong", of(folding.MISTAKES, name))


def test_the_reference_folds_what_torch_folds():
    draw = folding.CASES[0].arguments
    weight, bias, mean, variance, gamma, beta, eps = draw
    image = torch.randn(1, 4, 7, 5, generator=torch.Generator().manual_seed(3))
    apart = torch.nn.functional.batch_norm(
        torch.nn.functional.conv2d(image, weight, bias), mean, variance, gamma, beta, eps=eps
    )
    both = reference.fold(*folding.CASES[0].for_reference())
    together = torch.nn.functional.conv2d(image, *(torch.tensor(part, dtype=torch.float32) for part in both))
    assert torch.allclose(apart, together, atol=1e-5)


def test_the_listing_waits_as_often_as_the_answer_says():
    ids = torch.arange(waits.OBJECTS).repeat_interleave(3).view(6, 10)
    assert waits.count_waits(waits.tight_centres, torch.rand(2, 6, 10), ids) == waits.WAITS
    assert waits.WAITS not in waits.MISTAKES


@pytest.mark.parametrize(
    ("code", "count"),
    [
        (lambda x: x[x > 0], 1),
        (lambda x: x[:, (x > 0)[0]], 1),
        (lambda x: x.nonzero(), 1),
        (lambda x: float(x.sum()), 1),
        (lambda x: bool((x > 0).any()), 1),
        (lambda x: x.masked_fill(x > 0, 1), 0),
        (lambda x: torch.where(x > 0, x, 0).sort(1)[0].cumsum(0), 0),
        (lambda x: x[:, torch.tensor([1, 0])], 0),
    ],
)
def test_what_waits(code, count):
    assert waits.count_waits(code, torch.arange(6.0).view(2, 3)) == count


def test_where_the_cut_pays():
    shares = {letter: situations.share_left_out(make()) for letter, make in situations.SITUATIONS.items()}
    assert {letter for letter, share in shares.items() if share > 0.5} == situations.PAYS
    assert shares["A"] == pytest.approx(shares["E"], abs=1e-3)
    assert shares["B"] == shares["C"] == 0
    assert set(situations.LOOK) == set(situations.SITUATIONS)


def test_numbers_in_the_words_on_situations():
    margin = {b: float(sharpness_to_margin(bandwidth_to_sharpness(torch.tensor(float(b))))) for b in (0, 1)}
    assert 845 < margin[0] < 855
    assert 5.5 < margin[1] < 6
    assert 5 < situations.farthest_reach_in_margins() < 5.2
    assert float(2 * torch.tensor(situations.SMALLEST) - 1) == -1
    assert float(2 * torch.tensor(2 * situations.SMALLEST) - 1) > -1


def test_the_exact_situation_is_exact():
    """The centre is the mean of its pixels, which the one pixel moves a little: still φ is 1 but for rounding."""
    prediction = split(situations.exact().output, 2)
    assert prediction.embedding.isfinite().all()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("ADE", ("5 of 6", situations.QUESTIONS["F"])),
        ("ABDEF", ("5 of 6", situations.QUESTIONS["B"])),
        ("AX", ("found 'X'",)),
        (["A", 5], ("expected the letters",)),
    ],
)
def test_wrong_letters_are_named(said, words):
    verdict = JUDGES["what_pays_when"](said)
    assert verdict.state == "wrong"
    assert all(part in verdict.words for part in words)


def test_every_message_is_another():
    for mistakes in (reach.MISTAKES, one_sort.MISTAKES, folding.MISTAKES):
        assert len({m.message for m in mistakes}) == len(mistakes)
    assert len(set(situations.LOOK.values())) == len(situations.LOOK)
    assert len(set(situations.QUESTIONS.values())) == len(situations.LOOK)
    assert situations.QUESTIONS.keys() == situations.LOOK.keys()


def test_a_question_does_not_name_its_letter():
    for letter, words in situations.QUESTIONS.items():
        assert not re.search(rf"\b{letter}\b", words)


def test_solution_of_the_situations_gives_letters_and_reasons():
    assert set(eval(situations.SOLUTION)) == situations.PAYS
    assert all(why in situations.SOLUTION for why in situations.LOOK.values())
