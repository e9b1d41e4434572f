"""Notebook 11's threshold playground in a real browser, by mouse and by key."""

import re

import pytest

from tests.browser.live import LiveOnPage, median_and_p95

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NOTEBOOK = "11_average_precision.ipynb"


@pytest.fixture
def playground(page):
    """The cars of the street at the model's own thresholds."""
    figure = LiveOnPage(page, "thresholds")
    figure.control("what").locator("select").select_option("street: car")
    figure.control("reset").click()
    figure.press(figure.knob("overlap"), "Home")
    figure.settle()
    return figure


def words(figure) -> str:
    """Counts and scores."""
    return figure.control("words").inner_text()


def heard(figure) -> int:
    """How many detections the ring says are heard."""
    return int(figure.handle("heard").get_attribute("aria-valuenow"))


def judged(figure) -> int:
    """Right and wrong, as told."""
    return sum(int(n) for n in re.search(r"(\d+) right, (\d+) wrong", words(figure)).groups())


def test_the_overlap_by_key_makes_right_ones_wrong(playground):
    playground.screenshot("start")
    before = words(playground)
    times = [playground.changes(lambda: playground.press(playground.knob("overlap"), "ArrowRight")) for _ in range(9)]
    playground.settle()
    assert "AP at overlap 0.95" in words(playground)
    right, harder = (int(re.search(r"(\d+) right", text)[1]) for text in (before, words(playground)))
    assert harder < right
    assert judged(playground) == heard(playground), "the overlap changes verdicts, not what is heard"
    median, p95 = median_and_p95(times)
    print(f"\noverlap by key, event to picture: median {median:.0f} ms, 95th percentile {p95:.0f} ms")


def test_the_ring_by_key_hears_one_more_and_one_less(playground):
    ring, before = playground.handle("heard"), heard(playground)
    playground.changes(lambda: playground.press(ring, "ArrowLeft"))
    playground.settle()
    assert heard(playground) == judged(playground) < before
    playground.changes(lambda: playground.lab.page.keyboard.press("ArrowRight"))
    playground.settle()
    assert heard(playground) == before
    assert playground.lab.page.evaluate("document.activeElement.dataset.handle") == "heard", "the focus stays"


def test_the_ring_by_mouse_moves_the_seed_threshold(playground):
    readout = playground.control("seed_threshold").locator(".widget-readout").first
    before = readout.inner_text()
    playground.changes(lambda: playground.drag_by(playground.handle("heard"), -400, 0, moves=8))
    playground.settle()
    playground.screenshot("dragged")
    assert float(readout.inner_text()) > float(before)
    playground.changes(playground.control("reset").click)
    playground.settle()
    assert readout.inner_text() == before


def test_another_subject_has_its_own_thresholds(playground):
    cars = words(playground)
    playground.changes(lambda: playground.control("what").locator("select").select_option(label="nuclei: nucleus"))
    playground.settle()
    playground.screenshot("nuclei")
    assert words(playground) != cars
    assert judged(playground) == heard(playground)


def test_nothing_is_wider_than_the_page_left_the_machine_or_failed(page, playground):
    width = playground.root.evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert width[0] <= width[1]
    assert playground.part(".lab-error").count() == 0
    assert page.outside == []
    assert page.errors == []
    assert page.log_console() == ""
