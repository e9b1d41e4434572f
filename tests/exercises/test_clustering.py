"""The checks of notebook 07: right answers accepted however they are written, wrong ones told apart."""

from functools import partial

import numpy as np
import pytest
import torch

from lab.clustering import cluster
from lab.exercises import judge
from lab.exercises.clustering import BROKEN, EXERCISES, MISTAKES, STAGES
from lab.exercises.clustering.by_hand import MISTAKES as STEP_MISTAKES
from lab.exercises.clustering.by_hand import STEPS
from lab.exercises.clustering.cases import CASES
from lab.exercises.clustering.lines import BY_HAND, MARGIN_PER_SIGMA, WORKED
from lab.exercises.clustering.solution import greedy_clustering
from lab.exercises.reference.clustering import Slips, greedy, slipped
from tests.exercises.learners import rewritten

BY_NAME = {exercise.name: exercise for exercise in EXERCISES}
CLUSTERINGS = ("greedy_clustering", "broken_clustering")


def in_numpy(answer):
    """A NumPy version as a learner's function, which is given tensors."""

    def learner(*arguments):
        return answer(*(a.double().numpy() if isinstance(a, torch.Tensor) else a for a in arguments))

    return learner


def by_sorting(embedding, sharpness, score, seed_threshold, min_pixels, min_unassigned):
    """Torch, written the other way round: seeds sorted once, assigned ones skipped; all masks in one tensor."""
    assigned, kept = torch.zeros(len(score), dtype=torch.bool), []
    for seed in score.argsort(descending=True, stable=True).tolist():
        if score[seed] < seed_threshold or (~assigned).sum() <= min_pixels:
            break
        if assigned[seed]:
            continue
        squared = (embedding.T - embedding[:, seed]) ** 2
        proposal = (squared * sharpness[:, seed]).sum(1) < np.log(2)
        new = proposal & ~assigned
        if proposal.sum() > min_pixels and (new.sum() - 1) / proposal.sum() > min_unassigned:
            kept.append(proposal)
        assigned |= proposal
    return torch.stack(kept) if kept else torch.zeros(0, len(score), dtype=torch.bool)


@pytest.mark.parametrize("name", CLUSTERINGS)
@pytest.mark.parametrize("answer", [greedy_clustering, in_numpy(greedy), by_sorting])
def test_right_clusterings_are_right(name, answer):
    assert BY_NAME[name].judge(answer).state == "right"


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_each_mistake_is_answered_with_its_own_message(mistake):
    verdict = BY_NAME["greedy_clustering"].judge(in_numpy(mistake.answer))
    assert (verdict.state, verdict.words) == ("wrong", mistake.message)
    assert [m.message for m in MISTAKES].count(mistake.message) == 1


