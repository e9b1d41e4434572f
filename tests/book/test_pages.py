"""The built book, walked: links and anchors lead somewhere, nothing is loaded from outside, pictures have words."""

import hashlib
import json
from pathlib import Path

import pytest

from lab.book.alive import live_figures
from lab.book.notebooks import ENDINGS
from lab.book.plan import REPOSITORY, plan
from tests.book.walk import OUTSIDE, Page, addresses_in, dangling, page_at

pytestmark = pytest.mark.slow
NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def pages(html: Path) -> list[Page]:
    return [page_at(path) for path in sorted(html.rglob("*.html"))]


def test_every_page_is_there(html: Path):
    book = plan()
    for name in book.places.values():
        if name.endswith((".md", ".ipynb")) and name != "readme.md":
            assert (html / name).with_suffix(".html").is_file(), name


def test_every_link_leads_somewhere(pages: list[Page]):
    assert [link for page in pages for link in dangling(page)] == []
    assert sum(len(page.links) for page in pages) > 1000


def test_nothing_is_loaded_from_outside(html: Path, pages: list[Page]):
    assert [(page.path.name, load) for page in pages for load in page.loads if OUTSIDE.match(load)] == []
    sheets = {path.name: addresses_in(path.read_text()) for path in html.rglob("*.css")}
    assert [(name, address) for name, all_of in sheets.items() for address in all_of if OUTSIDE.match(address)] == []
    assert sheets


def test_what_the_style_sheets_load_is_there(html: Path):
    for sheet in html.rglob("*.css"):
        for address in addresses_in(sheet.read_text()):
            assert (sheet.parent / address).is_file(), f"{sheet.name}: {address}"


def test_every_picture_has_words(pages: list[Page]):
    assert [page.path.name for page in pages for picture in page.pictures if not picture.get("alt")] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_still_of_a_notebook_is_on_its_page(html: Path, path: Path):
    living = {figure.cell for figure in live_figures() if figure.notebook == path.stem}
    alive, still = [], []
    for cell in json.loads(path.read_text())["cells"]:
        outputs = [output for output in cell.get("outputs", ()) if ENDINGS.keys() & output.get("data", {}).keys()]
        (alive if cell.get("id") in living else still).extend(outputs)
    page = (html / f"{path.stem}.html").read_text()
    assert page.count('<figure class="still">') == len(still) > 0
    assert page.count('data-figure="') == len(living)
    assert "application/vnd.jupyter" not in page


def test_no_picture_is_there_twice(html: Path):
    # What a living figure shows before it lives may be a still of another notebook too.
    kinds = ("png", "jpg", "jpeg")
    pictures = [path for kind in kinds for path in html.rglob(f"*.{kind}") if path.parent.name != "alive"]
    assert len({hashlib.sha256(path.read_bytes()).digest() for path in pictures}) == len(pictures) > 60


def test_it_is_small(html: Path):
    assert sum(path.stat().st_size for path in html.rglob("*") if path.is_file()) < 25e6
