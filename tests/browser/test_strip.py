"""The Lovász strip in a real browser, by key and by mouse.

LAB_SCREENSHOTS names a folder into which pictures are put, to be looked at.
"""

import os
from pathlib import Path

import pytest

from lab.widgets import assist
from lab.widgets.strip.pixels import PRESETS
from tests.browser.live import LiveOnPage, median_and_p95

pytestmark = pytest.mark.browser
NOTEBOOK = "03_lovasz_hinge.ipynb"


@pytest.fixture
def strip(page) -> LiveOnPage:
    """The strip with its eight pixels as at the start."""
    figure = LiveOnPage(page, "strip")
    figure.part(".lab-strip-again").click()
    figure.settle()
    return figure


def words(strip: LiveOnPage) -> str:
    return strip.part(".lab-strip-words").inner_text()


def value(strip: LiveOnPage, handle: str) -> str:
    return strip.handle(handle).get_attribute("aria-valuetext")


def test_tab_goes_from_bar_to_bar_and_keys_move_them(strip):
    strip.handle("bar0").focus()
    strip.lab.page.keyboard.press("Tab")
    assert strip.lab.page.evaluate("document.activeElement.dataset.handle") == "bar1"
    assert value(strip, "bar1") == "logit −0.30, error 1.30"
    for _ in range(4):
        strip.lab.page.keyboard.press("ArrowDown")
    strip.settle()
    assert value(strip, "bar1") == "logit −0.50, error 1.50"
    assert "overtakes pixel 3: rank 2 → 1, its weight 1/4 → 1/3" in words(strip)
    assert strip.lab.page.evaluate("document.activeElement.dataset.handle") == "bar1", "a redrawing keeps the focus"
    strip.screenshot("overtaken_by_key")


def test_drag_a_bar(strip):
    strip.drag_by(strip.handle("bar6"), 0, -60, moves=25)
    strip.settle()
    assert value(strip, "bar6").startswith("logit 1.")
    assert "Pixel 7" in words(strip)
    strip.screenshot("dragged")


def test_flip_a_label_by_mouse_and_by_key(strip):
    strip.changes(strip.handle("label3").click)
    strip.settle()  # words and drawing come one after the other
    assert strip.handle("label3").get_attribute("aria-checked") == "true"
    assert "Pixel 4 is now foreground" in words(strip)
    strip.changes(lambda: strip.press(strip.handle("label3"), "Enter"))
    strip.settle()
    assert strip.handle("label3").get_attribute("aria-checked") == "false"


def test_turn_the_dial(strip):
    strip.changes(lambda: strip.press(strip.handle("level"), "ArrowRight"))
    strip.settle()
    assert "Errors above t = 0.75" in words(strip)
    strip.drag_by(strip.handle("level"), 40, 0)
    strip.settle()
    assert "Errors above t = 1." in words(strip)
    strip.screenshot("dial")


def test_presets(strip):
    knob = strip.control("preset").locator(".noUi-handle")
    strip.press(knob, "End")
    for n, option in enumerate(list(PRESETS)[-2::-1]):
        strip.changes(lambda: strip.press(knob, "ArrowLeft"))
        assert strip.control("preset").locator(".widget-readout").inner_text() == option
        assert "Loss " in words(strip)
        strip.screenshot(f"preset{n}")


CELLS = "window.jupyterapp.shell.currentWidget.content.model.cells.length"


@pytest.mark.parametrize("place", ['[data-handle="bar1"]', ".lab-strip-again", ".lab-strip-preset .noUi-handle"])
def test_letters_leave_the_notebook_alone(strip, place):
    """To JupyterLab b means a cell more, x to cut the figure's."""
    page, target = strip.lab.page, strip.part(place)
    before = page.evaluate(CELLS)
    for key in "bxv":
        strip.press(target, key)
        page.wait_for_timeout(100)
        assert page.evaluate(CELLS) == before
    assert target.is_visible()


# A page's frames are counted down by hand, for a widget that stands in no figure.
FRAMES = """async source => {
    const { default: assist } = await import(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
    const real = window.requestAnimationFrame, el = document.createElement('div');
    let asked = [], frames = 0;
    window.requestAnimationFrame = act => asked.push(act);
    try {
        assist.render({ el });
        for (; asked.length && frames < 10_000; frames++) asked.splice(0).forEach(act => act());
    } finally {
        window.requestAnimationFrame = real;
    }
    return frames;
}"""


def test_what_assists_does_not_wait_for_a_figure_for_ever(page):
    assert 0 < page.page.evaluate(FRAMES, (Path(assist.__file__).parent / "assist.js").read_text()) < 1000


NAMELESS = """async source => {
    const { default: assist } = await import(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
    const figure = document.createElement('div'), el = document.createElement('div');
    figure.className = 'lab-live';
    figure.innerHTML = '<div class="widget-toggle-buttons"><label class="widget-label">mode</label></div>';
    figure.append(el);
    const group = figure.firstChild, stop = assist.render({ el }), first = group.getAttribute('aria-label');
    group.firstChild.textContent = '';
    group.className += ' changed';
    await new Promise(requestAnimationFrame);
    stop();
    return [first, group.getAttribute('aria-label')];
}"""


def test_a_name_that_became_empty_is_taken_away(page):
    source = (Path(assist.__file__).parent / "assist.js").read_text()
    assert page.page.evaluate(NAMELESS, source) == ["mode", None]


def test_nothing_is_cut_off_and_the_live_view_replaces_the_still(strip):
    output = strip.lab.page.locator(".jp-OutputArea-output:has(.lab-strip)")
    assert output.locator("> img, .jp-RenderedImage").count() == 0
    box, page = strip.part("svg.lab-board").bounding_box(), strip.lab.page.locator(".jp-Notebook").bounding_box()
    assert box["width"] > 700
    assert box["x"] + box["width"] <= page["x"] + page["width"]


@pytest.mark.slow
def test_event_to_picture(strip):
    """Printed for people; the bound is only against standstill."""
    bar = strip.handle("bar1")
    seconds = [strip.changes(lambda n=n: strip.press(bar, "ArrowDown" if n % 2 else "ArrowUp")) for n in range(20)]
    median, p95 = median_and_p95(seconds)
    if os.environ.get("LAB_SCREENSHOTS"):
        print(f"\nstrip, key to picture: median {median:.0f} ms, 95th percentile {p95:.0f} ms")
    assert median < 1500


def test_mathematics_and_pictures_are_on_the_page(page):
    if folder := os.environ.get("LAB_SCREENSHOTS"):
        for n, cell in enumerate(page.page.locator(".jp-Cell").all()):
            cell.screenshot(path=f"{folder}/cell{n:02}.png")
    assert page.page.locator(".jp-RenderedMarkdown mjx-container").count() > 50
    assert page.page.locator("mjx-merror").count() == 0


def test_shift_enter_runs_the_cell(strip):
    page = strip.lab.page
    page.evaluate("window.executed = []")
    page.evaluate(
        "() => window.jupyterapp.commands.commandExecuted.connect((_, { id }) => { window.executed.push(id); })"
    )
    strip.press(strip.part(".lab-strip-again"), "Shift+Enter")
    page.wait_for_function("window.executed.includes('notebook:run-cell-and-select-next')", timeout=15_000)
    strip.lab.wait_idle()


def test_quiet(page):
    """Last: nothing was logged, nothing was fetched from elsewhere."""
    assert page.log_console() == ""
    assert page.outside == []
    assert page.errors == []
