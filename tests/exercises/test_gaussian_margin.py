"""Notebook 02's exercises: right answers however written, wrong ones with their own words."""

import math

import numpy as np
import pytest
import torch

from lab.embedding import membership
from lab.exercises.gaussian_margin import EXERCISES, RIGHT_BANDWIDTH, instance_sigma, margin_of_bandwidth
from lab.exercises.gaussian_margin.cases import MARGIN_CASES, MEMBERSHIP_CASES, SIGMA_CASES
from lab.exercises.gaussian_margin.mistakes import MARGIN_MISTAKES, MEMBERSHIP_MISTAKES, SIGMA_MISTAKES
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


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_solution_is_right(exercise):
    names: dict = {}
    exec(exercise.solved_cell(), names)
    verdict = exercise.judge(names[exercise.stub])
    assert verdict.state == "right", verdict.words


@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_right_answers_however_written(name, answer):
    verdict = BY_NAME[name].judge(answer)
    assert verdict.state == "right", verdict.words


@pytest.mark.parametrize(
    ("name", "mistake"), [(n, m) for n, ms in MISTAKES.items() for m in ms], ids=lambda v: getattr(v, "name", v)
)
def test_each_mistake_gets_its_own_message(name, mistake):
    def answer(*arguments):
        return mistake.answer(
            *(a.numpy().astype(np.float64) if a.is_floating_point() else a.numpy() for a in arguments)
        )

    verdict = BY_NAME[name].judge(answer)
    assert (verdict.state, verdict.words) == ("wrong", mistake.message)


def test_messages_differ():
    for mistakes in MISTAKES.values():
        assert len({m.message for m in mistakes}) == len(mistakes) >= 3


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (10 * RIGHT_BANDWIDTH, "Divide by the ten"),
        (math.log(math.log(2) / 1600) / 10, "You put in 40"),
        (-math.log(2 * (40 / 1024) ** 2) / 10, "σ = 40 px"),
        (math.log(2 * math.log(2) / (40 / 1024) ** 2) / 10, "factor of 2"),
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
