"""Notebook 01's exercises: right answers however written, wrong ones with their own words."""

import itertools
import math

import numpy as np
import pytest
import torch

from lab.embedding import coordinate_grid, split
from lab.exercises.pixels_that_point import EXERCISES
from lab.exercises.pixels_that_point.mistakes import EMBED_MISTAKES, HINGE_MISTAKES, some_embeddings, some_offsets
from lab.exercises.pixels_that_point.scene import FOUND, sweep
from lab.exercises.reference import pixels_that_point as reference

BY_NAME = {exercise.name: exercise for exercise in EXERCISES}


def embed_by_loops(offset):
    _, height, width = offset.shape
    return [
        [[(c, r)[d] / 1024 + math.tanh(offset[d, r, c]) for c in range(width)] for r in range(height)] for d in (0, 1)
    ]


def embed_in_numpy(offset):
    rows, columns = np.mgrid[: offset.shape[1], : offset.shape[2]]
    return np.stack([columns, rows]) / 1024 + np.tanh(offset.numpy())


def embed_with_arange(offset):
    embedding = torch.tanh(offset)
    embedding[0] += torch.arange(offset.shape[2]) / 1024
    embedding[1] += (torch.arange(offset.shape[1]) / 1024)[:, None]
    return embedding


def hinge_by_loops(embedding, centre, delta):
    total = 0.0
    for i in range(embedding.shape[1]):
        x, y = (1024 * (embedding[d, i] - centre[d]).item() for d in (0, 1))
        total += max(0.0, math.hypot(x, y) - delta)
    return total


def hinge_in_numpy(embedding, centre, delta):
    way = 1024 * (embedding.numpy() - centre.numpy()[:, None])
    return np.clip(np.sqrt((way**2).sum(0)) - delta, 0, None).sum()


def hinge_in_units(embedding, centre, delta):
    distance = (embedding - centre.view(2, 1)).pow(2).sum(0).sqrt()
    return 1024 * torch.clamp(distance - delta / 1024, min=0).sum()


def linspaced(offset):
    """Positions from 0 to 1, x and y."""
    rows, columns = (torch.linspace(0, 1, n) for n in offset.shape[1:])
    return torch.meshgrid(columns, rows, indexing="xy")


