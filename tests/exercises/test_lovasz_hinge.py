"""Notebook 03's exercises: right answers however written, wrong ones with their own words."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from lab.exercises.judge import to_numpy
from lab.exercises.lovasz_hinge import EXERCISES
from lab.exercises.lovasz_hinge.by_hand import four_pixels, gradient_order, right_order, right_value
from lab.exercises.lovasz_hinge.hinge import hinge
from lab.exercises.lovasz_hinge.stairs import HALF_WAY, as_it_stood, staircase
from lab.exercises.lovasz_hinge.weights import increments
from lab.exercises.reference import lovasz_hinge as reference
from lab.lovasz import jaccard_increments, lovasz_hinge

BY_NAME = {exercise.name: exercise for exercise in EXERCISES}
MISTAKES = [("jaccard_increments", m) for m in increments.mistakes] + [("lovasz_hinge", m) for m in hinge.mistakes]


def increments_by_loops(sorted_labels):
    total, f, b, weights = sum(bool(label) for label in sorted_labels), 0, 0, []
    for label in sorted_labels:
        f, b = f + bool(label), b + (not label)
        if total == 0:
            weights.append(1.0 if b == 1 else 0.0)
        else:
            weights.append(1 / (total + b) if label else (total - f) / ((total + b) * (total + b - 1)))
    return weights


def increments_in_numpy(sorted_labels):
    labels = sorted_labels.numpy()
    losses = np.arange(1, len(labels) + 1) / (labels.sum() + (~labels).cumsum())
    return np.diff(losses, prepend=0)


def increments_by_differences(sorted_labels):
    total = sorted_labels.sum()
    losses = 1 - (total - sorted_labels.cumsum(0)) / (total + (~sorted_labels).cumsum(0))
    return torch.diff(losses, prepend=torch.zeros(1))


def hinge_by_loops(logits, labels):
    errors = [1 - z if label else 1 + z for z, label in zip(logits.tolist(), labels.tolist(), strict=True)]
    order = sorted(range(len(errors)), key=errors.__getitem__, reverse=True)
    weights = increments_by_loops([labels[i] for i in order])
    return sum(max(0, errors[i]) * w for i, w in zip(order, weights, strict=True))


def hinge_in_numpy(logits, labels):
    errors = 1 - logits.numpy() * np.where(labels.numpy(), 1, -1)
    order = np.argsort(-errors)
    return np.clip(errors[order], 0, None) @ increments_in_numpy(labels[torch.tensor(order)])


def hinge_as_an_area(logits, labels):
    errors = (1 - logits * (2.0 * labels - 1)).relu()
    levels = torch.cat([torch.zeros(1), errors]).sort().values
    heights = torch.tensor([reference.height(t.item(), errors.tolist(), labels.tolist()) for t in levels[:-1]])
    return (levels.diff() * heights).sum()


def staircase_downward(errors, labels):
    positive = sorted({m for m in errors.tolist() if m > 0}, reverse=True)
    pieces = []
    for right, left in zip(positive, [*positive[1:], 0.0], strict=True):
        wrong = (errors >= right).numpy()
        pieces.append([left, right, wrong.sum() / (wrong | labels.numpy()).sum()])
    return np.array(pieces)


def staircase_in_thin_pieces(errors, labels):
    ends = sorted({0.0, 0.03, 0.44, *errors.tolist()} - {m for m in errors.tolist() if m < 0})
    return tuple((a, b, reference.height((a + b) / 2, errors.tolist(), labels.tolist())) for a, b in pairwise(ends))


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("jaccard_increments", increments_by_loops),
        ("jaccard_increments", increments_in_numpy),
        ("jaccard_increments", increments_by_differences),
        ("lovasz_hinge", hinge_by_loops),
        ("lovasz_hinge", hinge_in_numpy),
        ("lovasz_hinge", hinge_as_an_area),
        ("four_pixels", 121 / 120),
        ("four_pixels", 1.01),
        ("four_pixels", torch.tensor(1.0083)),
        ("gradient_order", (3, 1, 2, 6, 4, 5)),
        ("gradient_order", np.array([3, 1, 2, 6, 4, 5])),
        ("staircase", staircase_downward),
        ("staircase", staircase_in_thin_pieces),
    ],
)
def test_right_answers_written_differently(name, answer):
    verdict = BY_NAME[name].judge(answer)
    assert verdict.state == "right", verdict.words


@pytest.mark.parametrize(("name", "mistake"), MISTAKES, ids=lambda v: getattr(v, "name", v))
def test_a_known_mistake_gets_its_own_words(name, mistake):
    verdict = BY_NAME[name].judge(lambda *a: mistake.answer(*(to_numpy(v) for v in a)))
    assert verdict.state == "wrong"
    assert verdict.words == mistake.message


@pytest.mark.parametrize("name", HALF_WAY)
def test_half_a_repair_is_told_what_is_missing(name):
    function, message = HALF_WAY[name]
    verdict = BY_NAME["staircase"].judge(function)
    assert (verdict.state, verdict.words) == ("wrong", message)


@pytest.mark.parametrize("judge", [four_pixels, gradient_order], ids=["four_pixels", "gradient_order"])
def test_known_wrong_numbers_get_their_own_words(judge):
    for value, message in judge.mistakes.items():
        verdict = judge(list(value) if isinstance(value, tuple) else value)
        assert (verdict.state, verdict.words) == ("wrong", message)
    assert len(set(judge.mistakes.values())) >= len(judge.mistakes) - 1  # 2 and 5 tie in one of the orders
    assert judge([1, 1, 1, 1, 1, 1] if judge is gradient_order else 99.0).words == judge.otherwise


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("four_pixels", 0.60833, "in the order 1, 4, 2, 3"),
        ("lovasz_hinge", lambda z, y: hinge_in_torch(z, y).detach(), "no gradient flows"),
        ("lovasz_hinge", lambda z, y: torch.tensor(hinge_in_torch(z, y).item()), "no gradient flows"),
        ("lovasz_hinge", lambda z, y: torch.from_numpy(np.array(hinge_in_numpy(z, y))), "a gradient is asked for"),
        ("lovasz_hinge", lambda z, y: hinge_in_torch(z, y, torch.ones(1)), "its gradient is not"),
    ],
)
def test_wrong_in_words(name, answer, words):
    verdict = BY_NAME[name].judge(answer)
    assert verdict.state == "wrong"
    assert words in verdict.words


def hinge_in_torch(logits, labels, held=None):
    """Four lines; with ``held``, half of the errors' gradient is held back."""
    errors, order = torch.sort(1 - logits * (2.0 * labels - 1), descending=True)
    if held is not None:
        errors = (errors + errors.detach()) / 2
    return errors.relu() @ jaccard_increments(labels[order])


