"""Notebook 12's exercises: right answers however written, wrong ones with their own words."""

from itertools import combinations, permutations
from math import comb
from statistics import mean

import numpy as np
import pytest

from lab.comparison import permutation_p
from lab.exercises.ablations import EXERCISES, pairs, seeds, table
from lab.exercises.ablations.table import AS_GIVEN, MESSAGES, unfair
from tests.exercises.learners import rewritten

JUDGES = {exercise.name: exercise.judge for exercise in EXERCISES}


def by_orders(a, b):
    orders = [o for o in permutations(list(a) + list(b))]
    ahead = [mean(o[: len(a)]) - mean(o[len(a) :]) >= mean(a) - mean(b) for o in orders]
    return [mean(a), min(a), max(a), sum(ahead) / len(ahead)]


def by_sums(a, b):
    """The larger a hand's sum the larger its lead."""
    sums = [sum(hand) for hand in combinations(a + b, len(a))]
    low, *_, high = sorted(a)
    return np.mean(a), low, high, np.mean(np.array(sums) >= sum(a))


def by_counting(a, b):
    pooled = np.array(a + b)
    count = 0
    for bits in range(1 << len(pooled)):
        first = np.array([bits >> i & 1 for i in range(len(pooled))], bool)
        if first.sum() == len(a):
            count += pooled[first].mean() - pooled[~first].mean() > np.mean(a) - np.mean(b) - 1e-6
    return np.array([np.mean(a), np.min(a), np.max(a), count / comb(len(pooled), len(a))])


def threshold_for_all(train, score, arms, thresholds, steps):
    """One threshold, by what is best on val over everything."""
    models = {(arm, seed): train(arm, seed, steps) for seed in (0, 1, 2) for arm in arms}
    best = max(thresholds, key=lambda t: mean(score(m, "val", t) for m in models.values()))
    return {arm: mean(score(models[arm, seed], "test", best) for seed in range(3)) for arm in arms}


def threshold_of_the_arm(train, score, arms, thresholds, steps):
    result = dict.fromkeys(arms, 0.0)
    for arm in arms:
        models = [train(arm, s, steps) for s in range(3)]
        scores = np.array([[score(m, "val", t) for t in thresholds] for m in models])
        best = thresholds[int(scores.mean(0).argmax())]
        result[arm] += sum(score(m, "test", best) for m in models) / 3
    return result


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("seeds_against_seeds", by_orders),
        ("seeds_against_seeds", by_sums),
        ("seeds_against_seeds", by_counting),
        ("which_difference", ["e", "A"]),
        ("which_difference", "A, E"),
        ("which_difference", {"A", "E"}),
        ("unfair_comparison", threshold_for_all),
        ("unfair_comparison", threshold_of_the_arm),
        ("unfair_comparison", unfair()),
    ],
)
def test_right_answers_written_differently(name, answer):
    verdict = JUDGES[name](answer)
    assert verdict.state == "right", verdict.words


STRICT = (("lead >= observed - 1e-9", "lead > observed"), "at least as far ahead")


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        (STRICT, "at least as far ahead"),
        (("lead >= observed - 1e-9", "abs(lead) >= abs(observed)"), "two-sided"),
        (("lead >= observed - 1e-9", "lead <= observed"), "other side"),
        (("min(a), max(a)", "a[0], a[-1]"), "do not come in order"),
        (("return _mean(a), min(a)", "return _mean(b), min(a)"), "is right"),
    ],
)
def test_wrong_lines_are_named(changes, part):
    changed = rewritten(EXERCISES[0].solution, changes[0] if isinstance(changes[0], tuple) else changes)
    verdict = JUDGES["seeds_against_seeds"](changed)
    assert verdict.state == "wrong"
    assert part in verdict.words


def test_which_comparisons_support_their_claim():
    """The letters follow from the numbers and the words; the hint on B holds its own numbers."""
    p = {letter: permutation_p(*both) for letter, both in pairs.PAIRS.items()}
    least = {letter for letter, value in p.items() if value == 1 / 20}
    equal = {letter for letter, words in pairs.WORDS.items() if words == "500 steps each"}
    assert least & equal == pairs.SUPPORTED
    assert least - equal == {"D", "F"}
    assert p["B"] == pytest.approx(3 / 20)
    assert np.mean(pairs.PAIRS["B"][0]) - np.mean(pairs.PAIRS["B"][1]) == pytest.approx(2, abs=0.1)
    assert p["C"] == 1 / 2
    assert np.mean(pairs.PAIRS["E"][0]) - np.mean(pairs.PAIRS["E"][1]) == pytest.approx(0.5, abs=0.05)
    assert max(pairs.PAIRS["B"][1]) - min(pairs.PAIRS["B"][0]) == pytest.approx(2)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("AEB", ("5 of 6", "Look at B")),
        ("E", ("5 of 6", "Look at A")),
        ("ACDEF", ("3 of 6", "Look at C")),
        ("", ("4 of 6", "Look at A")),
        ("AX", ("found 'X'",)),
        (["A", 5], ("expected the letters",)),
    ],
)
def test_wrong_letters_are_named(said, words):
    verdict = JUDGES["which_difference"](said)
    assert verdict.state == "wrong"
    assert all(part in verdict.words for part in words)


@pytest.mark.parametrize("fault", MESSAGES)
def test_every_fault_of_the_script_is_named(fault):
    verdict = JUDGES["unfair_comparison"](unfair(fault))
    assert (verdict.state, verdict.words) == ("wrong", MESSAGES[fault])


def test_mending_fault_by_fault():
    judge, left = JUDGES["unfair_comparison"], sorted(AS_GIVEN)
    assert judge(unfair(*left)).state == "not tried yet"
    while left:
        left.pop()
        words = judge(unfair(*left)).words
        if left:
            assert any(words.startswith(MESSAGES[fault]) for fault in left)
            assert ("1 more" in words) == (len(left) == 2)
    assert judge(unfair()).state == "right"


@pytest.mark.parametrize(
    ("answer", "state", "part"),
    [
        (lambda *_: None, "not tried yet", "trains nothing"),
        (lambda *_: {"ours": 1.0}, "wrong", "a number for each"),
        (lambda *_: dict.fromkeys(table.ARMS, 30.0), "wrong", "without a training"),
        (lambda train, score, *_: score("ours", "test", 0.5), "wrong", "first argument is a model"),
        (lambda train, score, *_: score(train("ours", 0, 500), "train", 0.5), "wrong", "expected val or test"),
        (lambda *_: 1 / 0, "wrong", "ZeroDivisionError"),
    ],
)
def test_scripts_that_are_none(answer, state, part):
    verdict = JUDGES["unfair_comparison"](answer)
    assert verdict.state == state
    assert part in verdict.words


def test_the_ways_to_choose_differ():
    """Else a judge that knows one of them only would pass unseen."""
    tables = [answer(*fresh()) for answer in (threshold_for_all, threshold_of_the_arm, unfair())]
    assert len({round(t["ours"], 6) for t in tables}) == 3


def fresh():
    records = table.Records()
    return records.train, records.score, table.ARMS, table.THRESHOLDS, table.STEPS


def test_every_message_is_another():
    for messages in (MESSAGES, pairs.LOOK, {m.name: m.message for m in seeds.MISTAKES}):
        assert len(set(messages.values())) == len(messages)