def counted(offset, indexing):
    """Positions in units of 1024 px; with "ij" the rows come first."""
    rows, columns = (torch.arange(n) / 1024 for n in offset.shape[1:])
    return torch.meshgrid(rows, columns, indexing=indexing)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("embed", embed_by_loops),
        ("embed", embed_in_numpy),
        ("embed", embed_with_arange),
        ("offset_channel", math.atanh(0.25)),
        ("offset_channel", torch.atanh(torch.tensor(256 / 1024))),
        ("offset_channel", np.float32(0.255)),
        ("fixed_margin_hinge", hinge_by_loops),
        ("fixed_margin_hinge", hinge_in_numpy),
        ("fixed_margin_hinge", hinge_in_units),
        # Two small ones side by side, a wide one far away; and a wide one with small ones all around it.
        ("defeat_one_margin", np.array([[50, 50, 30, 900], [200, 50, 2, 50], [200, 55, 2, 50]])),
        ("defeat_one_margin", torch.tensor([[0.0, 0, 60, 2000], [70, 0, 4, 100], [78, 4, 4, 100], [70, 8, 4, 100]])),
    ],
)
def test_right_however_written(name, answer):
    verdict = BY_NAME[name].judge(answer)
    assert verdict.state == "right", verdict.words


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("embed", lambda o: coordinate_grid(*o.shape[1:]) + o, "plus o itself"),
        ("embed", lambda o: 1024 * coordinate_grid(*o.shape[1:]) + torch.tanh(o), "positions are in pixels"),
        ("embed", lambda o: 1024 * embed_in_numpy(o), "right in pixels; asked for are units"),
        ("embed", lambda o: coordinate_grid(*o.shape[1:]).flip(0) + torch.tanh(o), "x and y are swapped"),
        ("embed", lambda o: torch.tanh(coordinate_grid(*o.shape[1:]) + o), "tanh is taken of the sum"),
        ("embed", lambda o: coordinate_grid(*o.shape[1:]) - torch.tanh(o), "the opposite way"),
        (
            "embed",
            lambda o: (
                coordinate_grid(*o.shape[1:]) * 1024 / torch.tensor([o.shape[2], o.shape[1]])[:, None, None]
                + torch.tanh(o)
            ),
            "divided by the image's width and height",
        ),
        ("embed", lambda o: o.tanh_().add_(coordinate_grid(*o.shape[1:]) + 1 / 1024), "counted from 1"),
        ("embed", lambda o: o.tanh() + coordinate_grid(*o.shape[1:]) + 0.5 / 1024, "half a pixel further"),
        ("embed", lambda o: o.tanh() + torch.stack(linspaced(o)), "run from 0 to 1"),
        ("embed", lambda o: o.tanh() + torch.stack(counted(o, "ij")), "x and y are swapped"),
        ("embed", lambda o: o.tanh() + torch.stack(counted(o, "ij")).mT, "RuntimeError"),
        ("embed", lambda o: torch.tanh(o), "at position [0, 0, 1]"),
        ("embed", lambda o: torch.tanh(o)[0], "should have the shape (2, 2, 3)"),
        ("embed", lambda o: o.no_such_thing, "AttributeError"),
        ("offset_channel", 0.25, "tanh(o) has to be 0.25"),
        ("offset_channel", 256, "the way in px"),
        ("offset_channel", -0.2554, "the wrong way"),
        ("offset_channel", math.tanh(0.25), "Asked is the inverse"),
        ("offset_channel", 0.348, "where the middle *is*"),
        ("offset_channel", math.atanh(356 / 1024), "where the middle *is*"),
        ("offset_channel", -256, "from the pixel to the middle"),
        ("offset_channel", 1.0, "not it"),
        ("fixed_margin_hinge", lambda e, c, d: (1024 * (e - c[:, None]).norm(dim=0) - d).sum(), "make up for"),
        (
            "fixed_margin_hinge",
            lambda e, c, d: max(0, (1024 * (e - c[:, None]).norm(dim=0) - d).sum()),
            "taken of the sum",
        ),
        (
            "fixed_margin_hinge",
            lambda e, c, d: torch.relu(1024 * (e - c[:, None]).norm(dim=0) - d),
            "the sum over them is missing",
        ),
        ("fixed_margin_hinge", lambda e, c, d: (1024 * (e - c[:, None]).norm(dim=0) - d).relu().mean(), "the mean"),
        (
            "fixed_margin_hinge",
            lambda e, c, d: ((1024 * (e - c[:, None])).square().sum(0) - d).relu().sum(),
            "the distance is squared",
        ),
        (
            "fixed_margin_hinge",
            lambda e, c, d: (1024 * (e - c[:, None]).norm(dim=0) - d).relu().square().sum(),
            "the hinge is squared",
        ),
        ("fixed_margin_hinge", lambda e, c, d: (d - 1024 * (e - c[:, None]).norm(dim=0)).relu().sum(), "inside pays"),
        ("fixed_margin_hinge", lambda e, c, d: ((e - c[:, None]).norm(dim=0) - d).relu().sum(), "nobody pays"),
        (
            "fixed_margin_hinge",
            lambda e, c, d: ((e - c[:, None]).norm(dim=0) - d / 1024).relu().sum(),
            "asked for is the loss in px",
        ),
        (
            "fixed_margin_hinge",
            lambda e, c, d: (1024 * (e - c[:, None]).abs().sum(0) - d).relu().sum(),
            "along the streets",
        ),
        (
            "fixed_margin_hinge",
            lambda e, c, d: (lambda far: far[far > d].sum())(1024 * (e - c[:, None]).norm(dim=0)),
            "pays its whole distance",
        ),
        ("fixed_margin_hinge", lambda e, c, d: (1024 * (e - c[:, None]).norm(dim=1) - d).relu().sum(), "two distances"),
        ("fixed_margin_hinge", lambda e, c, d: (1024 * (e - c[:, None]).norm() - d).relu(), "all pixels at once"),
        (
            "fixed_margin_hinge",
            lambda e, c, d: (1024 * (e - c[:, None]).norm(dim=0).sum() - d).relu(),
            "taken off once",
        ),
        ("fixed_margin_hinge", lambda e, c, d: (1024 * e.sub_(c[:, None]).norm(dim=0)).sub_(d).sum(), "make up for"),
        ("fixed_margin_hinge", lambda e, c, d: (1024 * (e - c).norm(dim=0) - d).relu().sum(), "RuntimeError"),
        ("fixed_margin_hinge", lambda e, c, d: 1 / 0, "ZeroDivisionError"),
        ("defeat_one_margin", [(0, 0, 40, 500)], "a single object always"),
        ("defeat_one_margin", [(0, 0, 40, 500), (300, 0, 3, 50)], "Who would suffer"),
        ("defeat_one_margin", [(0, 0, 10, 500), (30, 0, 9, 50)], "much alike"),
        ("defeat_one_margin", [(0, 0, 40, 2000), (10, 0, 30, 50)], "unfair: even with a margin of its own object 2"),
        ("defeat_one_margin", [(0, 0, 40), (10, 0, 3)], "has 3 numbers instead of 4"),
        ("defeat_one_margin", [(0, 0, 40, 0), (10, 0, 3, 5)], "object 1: expected"),
        ("defeat_one_margin", [(0, 0, math.nan, 4), (10, 0, 3, 5)], "object 1: expected"),
        ("defeat_one_margin", [(0, 0, 3, 5)] * 7, "Expected 2 to 6 objects, found 7"),
        ("defeat_one_margin", [(0, 0, 3, 10**400)] * 2, "expected a list of"),
        ("defeat_one_margin", (1 / 0 for _ in "a"), "expected a list of"),
        ("defeat_one_margin", itertools.repeat((0, 0, 3, 5)), "Expected 2 to 6 objects, found 100"),
        ("defeat_one_margin", 12, "expected a list of"),
        ("defeat_one_margin", [("a", 0, 3, 5), (10, 0, 3, 5)], "all numbers"),
    ],
)
def test_wrong_in_words(name, answer, words):
    verdict = BY_NAME[name].judge(answer)
    assert verdict.state == "wrong"
    assert words in verdict.words


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_untried(exercise):
    assert exercise.judge(...).state == "not tried yet"
    if exercise.kind == "implement":
        assert exercise.judge(lambda *_: ...).state == "not tried yet"