def test_numbers_are_right_and_told_that_nothing_learns_from_them():
    assert "no network could learn" in BY_NAME["lovasz_hinge"].judge(hinge_by_loops).words
    assert "no network could learn" in BY_NAME["lovasz_hinge"].judge(hinge_in_numpy).words
    assert BY_NAME["lovasz_hinge"].judge(hinge_in_torch).words == hinge.praise


def test_messages_differ():
    for mistakes in (increments.mistakes, hinge.mistakes):
        assert len({m.message for m in mistakes}) == len(mistakes) >= 3
    assert len({message for _, message in HALF_WAY.values()}) == len(HALF_WAY)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_untouched_stubs_are_not_tried_yet(exercise):
    answer = (lambda *_: ...) if exercise.kind == "implement" else ...
    assert exercise.judge(answer).state == "not tried yet"
    assert exercise.judge(None).state == "not tried yet"


def staircase_without_return(errors, labels):
    pieces = staircase(errors, labels)
    pieces.sort()


def test_a_staircase_may_lack_its_return():
    assert "Is there a return?" in BY_NAME["staircase"].judge(staircase_without_return).words
    only_once = BY_NAME["staircase"].judge(lambda e, y: staircase(e, y) if len(e) == 4 else None)
    assert "Is there a return?" in only_once.words


def test_the_broken_staircase_as_it_stands_is_not_tried_yet():
    assert BY_NAME["staircase"].judge(as_it_stood).state == "not tried yet"


@pytest.mark.parametrize("name", ["jaccard_increments", "lovasz_hinge", "staircase"])
def test_whatever_happens_becomes_words(name):
    def fails(*_):
        raise KeyError("no such pixel")

    judge = BY_NAME[name].judge
    assert "KeyError" in judge(fails).words
    assert "takes your function itself" in judge(3.0).words
    for odd in ("five", {"a": 1}, torch.zeros(2, 2, 2), [object()]):
        assert judge(lambda *_, odd=odd: odd).state == "wrong"


@pytest.mark.parametrize("name", ["four_pixels", "gradient_order"])
def test_odd_answers_become_words(name):
    for odd in ("one", [1, 2], {"a": 1}, object()):
        assert BY_NAME[name].judge(odd).state == "wrong"


def test_a_staircase_that_is_elsewhere_wrong_is_shown_where():
    verdict = BY_NAME["staircase"].judge(lambda e, y: [(0.0, float(e.max()), 1.0)])
    assert (
        verdict.words == "for the four pixels of the text, at t = 0.85 the stairs should be 0.6667 high; yours are 1."
    )


def test_reference_agrees_with_the_library():
    for _ in range(30):
        z, y = 1.5 * torch.randn(9, dtype=torch.float64), torch.rand(9) < torch.rand(())
        assert reference.lovasz_hinge(z.numpy(), y.numpy()) == pytest.approx(lovasz_hinge(z, y).item())
        np.testing.assert_allclose(reference.jaccard_increments(y.numpy()), jaccard_increments(y, torch.float64))


def test_staircase_s_area_is_the_loss():
    for _ in range(20):
        z, y = 1.5 * torch.randn(7, dtype=torch.float64), torch.rand(7) < 0.5
        y[0] = True
        area = sum((right - left) * height for left, right, height in staircase(1 - z * (2.0 * y - 1), y))
        assert area == pytest.approx(lovasz_hinge(z, y).item(), abs=1e-6)


def test_values_of_the_text():
    assert right_value() == pytest.approx(121 / 120)
    assert right_order() == (3, 1, 2, 6, 4, 5)


def one_by_one(errors, labels):
    yield from staircase(errors, labels)


def without_end(errors, labels):
    while True:
        yield 0.0, 1.0, 0.5


def breaking_off(errors, labels):
    yield 0.0, 1.0, 0.5
    yield 1.0, 2.0, errors.no_such_thing


def test_pieces_may_come_one_by_one():
    judge = BY_NAME["staircase"].judge
    assert judge(one_by_one).state == "right"
    assert "more than 1000 pieces" in judge(without_end).words
    assert "AttributeError" in judge(breaking_off).words
    assert "a list of (left, right, height) was expected" in judge(lambda e, y: [(0, 10**400, 1)]).words
