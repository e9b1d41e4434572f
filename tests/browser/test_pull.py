"""Notebook 04's figure in a real browser: by key and by mouse."""

import pytest

from tests.browser.live import LiveOnPage, median_and_p95

NOTEBOOK = "04_bandwidth_and_smoothness.ipynb"
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def pull(page):
    figure = LiveOnPage(page, "pull")
    figure.settle()
    return figure


def test_sigma_by_key_changes_the_picture(pull):
    pull.screenshot("start")
    before = pull.settle()
    keys = ["ArrowRight"] * 8 + ["ArrowLeft"] * 8
    times = [pull.changes(lambda key=key: pull.press(pull.knob("sigma"), key)) for key in keys]
    assert pull.settle() == before, "as many steps back as forth"
    median, p95 = median_and_p95(times)
    print(f"\nσ by key, event to picture: median {median:.0f} ms, 95th percentile {p95:.0f} ms")


def test_sigma_by_mouse_turns_the_pull_round(pull):
    assert "margin goes out" in pull.shown()
    pull.changes(lambda: pull.drag_by(pull.knob("sigma"), 150, 0, moves=15))
    assert "margin goes in" in pull.settle()
    pull.screenshot("wide")


def test_descent_with_and_without_smoothness(pull):
    pull.changes(lambda: pull.drag_by(pull.knob("steps"), 300, 0))
    assert "at rest" in pull.settle()
    assert "×÷ 1.50" in pull.shown()
    pull.screenshot("at_rest")
    pull.changes(lambda: pull.control("smoothness").locator("button", has_text="on").click())
    assert "×÷ 1.00" in pull.settle()
    pull.screenshot("smooth")


def test_another_object(pull):
    pull.changes(lambda: pull.control("object").locator("button", has_text="person 4").click())
    assert pull.settle()
    pull.screenshot("person")


def test_nothing_left_the_machine_and_nothing_failed(page, pull):
    assert pull.part(".lab-error").count() == 0
    assert page.outside == []
    assert page.errors == []
    assert page.log_console() == ""
