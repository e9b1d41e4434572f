"""The judges: what is right however it is written, what is recognised, and what becomes words."""

import sys
import time
from fractions import Fraction

import numpy as np
import pytest
import torch

from lab.exercises.exercise import untried
from lab.exercises.guard import Trouble, attempt
from lab.exercises.judge import Case, Mistake, compare, difference, number, to_numpy

CASES = [
    Case("three numbers", (torch.tensor([3.0, 1.0, 2.0]),)),
    Case("a negative one", (torch.tensor([-1.0, 4.0]),)),
]
JUDGE = compare(
    CASES,
    right=lambda x: np.sqrt((x**2).sum()),
    mistakes=[
        Mistake("no root", lambda x: (x**2).sum(), "the root is missing"),
        Mistake("not squared", lambda x: x.sum(), "squares are missing"),
    ],
)


@pytest.mark.parametrize(
    "answer",
    [
        lambda x: x.norm(),
        lambda x: float(np.linalg.norm(x.numpy())),
        lambda x: sum(v.item() ** 2 for v in x) ** 0.5,
        lambda x: x.double().square().sum().sqrt().requires_grad_(),
    ],
)
def test_right_however_written(answer) -> None:
    assert JUDGE(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x: x.square().sum(), "the root is missing"),
        (lambda x: x.sum(), "squares are missing"),
        (lambda x: x.norm() + 1, "for three numbers, 3.74166 is right; yours gave 4.74166."),
        (lambda x: x, "the result should have the shape (); yours has (3,)."),
        (lambda x: x.norm() if len(x) == 3 else None, "returns nothing"),
        (lambda x: "3.7", "numbers were expected; yours gave a str"),
        (lambda x: x.norm() * float("nan"), "yours gave nan"),
        (lambda x: x / y, "it raised NameError: name 'y' is not defined (line"),
        (lambda: 1, "it raised TypeError"),
        (lambda x: x.norm().bfloat16(), "3.74166 is right; yours gave 3.73438"),
        (lambda x: (1 / 0 for _ in x), "numbers were expected; yours gave a generator"),
        (lambda x: [x.norm(), 10**400], "numbers were expected"),
        (3.74, "takes your function itself"),
    ],
)
def test_wrong_in_words(answer, words: str) -> None:
    verdict = JUDGE(answer)
    assert verdict.state == "wrong"
    assert words in verdict.words


def with_words_only(x):
    """Return the norm."""


def without_return(x):
    root = x.norm()  # noqa: F841 - the mistake


@pytest.mark.parametrize("answer", [..., None, lambda x: ..., lambda x: None, with_words_only])
def test_untried(answer) -> None:
    assert JUDGE(answer) == untried()


def test_a_forgotten_return_is_told() -> None:
    assert JUDGE(without_return).words == "your function returns nothing. Is there a return?"


def test_the_case_is_named_in_which_an_exception_came() -> None:
    words = JUDGE(lambda x: x.norm() if x.min() > 0 else [][0]).words
    assert words.startswith("for a negative one, it raised IndexError: list index out of range")


def test_fractions_are_numbers() -> None:
    judge = compare([Case("two", (torch.tensor(2.0),))], right=lambda x: np.array([1 / x, 1 / 3]), mistakes=())
    assert judge(lambda x: [Fraction(1, int(x)), Fraction(1, 3)])
    assert number(0.25, 1e-6)(Fraction(1, 4))


def test_arguments_are_copies() -> None:
    def spoil(x: torch.Tensor) -> torch.Tensor:
        root = x.norm()
        x.zero_()
        return root

    assert JUDGE(spoil)
    assert JUDGE(spoil), "the first call changed the case itself"


def test_endless_loop_ends() -> None:
    def forever() -> None:
        while True:
            try:
                pass
            except Exception:
                continue

    with pytest.raises(Trouble, match=r"still running after 0\.2 seconds"):
        attempt(forever, seconds=0.2)


def test_endless_loop_ends_whatever_it_catches() -> None:
    def forever() -> None:
        while True:
            try:
                time.sleep(0.001)
            except:  # noqa: E722 - a bare one, as learners write it
                continue

    before = sys.gettrace()
    with pytest.raises(Trouble, match="still running"):
        attempt(forever, seconds=0.2)
    assert sys.gettrace() is before


def test_a_result_is_read_under_the_same_guard() -> None:
    def endless():
        while True:
            yield 1

    with pytest.raises(Trouble, match="still running"):
        attempt(endless, read=sum, seconds=0.2)
    with pytest.raises(Trouble, match="ZeroDivisionError"):
        attempt(lambda: (1 / 0 for _ in "a"), read=list)


def test_only_lines_of_ones_own_are_called_so() -> None:
    """Neither the lab's own line nor torch's is a line of the learner's cell."""
    with pytest.raises(Trouble) as found:
        attempt(to_numpy, np.zeros, read=lambda f: f("a"))
    assert "(line" in str(found.value), "the lambda above is ours"
    with pytest.raises(Trouble) as found:
        attempt(difference, 1, 2)
    assert "of your cell" not in str(found.value)
    with pytest.raises(Trouble) as found:
        attempt(torch.nn.functional.softmax, 3)
    assert "of your cell" not in str(found.value)


def test_prints_are_dropped(capsys: pytest.CaptureFixture) -> None:
    assert attempt(lambda: print("noise") or 3) == 3
    assert capsys.readouterr().out == ""


def test_number() -> None:
    judge = number(5.74, 0.05, {4.88: "that is σ"})
    assert judge(5.7)
    assert judge(torch.tensor(5.74))
    assert judge(4.9).words == "that is σ"
    assert judge(1).state == "wrong"
    assert judge(10**400).state == "wrong"
    assert judge(torch.tensor(5.75, dtype=torch.bfloat16))
    assert judge("five").words == "expected one number, found 'five'."
    assert judge([5.74]).state == "wrong"
    assert number(1, 0)(True).words == "expected one number, found True."
    assert number(1, 0)(1)
    assert judge(...).state == "not tried yet"
    several = number([1, 2], 0.01, {(2, 1): "the other way round"})
    assert several([1, 2])
    assert several((2, 1)).words == "the other way round"
    assert several([..., 2]).state == "not tried yet"
    assert "2 numbers in a list" in several(1).words


def test_differences_in_structures() -> None:
    expected = to_numpy({"a": torch.tensor(1.0), "b": (torch.ones(2), torch.ones(3))})
    assert difference(expected, to_numpy({"a": 1, "b": [np.ones(2), np.ones(3)]}), 1e-6) == ""
    assert "keys ['a', 'b'] was expected; yours gave ['a']" in difference(expected, to_numpy({"a": 1}), 1e-6)
    assert "2 results were expected; yours gave 1" in difference(expected, to_numpy({"a": 1, "b": [np.ones(2)]}), 1e-6)
    other = to_numpy({"a": 1, "b": [np.ones(2), np.zeros(3)]})
    assert difference(expected, other, 1e-6) == 'in "b" in result 1 1 is right at position [0]; yours gave 0.'


def test_masks_and_whole_numbers_compare_as_numbers() -> None:
    assert difference(to_numpy(torch.tensor([True, False])), to_numpy([1, 0]), 1e-6) == ""
    assert difference(to_numpy(3), to_numpy(torch.tensor(3)), 1e-6) == ""
    assert difference(to_numpy(np.zeros((0, 2))), to_numpy([]), 1e-6) == ""
