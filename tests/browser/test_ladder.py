"""Notebook 11's oracle ladder in a real browser: by mouse and by key."""

import pytest

from tests.browser.live import LiveOnPage, median_and_p95

NOTEBOOK = "11_average_precision.ipynb"
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def ladder(page):
    figure = LiveOnPage(page, "ladder")
    figure.settle()
    return figure


def test_switches_by_mouse_up_to_all(ladder):
    ladder.screenshot("start")
    times = []
    for name in ("foreground", "seeds", "centre", "sigma", "offsets"):
        box = ladder.control(name).locator("input")
        times.append(ladder.changes(box.click))
    assert "AP 100.0" in ladder.settle()
    ladder.screenshot("all")
    median, p95 = median_and_p95(times)
    print(f"\na switch by mouse, event to picture: median {median:.0f} ms, 95th percentile {p95:.0f} ms")


def test_a_switch_by_key_and_back(ladder):
    before = ladder.settle()
    box = ladder.control("offsets").locator("input")
    ladder.changes(lambda: ladder.press(box, "Space"))
    assert not box.is_checked()
    ladder.changes(lambda: ladder.press(box, "Space"))
    assert ladder.settle() == before


def test_nothing_left_the_machine_and_nothing_failed(page, ladder):
    assert ladder.part(".lab-error").count() == 0
    assert page.outside == []
    assert page.errors == []
    assert page.log_console() == ""
