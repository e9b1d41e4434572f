"""Notebook 13's figure of who reaches whom in a real browser, by mouse and by key."""

import pytest

from tests.browser.live import LiveOnPage, median_and_p95

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NOTEBOOK = "13_fast.ipynb"


@pytest.fixture(scope="module")
def reach(page):
    figure = LiveOnPage(page, "reach")
    figure.settle()
    return figure


def words(figure) -> str:
    """The sentence beneath."""
    return figure.control("words").inner_text()


def test_instance_by_click_and_by_key(reach):
    reach.screenshot("start")
    board = reach.part("svg.lab-board")
    image = board.locator("image").first.bounding_box()  # 512 x 256 px of the street
    place = (image["x"] + image["width"] * 150 / 512, image["y"] + image["height"] * 145 / 256)
    reach.changes(lambda: reach.lab.page.mouse.click(*place))
    reach.settle()
    assert "pixels matter to car 9" in words(reach)
    times = [reach.changes(lambda: reach.press(reach.knob("number"), "ArrowRight")) for _ in range(4)]
    reach.settle()
    assert "pixels matter to car 13" in words(reach)
    median, p95 = median_and_p95(times)
    print(f"\ninstance by key, event to picture: median {median:.0f} ms, 95th percentile {p95:.0f} ms")


def test_the_cut_by_mouse_stays_under_its_bound(reach):
    assert "no difference" in words(reach)
    reach.changes(lambda: reach.drag_by(reach.knob("epsilon"), 300, 0))
    reach.settle()
    reach.screenshot("cut")
    assert "less, where the bound allows 2ε = 0.2" in words(reach)
    reach.changes(lambda: reach.press(reach.knob("epsilon"), "Home"))
    reach.settle()
    assert "no difference" in words(reach)


def test_cells_and_an_untrained_network(reach):
    reach.changes(lambda: reach.press(reach.knob("size"), "ArrowLeft"))
    reach.settle()
    assert "cells of 16 px" in words(reach)
    reach.changes(lambda: reach.control("prediction").locator("button", has_text="b = 0").click())
    reach.settle()
    reach.screenshot("untrained")
    assert "131,009 of 131,009 pixels matter" in words(reach)


def test_nothing_is_wider_than_the_page_left_the_machine_or_failed(page, reach):
    width = reach.root.evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert width[0] <= width[1]
    assert reach.part(".lab-error").count() == 0
    assert page.outside == []
    assert page.errors == []
    assert page.log_console() == ""
