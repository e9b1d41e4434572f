"""What every notebook that ships must be: executed, small, and free of what belongs to one machine."""

import re
from pathlib import Path

import nbformat
import pytest

from tests.notebooks.refresh import WIDGET_VIEW, tidy

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LARGEST = 500_000  # bytes; a page of a course, not a download
# The parts of a lesson, in this order; 00 is the way in and has a shape of its own.
SKELETON = ("After this notebook", "Time:", "What you know already", "Predict first", "### Exercise", "What breaks")
ENDING = ("Summary", "Where in the paper")
NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight")
# One word for one thing, and British spelling: "seed score", "vermilion", "64 x 64", φ as \varphi.
SHUNNED = (
    r"seed values?\b|orange-red|\d ?× ?\d|\\phi\b|\b(?:colors?|centers?|centered|gray|neighbors?|behavior|labeled)\b"
)
HOME_PATHS = re.compile(r"(?<![\w.:/])/(?:home|root|Users|tmp|work|mnt|opt|usr|var)/")


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_there_are_notebooks() -> None:
    assert (FOLDER / "00_start_here.ipynb") in NOTEBOOKS


def test_is_executed_in_order_without_errors(path: Path) -> None:
    cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    assert [c.execution_count for c in cells] == list(range(1, len(cells) + 1))
    kinds = {output.output_type for c in cells for output in c.outputs}
    assert "error" not in kinds
    assert not any(o.get("name") == "stderr" for c in cells for o in c.outputs), "warnings on the page"


def test_is_small_and_of_no_machine(path: Path) -> None:
    text = path.read_text()
    assert len(text.encode()) < LARGEST
    assert not HOME_PATHS.search(text)
    assert "widgets" not in nbformat.read(path, as_version=4).metadata
    assert WIDGET_VIEW not in text


def markdown(path: Path) -> str:
    return "\n".join(c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown")


def test_lessons_have_the_skeleton(path: Path) -> None:
    if path.stem.startswith("00"):
        return
    text = markdown(path)
    assert text.startswith(f"# {path.stem[:2]} · ")
    places = [text.find(part) for part in (*SKELETON, *ENDING)]
    assert -1 not in places, dict(zip((*SKELETON, *ENDING), places, strict=True))
    assert places[:4] == sorted(places[:4])
    assert max(places[4:6]) < min(places[6:])


def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", markdown(path)):
        assert target.startswith("https://") or (path.parent / target).exists(), target


def test_leads_to_the_next_notebook(path: Path) -> None:
    """By the last paragraph, so that nobody has to look for it; the last one of the course leads back to the map."""
    last = markdown(path).rstrip().split("\n\n")[-1 if path != NOTEBOOKS[-1] else -2]
    after = NOTEBOOKS[(NOTEBOOKS.index(path) + 1) % len(NOTEBOOKS)].name
    assert last.startswith("**Next:**") or path == NOTEBOOKS[-1]
    assert f"]({after})" in last


def test_the_time_names_as_many_exercises_as_there_are(path: Path) -> None:
    if path.stem.startswith("00"):
        return
    text = markdown(path)
    words = re.search(r"\*Time:\*.*?the (\w+) exercises", text, re.DOTALL)[1]
    assert NUMBERS.index(words) == text.count("\n### Exercise ")


def test_says_how_long_and_names_a_short_way(path: Path) -> None:
    assert re.search(r"\*Time:\*[^#]*(hour|minutes)[^#]*\*A short way, \d+ minutes", markdown(path))


def test_one_word_for_one_thing(path: Path) -> None:
    prose = re.sub(r"`[^`]*`", "", markdown(path))
    assert not (found := re.findall(SHUNNED, prose)), found


def test_every_picture_has_words(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            for kind in (kind for kind in data if kind.startswith("image/")):
                assert len(data["text/plain"]) > 40
                assert len(output.metadata.get(kind, {}).get("alt", "")) > 40, cell.source[-80:]


def test_tidy_keeps_the_still_and_drops_the_view() -> None:
    view = {WIDGET_VIEW: {"model_id": "1"}, "image/jpeg": "AAAA", "text/plain": "A picture."}
    output = nbformat.v4.new_output("display_data", data=view)
    cell = nbformat.v4.new_code_cell("x", outputs=[output], metadata={"execution": {}})
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"widgets": {"state": {}}})
    tidy(notebook)
    assert notebook.cells[0].outputs[0].data == {"image/jpeg": "AAAA", "text/plain": "A picture."}
    assert "widgets" not in notebook.metadata
    assert "execution" not in notebook.cells[0].metadata
