"""Notebook 06's predictions: the empty street's number, and the bug hunt."""

import pytest

from lab.exercises.the_whole_loss import EXERCISES
from lab.exercises.the_whole_loss.broken import HUNTED
from lab.exercises.the_whole_loss.hunt import SIGNS

BY_NAME = {exercise.name: exercise for exercise in EXERCISES}


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        (1.24, "averaged, not added"),
        (1.2, "counts in the mean"),
        (0.6, "not free"),
        (0.53, "ten times"),
        (1.12, "adds 0 and is counted"),
        (1.02, "added as they are"),
        (1.06, "ten times, and the total is the mean"),
        (0.8, "weighs 1"),
        (0.7, "squares"),
        (5.0, "hint"),
    ],
)
def test_wrong_numbers_have_their_words(answer, part):
    verdict = BY_NAME["empty_image"].judge(answer)
    assert verdict.state == "wrong"
    assert part in verdict.words


def test_the_wrong_numbers_are_what_the_mistakes_give():
    instance, smoothness, seed, empty = 0.8, 0.02, 0.2, 0.2**2
    one, plain = instance + 10 * smoothness + seed, instance + smoothness + seed
    made = {
        "added, not averaged": one + empty,
        "the first image alone": one,
        "the empty image is free": one / 2,
        "no weights": (plain + empty) / 2,
        "no weights, added": plain + empty,
        "no weights, the first image alone": plain,
        "the seed term alone is halved": instance + 10 * smoothness + (seed + empty) / 2,
        "background weighs ten": (one + 10 * empty) / 2,
        "not squared": (one + 0.2) / 2,
    }
    judge = BY_NAME["empty_image"].judge
    assert sorted(judge.mistakes) == pytest.approx(sorted(made.values()))
    assert len({judge(value).words for value in made.values()}) == len(made)


@pytest.mark.parametrize("letter", HUNTED)
@pytest.mark.parametrize("bug", SIGNS)
def test_hunt_answers_every_suspect(letter, bug):
    verdict = BY_NAME["bug_hunt"].judge(HUNTED | {letter: bug})
    if bug == HUNTED[letter]:
        assert verdict.state == "right"
    else:
        assert verdict.state == "wrong"
        assert SIGNS[bug] in verdict.words


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (..., "not tried yet"),
        (HUNTED | {"B": ...}, "not tried yet"),
        ("A", "wrong"),
        (HUNTED | {"A": "dragon"}, "wrong"),
    ],
)
def test_hunt_takes_anything(answer, state):
    assert BY_NAME["bug_hunt"].judge(answer).state == state
