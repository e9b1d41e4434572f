"""What judges a submission: with the answers, which are there only while it does.

In a process of its own, as it is used: it takes modules away that the other tests hold.
"""

import json
import subprocess
import sys
from typing import Any

import pytest

from lab.course.files import ROOT
from lab.course.release import HANDED

STUDENT = """
import json, logging, os, runpy, sys, warnings
import torch
import lab.exercises
from lab.lovasz import jaccard_increments, lovasz_hinge

logging.basicConfig()  # as in a student's own cell
grade = runpy.run_path(os.environ["LAB_GRADER"])["grade"]
before = {n: m for n, m in sys.modules.items() if n.startswith("lab.exercises")}, list(lab.__path__), lab.exercises


def my_increments(sorted_labels):
    f, b = sorted_labels.long().cumsum(0), (~sorted_labels).long().cumsum(0)
    total = sorted_labels.sum()
    return torch.diff(1 - (total - f) / (total + b), prepend=torch.zeros(1))


def my_hinge(logits, labels):
    errors, order = (1 - logits * (2.0 * labels - 1)).sort(descending=True)
    return (errors.relu() * jaccard_increments(labels[order])).sum()


def warning(sorted_labels):
    warnings.warn("words")
    print("words", file=sys.stderr)
    os.write(2, b"words")  # as a library in C++ does
    logging.warning("words")
    return my_increments(sorted_labels)


def said(name, answer):
    try:
        grade(3, name, answer)
    except AssertionError as error:
        return str(error)
    return "points"


increments = {
    "own": my_increments,
    "warning": warning,
    "blank": ...,
    "wrong": lambda labels: labels.float(),
    "library": jaccard_increments,
}
outcome = {name: said("jaccard_increments", answer) for name, answer in increments.items()}
outcome |= {"hinge": said("lovasz_hinge", my_hinge), "library's hinge": said("lovasz_hinge", lovasz_hinge)}
after = {n: m for n, m in sys.modules.items() if n.startswith("lab.exercises")}, list(lab.__path__), lab.exercises
outcome["as before"] = after == before
print("\\n" + json.dumps(outcome))
"""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What came of each answer; lab/exercises lies beside the grader as if copied."""
    grader = tmp_path_factory.mktemp("grader")
    (grader / "lab").mkdir()
    (grader / "lab" / "exercises").symlink_to(ROOT / "lab" / "exercises")
    (grader / "grade.py").write_bytes((HANDED / "grade.py").read_bytes())
    (grader / "may_call.json").write_text('{"lovasz_hinge": ["lab.lovasz.jaccard_increments"]}')
    environment = {"LAB_GRADER": str(grader / "grade.py"), "PATH": "", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", STUDENT]
    done = subprocess.run(command, cwd=grader, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # which would cost the points
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", ["own", "warning", "hinge"])
def test_right(outcome: dict[str, Any], name: str) -> None:
    assert outcome[name] == "points"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("blank", "○ not tried yet"),
        ("wrong", "✗ wrong, because"),
        ("library", "runs lab.lovasz.jaccard_increments, the lab's own code"),
        ("library's hinge", "runs lab.lovasz.lovasz_hinge, the lab's own code"),
    ],
)
def test_not_right(outcome: dict[str, Any], name: str, words: str) -> None:
    assert words in outcome[name]


def test_the_answers_go_with_the_verdict(outcome: dict[str, Any]) -> None:
    assert outcome["as before"]
