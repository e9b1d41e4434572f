"""An answer's own work: it may build on what it is given, and run nothing else of the lab."""

import inspect
import sys
import threading
import types

import pytest
import torch

import lab.lovasz
from lab.exercises.own import NotOwn, own_work
from lab.lovasz import jaccard_increments, lovasz_hinge

LOGITS, LABELS = torch.tensor([0.9, -0.3, 0.2]), torch.tensor([True, True, False])
GIVEN = ("lab.lovasz.jaccard_increments",)


def written(logits, labels):
    errors, order = (1 - logits * (2.0 * labels - 1)).sort(descending=True)
    return (errors.relu() * jaccard_increments(labels[order])).sum()


def aliased(logits, labels):
    theirs = lovasz_hinge
    return theirs(logits, labels)


def imported_late(logits, labels):
    import lab.lovasz as mine

    return getattr(mine, "lovasz_" + "hinge")(logits, labels)


def through_torch(logits, labels):
    return torch.vmap(lovasz_hinge)(logits[None], labels[None])[0]


def swallowing(logits, labels):
    try:
        return lovasz_hinge(logits, labels)
    except BaseException:
        return lovasz_hinge(logits, labels)


def in_a_thread(logits, labels):
    found = []
    thread = threading.Thread(target=lambda: found.append(lovasz_hinge(logits, labels)))
    thread.start()
    thread.join()
    return found[0]


def under_another_name(logits, labels):
    theirs = {**vars(lab.lovasz), "__name__": "mine"}
    return types.FunctionType(inspect.unwrap(lovasz_hinge).__code__, theirs)(logits, labels)


def test_own_work_gives_its_result() -> None:
    assert own_work(written, GIVEN)(LOGITS, LABELS) == lovasz_hinge(LOGITS, LABELS)


@pytest.mark.parametrize(
    "answer", [lovasz_hinge, aliased, imported_late, through_torch, swallowing, in_a_thread, under_another_name]
)
def test_the_librarys_answer_is_none(answer) -> None:
    with pytest.raises(NotOwn, match=r"runs lab\.lovasz\.lovasz_hinge.*jaccard_increments"):
        own_work(answer, GIVEN)(LOGITS, LABELS)


def test_what_is_given_may_call_the_rest_of_the_lab() -> None:
    assert own_work(aliased, ("lab.lovasz.lovasz_hinge",))(LOGITS, LABELS) > 0
    assert own_work(aliased, ("lab.lovasz",))(LOGITS, LABELS) > 0
    with pytest.raises(NotOwn):
        own_work(aliased, ("lab.lov",))(LOGITS, LABELS)  # the beginning of a name is not the name


def test_an_error_of_the_answers_own_comes_through() -> None:
    def broken():
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        own_work(broken, ())()


def test_the_watch_ends_with_the_answer() -> None:
    with pytest.raises(NotOwn):
        own_work(aliased, ())(LOGITS, LABELS)
    assert sys.getprofile() is None
    assert threading.getprofile() is None


def test_says_what_it_was_not_to_run() -> None:
    with pytest.raises(NotOwn, match=r"of the lab, nothing\.$"):
        own_work(jaccard_increments, ())(LABELS)