@pytest.mark.parametrize(("mistakes", "count"), [(EMBED_MISTAKES, 10), (HINGE_MISTAKES, 14)])
def test_mistakes_have_words_of_their_own(mistakes, count):
    assert len({m.message for m in mistakes}) == len({m.name for m in mistakes}) == count


def test_reference_of_embed_is_what_the_network_s_output_becomes():
    offset = torch.randn(2, 4, 9, dtype=torch.float64)
    output = torch.cat([offset, torch.zeros(3, 4, 9, dtype=torch.float64)])
    np.testing.assert_allclose(reference.embed(offset.numpy()), split(output[None], 2).embedding[0].numpy())


def test_reference_of_the_hinge_by_hand():
    what, (embedding, centre, delta) = some_embeddings()[0].what, some_embeddings()[0].for_reference()
    assert "0, 5, 2 and 13 px" in what
    assert reference.fixed_margin_hinge(embedding, centre, delta) == pytest.approx(1 + 9)


def test_offsets_reach_where_tanh_matters():
    assert max(float(case.arguments[0].abs().max()) for case in some_offsets()) > 1


def test_sweep_is_what_trying_margins_by_hand_gives():
    scene = [(0.0, 0.0, 20.0, 90), (31.0, 4.0, 3.0, 30), (37.0, 4.0, 3.0, 25)]
    found = sweep(scene)
    tried = np.array([reference.iou_at(scene, delta) for delta in np.arange(0.25, 60, 0.25)])
    assert (found.own_iou >= tried.max(0) - 1e-9).all()
    assert found.common_iou.min() >= tried.min(1).max() - 1e-9
    np.testing.assert_allclose(reference.iou_at(scene, found.common_delta), found.common_iou, rtol=1e-5)
    for k, delta in enumerate(found.own_delta):
        assert reference.iou_at(scene, delta)[k] == pytest.approx(found.own_iou[k], rel=1e-5)


def test_hardness_begins_at_the_limit():
    """The hint's rule: a disc holds three quarters of its pixels from √¾ of its radius on."""
    wide = sweep([(0.0, 0.0, 40.0, 2000), (500.0, 0.0, 1.0, 1)])
    share = reference.iou_at([(0.0, 0.0, 40.0, 2000)], 40 * math.sqrt(FOUND))[0]
    assert share == pytest.approx(FOUND, abs=0.01)
    assert wide.common_iou.tolist() == [1, 1]
