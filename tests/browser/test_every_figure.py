"""What is asked of every figure alike: names, roles and contrast, on light pages and on dark ones; all of it by key.

LAB_SCREENSHOTS names a folder into which a picture of every figure on a dark page is put, to be looked at.
"""

from collections.abc import Iterator

import pytest

from tests.browser.contrast import cut_words, faint_words
from tests.browser.live import LiveOnPage
from tests.browser.zoo import CELLS, write_zoo

pytestmark = [pytest.mark.browser, pytest.mark.slow]
# What can be focused in a figure, by what it is called; readouts, which are words that can be written, left out.
STOPS = """place => [...document.querySelector(place).querySelectorAll('button, input, select, summary, [tabindex]')]
    .filter(e => e.tabIndex >= 0 && !e.disabled && e.getClientRects().length).map(called)"""
CALLED = """() => {
    window.called = e => [e.tagName, e.className?.baseVal ?? e.className, e.dataset.handle ?? e.innerText].join(' ');
}"""
FOCUSED = """place => {
    const e = document.activeElement, inside = document.querySelector(place).contains(e);
    const outline = parseFloat(getComputedStyle(e).outlineWidth);
    return {inside, readout: e.isContentEditable, called: called(e), outline};
}"""
LISTEN = "() => window.jupyterapp.commands.commandExecuted.connect((_, {id}) => window.executed.push(id))"
NAMES = pytest.mark.parametrize("name", CELLS)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    """A notebook with one figure of every kind, after Run All."""
    from tests.browser.jupyterlab import serve
    from tests.browser.lab_page import open_lab_page

    folder = tmp_path_factory.mktemp("notebooks")
    write_zoo(folder / "zoo.ipynb")
    with (
        serve(folder, tmp_path_factory.mktemp("home")) as server,
        open_lab_page(server, "zoo.ipynb", height=1500) as lab,
    ):
        lab.run_all()
        lab.page.evaluate("window.executed = []")
        lab.page.evaluate(CALLED)
        lab.page.evaluate(LISTEN)
        yield lab


@pytest.fixture(scope="module", params=["light", "dark"])
def theme(request: pytest.FixtureRequest, page) -> str:
    """JupyterLab's own, one after the other."""
    name = f"JupyterLab {request.param.title()}"
    page.page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", name)
    page.page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name, timeout=30_000)
    page.page.wait_for_timeout(500)  # its style sheet
    return request.param


@NAMES
def test_axe_finds_nothing(page, theme, name):
    from axe_playwright_python.sync_playwright import Axe

    figure = LiveOnPage(page, name)
    if theme == "dark":
        figure.screenshot("dark")
    found = Axe().run(page.page, figure.place, {"resultTypes": ["violations"]}).response["violations"]
    assert [(fault["id"], node["html"][:200]) for fault in found for node in fault["nodes"]] == []


@NAMES
def test_words_in_drawings_are_whole_and_have_contrast(page, name):
    """On any page: drawings lie on white paper."""
    figure = LiveOnPage(page, name)
    for drawing in figure.root.locator("svg.lab-board, .lab-x-face svg, .lab-picture-drawing svg").all():
        drawing.scroll_into_view_if_needed()
        figure.settle()
        assert faint_words(drawing) == []
        if "lab-board" in (drawing.get_attribute("class") or ""):  # a picture may be zoomed, its numbers beyond it
            assert cut_words(drawing) == []


@NAMES
def test_tab_reaches_everything_and_shows_where_it_is(page, name):
    figure = LiveOnPage(page, name)
    stops, seen = page.page.evaluate(STOPS, figure.place), []
    figure.part("button, input, select, [tabindex]").focus()
    page.page.keyboard.press("Shift")  # a key, so that the focus is one by key
    while len(seen) < 100 and (here := page.page.evaluate(FOCUSED, figure.place))["inside"]:
        seen.append(here)
        page.page.keyboard.press("Tab")
    assert sorted(s["called"] for s in seen if not s["readout"]) == sorted(stops)
    assert [s["called"] for s in seen if s["outline"] < 2] == []


