"""All exercises together: names, hints, mistakes; and references that share no code with what they judge."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from lab.exercises.catalogue import NOTEBOOKS, all_exercises, exercises_of
from lab.exercises.exercise import Exercise
from lab.exercises.judge import Compare, Number

REFERENCES = sorted((Path(__file__).resolve().parents[2] / "lab" / "exercises" / "reference").glob("*.py"))
EXERCISES = [exercise for _, exercise in all_exercises().values()]


@pytest.fixture(params=EXERCISES, ids=lambda e: e.name)
def exercise(request: pytest.FixtureRequest) -> Exercise:
    return request.param


def test_names_are_unique_and_every_notebook_has_some() -> None:
    names = Counter(e.name for notebook in NOTEBOOKS for e in exercises_of(notebook))
    assert max(names.values()) == 1
    assert all(len(exercises_of(notebook)) >= 3 for notebook in NOTEBOOKS)
    assert sum(names.values()) >= 20
    assert {e.kind for e in EXERCISES} == {"implement", "predict", "repair", "design"}


def test_has_hints_in_stages(exercise: Exercise) -> None:
    assert len(exercise.hints) >= 2
    assert len(set(exercise.hints)) == len(exercise.hints)
    assert 1 <= exercise.difficulty <= 3
    assert 1 <= exercise.minutes <= 45


def test_untouched_stub(exercise: Exercise) -> None:
    assert exercise.judge(...).state == "not tried yet"


def test_nonsense_is_words(exercise: Exercise) -> None:
    for nonsense in ("?", 3.5, [], object(), lambda *_: "?", lambda *_: 1 / 0):
        verdict = exercise.judge(nonsense)
        assert verdict.state != "right", nonsense
        assert verdict.words


def test_solution_is_right(exercise: Exercise) -> None:
    scope: dict = {}
    exec(exercise.solved_cell(), scope)  # our own code, as the solved notebook runs it
    verdict = exercise.judge(scope[exercise.stub])
    assert verdict.state == "right", verdict.words
    assert len(exercise.solution_text()) > len(exercise.stub)


def test_every_named_mistake_gets_its_own_message(exercise: Exercise) -> None:
    """Judged as if a learner had written it, each known mistake is told from all others."""
    judge = exercise.judge
    if isinstance(judge, Compare):
        messages = {m.name: judge(_from_tensors(m.answer)).words for m in judge.mistakes}
        assert messages == {m.name: m.message for m in judge.mistakes}
        assert len(set(messages.values())) == len(messages)
    elif isinstance(judge, Number):
        messages = {value: judge(value).words for value in judge.mistakes}
        assert messages == dict(judge.mistakes)
    else:
        return  # its own test shows it
    assert len(set(messages.values())) >= 3


def _from_tensors(answer):
    """A mistake's NumPy function as one of tensors."""
    from lab.exercises.judge import to_numpy

    def learner(*arguments):
        return answer(*(to_numpy(a) if hasattr(a, "detach") else a for a in arguments))

    return learner


@pytest.mark.parametrize("path", REFERENCES, ids=lambda p: p.stem)
def test_references_share_nothing_with_the_library(path: Path) -> None:
    tree = ast.parse(path.read_text())
    imported = [a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names]
    imported += [node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    allowed = {"numpy", "math", "collections.abc", "dataclasses", "typing", "itertools", "__future__"}
    assert set(imported) <= allowed