TAKE = "        unassigned &= ~proposal  # in either case\n"
PROPOSAL = "membership(embedding, embedding[:, seed], sharpness[:, seed]) > 0.5"
LEARNERS = [
    ("rejected keep their pixels", (TAKE, "            unassigned &= ~proposal\n")),
    ("rejected keep their pixels", (TAKE, "            unassigned[proposal] = False\n")),
    ("seed counted as new", ("        unassigned[seed] = False\n", "")),
    ("at least min_pixels", ("unassigned.sum() > min", "unassigned.sum() >= min"), ("if size > min", "if size >= min")),
    ("goes on with min_pixels left", ("unassigned.sum() > min", "unassigned.sum() >= min")),
    ("keeps min_pixels", ("if size > min", "if size >= min")),
    ("stops at the threshold", ("score[seed] < seed_threshold", "score[seed] <= seed_threshold")),
    (
        "last of equal scores",
        (".argmax()", ".flip(0).argmax()"),
        ("        if score[", "        seed = len(score) - 1 - seed\n        if score["),
    ),
    ("share of all candidates", ("fresh / size", "fresh / len(score)")),
    ("share of all candidates", ("fresh / size > min_unassigned", "fresh > min_unassigned * score.numel()")),
    ("mean sharpness", ("sharpness[:, seed]", "sharpness.mean(1)")),
    ("mean bandwidth", ("sharpness[:, seed]", "sharpness.log().mean(1).exp()")),
    ("mean embedding", ("embedding[:, seed]", "embedding.mean(dim=1)")),
    (
        "only unassigned pixels",
        (PROPOSAL, f"({PROPOSAL}) & (unassigned | (torch.arange(len(score)) == seed))"),
    ),
    ("assigned pixels counted as new", ("(proposal & unassigned).sum()", "proposal.sum() - 1")),
    ("assigned pixels counted as new", (" and fresh / size > min_unassigned", "")),
    ("goes on with min_pixels left", ("unassigned.sum() > min_pixels", "unassigned.any()")),
    ("no threshold", ("        if score[seed] < seed_threshold:\n            break\n", "")),
    ("no threshold", ("score[seed] < seed_threshold", "score[seed] < 0.5")),
    ("share of one half", ("fresh / size > min_unassigned", "fresh / size > 0.5")),
    ("at least min_unassigned", ("fresh / size > min", "fresh / size >= min")),
    ("no size rule", ("size > min_pixels and ", "")),
    ("divided without the seed", ("fresh / size", "fresh / (size - 1)")),
    (
        "disjoint masks",
        ("append(proposal)", "append(proposal & (unassigned | (torch.arange(len(score)) == seed)))"),
    ),
    ("only what is new", ("append(proposal)", "append(proposal & unassigned)")),
    ("seed lost", (PROPOSAL, f"({PROPOSAL}) & unassigned")),
]


@pytest.mark.parametrize(("name", "changes"), [(name, changes) for name, *changes in LEARNERS])
def test_a_learners_mistake_is_recognised(name, changes):
    message = next(m.message for m in MISTAKES if m.name == name)
    verdict = BY_NAME["greedy_clustering"].judge(rewritten(greedy_clustering, *changes))
    assert (verdict.state, verdict.words) == ("wrong", message)


def test_an_index_among_the_unassigned_is_guessed_at(monkeypatch):
    monkeypatch.setattr(judge, "attempt", partial(judge.attempt, seconds=0.3))
    among = rewritten(
        greedy_clustering, ("torch.where(unassigned, score, -1.0).argmax()", "score[unassigned].argmax()")
    )
    words = BY_NAME["greedy_clustering"].judge(among).words
    assert "still running" in words
    assert "Does argmax run over score[unassigned]?" in words


def test_a_repair_is_run_once():
    calls = []

    def counted(*arguments):
        calls.append(1)
        return greedy_clustering(*arguments)

    assert BY_NAME["broken_clustering"].judge(counted)
    assert len(calls) == len(CASES)


@pytest.mark.parametrize("stage", STAGES, ids=lambda mistake: mistake.name)
def test_half_repaired_is_told_what_is_left(stage):
    verdict = BY_NAME["broken_clustering"].judge(in_numpy(stage.answer))
    assert (verdict.state, verdict.words) == ("wrong", stage.message)


def test_the_broken_one_counts_as_not_tried():
    verdict = BY_NAME["broken_clustering"].judge(in_numpy(slipped(BROKEN)))
    assert verdict.state == "not tried yet"
    assert "both faults" in verdict.words


def test_slips_without_a_slip_are_the_reference():
    assert BY_NAME["greedy_clustering"].judge(in_numpy(slipped(Slips()))).state == "right"


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_not_tried_and_nonsense_are_words(exercise):
    assert exercise.judge(...).state == "not tried yet"
    assert exercise.judge("a word").state == "wrong"


def raises(*_):
    raise KeyError("my own")


def returns_a_label_vector(embedding, *rest):
    return torch.zeros(embedding.shape[1])


@pytest.mark.parametrize("name", CLUSTERINGS)
def test_what_goes_wrong_in_a_function_becomes_words(name):
    judge = BY_NAME[name].judge
    assert judge(lambda *_: ...).state == "not tried yet"
    assert "KeyError" in judge(raises).words
    assert "shape" in judge(returns_a_label_vector).words