STOP_KINDS = ("button", "input", "select", "summary", "[data-handle]", ".noUi-handle", "img[tabindex]", ".lab-x-face")


@NAMES
def test_letters_leave_the_notebook_alone(page, name):
    """To JupyterLab b means a cell more, x to cut the figure's."""
    figure = LiveOnPage(page, name)
    found = [figure.root.locator(f"{kind}:visible:not([disabled])") for kind in STOP_KINDS]
    stops = [stop.first for stop in found if stop.count()]
    assert stops
    page.page.evaluate("window.executed.length = 0")
    for stop in stops:
        figure.press(stop, "b")
        page.page.keyboard.press("x")
        page.page.wait_for_timeout(100)
    assert [command for command in page.page.evaluate("window.executed") if command.startswith("notebook:")] == []


LISTS = (".lab-timelapse-run select", ".lab-thresholds-what select", ".lab-dashboard-term select")
DRAWINGS = ('.lab-strip [data-handle="bar1"]', ".lab-replay .lab-picture img", ".lab-arrows-delta .noUi-handle")


@pytest.mark.parametrize("place", LISTS)
def test_a_list_keeps_its_arrows(page, place):
    """JupyterLab would take them to go to the next cell."""
    chosen = page.page.locator(place)
    chosen.scroll_into_view_if_needed()
    cell = "window.jupyterapp.shell.currentWidget.content.activeCellIndex"
    values = [option.get_attribute("value") for option in chosen.locator("option").all()]
    chosen.focus()
    before = page.page.evaluate(cell)
    for key, at in (("End", -1), ("Home", 0), ("ArrowDown", min(1, len(values) - 1))):
        page.page.keyboard.press(key)
        assert chosen.input_value() == values[at]
    assert page.page.evaluate(cell) == before


@pytest.mark.parametrize("place", DRAWINGS)
def test_one_can_save_from_everywhere(page, place):
    target = page.page.locator(place).first
    target.scroll_into_view_if_needed()
    target.focus()
    page.page.keyboard.press("ArrowRight")
    page.page.evaluate("window.executed.length = 0")
    page.page.keyboard.press("Control+s")
    page.page.wait_for_function("window.executed.includes('docmanager:save')", timeout=15_000)


def test_a_slider_says_what_is_written_beside_it(page):
    """By itself it says the power of ten, or the place in the list."""
    figure = LiveOnPage(page, "bench")
    knob = figure.knob("sigma_1_x")
    figure.changes(lambda: figure.press(knob, "ArrowRight"))
    figure.settle()
    assert knob.get_attribute("aria-valuetext") == figure.control("sigma_1_x").locator(".widget-readout").inner_text()
    assert figure.root.get_by_role("slider", name="σ, both (px)", exact=True).count() == 1
    classes = LiveOnPage(page, "replay").knob("shown")
    assert classes.get_attribute("aria-valuetext") == "car"


def test_progress_is_read_anew_by_mouse_and_by_key(page):
    figure = LiveOnPage(page, "progress")
    again = figure.part(".lab-progress-again")
    solve = "from lab.exercises.progress import note_verdict, reset_progress; {}"
    page.ask_kernel(solve.format("reset_progress(); note_verdict('embed', 'right')"))
    figure.changes(again.click)
    assert "1 of" in figure.part("svg.lab-board").text_content()
    page.ask_kernel(solve.format("note_verdict('offset_channel', 'right')"))
    figure.changes(lambda: figure.press(again, "Enter"))
    assert "2 of" in figure.part("svg.lab-board").text_content()


def test_nothing_left_the_machine_and_nothing_failed(page):
    assert page.page.locator(".lab-error").count() == 0
    assert page.outside == []
    assert page.errors == []
    assert page.log_console() == ""
