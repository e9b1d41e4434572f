"""The built book in Chromium, from disk and over http: formulas, widths, search, keys, and what axe finds.

LAB_SCREENSHOTS names a folder into which pictures of every page are put, to be looked at.
"""

import io
import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from lab.chromium import find_chromium

pytestmark = [pytest.mark.slow, pytest.mark.browser]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
# Fewer than there are would do: what stands on the other pages is made of the same parts.
LOOKED_AT_BY_AXE = ("index", "02_gaussian_margin", "glossary", "code/lab/embedding")
# A table whose first column holds numbers needs no word above them.
NOT_ASKED = {"empty-table-header": {"enabled": False}}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Not into the tests' output."""


@pytest.fixture(scope="module")
def address(html: Path) -> Iterator[str]:
    """The book behind a server of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(html)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(find_chromium()), args=["--no-sandbox"])
        yield chromium
        chromium.close()


class Reader:
    """Someone with the book open; remembers what the pages complained of and asked for."""

    def __init__(self, browser, base: str, viewport: dict[str, int], scheme: str = "light") -> None:
        self.page = browser.new_page(viewport=viewport, color_scheme=scheme)
        self.base, self.look = base, f"{scheme}_{viewport['width']}"
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self._complain(str(error)))
        self.page.on("console", lambda said: said.type == "error" and self._complain(said.text))
        self.page.on("requestfailed", self._failed)
        self.page.on("request", lambda r: r.url.startswith(("data:", "blob:", base)) or self._complain(r.url))

    def _failed(self, request) -> None:
        if "ERR_ABORTED" not in (request.failure or ""):  # the page was left before its icon was there
            self._complain(f"failed: {request.url}: {request.failure}")

    def _complain(self, what: str) -> None:
        self.complaints.append(f"{self.page.url}: {what}")

    def open(self, name: str) -> "Reader":
        """Go to a page, and wait until its formulas stand."""
        self.page.goto(f"{self.base}/{name}.html")
        self.page.evaluate("window.MathJax && new Promise(done => MathJax.Hub.Queue(() => done()))")
        if folder := os.environ.get("LAB_SCREENSHOTS"):
            # Else the pictures further down are not there yet.
            self.page.evaluate("document.querySelectorAll('img').forEach(picture => picture.loading = 'eager')")
            self.page.wait_for_timeout(300)
            self.page.screenshot(path=f"{folder}/book_{name.replace('/', '_')}_{self.look}.png", full_page=True)
        return self

    def is_too_wide(self) -> bool:
        script = (
            "[document.documentElement, document.querySelector('.content')].some(e => e.scrollWidth > e.clientWidth)"
        )
        return self.page.evaluate(script)

    def formulas(self) -> tuple[int, int, int]:
        """How many there should be, how many are drawn, how many are not understood."""
        script = (
            "['span.math.notranslate, div.math.notranslate', '.math.notranslate .MathJax', "
            "'.MathJax .noError, .MathJax .merror, .MathJax_Error'].map(s => document.querySelectorAll(s).length)"
        )
        return tuple(self.page.evaluate(script))


@pytest.fixture(scope="module")
def names(html: Path) -> list[str]:
    """Every page but the search, the listings of code by one."""
    listings = ("code/lab/embedding",)
    return sorted(path.stem for path in html.glob("*.html") if path.stem != "search") + list(listings)


@pytest.mark.parametrize(
    ("place", "viewport", "scheme"), [("http", DESKTOP, "light"), ("disk", DESKTOP, "dark"), ("disk", PHONE, "light")]
)
def test_every_page_fits_and_is_quiet(browser, html, address, names, place, viewport, scheme):
    reader = Reader(browser, address if place == "http" else html.as_uri(), viewport, scheme)
    for name in names:
        assert not reader.open(name).is_too_wide(), name
        expected, drawn, wrong = reader.formulas()
        assert (drawn, wrong) == (expected, 0), name
    assert reader.complaints == []
    reader.page.close()


@pytest.mark.parametrize("place", ["disk", "http"])
def test_search_finds(browser, html: Path, address: str, place: str):
    reader = Reader(browser, html.as_uri() if place == "disk" else address, DESKTOP)
    reader.open("index")
    reader.page.fill("input.sidebar-search", "staircase")
    reader.page.keyboard.press("Enter")
    results = reader.page.locator("#search-results li")
    results.first.wait_for()
    assert any("Lovász" in text for text in results.all_inner_texts())
    results.locator("a", has_text="Lovász").first.click()
    reader.page.wait_for_url("**/03_lovasz_hinge.html*")
    assert reader.complaints == []
    reader.page.close()


def test_keys_reach_what_scrolls_and_turn_the_light_off(browser, html: Path):
    reader = Reader(browser, html.as_uri(), PHONE).open("02_gaussian_margin")
    reader.page.keyboard.press("Tab")
    assert reader.page.evaluate("document.activeElement.textContent.trim()") == "Skip to content"
    listing = reader.page.locator(".highlight pre[tabindex='0']").first
    listing.focus()
    reader.page.keyboard.press("ArrowRight")
    reader.page.wait_for_function("e => e.scrollLeft > 0", arg=listing.element_handle())
    reader.page.locator("button.theme-toggle:visible").first.focus()
    before = reader.page.evaluate("document.body.dataset.theme")
    reader.page.keyboard.press("Enter")
    assert reader.page.evaluate("document.body.dataset.theme") != before
    reader.page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_edge_of_a_table_tells_whether_it_goes_on(browser, html: Path, scheme: str):
    reader = Reader(browser, html.as_uri(), PHONE, scheme).open("glossary")
    table = reader.page.locator(".table-wrapper").first
    table.scroll_into_view_if_needed()

    def shaded() -> list[bool]:
        """Whether the left and the right end of the strip below the last row are; the theme's own shadow is faint."""
        box = table.bounding_box()
        picture = Image.open(io.BytesIO(reader.page.screenshot())).convert("L")
        y = box["y"] + box["height"] - 4
        places = [(round(x), round(y)) for x in (box["x"] + 1, box["x"] + box["width"] - 3)]
        return [abs(picture.getpixel(place) - picture.getpixel((2, round(y)))) > 30 for place in places]

    assert shaded() == [False, True]
    table.evaluate("e => e.scrollLeft = e.scrollWidth")
    assert shaded() == [True, False]
    reader.page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", LOOKED_AT_BY_AXE)
def test_axe_finds_nothing(browser, html: Path, name: str, scheme: str):
    from axe_playwright_python.sync_playwright import Axe

    reader = Reader(browser, html.as_uri(), DESKTOP, scheme).open(name)
    found = Axe().run(reader.page, options={"resultTypes": ["violations"], "rules": NOT_ASKED}).response["violations"]
    assert [(rule["id"], [node["target"] for node in rule["nodes"][:3]]) for rule in found] == []
    reader.page.close()
