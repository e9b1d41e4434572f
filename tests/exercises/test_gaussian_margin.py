"""Notebook 02's exercises: right answers however written, wrong ones with their own words."""

import math

import numpy as np
import pytest
import torch

from lab.embedding import bandwidth_to_sharpness, membership
from lab.exercises.gaussian_margin import EXERCISES, RIGHT_BANDWIDTH, instance_sigma, margin_of_bandwidth
from lab.exercises.gaussian_margin.cases import MARGIN_CASES, MEMBERSHIP_CASES, SIGMA_CASES
from lab.exercises.gaussian_margin.mistakes import MARGIN_MISTAKES, MEMBERSHIP_MISTAKES, SIGMA_MISTAKES
from lab.exercises.judge import to_numpy
from lab.exercises.reference import gaussian_margin as reference

BY_NAME = {exercise.name: exercise for exercise in EXERCISES}
MISTAKES = {"membership": MEMBERSHIP_MISTAKES, "margin": MARGIN_MISTAKES, "instance_sigma": SIGMA_MISTAKES}


def membership_by_loops(embedding, centre, sharpness):
    values = []
    for x, y in embedding.T.tolist():
        kx, ky = sharpness[0].item(), sharpness[-1].item()
        values.append(math.exp(-kx * (x - centre[0].item()) ** 2 - ky * (y - centre[1].item()) ** 2))
    return values


def membership_from_sigma(embedding, centre, sharpness):
    sigma = 1 / np.sqrt(2 * sharpness.numpy())
    scaled = (embedding.numpy() - centre.numpy()[:, None]) / sigma[:, None]
    return np.exp(-0.5 * (scaled**2).sum(0))


def membership_as_product(embedding, centre, sharpness):
    kappa = sharpness.expand(2)
    return torch.exp(-kappa[0] * (embedding[0] - centre[0]) ** 2) * torch.exp(
        -kappa[1] * (embedding[1] - centre[1]) ** 2
    )


def margin_by_loops(bandwidth):
    return [1024 * math.sqrt(math.log(2)) * math.exp(-5 * b) for b in bandwidth.tolist()]


def margin_by_steps(bandwidth):
    sigma = 1024 / torch.sqrt(2 * torch.exp(10 * bandwidth))
    return sigma * math.sqrt(2 * math.log(2))


def sigma_as_geometric_mean(bandwidth, mask):
    sigma = 1024 / torch.sqrt(2 * torch.exp(10 * bandwidth[:, mask].double()))
    return sigma.log().mean(1).exp()


def sigma_in_numpy(bandwidth, mask):
    b, m = bandwidth.numpy(), mask.numpy()
    return np.array([1024 / np.sqrt(2 * np.exp(10 * (channel * m).sum() / m.sum())) for channel in b])


RIGHT = [
    ("membership", membership_by_loops),
    ("membership", membership_from_sigma),
    ("membership", membership_as_product),
    ("margin", margin_by_loops),
    ("margin", margin_by_steps),
    ("instance_sigma", sigma_as_geometric_mean),
    ("instance_sigma", sigma_in_numpy),
    ("bandwidth_for_40_px", math.log(math.log(2) * 1024**2 / 1600) / 10),
    ("bandwidth_for_40_px", torch.tensor(0.612)),
    ("bandwidth_for_40_px", round(RIGHT_BANDWIDTH, 3)),
]


@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_right_answers_however_written(name, answer):
    verdict = BY_NAME[name].judge(answer)
    assert verdict.state == "right", verdict.words


@pytest.mark.parametrize(
    ("name", "mistake"), [(n, m) for n, ms in MISTAKES.items() for m in ms], ids=lambda v: getattr(v, "name", v)
)
def test_each_mistake_gets_its_own_message(name, mistake):
    def answer(*arguments):
        with np.errstate(over="ignore", invalid="ignore"):
            return mistake.answer(*(to_numpy(a) for a in arguments))

    verdict = BY_NAME[name].judge(answer)
    assert (verdict.state, verdict.words) == ("wrong", mistake.message)


LN2 = math.log(2)


def apart(e, c):
    """e - C, as most people write it."""
    return e - c[:, None]


def spoilt_in_place(e, c, k):
    e -= c[:, None]
    e *= k[:, None]
    e **= 2
    return torch.exp(-e.sum(0))


