"""Notebook 10's exercises: right answers however written, wrong ones with their own words."""

import numpy as np
import pytest
import torch
from torch import nn

from lab.exercises.two_stage_training import EXERCISES
from lab.exercises.two_stage_training import norm as norms
from lab.exercises.two_stage_training import steps as updates
from lab.exercises.two_stage_training.norm import training_mode
from lab.exercises.two_stage_training.steps import AS_GIVEN, faulty, train_steps

JUDGES = {exercise.name: exercise.judge for exercise in EXERCISES}


def rate_by_tensors(step, steps, start, power):
    return torch.linspace(1, 0, steps + 1)[step].pow(power) * start


def rate_by_logarithms(step, steps, start, power):
    return np.exp(np.log(start) + power * (np.log(steps - step) - np.log(steps)))


def mode_by_hand(network):
    for module in network.modules():
        module.training = not isinstance(module, nn.modules.batchnorm._BatchNorm)


def mode_by_apply(network):
    network.train().apply(lambda module: module.eval() if isinstance(module, nn.BatchNorm2d) else None)
    return network


def steps_written_otherwise(network, optimiser, loss, weights, batches, validate):
    mode_by_hand(network)
    for number, (image, target) in enumerate(batches):
        for parameter in network.parameters():
            parameter.grad = None
        terms = loss(network(image), target)
        (terms["instance"] + 10 * terms["smoothness"] + terms["seed"]).backward()
        optimiser.step()
        if number % 2:
            validate(network)
            mode_by_apply(network)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("polynomial_decay", rate_by_tensors),
        ("polynomial_decay", rate_by_logarithms),
        ("training_mode", mode_by_hand),
        ("training_mode", mode_by_apply),
        ("scenes_seen", torch.tensor(200.07)),
        ("scenes_seen", 200),
        ("broken_steps", steps_written_otherwise),
        ("broken_steps", faulty()),
    ],
)
def test_right_answers_written_differently(name, answer):
    verdict = JUDGES[name](answer)
    assert verdict.state == "right", verdict.words


def frozen_affine(network):
    training_mode(network)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.requires_grad_(False)


def frozen_all(network):
    training_mode(network)
    network.requires_grad_(False)


def undone(network):
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    network.train()


def outer_only(network):
    network.train()
    for module in network.children():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def without_train(network):
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def no_momentum(network):
    network.train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 0.0


def no_tracking(network):
    network.train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.track_running_stats, module.running_mean, module.running_var = False, None, None


def reset(network):
    training_mode(network)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()


@pytest.mark.parametrize(
    ("answer", "mistake"),
    [
        (frozen_affine, "affine frozen"),
        (frozen_all, "all frozen"),
        (undone, "undone"),
        (outer_only, "inner"),
        (without_train, "not back"),
        (nn.Module.eval, "dropout off"),
        (no_momentum, "momentum"),
        (no_tracking, "no tracking"),
        (reset, "reset"),
        (nn.Module.train, "not frozen"),
    ],
)
def test_wrong_modes_are_named(answer, mistake):
    verdict = JUDGES["training_mode"](answer)
    assert (verdict.state, verdict.words) == ("wrong", norms.MESSAGES[mistake])


def test_every_message_is_another():
    for messages in (norms.MESSAGES, updates.MESSAGES):
        assert len(set(messages.values())) == len(messages)


@pytest.mark.parametrize("fault", updates.MESSAGES)
def test_every_fault_of_the_steps_is_named(fault):
    verdict = JUDGES["broken_steps"](faulty(fault))
    assert (verdict.state, verdict.words) == ("wrong", updates.MESSAGES[fault])


def test_mending_step_by_step():
    judge, left = JUDGES["broken_steps"], list(AS_GIVEN)
    assert judge(faulty(*left)).state == "not tried yet"
    while left:
        left.pop()
        words = judge(faulty(*left)).words
        if left:
            assert any(words.startswith(updates.MESSAGES[fault]) for fault in left)
            assert ("1 more" in words) == (len(left) == 2)
    assert judge(train_steps).state == "right"


def test_steps_that_train_nothing_are_not_tried():
    verdict = JUDGES["broken_steps"](lambda *_: None)
    assert verdict.state == "not tried yet"
    assert "trains nothing" in verdict.words


@pytest.mark.parametrize("name", ["training_mode", "broken_steps", "polynomial_decay"])
@pytest.mark.parametrize(
    ("answer", "state", "part"),
    [
        (..., "not tried yet", ""),
        (lambda *a: ..., "not tried yet", ""),
        (lambda *a: 1 / 0, "wrong", "ZeroDivisionError"),
        (3.0, "wrong", "takes your function"),
    ],
)
def test_anything_else_becomes_words(name, answer, state, part):
    verdict = JUDGES[name](answer)
    assert verdict.state == state
    assert part in verdict.words
