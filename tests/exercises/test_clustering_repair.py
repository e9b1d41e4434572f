"""Notebook 07's repair: its own broken cell, mended half, mended whole, or mended into something else."""

import pytest
import torch

from lab.embedding import membership
from lab.exercises.clustering import EXERCISES, STAGES
from tests.notebooks.exercises import read, stub_cells

JUDGE = next(exercise.judge for exercise in EXERCISES if exercise.name == "broken_clustering")
MESSAGES = {stage.name: stage.message for stage in STAGES}
COUNT = ("fresh = size - 1  # the seed is not counted", "fresh = (proposal & unassigned).sum()")
TAKE = ("            unassigned[proposal] = False", "        unassigned[proposal] = False")


def mended(*changes):
    code = stub_cells(read(7))["broken_clustering"].source
    for old, new in changes:
        assert code.count(old) == 1, old
        code = code.replace(old, new)
    names = {"torch": torch, "membership": membership}
    exec(code, names)
    return names["repaired"]


def test_as_it_came_it_is_not_tried_yet() -> None:
    assert JUDGE(mended()).state == "not tried yet"


def test_mended_it_is_right() -> None:
    assert JUDGE(mended(COUNT, TAKE)).state == "right"


@pytest.mark.parametrize(
    ("stage", "changes"),
    [
        ("second fault left", [COUNT]),
        ("first fault left", [TAKE]),
        ("seed counted as new", [(COUNT[0], "fresh = (proposal & unassigned).sum() + 1"), TAKE]),
        ("stops at the threshold", [COUNT, TAKE, ("score[seed] < seed", "score[seed] <= seed")]),
        ("goes on with min_pixels left", [COUNT, TAKE, ("unassigned.sum() > min", "unassigned.sum() >= min")]),
    ],
)
def test_mended_half_or_otherwise(stage, changes) -> None:
    verdict = JUDGE(mended(*changes))
    assert (verdict.state, verdict.words) == ("wrong", MESSAGES[stage])