def kappa(b, m):
    """κ of the mean b."""
    return torch.exp(10 * b[:, m].mean(dim=1))


LEARNERS = [
    (
        "membership",
        lambda e, c, k: torch.exp(-(apart(e, c) ** 2 / (1 / (2 * k[:, None]))).sum(0)),
        "sigma for variance",
    ),
    ("membership", lambda e, c, k: torch.exp(-0.5 * (k[:, None] * apart(e, c) ** 2).sum(0)), "half of kappa"),
    (
        "membership",
        lambda e, c, k: torch.exp(-(apart(e, c) ** 2 / (2 * k[:, None] ** 2)).sum(0)),
        "kappa used as sigma",
    ),
    (
        "membership",
        lambda e, c, k: torch.exp(-(k.mul(10).exp()[:, None] * apart(e, c) ** 2).sum(0)),
        "kappa taken for b",
    ),
    (
        "membership",
        lambda e, c, k: membership(e, c, bandwidth_to_sharpness(k)),
        "kappa taken for b, by the lab's function",
    ),
    ("membership", lambda e, c, k: torch.exp(-k[0] * apart(e, c).norm(dim=0) ** 2), "one kappa for both axes"),
    ("membership", lambda e, c, k: torch.exp(-(k[:, None] * apart(e, c).abs()).sum(0)), "no square"),
    ("membership", lambda e, c, k: torch.exp(-(k[:, None] * apart(e, c) ** 2).sum(0).sqrt()), "root of the exponent"),
    ("membership", lambda e, c, k: (membership(e, c, k) > 0.5).float(), "yes or no"),
    ("membership", lambda e, c, k: membership(e, c, k) > 0.5, "yes or no"),
    ("membership", lambda e, c, k: membership(e, c, k).mul_(2).sub_(1), "logit"),
    ("membership", lambda e, c, k: (k[:, None] * apart(e, c) ** 2).sum(0), "exponent only"),
    ("membership", lambda e, c, k: torch.exp((k[:, None] * apart(e, c) ** 2).sum(0)), "no minus"),
    ("membership", lambda e, c, k: torch.exp(-k[:, None] * apart(e, c) ** 2), "for one κ, a circle, the result should"),
    (
        "membership",
        lambda e, c, k: torch.exp(-(k[:, None] * apart(e, c) ** 2).sum(1)),
        "the result should have the shape",
    ),
    ("membership", lambda e, c, k: torch.exp(-(k * (e.T - c) ** 2).sum(0)), "the result should have the shape (7,)"),
    (
        "membership",
        lambda e, c, k: torch.exp(-(k[:, None] * (1024 * apart(e, c)) ** 2).sum(0)),
        "distance in px",
    ),
    ("membership", spoilt_in_place, "for one κ, a circle"),
    ("margin", lambda b: 1024 * (LN2 / b).sqrt(), "b taken for kappa"),
    ("margin", lambda b: 1024 * b * math.sqrt(2 * LN2), "b taken for sigma"),
    ("margin", lambda b: 1024 * torch.exp(10 * b) * math.sqrt(2 * LN2), "kappa taken for sigma"),
    ("margin", lambda b: 1024 * (LN2 / b.exp()).sqrt(), "without the ten"),
    ("margin", lambda b: 1024 * (LN2 / (10 * b.exp())).sqrt(), "ten outside"),
    ("margin", lambda b: 1024 / torch.exp(5 * b) * math.sqrt(2 * LN2), "sigma without the two"),
    ("margin", lambda b: (LN2 / b.mul_(10).exp_()).sqrt_(), "in units of 1024 px"),
    ("margin", lambda b: 1024 / torch.sqrt(2 * torch.exp(10 * b)), "sigma"),
    ("margin", lambda b: 1.18 * 1024 / torch.sqrt(2 * torch.exp(10 * b)), "1.18 sigma"),
    ("margin", lambda b: 1024 * torch.sqrt(LN2 * torch.exp(10 * b)), "inverse"),
    ("margin", lambda b: 1024 * torch.sqrt(torch.log10(torch.tensor(2.0)) / torch.exp(10 * b)), "log to base ten"),
    ("margin", lambda b: 1024 * LN2 / torch.exp(10 * b), "for the b of a new network, 1, 5.7"),
    ("instance_sigma", lambda b, m: 1024 / (2 * b[:, m].mean(1)).sqrt(), "b taken for kappa"),
    ("instance_sigma", lambda b, m: b[:, m].mean(1), "b itself"),
    ("instance_sigma", lambda b, m: kappa(b, m), "kappa itself"),
    ("instance_sigma", lambda b, m: 1024 / (2 * b[:, m].mean(1).exp()).sqrt(), "without the ten"),
    ("instance_sigma", lambda b, m: (1024 / (2 * torch.exp(10 * b)).sqrt())[:, m].mean(1), "arithmetic mean of sigma"),
    ("instance_sigma", lambda b, m: 1024 / (2 * torch.exp(10 * b)[:, m].mean(1)).sqrt(), "mean of kappa"),
    ("instance_sigma", lambda b, m: 1024 / (2 * torch.exp(10 * b.mean(dim=(1, 2)))).sqrt(), "the whole image"),
    (
        "instance_sigma",
        lambda b, m: 1024 / (2 * torch.exp(10 * b.mul_(m).mean(dim=(1, 2)))).sqrt(),
        "sum over the mask divided by all",
    ),
    (
        "instance_sigma",
        lambda b, m: (1024 / (2 * torch.exp(10 * b[:, m].mean())).sqrt()).expand(len(b)),
        "channels mixed",
    ),
    ("instance_sigma", lambda b, m: 1024 * (LN2 / kappa(b, m)).sqrt(), "margin"),
    ("instance_sigma", lambda b, m: 1 / (2 * kappa(b, m)).sqrt(), "in units of 1024 px"),
    ("instance_sigma", lambda b, m: 1024 / (2 * torch.exp(10 * b[:, m].mean(0))).sqrt(), "for one channel, the result"),
]


