"""Notebook 12's dashboard in a real browser, by key and by mouse."""

import pytest

from tests.browser.live import LiveOnPage

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NOTEBOOK = "12_ablations.ipynb"


@pytest.fixture
def figure(page) -> LiveOnPage:
    figure = LiveOnPage(page, "dashboard")
    figure.settle()
    return figure


def told(figure: LiveOnPage) -> str:
    """The board in words."""
    return figure.part("svg.lab-board").get_attribute("aria-label")


def test_arms_by_key_and_by_mouse(figure):
    box = figure.control("arm_fixed_centroid").locator("input")
    before = "fixed σ, centroid:" in told(figure)
    figure.changes(lambda: figure.press(box, "Space"))
    figure.settle()
    assert ("fixed σ, centroid:" in told(figure)) != before
    figure.changes(figure.part(".lab-dashboard-group >> text=all arms").click)
    figure.settle()
    assert "fixed σ, centroid:" in told(figure)
    figure.screenshot("all")


def test_measure_and_seeds_by_key(figure):
    figure.changes(lambda: figure.press(figure.control("measure").locator("button").nth(1), "Enter"))
    figure.settle()
    assert told(figure).startswith("AP50 in points with predicted seeds")
    figure.changes(lambda: figure.press(figure.control("seeds").locator("button").nth(1), "Enter"))
    figure.settle()
    assert told(figure).startswith("AP50 in points with ground truth seeds")
    figure.screenshot("seeds")


def test_quiet(page):
    """Last: nothing was logged, nothing was fetched from elsewhere."""
    assert page.log_console() == ""
    assert page.outside == []
    assert page.errors == []
