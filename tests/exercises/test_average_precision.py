"""The checks of notebook 11: right answers accepted however they are written, wrong ones told apart."""

from itertools import combinations

import numpy as np
import pytest
import torch

from lab.exercises.average_precision import EXERCISES
from lab.exercises.average_precision.cases import AREAS, CROWD, CROWD_SCORES, EVALUATIONS, MATCHINGS, ROW, overlaps
from lab.exercises.average_precision.heads import PARTS, SIGNS
from lab.exercises.average_precision.mistakes import AREA, MATCHING
from lab.exercises.average_precision.parts import SICK
from lab.exercises.average_precision.repair import FAULTS, STAGES, faulty
from lab.exercises.average_precision.solution import area_under_curve, evaluate, match_detections
from lab.exercises.reference import average_precision as reference
from lab.metrics import area_under_curve as official_area
from lab.metrics import match_greedy, precision_recall
from tests.exercises.learners import rewritten

JUDGES = {exercise.name: exercise.judge for exercise in EXERCISES}


def by_library(iou, scores, threshold):
    right = np.zeros(len(scores))
    right[[d for d, _ in match_greedy(iou, scores, threshold)]] = 1
    return right


def by_objects(iou, scores, threshold):
    """The other way round: each object takes the best of its own detections."""
    right = [False] * len(scores)
    for k in range(iou.shape[1]):
        hits = [d for d in range(len(scores)) if iou[d, k] > threshold]
        if hits:
            right[max(hits, key=lambda d: scores[d])] = True
    return torch.tensor(right)


def by_writing(iou, scores, threshold):
    """Marks as taken by writing into what it was given."""
    right = [0] * len(scores)
    for d in reversed(np.argsort(scores)):
        if iou.shape[1] and iou[d].max() > threshold:
            right[d], iou[:, iou[d].argmax()] = 1, 0
    return right


@pytest.mark.parametrize("answer", [match_detections, reference.match, by_library, by_objects, by_writing])
def test_right_matchings(answer):
    verdict = JUDGES["match_detections"](answer)
    assert verdict.state == "right", verdict.words


def area_by_library(scores, right, count):
    return official_area(*precision_recall(scores[right], scores[~right], count - int(right.sum())))


def area_by_steps(scores, right, count):
    """As the official code has it: each precision by half the recall on either side of it."""
    cuts = sorted(set(scores.tolist()))
    precision = [right[scores >= c].mean() for c in cuts] + [1.0]
    recall = [right[scores >= c].sum() / count for c in cuts] + [0.0]
    around = [recall[0], *recall, 0.0]
    return sum(p * (around[i] - around[i + 2]) / 2 for i, p in enumerate(precision))


@pytest.mark.parametrize("answer", [area_under_curve, reference.average_precision, area_by_library, area_by_steps])
def test_right_areas(answer):
    verdict = JUDGES["area_under_curve"](answer)
    assert verdict.state == "right", verdict.words


def evaluated(images, threshold):
    """By the other two exercises' solutions, one after the other."""
    right = np.concatenate([by_objects(iou, scores, threshold).numpy() for iou, scores in images])
    return area_by_steps(np.concatenate([s for _, s in images]), right, sum(iou.shape[1] for iou, _ in images))


@pytest.mark.parametrize("answer", [evaluate, reference.evaluate, evaluated, faulty(set())])
def test_right_evaluations(answer):
    verdict = JUDGES["mend_the_evaluator"](answer)
    assert verdict.state == "right", verdict.words


ORDER = "np.argsort(-scores)"
MATCHERS = [
    ("as given", (ORDER, "range(len(scores))")),
    ("lowest first", (ORDER, "np.argsort(scores)")),
    ("best overlap first", (ORDER, "np.argsort(-iou.max(1, initial=0))")),
    ("used twice", (", free[good.argmax()] = True, False", " = True")),
    ("used twice", ("free & (iou", "(iou")),
    ("at least", ("] > threshold", "] >= threshold")),
    ("always one half", ("] > threshold", "] > 0.5")),
    ("in sorted order", ("return right", f"return right[{ORDER}]")),
    (
        "taken by failures",
        ("        if good.any():", "        if len(free) == 0:\n            continue\n        if good.any():"),
        ("right[d], free[good.argmax()] = True, False", "right[d] = True\n        free[iou[d].argmax()] = False"),
    ),
]


@pytest.mark.parametrize(("name", "changes"), [(name, changes) for name, *changes in MATCHERS])
def test_a_learners_mistake_in_matching_is_recognised(name, changes):
    verdict = JUDGES["match_detections"](rewritten(match_detections, *changes))
    assert verdict.words == next(m.message for m in MATCHING if m.name == name)


