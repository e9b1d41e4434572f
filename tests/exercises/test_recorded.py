"""Checks that know the numbers and not the answer."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lab.exercises.catalogue import exercises_of
from lab.exercises.gradient import CompareGradient
from lab.exercises.judge import Case, Mistake, compare, number
from lab.exercises.recorded import from_json, handed_in, record, replay, to_json

JUDGE = compare(
    [Case("two numbers", (torch.tensor([1.0, 2.0]), 3)), Case("none", (torch.zeros(0), 3))],
    right=lambda x, n: x * n,
    mistakes=[Mistake("plus", lambda x, n: x + n, "you added.")],
    praise="well multiplied.",
)


def kept(judge):
    """The judge, there and back through a file."""
    return replay(json.loads(json.dumps(record(judge))))


def test_judges_as_what_it_was_recorded_from() -> None:
    judge = kept(JUDGE)
    for answer in (lambda x, n: x * n, lambda x, n: x + n, lambda x, n: x - n, lambda x, n: None, lambda x: x, ..., 3):
        assert judge(answer) == JUDGE(answer)
    assert judge(lambda x, n: x * n).words == "well multiplied."
    assert judge(lambda x, n: x + n).words == "you added."


SLOPED = CompareGradient(
    [Case("two numbers", (torch.tensor([1.0, 2.0]), 3)), Case("four", (torch.arange(4.0), 2))],
    right=lambda x, n: n * (x**2).sum(),
    mistakes=[],
    praise="and it moves.",
    solution=lambda x, n: n * x.square().sum(),
    wrong_gradients=[Mistake("half", lambda x, n: n * (x * x.detach()).sum(), "half of it is detached.")],
    smooth=(1,),
)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x, n: n * x.square().sum(), "right: and it moves."),
        (lambda x, n: n * x.detach().square().sum(), "no gradient flows"),
        (lambda x, n: n * (x.detach() * x).sum(), "half of it is detached."),
        (lambda x, n: n * (2 * x.detach() * x).sum() - n * x.detach().square().sum() + 0 * x.sum(), "right"),
        (lambda x, n: n * (3 * x.detach() * x - 2 * x.detach().square()).sum(), "its gradient is not"),
        (lambda x, n: float(n * x.square().sum()), "the value is all that was looked at"),
    ],
)
def test_asks_for_the_same_gradient(answer, words) -> None:
    assert kept(SLOPED)(answer) == SLOPED(answer)
    assert words in str(kept(SLOPED)(answer))


def test_holds_no_function() -> None:
    answers = kept(JUDGE).right
    assert answers(*JUDGE.cases[0].for_reference()).tolist() == [3, 6]
    with pytest.raises(KeyError):
        answers(np.array([1.0, 2.5]), 3)


def test_what_numbers_do_not_describe_is_not_recorded() -> None:
    assert record(number(1, 0.1)) is None
    assert record(lambda answer: None) is None
    assert record(compare([Case("layers", (SimpleNamespace(),))], right=len, mistakes=[])) is None


def test_a_large_input_is_left_out() -> None:
    large = Case("large", (torch.zeros(20_000), 1))
    judge = compare([large, *JUDGE.cases], JUDGE.right, JUDGE.mistakes)
    assert [case.what for case in kept(judge).cases] == ["two numbers", "none"]


@pytest.mark.parametrize(
    "value",
    [
        torch.tensor([[1.5, float("inf")]]),
        torch.zeros(0, 3, dtype=torch.bool),
        np.array([1, 2]),
        (1, [2.5, "words", None], {"key": (True,)}),
    ],
)
def test_values_come_back(value) -> None:
    back = from_json(json.loads(json.dumps(to_json(value))))
    assert repr(back) == repr(value)
    assert getattr(back, "dtype", None) == getattr(value, "dtype", None)


@pytest.mark.parametrize("notebook", [2, 3, 4, 12])
def test_the_librarys_own_is_right(notebook: int) -> None:
    recorded = [exercise for exercise in exercises_of(notebook) if record(exercise.judge)]
    assert recorded
    for exercise in recorded:
        assert kept(exercise.judge)(exercise.solution).state == "right", exercise.name


@pytest.mark.parametrize("answer", [..., None, [1, ...], {"A": ...}, lambda x: ...])
def test_nothing_handed_in(answer) -> None:
    assert handed_in(answer).state == "not tried yet"


@pytest.mark.parametrize("answer", [0.5, [1, 2], {"A": "b"}, "AE", lambda x: x + 1])
def test_handed_in(answer) -> None:
    verdict = handed_in(answer)
    assert verdict.state == "handed in"
    assert not verdict
    assert str(verdict) == "✎ handed in: there is an answer; it is judged when your work is graded."
