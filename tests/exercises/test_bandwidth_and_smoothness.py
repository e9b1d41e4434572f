"""Notebook 04's exercises: right answers however written, wrong ones with their own words."""

import math

import numpy as np
import pytest
import torch

from lab.exercises.bandwidth_and_smoothness import EXERCISES
from lab.exercises.bandwidth_and_smoothness.judges import BY_HAND, RIGHT_PULL
from lab.exercises.bandwidth_and_smoothness.solution import slope, smoothness
from lab.exercises.reference import bandwidth_and_smoothness as reference
from lab.losses import Instance, instance_term, smoothness_term

BY_NAME = {exercise.name: exercise for exercise in EXERCISES}


def slope_by_loops(distance, bandwidth):
    kappa = math.exp(10 * bandwidth)
    values = []
    for d in distance.tolist():
        u = kappa * d * d / 1024**2
        values.append(-10 * u * math.exp(-u))
    return values


def slope_in_numpy(distance, bandwidth):
    sigma = 1024 / np.sqrt(2 * np.exp(10 * bandwidth.numpy()))
    u = (distance.numpy() / sigma) ** 2 / 2
    return -10 * u * np.exp(-u)


def slope_by_autograd(distance, bandwidth):
    b = bandwidth.expand(len(distance)).clone().requires_grad_()
    torch.exp(-torch.exp(10 * b) * (distance / 1024) ** 2).sum().backward()
    return b.grad


def smoothness_by_loops(bandwidth, instances):
    terms = []
    for k in set(instances.flatten().tolist()) - {0}:
        squares = []
        for channel in bandwidth:
            own = [v for v, i in zip(channel.flatten().tolist(), instances.flatten().tolist(), strict=True) if i == k]
            squares += [(v - sum(own) / len(own)) ** 2 for v in own]
        terms.append(sum(squares) / len(squares))
    return sum(terms) / len(terms)


def smoothness_in_numpy(bandwidth, instances):
    b, numbers = bandwidth.numpy(), instances.numpy()
    return np.mean([b[:, numbers == k].var(axis=1).mean() for k in np.unique(numbers[numbers > 0])])


def smoothness_without_stop(bandwidth, instances):
    """The stop-gradient changes no gradient and no value: an answer without it is right."""
    numbers = [k for k in instances.unique().tolist() if k]
    return sum(bandwidth[:, instances == k].var(dim=1, correction=0).mean() for k in numbers) / len(numbers)


RIGHT = {
    "membership_slope": (slope, slope_by_loops, slope_in_numpy, slope_by_autograd),
    "smoothness": (smoothness, smoothness_by_loops, smoothness_in_numpy, smoothness_without_stop),
}


@pytest.mark.parametrize(("name", "answer"), [(n, a) for n, answers in RIGHT.items() for a in answers])
def test_right_however_written(name, answer):
    assert BY_NAME[name].judge(answer), BY_NAME[name].judge(answer).words


def parts(d, b):
    """κ and d in units of 1024 px, for answers that go wrong with them."""
    return torch.exp(10 * b), d / 1024


def without_ten(d, b):
    k, u = parts(d, b)
    return -k * u**2 * torch.exp(-k * u**2)


def without_square(d, b):
    k, u = parts(d, b)
    return -10 * k * u * torch.exp(-k * u**2)