AREAS_GONE_WRONG = [
    ("envelope", ("np.trapezoid(precision", "np.trapezoid(np.maximum.accumulate(precision[::-1])[::-1]")),
    ("no beginning", ("np.trapezoid(precision, recall)", "np.trapezoid(precision[1:], recall[1:])")),
    ("begins at zero", ("[1.0], [0.0]", "[0.0], [0.0]")),
    ("goes on to recall 1", ("np.trapezoid(precision, recall)", "np.trapezoid([*precision, 0], [*recall, 1])")),
    ("misses ignored", ("/ count", "/ max(right.sum(), 1)")),
    ("share of the detections", ("/ count", "/ len(scores)")),
    (
        "rectangles of the new precision",
        ("np.trapezoid(precision, recall)", "(np.diff(recall) * precision[1:]).sum()"),
    ),
    (
        "rectangles of the old precision",
        ("np.trapezoid(precision, recall)", "(np.diff(recall) * precision[:-1]).sum()"),
    ),
    ("mean over the scores", ("np.trapezoid(precision, recall)", "np.mean(precision[1:])")),
    ("precision", ("np.trapezoid(precision, recall)", "precision[-1]")),
]


@pytest.mark.parametrize(("name", "changes"), [(name, changes) for name, *changes in AREAS_GONE_WRONG])
def test_a_learners_mistake_in_the_area_is_recognised(name, changes):
    verdict = JUDGES["area_under_curve"](rewritten(area_under_curve, *changes))
    assert verdict.words == next(m.message for m in AREA if m.name == name)


@pytest.mark.parametrize(
    ("judge", "mistakes"), [("match_detections", MATCHING), ("area_under_curve", AREA), ("mend_the_evaluator", STAGES)]
)
def test_each_mistake_has_a_message_of_its_own(judge, mistakes):
    said = {m.name: JUDGES[judge](m.answer).words for m in mistakes}
    assert said == {m.name: m.message for m in mistakes}
    assert len(set(said.values())) == len(mistakes) >= 6


def test_mended_in_part_is_told_what_is_left():
    assert JUDGES["mend_the_evaluator"](faulty(set(FAULTS))).state == "not tried yet"
    for count in (1, 2):
        for left in combinations(FAULTS, count):
            verdict = JUDGES["mend_the_evaluator"](faulty(set(left)))
            assert verdict.state == "wrong"
            assert all((FAULTS[f] in verdict.words) == (f in left) for f in FAULTS)


@pytest.mark.parametrize(
    ("cases", "theirs", "ours"),
    [
        (MATCHINGS, reference.match, by_library),
        (AREAS, reference.average_precision, area_by_library),
        (EVALUATIONS, reference.evaluate, evaluated),
    ],
)
def test_references_agree_with_the_library(cases, theirs, ours):
    for case in cases:
        np.testing.assert_allclose(theirs(*case.for_reference()), ours(*case.for_learner()), err_msg=case.what)


def test_no_detection_of_the_cases_overlaps_two_objects_by_half():
    for case in MATCHINGS:
        assert ((case.arguments[0] > 0.5).sum(1) <= 1).all(), case.what
    assert overlaps(CROWD, ROW)[5, 2] == 0.5, "one lies exactly at the threshold"
    assert len(set(CROWD_SCORES)) == len(CROWD_SCORES)


PENCIL = (np.array([0.9, 0.8, 0.7, 0.6, 0.5]), np.array([True, False, True, True, False]), 4)


def test_the_pencils_number_and_what_goes_wrong_with_it():
    judge = JUDGES["ap_by_hand"]
    assert judge(reference.average_precision(*PENCIL)).state == "right"
    assert judge(0.57).state == judge(0.573).state == "right"
    iou = np.zeros((5, 4))
    iou[[0, 1, 2, 3, 4], [0, 0, 1, 2, 3]] = 0.62, 0.91, 0.75, 0.55, 0.45
    assert reference.match(iou, PENCIL[0], 0.5).tolist() == PENCIL[1].tolist()
    slips = [reference.MatchSlips(used_twice=True), reference.MatchSlips(best_overlap_first=True)]
    values = [reference.average_precision(PENCIL[0], reference.matched(s)(iou, PENCIL[0], 0.5), 4) for s in slips]
    curve = ("envelope", "ignores_misses", "per_detection", "mean_of_all", "last_precision", "counts_only")
    values += [reference.integrated(reference.CurveSlips(**{name: True}))(*PENCIL) for name in curve]
    values += [reference.integrated(reference.CurveSlips(steps=s))(*PENCIL) for s in ("new", "old")]
    said = [judge(value).words for value in values]
    assert len(set(said)) == len(said)
    assert "that is not it. check.hint helps." not in said


def test_heads():
    judge = JUDGES["which_head"]
    assert judge(dict(SICK)).state == "right"
    assert judge({k: v.upper() + " " for k, v in SICK.items()}).state == "right"
    assert set(SIGNS) == set(PARTS) > set(SICK.values())
    for letter in SICK:
        for part in set(PARTS) - {SICK[letter]}:
            verdict = judge(SICK | {letter: part})
            assert (verdict.state, verdict.words) == ("wrong", f"{letter} is not sick in its {part}: {SIGNS[part]}")
    assert judge(SICK | {"A": "colour"}).words.startswith("'colour' is none")
    assert judge(SICK | {"D": ...}).state == "not tried yet"
    assert "expected a dictionary" in judge(list(SICK.values())).words


@pytest.mark.slow
def test_each_patient_is_cured_by_its_own_part_only():
    from lab.datasets.sample import street
    from lab.exercises.average_precision.patients import ladder, patients

    for letter, output in patients(street(), 8).items():
        rungs = ladder(street(), output)
        assert rungs.pop(SICK[letter]) == pytest.approx(1), letter
        assert max(rungs.values()) < 0.61, letter
