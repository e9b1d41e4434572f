"""Notebook 03: wrong answers as learners write them in torch, each answered with the words of its mistake."""

import pytest
import torch

from lab.exercises.lovasz_hinge import EXERCISES
from lab.exercises.lovasz_hinge.hinge import hinge
from lab.exercises.lovasz_hinge.stairs import HALF_WAY
from lab.exercises.lovasz_hinge.weights import increments
from lab.lovasz import jaccard_increments
from tests.exercises.learners import rewritten
from tests.notebooks.exercises import read, stub_cells

BY_NAME = {exercise.name: exercise for exercise in EXERCISES}
MESSAGES = {
    "jaccard_increments": {m.name: m.message for m in increments.mistakes},
    "lovasz_hinge": {m.name: m.message for m in hinge.mistakes},
    "staircase": {name: message for name, (_, message) in HALF_WAY.items()},
}


def weights(sorted_labels):
    total = sorted_labels.sum()
    found, alarms = sorted_labels.cumsum(0), (~sorted_labels).cumsum(0)
    losses = 1 - (total - found) / (total + alarms)
    return torch.diff(losses, prepend=torch.zeros(1))


def closed_form(sorted_labels):
    total, f, b = sorted_labels.sum(), sorted_labels.cumsum(0), (~sorted_labels).cumsum(0)
    return torch.where(sorted_labels, 1 / (total + b), (total - f) / ((total + b) * (total + b - 1)))


def loss(logits, labels):
    signs = labels.float() * 2 - 1
    errors = 1 - logits * signs
    errors, order = errors.sort(descending=True)
    steps = jaccard_increments(labels[order])
    return (errors.relu() * steps).sum()


WEIGHTS = [
    ("cumulative", ("torch.diff(losses, prepend=torch.zeros(1))", "losses")),
    ("first one missing", (", prepend=torch.zeros(1)", "")),
    ("ascending", ("    total =", "    sorted_labels = sorted_labels.flip(0)\n    total ="), ("(1))", "(1)).flip(0)")),
    ("union without background", ("(total + alarms)", "total")),
    ("union of all pixels", ("(total + alarms)", "len(sorted_labels)")),
    (
        "counts before the pixel",
        (
            "torch.diff(losses, prepend=torch.zeros(1))",
            "torch.diff(losses, prepend=torch.zeros(1)).roll(1).index_fill(0, torch.tensor([0]), 0)",
        ),
    ),
    ("G so far", ("total = sorted_labels.sum()", "total = sorted_labels.cumsum(0)")),
    ("steps of IoU", ("losses = 1 - ", "losses = "), ("zeros", "ones")),
]
LOSSES = [
    ("unsorted", ("errors.sort(descending=True)", "errors, torch.arange(len(errors))")),
    ("ascending", ("sort(descending=True)", "sort()")),
    ("no relu", ("errors.relu()", "errors")),
    ("labels not sorted", ("labels[order]", "labels")),
    ("weights not brought back", ("errors, order = errors.sort(", "_, order = errors.sort(")),
    ("sigmoid", ("1 - logits * signs", "(labels.float() - logits.sigmoid()).abs()")),
    ("mean", (".sum()", ".mean()")),
    ("sign forgotten", (" * signs\n", "\n")),
    ("label for sign", ("labels.float() * 2 - 1", "labels")),
    ("half", ("1 - logits * signs", "(1 - logits * signs) / 2")),
    ("1 - IoU counted", ("errors.relu()", "(errors > 1).float()")),
]
STAIRS = [
    ("only the ends", ("sorted(errors.tolist())", "[0.0] + sorted(m for m in errors.tolist() if m > 0)")),
    ("only the heights", ("errors > right", "errors > left")),
    ("only the heights", ("errors > right", "errors >= right")),
    ("no zero", ("errors > right", "errors > left"), ("errors.tolist()", "errors[errors > 0].tolist()")),
    ("no zero, low", ("errors.tolist()", "errors[errors > 0].tolist()")),
    ("below zero", ("errors > right", "errors > left"), ("errors.tolist()", "errors.tolist() + [0.0]")),
    ("below zero, low", ("errors.tolist()", "[0.0, *errors.tolist()]")),
    ("high", ("errors > right", "errors >= left"), ("sorted(errors", "[0.0] + sorted(errors.clone()[errors > 0]")),
]


def check(name: str, mistake: str, answer) -> None:
    verdict = BY_NAME[name].judge(answer)
    assert (verdict.state, verdict.words) == ("wrong", MESSAGES[name][mistake])


def test_the_sound_ones_are_right():
    assert BY_NAME["lovasz_hinge"].judge(loss).state == "right"
    assert BY_NAME["jaccard_increments"].judge(weights).state == "right"


def test_the_closed_form():
    check("jaccard_increments", "0/0 without foreground", closed_form)
    check("jaccard_increments", "0 without foreground", rewritten(closed_form, ("f) / (", "f) / (1e-9 + ")))
    check("jaccard_increments", "off by one", rewritten(closed_form, (".cumsum(0), (~", ".cumsum(0), 1 + (~")))


@pytest.mark.parametrize(("mistake", "changes"), [(name, changes) for name, *changes in WEIGHTS])
def test_weights(mistake, changes):
    check("jaccard_increments", mistake, rewritten(weights, *changes))


@pytest.mark.parametrize(("mistake", "changes"), [(name, changes) for name, *changes in LOSSES])
def test_losses(mistake, changes):
    check("lovasz_hinge", mistake, rewritten(loss, *changes))


def test_a_loss_that_writes_into_its_logits_is_differentiated_too():
    in_place = rewritten(loss, ("1 - logits * signs", "logits.mul_(-signs).add_(1)"))
    assert BY_NAME["lovasz_hinge"].judge(in_place).state == "right"
    held = rewritten(loss, ("1 - logits * signs", "logits.detach().mul_(-signs).add_(1)"))
    assert "no gradient flows" in BY_NAME["lovasz_hinge"].judge(held).words


@pytest.mark.parametrize(("mistake", "changes"), [(name, changes) for name, *changes in STAIRS])
def test_stairs(mistake, changes):
    """The notebook's own broken cell, half mended."""
    code = stub_cells(read(3))["staircase"].source
    for old, new in changes:
        assert code.count(old) == 1
        code = code.replace(old, new)
    names = {"torch": torch}
    exec(code, names)
    check("staircase", mistake, names["my_staircase"])
