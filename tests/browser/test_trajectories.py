"""The seed trajectories in a real browser, by key and by mouse.

LAB_SCREENSHOTS names a folder into which pictures are put, to be looked at.
"""

import os

import pytest

from tests.browser.live import LiveOnPage, median_and_p95

pytestmark = [pytest.mark.browser, pytest.mark.slow]  # what every change runs: board, explorer, strip
NOTEBOOK = "05_seed_maps.ipynb"


@pytest.fixture
def figure(page) -> LiveOnPage:
    """The figure, first target, at step 60."""
    figure = LiveOnPage(page, "trajectories")
    figure.control("target").locator("button").first.click()
    figure.control("layer").locator("button").first.click()
    slide_to(figure, 60)
    figure.settle()
    return figure


def slide_to(figure: LiveOnPage, step: int) -> None:
    """From the left end to a step by key: the first twenty kept steps are 2 apart, the next 5."""
    knob = figure.control("step").locator(".noUi-handle")
    figure.press(knob, "Home")
    for _ in range(step // 2 if step <= 40 else 20 + (step - 40) // 5):
        figure.lab.page.keyboard.press("ArrowRight")


def words(figure: LiveOnPage) -> str:
    return figure.part(".lab-trajectories-words").inner_text()


def place(figure: LiveOnPage, letter: str) -> str:
    return figure.handle(letter).get_attribute("aria-label").split(": ")[1]


def test_step_by_key(figure):
    figure.changes(lambda: figure.press(figure.control("step").locator(".noUi-handle"), "ArrowRight"))
    figure.settle()
    assert "Step 65" in words(figure)


def test_step_by_mouse(figure):
    figure.drag_by(figure.control("step").locator(".noUi-handle"), 60, 0, moves=20)
    figure.settle()
    step = int(words(figure).split("Step ")[1].split(",")[0])
    assert step > 100
    figure.screenshot("dragged")


def test_play_runs_and_stops(figure):
    slide_to(figure, 0)
    figure.settle()
    buttons = figure.part(".jupyter-widget-play, .widget-play").locator("button")
    figure.changes(buttons.first.click)
    figure.lab.page.wait_for_timeout(1500)
    buttons.first.click()  # pause
    figure.settle()
    step = int(words(figure).split("Step ")[1].split(",")[0])
    assert step >= 6


@pytest.mark.parametrize(("index", "name"), [(1, "no stop-gradient"), (2, "the mask")])
def test_targets(figure, index, name):
    figure.changes(figure.control("target").locator("button").nth(index).click)
    figure.settle()
    assert name in words(figure)
    figure.screenshot(f"target{index}")


def test_layers(figure):
    seen = {figure.settle()}
    for index in (1, 2, 3):
        figure.changes(figure.control("layer").locator("button").nth(index).click)
        seen.add(figure.settle())
        figure.screenshot(f"layer{index}")
    assert len(seen) == 4


def test_pixel_by_key_keeps_the_focus(figure):
    before = place(figure, "A")
    figure.changes(lambda: figure.press(figure.handle("A"), "ArrowDown"))
    figure.settle()
    assert place(figure, "A") != before
    assert figure.lab.page.evaluate("document.activeElement.dataset.handle") == "A"
    assert "A (column" in words(figure)
    figure.lab.page.keyboard.press("Tab")
    assert figure.lab.page.evaluate("document.activeElement.dataset.handle") == "B"


def test_pixel_by_mouse_and_by_click(figure):
    before = place(figure, "B")
    figure.drag_by(figure.handle("B"), -80, -60, moves=12)
    figure.settle()
    assert place(figure, "B") != before
    assert "B (column" in words(figure)
    box = figure.part("svg.lab-board").bounding_box()
    scale = box["width"] / 860
    # In the middle of the car: pixel (10, 40) of 64 in a picture of 310 px at (46, 34).
    x, y = (46 + 310 * 10.5 / 64) * scale, (34 + 310 * 40.5 / 64) * scale
    figure.changes(lambda: figure.lab.page.mouse.click(box["x"] + x, box["y"] + y))
    figure.settle()
    assert place(figure, "B") == "column 10, row 40, object 11"
    figure.screenshot("clicked")


def test_nothing_is_cut_off_and_the_live_view_replaces_the_still(figure):
    output = figure.lab.page.locator(".jp-OutputArea-output:has(.lab-trajectories)")
    assert output.locator("> img, .jp-RenderedImage").count() == 0
    box, page = figure.part("svg.lab-board").bounding_box(), figure.lab.page.locator(".jp-Notebook").bounding_box()
    assert box["width"] > 700
    assert box["x"] + box["width"] <= page["x"] + page["width"]
    cut = figure.lab.page.evaluate(
        """() => [...document.querySelectorAll('.lab-trajectories button')]
            .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText)"""
    )
    assert cut == []


def test_event_to_picture(figure):
    """Printed for people; the bound is only against standstill."""
    knob = figure.control("step").locator(".noUi-handle")
    seconds = [figure.changes(lambda: figure.press(knob, "ArrowRight")) for _ in range(20)]
    median, p95 = median_and_p95(seconds)
    if os.environ.get("LAB_SCREENSHOTS"):
        print(f"\ntrajectories, key to picture: median {median:.0f} ms, 95th percentile {p95:.0f} ms")
    assert median < 1500


def test_mathematics_and_pictures_are_on_the_page(page):
    if folder := os.environ.get("LAB_SCREENSHOTS"):
        for n, cell in enumerate(page.page.locator(".jp-Cell").all()):
            cell.screenshot(path=f"{folder}/cell{n:02}.png")
    assert page.page.locator(".jp-RenderedMarkdown mjx-container").count() > 40
    assert page.page.locator("mjx-merror").count() == 0


def test_quiet(page):
    """Last: nothing was logged, nothing was fetched from elsewhere."""
    assert page.log_console() == ""
    assert page.outside == []
    assert page.errors == []
