"""A notebook as a page: pictures become files and keep their words, living figures come into their place."""

import json
from base64 import b64encode
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from lab.book.notebooks import MOVES, STILLS, as_page
from lab.book.plan import REPOSITORY


def picture(width: int = 40, height: int = 20, kind: str = "png") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (width, height), "white").save(buffer, kind)
    return buffer.getvalue()


def shown(data: bytes, alt: str, words: str | None = None, mime: str = "image/png", width: int | None = 20) -> dict:
    return {
        "output_type": "execute_result",
        "data": {mime: b64encode(data).decode(), "text/plain": words or alt},
        "metadata": {mime: {"alt": alt, **({"width": width} if width else {})}},
    }


def notebook(*outputs: dict, source: str = "figure", prose: str = "", tags: tuple[str, ...] | list[str] = ()) -> str:
    code = {"cell_type": "code", "id": "a-1", "metadata": {"tags": list(tags)}, "source": [source]}
    code["outputs"] = list(outputs)
    text = {"cell_type": "markdown", "id": "a-0", "metadata": {}, "source": [prose]}
    return json.dumps({"cells": [text, code], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def page_of(text: str, **living: str) -> tuple[list[dict], dict[str, bytes]]:
    page, pictures = as_page(text, str.upper, living)
    return json.loads(page)["cells"], pictures


def html_of(text: str) -> str:
    return page_of(text)[0][1]["outputs"][0]["data"]["text/html"]


def test_a_still_keeps_its_words_and_its_shape():
    cells, pictures = page_of(notebook(shown(picture(), 'A "person" & a car.')))
    (path,) = pictures
    assert pictures[path] == picture()
    assert path.startswith(f"{STILLS}/")
    assert path.endswith(".png")
    assert cells[1]["outputs"][0]["data"]["text/html"] == (
        f'<figure class="still"><img src="{path}" alt="A &quot;person&quot; &amp; a car." width="20" height="10" '
        'loading="lazy"></figure>'
    )


def test_a_figure_that_moves_elsewhere_says_so_and_says_what_is_to_be_seen():
    html = html_of(notebook(shown(picture(), "Eight pixels.", "Eight pixels." + MOVES)))
    assert 'alt="Eight pixels."' in html
    assert '<span aria-hidden="true">Eight pixels.</span>' in html
    assert "this figure moves in JupyterLab" in html
    assert MOVES.strip() not in html


def test_the_sentence_is_the_figures_own():
    assert f'"{MOVES}"' in (REPOSITORY / "lab" / "widgets" / "live.py").read_text()


def test_a_photo_without_a_width_is_as_wide_as_it_is():
    data = picture(kind="jpeg")
    html = html_of(notebook(shown(data, "A street.", mime="image/jpeg", width=None)))
    assert ".jpg" in html
    assert 'width="40" height="20"' in html


def test_no_picture_is_there_twice():
    _, pictures = page_of(notebook(shown(picture(), "One."), shown(picture(), "Two."), shown(picture(8, 8), "Three.")))
    assert len(pictures) == 2


def test_a_living_figure_takes_the_place_of_all_outputs():
    cells, pictures = page_of(
        notebook({"output_type": "stream", "name": "stdout", "text": "x"}, shown(picture(), "One.")),
        **{"a-1": "<div>alive</div>"},
    )
    assert [output["data"] for output in cells[1]["outputs"]] == [{"text/html": "<div>alive</div>"}]
    assert pictures == {}


def test_a_living_figure_without_its_cell_is_an_error():
    with pytest.raises(ValueError, match="found no cells \\['gone'\\]"):
        page_of(notebook(), gone="<div></div>")


@pytest.mark.parametrize(
    ("source", "tags", "waits"),
    [
        ("my_guess = ...  # px", [], True),
        ("def my_margin(b):\n    ...", ["exercise:margin"], True),
        ("def mended(b):\n    return b", ["exercise:mend"], True),
        ("my_guess = 3", [], False),
        ("x[..., 0]", ["other"], False),
    ],
)
def test_cells_that_wait_for_the_reader_are_marked(source: str, tags: list[str], waits: bool):
    cells, _ = page_of(notebook(source=source, tags=tags))
    assert cells[1]["metadata"].get("tags", []) == tags + ["yours"] * waits


def test_links_of_the_text_are_turned_and_code_is_left_alone():
    cells, _ = page_of(notebook(source="a", prose="b"))
    assert (cells[0]["source"], cells[1]["source"]) == ("B", ["a"])


@pytest.mark.parametrize("path", sorted((REPOSITORY / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_picture_of_the_course_has_words(path: Path):
    page, pictures = as_page(path.read_text(), str, {})
    html = page.replace('\\"', '"')
    assert html.count('<img src="') >= len(pictures) >= 1
    assert 'alt=""' not in html
    assert "image/" not in html
