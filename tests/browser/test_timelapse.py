"""Notebook 10's time-lapse and live curves in a real browser, by key and by mouse.

The notebook trains for a minute first, so these tests belong to the long ones.  LAB_SCREENSHOTS names a folder into
which pictures are put, to be looked at.
"""

import os
import re

import pytest

from tests.browser.live import LiveOnPage, median_and_p95

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NOTEBOOK = "10_two_stage_training.ipynb"
OWN = "notebook_10"  # the run that the notebook makes


@pytest.fixture
def figure(page) -> LiveOnPage:
    """The figure at its last frame."""
    figure = LiveOnPage(page, "timelapse")
    figure.press(figure.control("place").locator(".noUi-handle"), "End")
    figure.settle()
    return figure


def step(figure: LiveOnPage) -> int:
    """The step that the words name."""
    return int(re.search(r"step (\d+)", figure.part(".lab-timelapse-words").inner_text())[1])


def test_the_training_has_left_its_curves(page):
    curves = LiveOnPage(page, "curves")
    assert re.search(rf"{OWN}: step (\d+) of \1", curves.part(".lab-curves-status").inner_text())
    curves.screenshot("after_training")


def test_curves_of_a_run_that_goes_on_elsewhere_are_read_again_by_mouse_and_by_key(page):
    curves = LiveOnPage(page, "curves")
    again, log = curves.part(".lab-curves-again"), "(curves.folder / 'log.csv')"
    page.ask_kernel(f"lines = {log}.read_text().splitlines(True)")
    page.ask_kernel(f"{log}.write_text(''.join(lines[:9]))")
    curves.changes(again.click)
    curves.settle()
    assert f"{OWN}: step 80 of" in curves.part(".lab-curves-status").inner_text()
    page.ask_kernel(f"{log}.write_text(''.join(lines))")
    curves.changes(lambda: curves.press(again, "Enter"))
    curves.settle()
    assert re.search(rf"{OWN}: step (\d+) of \1", curves.part(".lab-curves-status").inner_text())


def test_frames_by_key(figure):
    last = step(figure)
    knob = figure.control("place").locator(".noUi-handle")
    figure.changes(lambda: figure.press(knob, "ArrowLeft"))
    figure.settle()
    assert step(figure) < last
    figure.changes(lambda: figure.press(knob, "Home"))
    figure.settle()
    assert step(figure) == 0
    assert "untrained" in figure.part(".lab-timelapse-words").inner_text()
    figure.screenshot("untrained")


def test_frames_by_mouse(figure):
    last = step(figure)
    figure.drag_by(figure.control("place").locator(".noUi-handle"), -90, 0, moves=15)
    figure.settle()
    assert 0 < step(figure) < last
    figure.screenshot("half_way")


def test_the_cursor_in_the_curves(figure):
    last = step(figure)
    figure.drag_by(figure.handle("frame").locator("circle"), -200, 0)
    figure.settle()
    dragged = step(figure)
    assert 0 < dragged < last
    figure.changes(lambda: figure.press(figure.handle("frame"), "ArrowRight"))
    figure.settle()
    assert step(figure) > dragged


def test_play_runs_and_stops(figure):
    figure.press(figure.control("place").locator(".noUi-handle"), "Home")
    figure.settle()
    buttons = figure.part(".jupyter-widget-play, .widget-play").locator("button")
    figure.changes(buttons.first.click)
    figure.lab.page.wait_for_timeout(1500)
    buttons.first.click()  # pause
    figure.settle()
    assert step(figure) > 0


def test_the_shipped_run_beside_ones_own(figure):
    figure.changes(lambda: figure.control("run").locator("select").select_option("tiny (shipped)"))
    figure.settle()
    assert "the run tiny (shipped)" in figure.part("svg.lab-board").get_attribute("aria-label")
    figure.screenshot("shipped")
    figure.changes(lambda: figure.control("run").locator("select").select_option(f"{OWN} (yours)"))


def test_the_explorer_shows_what_was_trained_and_what_ships(page):
    explorer = LiveOnPage(page, "explorer")
    select = explorer.part(".lab-explorer-model select")
    assert select.input_value() == f"{OWN} (yours)"
    explorer.screenshot("own")
    explorer.changes(lambda: select.select_option("toyscapes (shipped)"), seconds=60)
    explorer.settle()
    explorer.screenshot("shipped")
    explorer.changes(lambda: select.select_option(f"{OWN} (yours)"), seconds=60)


def test_event_to_picture(figure):
    """Printed for people; the bound is only against standstill."""
    knob = figure.control("place").locator(".noUi-handle")
    seconds = [figure.changes(lambda: figure.press(knob, "ArrowLeft")) for _ in range(15)]
    median, p95 = median_and_p95(seconds)
    if os.environ.get("LAB_SCREENSHOTS"):
        print(f"\ntimelapse, key to picture: median {median:.0f} ms, 95th percentile {p95:.0f} ms")
    assert median < 1500


def test_quiet(page):
    """Last: nothing was logged, nothing was fetched from elsewhere."""
    if folder := os.environ.get("LAB_SCREENSHOTS"):
        for n, cell in enumerate(page.page.locator(".jp-Cell").all()):
            cell.screenshot(path=f"{folder}/cell{n:02}.png")
    assert page.page.locator("mjx-merror").count() == 0
    assert page.log_console() == ""
    assert page.outside == []
    assert page.errors == []
