"""Notebook 11's repair: its own broken cell, mended in part, mended whole, or mended into something else."""

from itertools import combinations

import pytest

from lab.exercises.average_precision import EXERCISES
from lab.exercises.average_precision.repair import FAULTS, STAGES
from tests.notebooks.exercises import read, stub_cells

JUDGE = next(exercise.judge for exercise in EXERCISES if exercise.name == "mend_the_evaluator")
MENDING = {
    "twice": [
        (
            "    for iou, given in images:\n",
            "    for iou, given in images:\n        free = np.ones(iou.shape[1], bool)\n",
        ),
        (
            "(iou[d] > threshold).any())",
            "(free & (iou[d] > threshold)).any())\n            free &= iou[d] <= threshold",
        ),
    ],
    "misses": [("hits[-1]", "sum(iou.shape[1] for iou, _ in images)")],
    "envelope": [("    precision = np.maximum.accumulate(precision[::-1])[::-1]\n", "")],
}


def mended(*changes):
    code = stub_cells(read(11))["mend_the_evaluator"].source.split("\n\n\nprint(")[0]
    for old, new in changes:
        assert code.count(old) == 1, old
        code = code.replace(old, new)
    names: dict = {}
    exec(f"import numpy as np\n{code}", names)
    return names["mended"]


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_every_part_of_the_mending(count) -> None:
    for done in combinations(FAULTS, count):
        verdict = JUDGE(mended(*(change for fault in done for change in MENDING[fault])))
        left = [fault for fault in FAULTS if fault not in done]
        assert verdict.state == {0: "not tried yet", 3: "right"}.get(count, "wrong"), (done, verdict.words)
        if verdict.state == "wrong":
            assert verdict.words == next(s.message for s in STAGES if s.name == " and ".join(left))
