"""Notebook 09's crop sampler in a real browser: by mouse and by key."""

import pytest

from tests.browser.live import LiveOnPage, median_and_p95

NOTEBOOK = "09_data_and_labels.ipynb"
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def crops(page):
    figure = LiveOnPage(page, "crops")
    figure.settle()
    return figure


def test_draw_steps_through_the_draws(crops):
    crops.screenshot("start")
    button = crops.part(".lab-crops-again")
    assert "window of draw 20" in crops.shown()
    times = [crops.changes(button.click) for _ in range(12)]
    assert "window of draw 32" in crops.settle()
    median, p95 = median_and_p95(times)
    print(f"\ndraw by mouse, event to picture: median {median:.0f} ms, 95th percentile {p95:.0f} ms")


def test_the_number_by_key_and_back(crops):
    knob = crops.control("number").locator(".noUi-handle").first
    before = crops.settle()
    crops.changes(lambda: crops.press(knob, "ArrowRight"))
    assert "window of draw 33" in crops.settle()
    crops.changes(lambda: crops.press(knob, "ArrowLeft"))
    assert crops.settle() == before, "a draw is the same whenever it is drawn"


def test_the_cross_by_mouse_and_by_key(crops):
    seconds = crops.changes(lambda: crops.drag_by(crops.handle("middle"), -150, 60, moves=10))
    assert crops.control("draw").locator(".mod-active").inner_text() == "by hand"
    crops.screenshot("by_hand")
    keys = ["ArrowRight"] * 6 + ["ArrowUp"] * 6
    times = [crops.changes(lambda key=key: crops.press(crops.handle("middle"), key)) for key in keys]
    median, p95 = median_and_p95([seconds, *times])
    print(f"\nthe cross, event to picture: median {median:.0f} ms, 95th percentile {p95:.0f} ms")


def test_ways_sizes_and_changes(crops):
    for way in ("anywhere", "classes", "objects"):
        crops.changes(lambda way=way: crops.control("draw").locator("button", has_text=way).click())
    for _ in range(3):
        knob = crops.control("size").locator(".noUi-handle").first
        crops.changes(lambda knob=knob: crops.press(knob, "ArrowRight"))
    crops.screenshot("void")
    assert "288 x 288 px" in crops.shown()
    assert "stripes void: 11 %" in crops.shown()
    for control in ("flip", "turns", "scale", "colour"):
        crops.control(control).locator("input").click()
        crops.settle()
    crops.screenshot("all_changes")
    assert "unscaled" in crops.shown()


def test_nothing_left_the_machine_and_nothing_failed(page, crops):
    assert crops.part(".lab-error").count() == 0
    assert page.outside == []
    assert page.errors == []
    assert page.log_console() == ""
