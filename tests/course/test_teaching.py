"""The page for teachers says of points, exercises, commands and files what is so."""

import re

import pytest

from lab.course.asked import asked, gives_points
from lab.course.files import ROOT
from lab.course.graded import points
from lab.course.lesson import Kept
from lab.course.release import HANDED, stem, what_lessons_call
from lab.exercises.catalogue import NOTEBOOKS, all_exercises, exercises_of

PATH = ROOT / "lab" / "book" / "pages" / "teaching.md"
PAGE = PATH.read_text()


@pytest.fixture(scope="module")
def kept() -> Kept:
    return what_lessons_call()


def test_points_of_every_notebook(kept: Kept) -> None:
    said = re.findall(r"^\| (\d\d) \| \[.*/(\w+)\.ipynb\) \|[^|]+\|[^|]+\| (\d+) \|", PAGE, re.MULTILINE)
    so = [sum(points(e) for e in exercises_of(n) if gives_points(e, kept)) for n in NOTEBOOKS]
    assert said == [(f"{n:02}", stem(n), str(p)) for n, p in zip(NOTEBOOKS, so, strict=True)]


def test_exercises_without_points(kept: Kept) -> None:
    numbers = [number for number, exercise in all_exercises().values() if not gives_points(exercise, kept)]
    words = f"{', '.join(numbers[:-1])} and {numbers[-1]}"
    assert f"Ten of the {len(all_exercises())} exercises give none" in PAGE
    assert f"({words})" in PAGE
    assert len(numbers) == 10


def test_recorded_checks(kept: Kept) -> None:
    exercises = [e for each in asked(list(NOTEBOOKS), kept)["exercises"].values() for e in each]
    assert f"For {sum(e['record'] is not None for e in exercises)} exercises the copy holds" in PAGE


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https:)([^)#]+)", PAGE)
    assert len(links) > 15
    assert not [link for link in links if not (PATH.parent / link).exists()]


@pytest.mark.parametrize("path", [PATH, *HANDED.glob("*.md")], ids=lambda path: path.name)
def test_commands_exist(path) -> None:
    named = set(re.findall(r"\bmake ([a-z-]+)", path.read_text()))
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert named
    assert named - {"it"} <= set(targets)
