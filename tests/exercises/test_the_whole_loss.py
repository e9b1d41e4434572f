"""Notebook 06's exercises: right answers however written, wrong ones with their own words."""

import ast
import inspect

import numpy as np
import pytest
import torch

from lab.datasets.sample import corner
from lab.embedding import coordinate_grid, membership, split
from lab.exercises.reference import the_whole_loss as reference
from lab.exercises.the_whole_loss import EXERCISES
from lab.exercises.the_whole_loss.broken import BUGS, HUNTED, BrokenLoss, broken
from lab.exercises.the_whole_loss.cases import CASES
from lab.exercises.the_whole_loss.hunt import SIGNS
from lab.exercises.the_whole_loss.messages import MESSAGES
from lab.exercises.the_whole_loss.record import DRIFT_EVERY, OneAtATime, mean_offsets, only, recording, runs
from lab.exercises.the_whole_loss.solution import total, whole_loss
from lab.losses import SpatialEmbeddingLoss, total_loss
from lab.lovasz import lovasz_hinge
from lab.overfit import overfit
from tests.notebooks.exercises import read, stub_cells

BY_NAME = {exercise.name: exercise for exercise in EXERCISES}


def in_numpy(output, instances, classes):
    """Loops over pixels, no torch and no gradient."""
    return reference.whole_loss(output.numpy(), instances.numpy(), classes.numpy())


def by_one_hot(output, instances, classes):
    """All instances of an image at once, as layers of masks; indices instead of loops over pixels."""
    found = {"instance": 0.0, "smoothness": 0.0, "seed": 0.0}
    for i in range(len(output)):
        valid = classes[i] != -1
        e = coordinate_grid(*valid.shape) + torch.tanh(output[i, :2])
        b, s = output[i, 2:4], torch.sigmoid(output[i, 4:])
        numbers = instances[i][valid].unique()
        masks = [(instances[i] == k) & valid for k in numbers if k != 0]
        seed = (s.square() * valid).sum()
        for mask in masks:
            own = b[:, mask].mean(1)
            phi = torch.exp(-(torch.exp(10 * own)[:, None, None] * (e - e[:, mask].mean(1)[:, None, None]) ** 2).sum(0))
            found["instance"] += lovasz_hinge(2 * phi[valid] - 1, mask[valid]) / len(masks) / len(output)
            found["smoothness"] += b[:, mask].var(1, correction=0).mean() / len(masks) / len(output)
            c = int(classes[i][mask].max()) - 1
            seed = seed + (10 * (s[c] - phi.detach())[mask].square() - s[c][mask].square()).sum()
        found["seed"] += seed / valid.sum().clamp(min=1) / len(output)
    return {name: torch.as_tensor(value) for name, value in found.items()}


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_solution_is_right(exercise):
    names: dict = {}
    exec(exercise.solved_cell(), names)
    verdict = exercise.judge(names[exercise.stub])
    assert verdict.state == "right", verdict.words


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("whole_loss", in_numpy),
        ("whole_loss", by_one_hot),
        ("whole_loss", SpatialEmbeddingLoss()),
        ("mend_the_loss", by_one_hot),
        ("mend_the_loss", in_numpy),
        ("empty_image", torch.tensor(0.62)),
        ("empty_image", np.float64(0.6201)),
        ("bug_hunt", dict(reversed(HUNTED.items()))),
        ("bug_hunt", {letter: f" {bug.upper()}" for letter, bug in HUNTED.items()}),
    ],
)
def test_right_answers_written_differently(name, answer):
    verdict = BY_NAME[name].judge(answer)
    assert verdict.state == "right", verdict.words


def test_without_a_gradient_it_is_said_what_was_not_tested():
    assert "stop-gradient could not be tested" in BY_NAME["whole_loss"].judge(in_numpy).words
    assert "could not be" not in BY_NAME["whole_loss"].judge(by_one_hot).words


@pytest.mark.parametrize("bug", BUGS)
def test_every_bug_is_named(bug):
    verdict = BY_NAME["whole_loss"].judge(broken(bug))
    assert (verdict.state, verdict.words) == ("wrong", MESSAGES[bug])


def test_messages_differ():
    assert set(MESSAGES) == set(BUGS)
    assert len(set(MESSAGES.values())) == len(MESSAGES)


def test_bugs_in_different_terms_are_named_one_after_the_other():
    words = BY_NAME["whole_loss"].judge(broken("centroid", "smoothness on 10 b")).words
    assert words == MESSAGES["centroid"] + " (There is 1 more after this one.)"
    words = BY_NAME["whole_loss"].judge(broken("logits φ", "no foreground weight")).words
    assert words == MESSAGES["logits φ"] + " (There is 1 more after this one.)"


def test_a_detached_membership_is_found_by_its_gradient():
    def detached(output, instances, classes):
        terms = whole_loss(output, instances, classes)
        return terms | {"instance": terms["instance"].detach()}

    verdict = BY_NAME["whole_loss"].judge(detached)
    assert verdict.state == "wrong"
    assert "gradient of the instance term" in verdict.words


def test_mending_step_by_step():
    judge, left = BY_NAME["mend_the_loss"].judge, list(HUNTED.values())
    assert judge(broken(*left)).state == "not tried yet"
    left.remove("other classes left out")
    named = []
    while left:
        words = judge(broken(*left)).words
        (bug,) = [b for b in left if words.startswith(MESSAGES[b])]
        named.append(bug)
        left.remove(bug)
    # With the hinge over an object's own pixels, labels are all true: the other bug of that line hides behind it.
    assert named == ["own pixels only", "any object"]
    assert judge(broken("other classes left out")).words == MESSAGES["other classes left out"]
    assert judge(broken()).state == "right"