@pytest.mark.parametrize(("name", "answer", "words"), LEARNERS, ids=lambda v: v if isinstance(v, str) else "")
def test_a_learners_mistake_in_torch_is_recognised(name, answer, words):
    """By the mistake's name, or, of what has none, by how the answer begins."""
    messages = {m.name: m.message for m in MISTAKES[name]}
    verdict = BY_NAME[name].judge(answer)
    assert verdict.state == "wrong"
    assert verdict.words == messages[words] if words in messages else words in verdict.words, verdict.words


def test_messages_differ():
    for mistakes in MISTAKES.values():
        assert len({m.message for m in mistakes}) == len(mistakes) >= 3


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (10 * RIGHT_BANDWIDTH, "Divide by the ten"),
        (math.log(math.log(2) / 1600) / 10, "You put in 40"),
        (-math.log(2 * (40 / 1024) ** 2) / 10, "σ = 40 px"),
        (math.log(2 * math.log(2) / (40 / 1024) ** 2) / 10, "twice too large"),
        (math.log(math.log(2) / (2 * (40 / 1024) ** 2)) / 10, "half of what it should be"),
        (math.log(1 / (40 / 1024) ** 2) / 10, "ln 2 is missing"),
        (math.log(math.log(2) / (40 / 1024)) / 10, "forgot the square"),
        (math.log(2) / (40 / 1024) ** 2, "this is κ"),
        (-RIGHT_BANDWIDTH, "sign"),
        (0.9, "that is not it"),
        ("wide", "expected one number"),
    ],
)
def test_wrong_numbers(answer, words):
    verdict = BY_NAME["bandwidth_for_40_px"].judge(answer)
    assert verdict.state == "wrong"
    assert words in verdict.words


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_untried_and_broken(exercise):
    assert exercise.judge(...).state == "not tried yet"
    if exercise.kind == "implement":
        assert exercise.judge(lambda *_: ...).state == "not tried yet"
        broken = exercise.judge(lambda *_: 1 / 0)
        assert broken.state == "wrong"
        assert "ZeroDivisionError" in broken.words


def test_references_agree_with_the_library():
    for case in MEMBERSHIP_CASES:
        np.testing.assert_allclose(membership(*case.arguments), reference.membership(*case.for_reference()), rtol=1e-4)
    for case in MARGIN_CASES:
        np.testing.assert_allclose(
            margin_of_bandwidth(*case.arguments), reference.margin(*case.for_reference()), rtol=1e-4
        )
    for case in SIGMA_CASES:
        np.testing.assert_allclose(
            instance_sigma(*case.arguments), reference.instance_sigma(*case.for_reference()), rtol=1e-4
        )
