"""Notebook 05's exercises: right answers however written, wrong ones with their own words."""

import numpy as np
import pytest
import torch

from lab.embedding import bandwidth_to_sharpness, membership, split
from lab.exercises.judge import Case
from lab.exercises.reference import seed_maps as reference
from lab.exercises.seed_maps import EXERCISES, MEAN_PHI, SHARE
from lab.exercises.seed_maps.target import TARGET_MISTAKES, seed_target
from lab.exercises.seed_maps.term import TERM_MISTAKES, judge_term, seed_term
from lab.losses import SpatialEmbeddingLoss, find_instances

BY_NAME = {exercise.name: exercise for exercise in EXERCISES}


def target_by_loops(phi, instances, classes, class_index):
    return [
        [
            float(phi[instances[y, x] - 1, y, x]) if classes[y, x] == class_index else 0.0
            for x in range(classes.shape[1])
        ]
        for y in range(classes.shape[0])
    ]


def target_in_numpy(phi, instances, classes, class_index):
    own = np.take_along_axis(phi.numpy(), np.maximum(instances.numpy() - 1, 0)[None], 0)[0]
    return own * (classes.numpy() == class_index)


def target_by_one_hot(phi, instances, classes, class_index):
    belongs = torch.arange(1, len(phi) + 1).view(-1, 1, 1) == instances
    return (phi * belongs).sum(0) * (classes == class_index)


def term_by_loops(seed_map, phi, inside, valid):
    total, count = seed_map.new_zeros(()), 0
    for y, x in np.ndindex(*seed_map.shape):
        if valid[y, x]:
            target, weight = (phi[y, x].item(), 10) if inside[y, x] else (0.0, 1)
            total, count = total + weight * (seed_map[y, x] - target) ** 2, count + 1
    return total / count


def term_in_two_sums(seed_map, phi, inside, valid):
    with torch.no_grad():
        target = phi + 0
    foreground = (seed_map[inside & valid] - target[inside & valid]).pow(2).sum()
    return (10 * foreground + seed_map[~inside & valid].pow(2).sum()) / int(valid.sum())


def term_in_place(seed_map, phi, inside, valid):
    seed_map[~valid] = 0
    target = phi.detach()
    target[~inside] = 0
    return ((1 + 9 * inside) * (seed_map - target) ** 2).sum() / valid.float().sum()


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("seed_target", target_by_loops),
        ("seed_target", target_in_numpy),
        ("seed_target", target_by_one_hot),
        ("seed_term", term_by_loops),
        ("seed_term", term_in_two_sums),
        ("seed_term", term_in_place),
        ("blind_seed", 0.35),
        ("blind_seed", torch.tensor(0.3506)),
        ("blind_seed", np.float32(54 / 154)),
    ],
)
def test_right_however_written(name, answer):
    verdict = BY_NAME[name].judge(answer)
    assert verdict.state == "right", verdict.words


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_not_tried_yet(exercise):
    assert exercise.judge(...).state == "not tried yet"
    if exercise.kind == "implement":
        assert exercise.judge(lambda *_: ...).state == "not tried yet"


# --- wrong answers as a learner would write them, in torch -----------------------------------------------------------


def own(phi, instances):
    return phi.gather(0, (instances - 1).clamp(min=0)[None])[0] * (instances > 0)


WRONG_TARGETS = {
    "the mask": lambda phi, i, c, k: (c == k).float(),
    "the logit": lambda phi, i, c, k: torch.where(c == k, 2 * own(phi, i) - 1, 0.0),
    "the logit everywhere": lambda phi, i, c, k: 2 * own(phi, i) * (c == k) - 1,
    "the nearest centre": lambda phi, i, c, k: phi.amax(0) * (c == k),
    "the nearest centre of the class": lambda phi, i, c, k: phi[i[c == k].unique() - 1].amax(0) * (c == k),
    "no background": lambda phi, i, c, k: phi[i[c == k].unique() - 1].amax(0),
    "all classes": lambda phi, i, c, k: own(phi, i),
    "numbers as indices": lambda phi, i, c, k: sum(phi[n] * (i == n) for n in i[c == k].unique()),
    "whole Gaussians added up": lambda phi, i, c, k: sum(phi[n - 1] for n in i[c == k].unique()),
    "φ > ½": lambda phi, i, c, k: ((own(phi, i) > 0.5) & (c == k)).float(),
}


def flat(s, phi, inside, valid, weight=10.0):
    """Squared errors with their weights, on the valid pixels."""
    return torch.where(inside, weight, 1.0)[valid] * (s - torch.where(inside, phi, 0.0))[valid] ** 2