def test_steps_by_hand_right_in_several_spellings():
    judge = BY_NAME["clustering_by_hand"].judge
    assert judge(list(STEPS)).state == "right"
    assert judge([list(row) for row in STEPS]).state == "right"
    assert judge(np.array(STEPS)).state == "right"
    assert judge(torch.tensor(STEPS).tolist()).state == "right"
    assert judge(torch.tensor(STEPS)).state == "right"
    assert judge([(a, b, c, np.bool_(ok)) for a, b, c, ok in STEPS]).state == "right"
    assert judge([(0, ..., 3, True)]).state == "not tried yet"


@pytest.mark.parametrize("rows", STEP_MISTAKES)
def test_wrong_steps_get_their_own_message(rows):
    judge = BY_NAME["clustering_by_hand"].judge
    assert judge(list(rows)).words == STEP_MISTAKES[rows]
    assert len(set(STEP_MISTAKES.values())) == len(STEP_MISTAKES)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (STEPS[:2], "there is another step"),
        (STEPS[:1], "there is another step"),
        (
            (*STEPS, (7, 1, 0, False)),
            "ends after 3 steps: no candidate is unassigned any more, for a rejected proposal",
        ),
        ((STEPS[0], (2, 4, 1, False)), "in step 2, the seed is not 2: the first proposal has taken it"),
        (((2, 4, 3, True),), "in step 1, the seed is not 2: among the unassigned pixels there is one with a higher"),
        ((STEPS[0], (7, 4, 3, True)), "a higher score than pixel 7's"),
        ((*STEPS[:2], (4, 1, 0, False)), "in step 3, the seed is not 4: the second proposal has taken it"),
        ((STEPS[0], (9, 4, 3, True)), "there is no such pixel"),
        (((0, 4, 3, "False"), *STEPS[1:]), "accepted: True or False"),
        (((0, 4, 3, "yes"), *STEPS[1:]), "accepted: True or False"),
        (((0, 4, 3, 2), *STEPS[1:]), "accepted: True or False"),
        ((STEPS[0], (4, 2, 1, False)), "in step 2, the number of pixels in the proposal is not 2"),
        (((0, 4, 3, False),), "in step 1, the verdict is not False"),
    ],
)
def test_the_first_wrong_step_is_named(rows, words):
    assert words in BY_NAME["clustering_by_hand"].judge(list(rows)).words


def test_the_number_after_doubling_sigma():
    judge = BY_NAME["doubled_sigma"].judge
    assert judge(1).state == judge(1.0).state == judge(np.int64(1)).state == "right"
    assert judge(True).words == "expected one number, found True."
    assert len({judge(n).words for n in (0, 2, 3, 5)}) == 4


def clustered(line, sigma_scale=1.0):
    thresholds = (line.seed_threshold, 0.5, line.min_pixels, line.min_unassigned)
    return cluster(line.output(sigma_scale), 1, *thresholds)


def test_the_stated_answers_are_what_the_library_does():
    """The pencil and the library: steps, and the number before and after doubling sigma."""
    trace = clustered(BY_HAND).trace
    assert tuple((s.column, s.proposal_pixels, s.unassigned_pixels, s.accepted) for s in trace) == STEPS
    assert len(clustered(WORKED)) == 2
    assert len(clustered(WORKED, 2.0)) == 1
    assert np.exp(-(MARGIN_PER_SIGMA**2) / 2) == pytest.approx(0.5)


def test_no_margin_of_the_lines_is_near_a_pixel():
    """Pencil and float32 must agree: no pixel sits on a margin, at any scale that the notebook uses."""
    for line in (WORKED, BY_HAND):
        places, margins = np.array(line.points_to), np.array(line.margin)
        for scale in (0.5, 1.0, 2.0):
            distance = np.abs(places[:, None] - places)
            assert (np.abs(distance - scale * margins) > 0.04).all()
