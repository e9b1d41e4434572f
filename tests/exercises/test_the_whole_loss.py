"""Notebook 06's exercises: right answers however written, wrong ones with their own words."""

import numpy as np
import pytest
import torch

from lab.embedding import coordinate_grid
from lab.exercises.reference import the_whole_loss as reference
from lab.exercises.the_whole_loss import EXERCISES
from lab.exercises.the_whole_loss.broken import BUGS, HUNTED, broken
from lab.exercises.the_whole_loss.messages import MESSAGES
from lab.exercises.the_whole_loss.solution import whole_loss
from lab.losses import SpatialEmbeddingLoss
from lab.lovasz import lovasz_hinge

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


def test_numbers_are_right_and_nothing_is_said_of_a_gradient():
    for name in ("whole_loss", "mend_the_loss"):
        verdict = BY_NAME[name].judge(in_numpy)
        assert verdict.state == "right"
        assert "gradient" not in verdict.words
        assert "gradient is right as well" in BY_NAME[name].judge(by_one_hot).words


def with_output_written_into(loss):
    """As people do who bring channels to other units before anything else: in place."""

    def answer(output, instances, classes):
        output[:, 2:4] *= 10
        output[:, 2:4] /= 10
        return loss(output, instances, classes)

    return answer


@pytest.mark.parametrize("name", ["whole_loss", "mend_the_loss"])
def test_the_gradient_is_looked_at_even_if_output_is_written_into(name):
    judge = BY_NAME[name].judge
    assert judge(with_output_written_into(whole_loss)).state == "right"
    verdict = judge(with_output_written_into(broken("no stop-gradient")))
    assert (verdict.state, verdict.words) == ("wrong", MESSAGES["no stop-gradient"])


@pytest.mark.parametrize("name", ["whole_loss", "mend_the_loss"])
def test_tensors_that_nothing_can_be_learned_from_are_wrong(name):
    judge = BY_NAME[name].judge
    for cut in (torch.Tensor.detach, lambda term: torch.tensor(term.item())):
        verdict = judge(lambda *a, cut=cut: {key: cut(term) for key, term in whole_loss(*a).items()})
        assert verdict.state == "wrong"
        assert "nothing can be learned" in verdict.words
    verdict = judge(lambda o, i, c: whole_loss(torch.from_numpy(o.numpy()), i, c))
    assert verdict.state == "wrong"
    assert "where output wants a gradient, it raised RuntimeError: Can't call numpy()" in verdict.words


def test_a_gradient_that_cannot_be_had_becomes_words():
    def spoilt(output, instances, classes):
        terms, squares = whole_loss(output, instances, classes), (output * output).sum()
        output += 1  # which autograd still needs as it was
        return terms | {"seed": terms["seed"] + 0 * squares}

    verdict = BY_NAME["whole_loss"].judge(spoilt)
    assert verdict.state == "wrong"
    assert "RuntimeError" in verdict.words


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
    words = BY_NAME["whole_loss"].judge(broken("logits φ", "smoothness on 10 b", "no foreground weight")).words
    assert words == MESSAGES["logits φ"] + " (There are 2 more after this one.)"
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


def test_mending_the_labels_first_changes_nothing_yet():
    verdict = BY_NAME["mend_the_loss"].judge(broken("own pixels only", "other classes left out"))
    assert verdict.state == "not tried yet"
    assert "hidden behind another bug" in verdict.words


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
