"""The book's living figures on a page that is opened from a file: hands, fallbacks, small screens.

LAB_SCREENSHOTS names a folder into which pictures are put, to be looked at.
"""

import re
from collections.abc import Iterator

import pytest

from lab.book.alive.figures import KINDS
from lab.widgets.bench.compute import State, best, look
from lab.widgets.bench.sample import load_sample
from tests.browser.book_page import BookPage, drag, opened, swipe, value

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def book(browser, paper) -> Iterator[BookPage]:
    """The page on a large, light screen, all figures alive."""
    with opened(browser, paper) as book:
        for name in KINDS:
            book.figure(name)
        yield book


# ----------------------------------------------------------------------------------------------------------- the hands


def test_the_strip_follows_keys_and_mouse(book):
    figure = book.figure("strip")
    figure.locator("[data-control=again]").click()
    figure.locator('[data-handle="bar0"]').focus()
    book.page.keyboard.press("Tab")
    for _ in range(4):
        book.page.keyboard.press("ArrowDown")
    assert value(figure, "bar1") == "logit −0.50, error 1.50"
    assert "overtakes pixel 3: rank 2 → 1, its weight 1/4 → 1/3" in figure.locator("[data-part=words]").inner_text()
    assert book.page.evaluate("document.activeElement.dataset.handle") == "bar1", "a redrawing keeps the focus"
    drag(book, figure, "bar6", 0, -80)
    assert re.match(r"logit 0\.\d5|logit 0\.\d0", value(figure, "bar6"))
    figure.locator('[data-handle="label3"]').press("Enter")
    assert figure.locator('[data-handle="label3"]').get_attribute("aria-checked") == "true"
    figure.locator('[data-handle="level"]').press("ArrowRight")
    assert "Errors above t = 0.75" in value(figure, "level")
    figure.locator("[data-control=preset]").select_option("ties")
    assert "tie at 1.20" in figure.locator("[data-part=words]").inner_text()
    assert figure.locator('[data-handle^="bar"]').count() == 6


def test_the_bench_follows_keys_mouse_and_controls(book):
    figure = book.figure("bench")
    before = value(figure, "9-x")
    figure.locator('[data-handle="9-x"]').press("Shift+ArrowRight")
    assert (before, value(figure, "9-x")) == ("5.8 px", "7.3 px")
    figure.locator('[data-handle="9-x"]').press("ArrowUp")
    assert value(figure, "9-x") == "7.4 px"
    drag(book, figure, "9-x", 60, 0)
    wide = float(value(figure, "9-x").split()[0])
    assert wide > 25
    assert value(figure, "1-x") == f"{wide:.1f} px", "one for both"
    figure.locator("[data-control=bandwidths]").select_option("one for each")
    figure.locator("[data-control=shape]").select_option("ellipse")
    assert figure.locator(".lab-alive-sliders label:visible").count() == 4
    figure.locator("[data-control=best]").click()
    top = best(load_sample(), State(shared=False, ellipse=True))
    margins = [look(load_sample(), top).claims[k].margin for k in range(2)]
    assert value(figure, "1-y") == f"{margins[0][1]:.1f} px"
    assert value(figure, "9-x") == f"{margins[1][0]:.1f} px"
    figure.locator("[data-control=noise]").press("Home")
    assert "IoU 1.00" in figure.locator("svg.lab-board").get_attribute("aria-label")


def test_the_explorer_lives_on_what_was_frozen(book):
    figure = book.figure("explorer")
    face = figure.locator(".lab-x-face")
    seen = {face.screenshot()}
    figure.get_by_role("button", name="sigma", exact=True).click()
    book.page.wait_for_timeout(100)
    seen.add(face.screenshot())
    figure.locator(".lab-explorer-membership-threshold input").press("Home")
    book.page.wait_for_timeout(100)
    seen.add(face.screenshot())
    assert len(seen) == 3
    before = figure.locator(".lab-reading").first.inner_text()
    face.click(position={"x": 40, "y": 40})
    book.page.wait_for_timeout(100)
    assert figure.locator(".lab-reading").first.inner_text() != before
    assert "No Python runs behind this page" in figure.inner_text()
    assert figure.locator(".lab-x-error").inner_text() == ""


