"""What stays of lab/exercises where answers must not be."""

import ast
from pathlib import Path

import pytest

from lab.course.lesson import Kept, imported
from lab.course.release import what_lessons_call
from lab.exercises.catalogue import all_exercises


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    topic = tmp_path / "lab" / "exercises" / "topic"
    topic.mkdir(parents=True)
    (topic / "__init__.py").write_text("from lab.exercises.topic.solution import answer\nEXERCISES = (answer,)\n")
    (topic / "solution.py").write_text("def answer():\n    return 42\n")
    (topic / "pictures.py").write_text(
        '"""Pictures."""\n\nimport math, os\nfrom lab.exercises.topic.scene import TALL as HEIGHT, hidden\n\n'
        "# How wide.\nWIDTH, DEPTH = 3, 4\n\n\n@staticmethod\ndef show():\n    return _draw(math.pi)\n\n\n"
        "def _draw(x):\n    return WIDTH * HEIGHT\n\n\ndef judge():\n    return hidden() + os.sep\n"
    )
    (topic / "scene.py").write_text("TALL = 5\n\n\ndef hidden():\n    return answer\n")
    return tmp_path


def test_keeps_a_name_and_what_it_needs(lab: Path) -> None:
    kept = Kept(lab, frozenset())
    kept.keep(imported("from lab.exercises.topic.pictures import show"))
    assert kept.names == {
        "lab.exercises.topic.pictures": {"show", "_draw", "math", "WIDTH", "HEIGHT"},
        "lab.exercises.topic.scene": {"TALL"},
    }


def test_writes_those_names_only(lab: Path) -> None:
    kept = Kept(lab, frozenset())
    kept.keep([("lab.exercises.topic.pictures", "show")])
    code = kept.code("lab.exercises.topic.pictures")
    assert ast.get_docstring(ast.parse(code)) == "Pictures."
    assert "import math\nfrom lab.exercises.topic.scene import TALL as HEIGHT\n" in code
    assert "# How wide.\nWIDTH, DEPTH = 3, 4\n" in code
    assert "@staticmethod\ndef show()" in code
    assert "judge" not in code
    assert "hidden" not in code
    assert "os" not in code.split()


def test_whole_modules_are_not_gone_through(lab: Path) -> None:
    kept = Kept(lab, frozenset({"lab.exercises.topic.pictures"}))
    kept.keep([("lab.exercises.topic.pictures", "show")])
    assert kept.names == {}


def test_the_lessons_call_no_judge_no_reference_and_two_answers() -> None:
    kept = what_lessons_call()
    answers = {
        (exercise.solution.__module__, exercise.solution.__name__)
        for _, exercise in all_exercises().values()
        if callable(exercise.solution)
    }
    stay = {(module, name) for module, names in kept.names.items() for name in names}
    assert {name for _, name in stay & answers} == {"whole_loss", "receptive_field"}
    assert not any(module.startswith("lab.exercises.reference") or name == "EXERCISES" for module, name in stay)
