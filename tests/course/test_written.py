"""Solutions as students write them: right, and made of nothing that an answer may not call."""

import pytest

from lab.course.held_back import HELD_BACK
from lab.course.may_call import HELD_BY_THE_FIGURES, MAY_CALL, SHOWN_IN_THE_LESSON
from lab.course.written import written_out
from lab.exercises.catalogue import NOTEBOOKS, all_exercises, exercises_of
from lab.exercises.exercise import Exercise
from lab.exercises.own import own_work

QUICK = (1, 3, 11)


def judged(exercise: Exercise) -> str:
    may_call = MAY_CALL.get(exercise.name, ())
    names: dict = {}
    exec(written_out(exercise, may_call), names)
    answer = names[exercise.stub]
    verdict = exercise.judge(own_work(answer, may_call) if callable(answer) else answer)
    return verdict.state if verdict else str(verdict)


@pytest.mark.parametrize("number", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in NOTEBOOKS])
def test_own_work_is_right(number: int) -> None:
    assert {e.name: judged(e) for e in exercises_of(number)} == {e.name: "right" for e in exercises_of(number)}


@pytest.mark.parametrize("number", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in NOTEBOOKS])
def test_the_librarys_own_is_not(number: int) -> None:
    for exercise in exercises_of(number):
        if callable(exercise.solution):
            answer = own_work(exercise.solution, MAY_CALL.get(exercise.name, ()))
            assert "the lab's own code" in str(exercise.judge(answer)), exercise.name


def test_nothing_is_imported_that_may_not_be_called() -> None:
    exercise = all_exercises()["lovasz_hinge"][1]
    assert "import jaccard_increments" in written_out(exercise, MAY_CALL[exercise.name])
    alone = written_out(exercise, ())
    assert "from lab" not in alone
    assert "def jaccard_increments" in alone


def test_the_table_names_exercises() -> None:
    assert {*MAY_CALL, *HELD_BACK, *SHOWN_IN_THE_LESSON, *HELD_BY_THE_FIGURES} <= set(all_exercises())