WRONG_TERMS = {
    "no stop-gradient": lambda s, p, i, v: flat(s, p, i, v).mean(),
    "the gradient stopped on the wrong side": lambda s, p, i, v: flat(s.detach(), p, i, v).mean(),
    "no weight": lambda s, p, i, v: flat(s, p.detach(), i, v, 1.0).mean(),
    "the weight squared": lambda s, p, i, v: flat(s, p.detach(), i, v, 100.0).mean(),
    "divided by foreground": lambda s, p, i, v: flat(s, p.detach(), i, v).sum() / i.sum(),
    "divided by everything": lambda s, p, i, v: flat(s, p.detach(), i, v).sum() / v.numel(),
    "void counted": lambda s, p, i, v: flat(s, p.detach(), i, torch.ones_like(v)).sum() / v.sum(),
    "void counted twice": lambda s, p, i, v: flat(s, p.detach(), i, torch.ones_like(v)).mean(),
    "absolute error": lambda s, p, i, v: (
        (torch.where(i, 10, 1) * (s - torch.where(i, p.detach(), 0)).abs() * v).sum() / v.sum()
    ),
    "no background": lambda s, p, i, v: flat(s, p.detach(), i, v)[i[v]].sum() / v.sum(),
    "the mask as target": lambda s, p, i, v: flat(s, torch.ones_like(p), i, v).mean(),
    "φ on the background": lambda s, p, i, v: (torch.where(i, 10, 1) * (s - p.detach()) ** 2)[v].mean(),
    "sigmoid twice": lambda s, p, i, v: flat(s.sigmoid(), p.detach(), i, v).mean(),
    "divided by the weights": lambda s, p, i, v: flat(s, p.detach(), i, v).sum() / torch.where(i, 10.0, 1.0)[v].sum(),
    "weight 11": lambda s, p, i, v: ((1 + 10 * i) * (s - torch.where(i, p.detach(), 0)) ** 2)[v].mean(),
    "two means": lambda s, p, i, v: 10 * ((s - p.detach())[i & v] ** 2).mean() + (s[~i & v] ** 2).mean(),
}


@pytest.mark.parametrize(
    ("exercise", "mistakes", "wrongs"),
    [("seed_target", TARGET_MISTAKES, WRONG_TARGETS), ("seed_term", TERM_MISTAKES, WRONG_TERMS)],
)
def test_each_mistake_has_its_own_message(exercise, mistakes, wrongs):
    messages = {mistake.name: mistake.message for mistake in mistakes}
    assert set(messages) == set(wrongs)
    assert len(set(messages.values())) == len(messages)
    for name, answer in wrongs.items():
        verdict = BY_NAME[exercise].judge(answer)
        assert (verdict.state, verdict.words) == ("wrong", messages[name]), name


def test_each_wrong_prediction_has_its_own_message():
    judge = BY_NAME["blind_seed"].judge
    words = [judge(answer).words for answer in judge.mistakes]
    assert words == list(judge.mistakes.values())
    assert len(set(words)) == len(words) >= 3


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda s, p, i, v: 1 / 0, "raised ZeroDivisionError"),
        (lambda s, p, i, v: flat(s, p, i, v).mean().item(), "no gradient flows back"),
        (lambda s, p, i, v: flat(s.detach(), p.detach(), i, v).mean(), "no gradient flows back"),
        (lambda s, p, i, v: flat(s, p.detach(), i, v), "one number is expected"),
        (lambda s, p, i, v: flat(s, p.detach(), i, v).mean() + 1, "for map number 1"),
        (lambda s, p, i, v: flat((s + s.detach()) / 2, p.detach(), i, v).mean(), 'in "gradient on seed_map"'),
        (lambda s, p, i, v: flat(s, p, i, v, 11.0).mean(), "counts eleven times"),  # though φ is not held either
        (lambda: 0, "raised TypeError"),
        (3.0, "takes your function itself"),
    ],
)
def test_whatever_goes_wrong_becomes_words(answer, words):
    verdict = judge_term(answer)
    assert verdict.state == "wrong"
    assert words in verdict.words


def test_reference_and_solution_are_the_librarys_loss():
    """One image of the library's loss, one class, taken apart: the exercises' functions give its seed term."""
    generator = torch.Generator().manual_seed(3)
    output = torch.randn(1, 5, 8, 9, generator=generator)
    output[:, :2] *= 0.002
    instances, classes = torch.zeros(8, 9, dtype=torch.int64), torch.zeros(8, 9, dtype=torch.int64)
    instances[1:4, 1:5], instances[4:7, 3:8] = 1, 2
    classes[instances > 0] = 1
    classes[:, 8] = -1
    expected = SpatialEmbeddingLoss()(output, instances[None], classes[None])["seed"]
    prediction = split(output, 2)
    objects = find_instances(prediction.embedding[0], prediction.bandwidth[0], instances, classes, "learned")
    phi = torch.stack(
        [membership(prediction.embedding[0], o.centre, bandwidth_to_sharpness(o.bandwidth)) for o in objects]
    )
    target = seed_target(phi, instances, classes, 1)
    arguments = (prediction.seed_map[0, 0], target, classes == 1, classes >= 0)
    torch.testing.assert_close(seed_term(*arguments), expected)
    by_loops = reference.seed_term(*Case("", arguments).for_reference())["value"]
    assert by_loops == pytest.approx(expected.item(), rel=1e-5)


def test_best_constant_by_formula():
    assert reference.best_constant(SHARE, MEAN_PHI) == pytest.approx(10 * 0.06 * 0.9 / (10 * 0.06 + 0.94), abs=1e-4)
