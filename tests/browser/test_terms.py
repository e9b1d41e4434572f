"""Notebook 06's figure of the terms in a real browser, by mouse and by key."""

import pytest

from tests.browser.live import LiveOnPage, median_and_p95

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NOTEBOOK = "06_the_whole_loss.ipynb"
START = ("part", "instance"), ("view", "its pixels")


@pytest.fixture
def figure(page):
    """The figure with the instance term's pixels of object 11."""
    figure = LiveOnPage(page, "terms")
    figure.press(figure.lab.handle("lab-terms-number"), "Home")
    for _ in range(10):
        figure.lab.page.keyboard.press("ArrowRight")
    for control, name in START:
        button(figure, control, name).click()
    figure.settle()
    return figure


def button(figure, control: str, name: str):
    """A button of a group."""
    return figure.control(control).locator("button").filter(has_text=name).first


def title(figure) -> str:
    """The heading over the picture."""
    return figure.part("svg.lab-board text").text_content()


def test_term_by_mouse(figure):
    figure.screenshot("instance")
    figure.changes(lambda: button(figure, "part", "smoothness").click())
    figure.settle()
    assert title(figure).startswith("Smoothness term")
    figure.screenshot("smoothness")


def test_view_by_key(figure):
    group = button(figure, "view", "pull on offset")
    figure.changes(lambda: figure.press(group, "Enter"))
    figure.settle()
    assert "pushes each embedding" in title(figure)
    figure.screenshot("offset")
    figure.changes(lambda: figure.press(button(figure, "part", "seed, objects"), "Enter"))
    figure.settle()
    assert "Exactly zero" in figure.part("svg.lab-board").text_content()


def test_object_by_click_and_by_key(figure):
    board, before = figure.part("svg.lab-board"), title(figure)
    assert "object 11, a car" in before
    scale = board.bounding_box()["width"] / 860
    # Column 150, row 145 of the street: the left car, number 9.
    place = {"x": scale * 590 * 150 / 512, "y": scale * (34 + 295 * 145 / 256)}
    figure.changes(lambda: board.click(position=place))
    figure.settle()
    assert "object 9, a car" in title(figure)
    knob = figure.lab.handle("lab-terms-number")
    figure.changes(lambda: figure.press(knob, "ArrowRight"))
    figure.settle()
    assert "object 10, a car" in title(figure)
    figure.screenshot("object_10")
    figure.changes(lambda: figure.press(knob, "ArrowRight"))
    figure.settle()
    assert title(figure) == before


def test_event_to_picture_time(figure, record_property):
    names = ["pull on offset", "pull on bandwidth", "its pixels"] * 5
    times = [figure.changes(lambda name=name: button(figure, "view", name).click()) for name in names]
    median, p95 = median_and_p95(times)
    record_property("event_to_picture_ms", (median, p95))
    print(f"\nevent to picture: median {median:.0f} ms, 95th percentile {p95:.0f} ms")


def test_nothing_left_the_machine_and_nothing_failed(page):
    assert page.outside == []
    assert page.errors == []
    assert page.log_console() == ""
