"""The whole loss as learners write it: term by term, with a line or two that are wrong."""

import pytest

from lab.exercises.the_whole_loss import EXERCISES
from lab.exercises.the_whole_loss.broken import broken
from lab.exercises.the_whole_loss.messages import MESSAGES
from lab.exercises.the_whole_loss.solution import whole_loss
from tests.exercises.learners import rewritten

JUDGE = next(exercise.judge for exercise in EXERCISES if exercise.name == "whole_loss")


def one_after_the_other(*names, loss=whole_loss):
    """The dictionary filled in only so far."""
    return lambda *a: {name: loss(*a)[name] if name in names else ... for name in ("instance", "smoothness", "seed")}


def test_a_loss_may_be_written_term_by_term():
    verdict = JUDGE(one_after_the_other("instance"))
    assert (verdict.state, verdict.words) == ("not tried yet", 'instance is right so far; "smoothness" is still ...')
    assert JUDGE(one_after_the_other("instance", "seed")).words.startswith("instance and seed are right so far")
    verdict = JUDGE(one_after_the_other("smoothness", loss=broken("smoothness on 10 b")))
    assert (verdict.state, verdict.words) == ("wrong", MESSAGES["smoothness on 10 b"])
    verdict = JUDGE(one_after_the_other("instance", loss=lambda *a: {k: v + 1 for k, v in whole_loss(*a).items()}))
    assert verdict.state == "wrong"
    assert "smoothness" not in verdict.words


def returns_nothing(output, instances, classes):
    terms = whole_loss(output, instances, classes)
    terms["instance"] = terms["instance"]


def test_a_forgotten_return_is_told():
    assert "Is there a return?" in JUDGE(returns_nothing).words


# Lines of the solution as learners write them.
IMAGES = "return {name: torch.stack([terms[name] for terms in images])."
LEARNERS = [
    ("hinge per row", ("lovasz_hinge(2 * phi[valid] - 1, mask[valid])", "lovasz_hinge(2 * phi - 1, mask)")),
    (
        "mean over classes",
        (
            "error[:, valid].sum() / valid.sum().clamp(min=1)",
            "error[:, valid].sum() / valid.sum().clamp(min=1) / len(s)",
        ),
    ),
    (
        "sum over instances",
        ("torch.stack(hinges).mean()", "sum(hinges)"),
        ("torch.stack(spreads).mean()", "sum(spreads)"),
    ),
    ("sum over instances", ("torch.stack(hinges).mean()", "sum(hinges)")),
    ("sum over images", (IMAGES + "mean()", IMAGES + "sum()")),
    ("0/0", ("valid.sum().clamp(min=1)", "valid.sum()")),
    (
        "void in the hinge",
        ("lovasz_hinge(2 * phi[valid] - 1, mask[valid])", "lovasz_hinge(2 * phi.flatten() - 1, mask.flatten())"),
    ),
    ("no foreground weight", ("            weight[c][mask] = 10\n", "")),
]


@pytest.mark.parametrize(("bug", "changes"), [(bug, changes) for bug, *changes in LEARNERS])
def test_a_learners_mistake_is_recognised(bug, changes):
    verdict = JUDGE(rewritten(whole_loss, *changes))
    assert (verdict.state, verdict.words) == ("wrong", MESSAGES[bug])


def pooled(output, instances, classes):
    """All instances of the batch in one list, all pixels of the batch in one mean."""
    ones = [whole_loss(output[i][None], instances[i][None], classes[i][None]) for i in range(len(output))]
    counts = (classes >= 0).sum((1, 2))
    objects = [len(set(i[c >= 0].tolist()) - {0}) for i, c in zip(instances, classes, strict=True)]
    pool = {n: sum(o[n] * k for o, k in zip(ones, objects, strict=True)) / max(sum(objects), 1) for n in ones[0]}
    return pool | {"seed": sum(o["seed"] * n for o, n in zip(ones, counts, strict=True)) / counts.sum()}


def test_pooling_over_the_batch_is_named():
    words = JUDGE(pooled).words
    assert words == MESSAGES["mean over the batch"] + " (There is 1 more after this one.)"
    words = JUDGE(lambda *a: whole_loss(*a) | {"seed": pooled(*a)["seed"]}).words
    assert words == MESSAGES["pixels of the batch"]