def test_nothing_is_asked_of_anybody_and_nothing_goes_wrong(book):
    book.screenshot("light")
    assert book.outside == []
    assert book.errors == []


@pytest.mark.slow
def test_axe_finds_nothing(book):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(book.page, options={"runOnly": ["wcag2a", "wcag2aa"]}).response["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found] == []


# ------------------------------------------------------------------------------------------- small, dark, without this


def test_on_a_dark_phone_it_lives_and_the_page_scrolls(browser, paper):
    size = {"width": 390, "height": 800}
    with opened(browser, paper, viewport=size, has_touch=True, is_mobile=True, color_scheme="dark") as phone:
        for name in KINDS:
            phone.figure(name)
        phone.screenshot("phone")
        assert phone.page.evaluate("document.documentElement.scrollWidth") == 390
        cut = "all => all.filter(e => e.scrollWidth > e.clientWidth || e.getBoundingClientRect().right > 390).length"
        assert phone.figure("explorer").locator(".lab-x-slider output").evaluate_all(cut) == 0, "½, the method's"
        strip = phone.figure("strip")
        assert strip.locator("svg.lab-board").get_attribute("viewBox").startswith("0 0 360 ")
        small = strip.locator("svg.lab-board text").evaluate_all(
            "all => all.map(t => t.getBoundingClientRect()).filter(b => b.left < 0 || b.right > 390).length"
        )
        assert small == 0
        touched = phone.page.evaluate(
            "[document.querySelector('svg.lab-board'), document.querySelector('[data-handle]')]"
            ".map(e => getComputedStyle(e).touchAction)"
        )
        assert touched == ["auto", "none"]
        before = value(strip, "bar2")
        swipe(phone, strip.locator('[data-handle="bar2"] circle'), 0, -40)
        assert value(strip, "bar2") != before
        place = phone.page.evaluate("scrollY")
        swipe(phone, strip.locator("text=area = loss").last, 0, -200)
        phone.page.wait_for_function(f"scrollY > {place} + 50")
        assert phone.errors == []


@pytest.mark.parametrize("width", [*(pytest.param(w, marks=pytest.mark.slow) for w in (1000, 600)), 390])
def test_coming_alive_moves_nothing(browser, paper, width):
    measure = "document.documentElement.scrollHeight"
    before = f"addEventListener('DOMContentLoaded', () => (window.awaited = {measure}))"
    with opened(browser, paper, before, viewport={"width": width, "height": 900}) as book:
        for name in KINDS:
            book.figure(name)
        book.page.wait_for_timeout(200)  # the explorer fills its tables a frame later
        assert book.page.evaluate(measure) == pytest.approx(book.page.evaluate("awaited"), abs=1)


def test_without_scripts_the_still_stays(browser, paper):
    with opened(browser, paper, java_script_enabled=False) as book:
        figure = book.page.locator(".lab-alive-strip")
        assert figure.locator("img").is_visible()
        assert "A still picture; where scripts may run" in figure.inner_text()
        assert figure.locator("[data-control]:visible").count() == 0


def test_without_webgl_the_explorer_stays_a_still(browser, paper):
    without = """const usual = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
            return kind === "webgl2" ? null : usual.call(this, kind, ...more);
        };"""
    with opened(browser, paper, before=without) as book:
        figure = book.figure("explorer", state="failed")
        assert figure.locator("img").is_visible()
        assert "it cannot be moved here (this browser has no WebGL 2)" in figure.inner_text()


def test_what_fails_leaves_the_still_and_says_why(browser, paper, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(paper.read_text().replace("static/", f"{(tmp_path / 'static').as_uri()}/"))
    (tmp_path / "static").mkdir()
    for file in (paper.parent / "static").iterdir():
        if file.name != "strip.sample.js":
            (tmp_path / "static" / file.name).write_bytes(file.read_bytes())
    with opened(browser, page) as book:
        figure = book.figure("strip", state="failed")
        assert figure.locator("img").is_visible()
        assert "it cannot be moved here (strip.sample.js could not be read)" in figure.inner_text()
        assert figure.locator("[data-control]:visible").count() == 0
        book.figure("bench")
