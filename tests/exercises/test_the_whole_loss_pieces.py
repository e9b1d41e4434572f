"""What notebook 06's exercises are made of: solution, reference, broken losses, recording, and the notebook's cells."""

import ast
import inspect

import numpy as np
import pytest
import torch

from lab.datasets.sample import corner
from lab.embedding import membership, split
from lab.exercises.reference import the_whole_loss as reference
from lab.exercises.the_whole_loss.broken import HUNTED, BrokenLoss, broken
from lab.exercises.the_whole_loss.cases import CASES
from lab.exercises.the_whole_loss.record import DRIFT_EVERY, OneAtATime, mean_offsets, only, recording, runs
from lab.exercises.the_whole_loss.solution import total, whole_loss
from lab.losses import SpatialEmbeddingLoss, total_loss
from lab.lovasz import lovasz_hinge
from lab.overfit import overfit
from tests.notebooks.exercises import read, stub_cells


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