@pytest.mark.parametrize("name", ["whole_loss", "mend_the_loss"])
@pytest.mark.parametrize(
    ("answer", "state", "part"),
    [
        (..., "not tried yet", ""),
        (lambda o, i, c: ..., "not tried yet", ""),
        (lambda o, i, c: {"instance": ..., "smoothness": ..., "seed": ...}, "not tried yet", ""),
        (lambda o, i, c: 1 / 0, "wrong", "ZeroDivisionError"),
        (lambda o, i, c: 3.0, "wrong", "a dictionary with the keys"),
        (lambda o, i, c: {"instance": 1.0}, "wrong", "a dictionary with the keys"),
        (lambda o, i, c: dict.fromkeys(("instance", "smoothness", "seed"), o), "wrong", "shape"),
        (3.0, "wrong", "takes your function"),
    ],
)
def test_anything_else_becomes_words(name, answer, state, part):
    verdict = BY_NAME[name].judge(answer)
    assert verdict.state == state
    assert part in verdict.words


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        (1.24, "averaged, not added"),
        (1.2, "counts in the mean"),
        (0.6, "not free"),
        (0.53, "ten times"),
        (1.02, "adds 0 and is counted"),
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
    one, empty = {"instance": 0.8, "smoothness": 0.02, "seed": 0.2}, 0.2**2
    full = 0.8 + 10 * 0.02 + 0.2
    known = BY_NAME["empty_image"].judge.mistakes
    for value in (full + empty, full, full / 2, sum(one.values()) / 2 + empty / 2):
        assert any(abs(value - k) < 0.004 for k in known), value
    assert any(abs(0.8 + 0.2 + (0.2 + empty) / 2 - k) < 0.11 for k in known)
    assert any(abs((full + 10 * empty) / 2 - k) < 0.004 for k in known)
    assert any(abs((full + 0.2) / 2 - k) < 0.004 for k in known)


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


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_solution_reference_and_library_agree(case):
    output, instances, classes = case.for_learner()
    output = output.double()
    expected = SpatialEmbeddingLoss()(output, instances, classes)
    for loss in (whole_loss, BrokenLoss()):
        for name, term in loss(output, instances, classes).items():
            torch.testing.assert_close(term, expected[name], rtol=1e-9, atol=1e-12)
    slow = reference.whole_loss(output.numpy(), instances.numpy(), classes.numpy())
    assert slow == pytest.approx({name: term.item() for name, term in expected.items()}, rel=1e-9, abs=1e-12)
    torch.testing.assert_close(total(expected), total_loss(expected))


def test_unknown_bugs_are_refused():
    with pytest.raises(ValueError, match="'typo'"):
        broken("typo")


def test_one_at_a_time_is_the_mean_over_single_labels():
    output, instances, classes = CASES[0].for_learner()
    expected = [
        SpatialEmbeddingLoss()(output, *only(instances, classes, k))["instance"] for k in torch.tensor([1, 2, 3])
    ]
    torch.testing.assert_close(OneAtATime()(output, instances, classes)["instance"], torch.stack(expected).mean())
    kept, kinds = only(instances, classes, torch.tensor(2))
    assert kept.unique().tolist() == [0, 2]
    assert (kinds[(instances != 2) & (instances != 0)] == -1).all()
    assert (kinds[instances == 0] == 0).all()


def test_recording_holds_what_the_notebook_shows():
    kept = recording()
    assert set(kept.outputs) == set(kept.offsets) == set(runs())
    assert all(len(path) == len(kept.steps) for path in kept.offsets.values())
    assert kept.origin["recipe"] == "python -m lab.exercises.the_whole_loss.record"
    assert kept.origin["versions"]["torch"]


def test_the_recipe_leads_where_the_recording_went():
    """Its first steps over again; rounding differs from machine to machine."""
    kept, scene = recording(), corner()
    loss, seed = runs()["learned 0"]
    snapshot = list(overfit(scene, loss, DRIFT_EVERY, seed))[-1]
    np.testing.assert_allclose(mean_offsets(snapshot, scene), kept.offsets["learned 0"][1], atol=0.5)
    assert np.abs(kept.offsets["learned 0"][1]).max() > 1


def test_membership_here_is_the_librarys():
    """The broken losses share their sound parts with the library."""
    output, instances, _ = CASES[0].for_learner()
    p, mask = split(output, 2), instances[0] == 1
    e, b = p.embedding[0], p.bandwidth[0]
    expected = membership(e, e[:, mask].mean(1), torch.exp(10 * b[:, mask].mean(1)))
    torch.testing.assert_close(BrokenLoss()._membership(e, b, mask), expected)


def body_of(code: str, name: str) -> str:
    """A function's statements, without its docstring."""
    function = next(n for n in ast.parse(code).body if isinstance(n, ast.FunctionDef) and n.name == name)
    statements = function.body[1:] if ast.get_docstring(function) else function.body
    return ast.dump(ast.Module(statements, []))


def test_the_notebook_writes_the_solution():
    """One version, not two: what is inline, and what the figure shows lines of, is the solution."""
    cell = next(c.source for c in read(6).cells if c.source.startswith("def whole_loss("))
    assert body_of(cell, "whole_loss") == body_of(inspect.getsource(inspect.unwrap(whole_loss)), "whole_loss")


def test_the_notebooks_broken_loss_has_the_three_bugs_of_the_pictures():
    names = {"torch": torch, "split": split, "membership": membership, "lovasz_hinge": lovasz_hinge}
    exec(stub_cells(read(6))["mend_the_loss"].source, names)
    for case in CASES:
        arguments = case.for_learner()
        expected = broken(*HUNTED.values())(*arguments)
        for name, term in names["broken_loss"](*arguments).items():
            torch.testing.assert_close(term, expected[name])