# Written as a learner would, with tensors; each with words that only its own message has.
WRONG = {
    "membership_slope": {
        "ten is missing": without_ten,
        "the sign": lambda d, b: -slope(d, b),
        "lost its square": without_square,
        "units": lambda d, b: slope(1024 * d, b),
        "b in the place of κ": lambda d, b: -10 * b * (d / 1024) ** 2 * torch.exp(-b * (d / 1024) ** 2),
        "stands b where κ belongs": lambda d, b: slope(d, b) * b / torch.exp(10 * b),
        "φ itself is missing": lambda d, b: -10 * torch.exp(10 * b) * (d / 1024) ** 2,
    },
    "smoothness": {
        "a hundred times": lambda b, i: smoothness(10 * b, i),
        "compares κ": lambda b, i: smoothness(torch.exp(10 * b), i),
        "σ in px": lambda b, i: smoothness(1024 / torch.sqrt(2 * torch.exp(10 * b)), i),
        "its own mean": lambda b, i: smoothness(b.reshape(1, -1, b.shape[2]), i.repeat(len(b), 1)),
        "all foreground pixels": lambda b, i: sum(
            (b[:, i == k] - b[:, i == k].mean(1, keepdim=True)).square().mean(0).sum() for k in i.unique() if k
        ) / (i > 0).sum(),
        "all pixels of the image": lambda b, i: sum(
            (b[:, i == k] - b[:, i == k].mean(1, keepdim=True)).square().mean(0).sum() for k in i.unique() if k
        ) / i.numel(),
        "less one": lambda b, i: torch.stack([b[:, i == k].var(1).mean() for k in i.unique() if k]).mean(),
        "number 0": lambda b, i: smoothness(b, i + 1),
        "in units of 1024 px": lambda b, i: smoothness(1 / torch.sqrt(2 * torch.exp(10 * b)), i),
        "may have gaps": lambda b, i: torch.stack([
            (b[:, i == k] - b[:, i == k].mean(1, keepdim=True)).square().mean() for k in range(1, i.max() + 1)
        ]).mean(),
        "you detached the pixels": lambda b, i: torch.stack([
            (b[:, i == k].detach() - b[:, i == k].mean(1, keepdim=True)).square().mean() for k in i.unique() if k
        ]).mean(),
        "no gradient flows": lambda b, i: smoothness(b, i).detach(),
        "its gradient is not": lambda b, i: smoothness((b + b.detach()) / 2, i),
    },
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_ones_are_told_apart(name):
    said = {words: BY_NAME[name].judge(answer).words for words, answer in WRONG[name].items()}
    for words, message in said.items():
        assert words in message, message
    assert len(set(said.values())) == len(said)


def test_a_plain_number_is_right_and_told_that_nothing_learns_from_it():
    for answer in (smoothness_by_loops, smoothness_in_numpy, lambda b, i: smoothness(b, i).item()):
        verdict = BY_NAME["smoothness"].judge(answer)
        assert verdict.state == "right"
        assert "no network could learn" in verdict.words
    assert "no network could learn" not in BY_NAME["smoothness"].judge(smoothness).words


@pytest.mark.parametrize("name", RIGHT)
def test_nothing_yet_and_exceptions(name):
    assert BY_NAME[name].judge(lambda *_: None).state == "not tried yet"
    assert "KeyError" in BY_NAME[name].judge(lambda *_: {}["b"]).words


def test_solutions_are_the_librarys_terms():
    b, instances = torch.randn(2, 9, 9), torch.zeros(9, 9, dtype=torch.int64)
    instances[1:4, 1:4], instances[5:8, 2:9] = 2, 5
    masks = [instances == k for k in (2, 5)]
    each = [smoothness_term(b, Instance(m, 1, torch.zeros(2), b[:, m].mean(1))) for m in masks]
    torch.testing.assert_close(smoothness(b, instances), torch.stack(each).mean())
    distance = torch.tensor([3.0, 9.0])
    assert slope(distance, torch.tensor(0.8)).tolist() == pytest.approx(slope_by_loops(distance, 0.8), rel=1e-4)


def test_the_pull_by_hand_is_autograds():
    scaled, labels = torch.tensor(BY_HAND[0], dtype=torch.float64), torch.tensor(BY_HAND[1])
    # b stands for a change of the bandwidth: κd² is multiplied with exp(10 b).
    b = torch.zeros((), dtype=torch.float64, requires_grad=True)
    term = instance_term(torch.exp(-scaled * torch.exp(10 * b))[None], labels[None], torch.ones(1, 3, dtype=torch.bool))
    (expected,) = torch.autograd.grad(term, b)
    assert expected.item() == pytest.approx(RIGHT_PULL)
    assert reference.pull(*BY_HAND) == pytest.approx(RIGHT_PULL)


@pytest.mark.parametrize("answer", [1.44, 25 * math.log(2) / 12, "1.44", torch.tensor(1.4441), np.float32(1.44)])
def test_the_number_in_many_forms(answer):
    assert BY_NAME["pull_by_hand"].judge(answer)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (-1.44, "sign"),
        (0.144, "ten"),
        (0.722, "half of it"),
        (0.58, "smallest error first"),
        (0.29, "C weighs too much"),
        (-0.58, "the sign and the weights"),
        (-1.73, "weights are missing"),
        (2.6, "C is missing"),
        (-1.155, "B is missing"),
        (3.75, "added"),
        (1.042, "loss itself"),
        (7.0, "hint"),
    ],
)
def test_wrong_numbers_have_their_own_words(answer, words):
    assert words in BY_NAME["pull_by_hand"].judge(answer).words
