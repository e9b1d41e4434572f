"""Writes the releases: ``practice`` for everyone, ``graded`` for students and their teacher."""

import json
import shutil
from pathlib import Path
from typing import Any

from lab.course.asked import asked, gives_points
from lab.course.files import NOT_FOR_STUDENTS, ROOT, TEACHERS, appearing, copy_lab, pack, unlink_missing
from lab.course.graded import Notebook, released, source_of, text
from lab.course.lesson import EXERCISES, Kept, imported
from lab.course.may_call import MAY_CALL
from lab.exercises.catalogue import NOTEBOOKS, exercises_of

HANDED = Path(__file__).resolve().parent / "handed"
# What checks and guesses themselves are made of: no answer is in these.
MACHINERY = ("checking", "exercise", "gradient", "guard", "guessing", "judge", "own", "progress", "quiet", "recorded")


def write_course(out: Path, root: Path = ROOT) -> None:
    """Both releases, each also as a zip for students.

    Args:
        out: a folder that is not there yet, or empty; it appears when all is written.
        root: the lab's repository.

    Raises:
        ValueError: there is something in ``out`` already.
    """
    with appearing(out) as part:
        shutil.copy2(HANDED / "teacher.md", part / "READ_ME.md")
        practice = part / "practice"
        _write_practice(practice, root)
        kept = what_lessons_call(root)
        _write_student(part / "graded" / "student", kept, root)
        _write_teacher(part / "graded" / "teacher", kept, root)
        for folder in (practice, part / "graded" / "student"):
            unlink_missing(folder)
            pack(folder)


def _write_practice(to: Path, root: Path) -> None:
    copy_lab(to, root)
    (to / "notebooks").mkdir()
    for name in ("00_start_here", *map(stem, NOTEBOOKS)):  # and no other notebook that somebody keeps there
        shutil.copy2(root / "notebooks" / f"{name}.ipynb", to / "notebooks")
    shutil.copy2(HANDED / "start_practice.md", to / "START.md")


def _write_student(to: Path, kept: Kept, root: Path) -> None:
    copy_lab(to, root)
    write_without_answers(to / "lab" / "exercises", kept, root)
    shutil.copy2(HANDED / "start_graded.md", to / "START.md")
    (to / "notebooks").mkdir()
    shutil.copy2(root / "notebooks" / "00_start_here.ipynb", to / "notebooks")
    for number in NOTEBOOKS:
        notebook = released(_source(number, kept, root))
        write_json(to / "notebooks" / f"{stem(number)}.ipynb", notebook)


def write_without_answers(folder: Path, kept: Kept, root: Path) -> None:
    """``lab/exercises`` for graded work: the machinery, what the lessons call, and ``graded.json``."""
    shutil.rmtree(folder)
    folder.mkdir()
    for name in ("__init__", *MACHINERY):
        shutil.copy2(root / "lab" / "exercises" / f"{name}.py", folder)
    shutil.copy2(HANDED / "catalogue.py", folder)
    for module in kept.names:
        place = folder.joinpath(*module.removeprefix(f"{EXERCISES}.").split("."))
        place.parent.mkdir(exist_ok=True)
        (place.parent / "__init__.py").write_text('"""What the lesson itself calls."""\n', encoding="utf-8")
        place.with_suffix(".py").write_text(kept.code(module), encoding="utf-8")
    write_json(folder / "graded.json", asked(list(NOTEBOOKS), kept))


def _write_teacher(to: Path, kept: Kept, root: Path) -> None:
    for number in NOTEBOOKS:
        write_json(to / "source" / stem(number) / f"{stem(number)}.ipynb", _source(number, kept, root))
    shutil.copy2(HANDED / "nbgrader_config.py", to)
    grader = to / "grader"
    hidden = shutil.ignore_patterns(*NOT_FOR_STUDENTS)
    shutil.copytree(root / "lab" / "exercises", grader / "lab" / "exercises", ignore=hidden)
    shutil.copy2(HANDED / "grade.py", grader)
    write_json(grader / "may_call.json", MAY_CALL)


def what_lessons_call(root: Path = ROOT) -> Kept:
    """The names of ``lab.exercises`` that notebooks, figures and the rest of the library need."""
    kept = Kept(root, frozenset(f"{EXERCISES}.{name}" for name in (*MACHINERY, "catalogue")))
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        cells = [cell for cell in read_json(path)["cells"] if cell["cell_type"] == "code"]
        for cell in cells:
            kept.keep(imported(text(cell)))
    for path in sorted((root / "lab").rglob("*.py")):
        if path.relative_to(root / "lab").parts[0] not in ("exercises", *TEACHERS):
            kept.keep(imported(path.read_text(encoding="utf-8")))
    return kept


def _source(number: int, kept: Kept, root: Path) -> Notebook:
    graded = [exercise for exercise in exercises_of(number) if gives_points(exercise, kept)]
    return source_of(read_json(root / "notebooks" / f"{stem(number)}.ipynb"), number, graded)


def stem(number: int) -> str:
    """The notebook's name, which is also its assignment's."""
    return f"{number:02}_{NOTEBOOKS[number]}"


def read_json(path: Path) -> Any:
    """What a file of JSON, a notebook for one, holds."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(path: Path, content: Any) -> None:
    """Write it, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
