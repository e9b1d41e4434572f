"""Notebook 08's two figures in a real browser, by mouse and by key."""

import re
import time

import pytest

from tests.browser.live import LiveOnPage, median_and_p95

pytestmark = [pytest.mark.browser, pytest.mark.slow]  # what every change runs: board, explorer, strip
NOTEBOOK = "08_erfnet.ipynb"


@pytest.fixture
def network(page):
    return LiveOnPage(page, "network")


@pytest.fixture
def receptive(page):
    return LiveOnPage(page, "receptive")


def alt(figure) -> str:
    """What the figure says of itself."""
    return figure.part("svg.lab-board").get_attribute("aria-label")


def click(figure, x: float, y: float) -> None:
    """Press at a place of the board, in its units."""
    board = figure.part("svg.lab-board")
    board.scroll_into_view_if_needed()
    box = board.bounding_box()
    scale = box["width"] / 860
    figure.lab.page.mouse.click(box["x"] + x * scale, box["y"] + y * scale)


def answered(figure, act) -> float:
    """Do something to the receptive fields; seconds until the new maps are there: *working* alone is no answer."""
    before, start = alt(figure), time.perf_counter()
    act()
    figure.lab.page.wait_for_function(
        """([place, old]) => {
            const figure = document.querySelector(place);
            const words = figure.querySelector('svg.lab-board').getAttribute('aria-label');
            const note = figure.querySelector('.lab-receptive-note').innerText.trim();
            return words !== old && note === '';
        }""",
        arg=[".lab-receptive", before],
        timeout=60_000,
    )
    return time.perf_counter() - start


def test_a_part_by_mouse(network):
    from lab.widgets.network.layout import FIRST, PITCH, ROW

    network.screenshot("start")
    assert "Chosen: encoder, part 9" in alt(network)
    network.changes(lambda: click(network, FIRST, ROW["encoder"]))
    network.settle()
    assert "Chosen: encoder, part 1: downsampler" in alt(network)
    network.screenshot("first_part")
    network.changes(lambda: click(network, FIRST + 22 * PITCH, ROW["decoder 2"]))
    network.settle()
    assert "Chosen: decoder 2, part 7: output convolution" in alt(network)
    network.screenshot("seed_maps")


def test_parts_by_key(network):
    handle = network.handle("part")
    network.changes(lambda: network.press(handle, "ArrowUp"))
    assert "Chosen: decoder 1, part 7" in alt(network)
    network.changes(lambda: network.lab.page.keyboard.press("ArrowLeft"))
    network.settle()
    assert "Chosen: decoder 1, part 6" in alt(network)
    assert network.lab.page.evaluate("document.activeElement.dataset.handle") == "part", "the focus stays"


def test_channel_by_mouse_and_key_and_the_numbers(network):
    from lab.widgets.network.detail import SHEET_AT

    network.changes(lambda: click(network, SHEET_AT[0] + 100, SHEET_AT[1] + 10))
    assert "channel 1 of 16" in alt(network)
    knob = network.lab.handle("lab-network-channel")
    network.changes(lambda: network.press(knob, "ArrowRight"))
    assert "channel 2 of 16" in alt(network)
    network.changes(lambda: network.part(".lab-network-measure button:nth-of-type(2)").click())
    network.settle()
    assert ">403<" in network.part("svg.lab-board").inner_html()
    network.screenshot("multiply_adds")


def test_event_to_picture_time_of_the_network(network, record_property):
    handle = network.handle("part")
    keys = ["ArrowLeft"] * 8 + ["ArrowRight"] * 8
    times = [network.changes(lambda key=key: network.press(handle, key)) for key in keys]
    median, p95 = median_and_p95(times)
    record_property("event_to_picture_ms", (median, p95))
    print(f"\nnetwork, event to picture: median {median:.0f} ms, 95th percentile {p95:.0f} ms")


def test_pixel_by_mouse(receptive):
    from lab.widgets.receptive.render import LEFTS, TOPS

    receptive.screenshot("start")
    assert "column 400, row 150" in alt(receptive)
    answered(receptive, lambda: click(receptive, LEFTS[1] + 100, TOPS[1] + 60))
    column, row = map(int, re.search(r"column (\d+), row (\d+)", alt(receptive)).groups())
    assert (column, row) == (pytest.approx(123, abs=1), pytest.approx(73, abs=1))  # 512 columns on 416 units
    receptive.screenshot("pressed")
    answered(receptive, lambda: receptive.drag_by(receptive.handle("00"), 60, 20))


def test_pixel_by_key(receptive):
    answered(receptive, lambda: receptive.press(receptive.handle("01"), "Shift+ArrowDown"))
    assert receptive.lab.page.evaluate("document.activeElement.dataset.handle") == "01", "the focus stays"


def test_channels_by_mouse_and_key(receptive):
    answered(receptive, lambda: receptive.part(".lab-receptive-offset button:nth-of-type(2)").click())
    assert "trained, offset y" in alt(receptive)
    knob = receptive.lab.handle("lab-receptive-seed")
    answered(receptive, lambda: receptive.press(knob, "ArrowLeft"))
    assert "seed map of rider" in alt(receptive)
    receptive.screenshot("offset_y_rider")


def test_event_to_picture_time_of_a_field(receptive, record_property):
    """Three passes back through a network; each pixel is a new one, so that none is remembered."""
    handle, times = receptive.handle("00"), []
    for key in ["ArrowRight"] * 6:
        times.append(answered(receptive, lambda key=key: receptive.press(handle, key)))
    median, p95 = median_and_p95(times)
    record_property("event_to_picture_ms", (median, p95))
    print(f"\nreceptive, event to picture: median {median:.0f} ms, 95th percentile {p95:.0f} ms")


def test_nothing_left_the_machine_and_nothing_failed(page):
    assert page.outside == []
    assert page.errors == []
    assert page.log_console() == ""
