"""Notebook 02's two figures in a real browser: the bandwidth bench by mouse and key, and a training that runs live.

LAB_SCREENSHOTS names a folder into which pictures of both are put, to be looked at.
"""

import pytest

from tests.browser.live import LiveOnPage, median_and_p95

pytestmark = [pytest.mark.browser, pytest.mark.slow]  # what every change runs: board, explorer, strip
NOTEBOOK = "02_gaussian_margin.ipynb"


@pytest.fixture(scope="module")
def bench(page):
    return LiveOnPage(page, "bench")


@pytest.fixture(scope="module")
def sixty(page):
    return LiveOnPage(page, "sixty")


def margins(figure) -> dict[str, float]:
    """What the knobs say of their margins, in px."""
    knobs = figure.root.locator("svg.lab-board [data-handle]").all()
    return {k.get_attribute("data-handle"): float(k.get_attribute("aria-valuetext").split()[0]) for k in knobs}


def test_live_view_not_the_still(bench):
    assert bench.lab.page.locator(".lab-bench").count() == 1
    output = bench.lab.page.locator(".jp-OutputArea-output:has(.lab-bench)")
    assert output.locator("> img, .jp-RenderedImage").count() == 0
    bench.screenshot("start")


def test_rim_by_mouse(bench):
    before = margins(bench)
    assert bench.changes(lambda: bench.drag_by(bench.handle("9-x"), 40, 0)) < 15
    bench.settle()
    after = margins(bench)
    assert after["9-x"] > before["9-x"] + 10
    assert after["1-x"] == after["9-x"], "one σ for both"


def test_rim_by_key(bench):
    before = margins(bench)
    bench.changes(lambda: bench.press(bench.handle("1-x"), "ArrowLeft"))
    bench.settle()
    assert margins(bench)["1-x"] == pytest.approx(before["1-x"] / 10**0.01, abs=0.1)
    bench.lab.page.keyboard.press("Shift+ArrowLeft")  # it has kept the focus
    bench.settle()
    assert margins(bench)["1-x"] < before["1-x"] / 1.15


def test_sliders_by_key(bench):
    for control, key in [("sigma_1_x", "ArrowRight"), ("noise", "ArrowRight"), ("noise", "ArrowLeft")]:
        knob = bench.control(control).locator(".noUi-handle").first
        bench.changes(lambda knob=knob, key=key: bench.press(knob, key))


def test_switches_and_best(bench):
    bench.changes(lambda: bench.control("bandwidths").get_by_text("one for each").click())
    bench.changes(lambda: bench.control("shape").get_by_text("ellipse").click())
    bench.changes(lambda: bench.control("best").click())
    bench.settle()
    fitted = margins(bench)
    assert set(fitted) == {"1-x", "1-y", "9-x", "9-y"}
    assert fitted["1-y"] > 2 * fitted["1-x"]
    assert "mean IoU 1.00" in bench.root.inner_text()
    bench.screenshot("fitted")
    before = margins(bench)
    bench.changes(lambda: bench.drag_by(bench.handle("1-y"), 0, 20))
    bench.settle()
    after = margins(bench)
    assert after["1-y"] > before["1-y"] + 5
    assert after["1-x"] == before["1-x"]


def test_event_to_picture_time(bench, record_property):
    keys = ["ArrowRight"] * 8 + ["ArrowLeft"] * 8
    knob = bench.handle("9-x")
    median, p95 = median_and_p95([bench.changes(lambda key=key: bench.press(knob, key)) for key in keys])
    record_property("event_to_picture_ms", median)
    print(f"\nbench, event to picture: median {median:.0f} ms, 95th percentile {p95:.0f} ms")
    assert median < 2000


def test_recorded_run_by_key(sixty):
    assert "Recorded" in sixty.root.inner_text()
    sixty.screenshot("recorded")
    knob = sixty.control("place").locator(".noUi-handle").first
    sixty.changes(lambda: sixty.press(knob, "Home"))
    sixty.settle()
    assert "step 0" in sixty.root.inner_text()


def test_trains_live_pauses_and_goes_on(sixty):
    start, status = sixty.control("start"), sixty.control("status")
    start.click()
    wait(sixty, ".lab-sixty-status", "Live")
    wait(sixty, ".lab-sixty-status", "step 12 ")
    assert start.inner_text().strip() == "pause"
    start.click()
    wait(sixty, ".lab-sixty-status", "paused")
    at_rest = sixty.settle()
    sixty.screenshot("live")
    assert "Live" in status.inner_text()
    assert start.inner_text().strip() == "train on"
    sixty.lab.page.wait_for_timeout(1000)
    assert sixty.shown() == at_rest, "paused, and yet it moves"
    sixty.changes(start.click, seconds=30)
    start.click()
    wait(sixty, ".lab-sixty-status", "paused")


def test_kernel_answers_while_it_trains(sixty, bench):
    """Another figure moves, and the pause is heard, in the middle of a training."""
    start = sixty.control("start")
    start.click()
    wait(sixty, ".lab-sixty-status", "training")
    before = margins(bench)["9-x"]
    bench.press(bench.handle("9-x"), "Shift+ArrowRight")
    bench.lab.page.wait_for_function(
        """before => parseFloat(document.querySelector('.lab-bench [data-handle="9-x"]')
            .getAttribute('aria-valuetext')) > before""",
        arg=before,
        timeout=15_000,
    )
    start.click()
    wait(sixty, ".lab-sixty-status", "paused")


def wait(figure, place: str, words: str) -> None:
    """Until the words are there."""
    figure.lab.page.wait_for_function(
        "([place, words]) => document.querySelector(place)?.innerText.includes(words)",
        arg=[place, words],
        timeout=60_000,
    )


def test_nothing_left_the_machine_and_nothing_failed(page):
    for name in ("bench", "sixty"):
        assert page.page.locator(f".lab-{name}-error").first.inner_text() == ""
    assert page.outside == []
    assert page.errors == []
    assert page.log_console() == ""
