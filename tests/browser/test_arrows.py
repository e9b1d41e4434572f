"""Notebook 01's arrows in a real browser, by mouse and by key."""

import re

import pytest

from tests.browser.live import LiveOnPage, median_and_p95

pytestmark = [pytest.mark.browser, pytest.mark.slow]  # what every change runs: board, explorer, strip
NOTEBOOK = "01_pixels_that_point.ipynb"


@pytest.fixture
def figure(page):
    """The figure as it is at the beginning."""
    figure = LiveOnPage(page, "arrows")
    figure.part(".lab-arrows-careless").click()
    figure.settle()
    return figure


def overlaps(figure) -> list[float]:
    """IoU of both cars, as written in the figure."""
    return [float(v) for v in re.findall(r"IoU (\d\.\d\d)<", figure.part("svg.lab-board").inner_html())]


def tip(figure, handle: str) -> tuple[int, int]:
    """Column and row in which an arrow ends, as read aloud."""
    return tuple(map(int, re.findall(r"\d+", figure.handle(handle).get_attribute("aria-label").split(":")[1])))


def test_arrow_by_mouse(figure):
    """An arrow of the large car, dragged: its tip is where the mouse let go, and the other car's overlap stays."""
    before = overlaps(figure)
    figure.screenshot("start")
    column, row = tip(figure, "9-4")
    scale = figure.part("svg.lab-board").bounding_box()["width"] / 860
    figure.changes(lambda: figure.drag_by(figure.handle("9-4"), 90 * scale, 63 * scale))
    figure.settle()
    assert tip(figure, "9-4") == pytest.approx((column + 20, row + 14), abs=1)  # 4.5 units of the board a pixel
    after = overlaps(figure)
    assert after[0] != before[0]
    assert after[1] == before[1]
    figure.screenshot("dragged")


def test_arrow_by_key(figure):
    handle = figure.handle("10-0")
    column, row = tip(figure, "10-0")
    figure.changes(lambda: figure.press(handle, "ArrowLeft"))
    figure.changes(lambda: figure.lab.page.keyboard.press("Shift+ArrowDown"))
    figure.settle()
    assert tip(figure, "10-0") == (column - 1, row + 10)
    assert figure.lab.page.evaluate("document.activeElement.dataset.handle") == "10-0", "the focus stays"


def test_margin_by_key(figure):
    before = overlaps(figure)
    knob = figure.lab.handle("lab-arrows-delta")
    for _ in range(12):
        figure.press(knob, "ArrowRight")
    figure.settle()
    assert overlaps(figure)[0] > before[0] + 0.1
    figure.screenshot("wider")
    for _ in range(12):
        figure.press(knob, "ArrowLeft")
    figure.settle()
    assert overlaps(figure) == before


def test_centre_and_buttons_by_mouse(figure):
    figure.changes(lambda: figure.part(".lab-arrows-middle").click())
    figure.settle()
    assert overlaps(figure) == [1, 1]
    figure.changes(lambda: figure.part(".lab-arrows-nowhere").click())
    figure.settle()
    at_centroid = overlaps(figure)
    figure.part(".lab-arrows-careless").click()
    figure.settle()
    figure.changes(lambda: figure.part(".lab-arrows-attractor button:nth-of-type(2)").click())
    figure.settle()
    assert overlaps(figure) != at_centroid
    figure.changes(lambda: figure.part(".lab-arrows-attractor button:nth-of-type(1)").click())


def test_event_to_picture_time(figure, record_property):
    handle = figure.handle("9-1")
    times = [
        figure.changes(lambda key=key: figure.press(handle, key)) for key in ["ArrowRight"] * 8 + ["ArrowLeft"] * 8
    ]
    median, p95 = median_and_p95(times)
    record_property("event_to_picture_ms", (median, p95))
    print(f"\nevent to picture: median {median:.0f} ms, 95th percentile {p95:.0f} ms")


def test_nothing_left_the_machine_and_nothing_failed(page):
    assert page.outside == []
    assert page.errors == []
    assert page.log_console() == ""
