"""Notebook 00's explorer in a real browser, by key and by mouse.

LAB_SCREENSHOTS names a folder into which a picture of every layer is put, to be looked at.
"""

import os
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
NOTEBOOK = "00_start_here.ipynb"

IMAGE = ".lab-explorer .lab-picture img"
DRAWING = ".lab-explorer .lab-picture-drawing"
COUNT = ".lab-explorer .lab-count"
READING = ".lab-explorer .lab-reading"
# Longer than the explorer takes for a picture, also on a machine that does something else meanwhile.
QUIET_MS = 500


@pytest.fixture
def lab(page):
    """The page, back at the model's own values."""
    page.page.locator(IMAGE).wait_for(timeout=60_000)
    page.page.locator(".lab-explorer-reset").click()
    settle(page)
    return page


def settle(lab) -> None:
    """Until nothing is under way: no answer on its way in the kernel, drawing and words the same for a while.

    The kernel's own word that it is idle would not do: widgets' messages are handled on a thread of their own.
    """
    before = None
    while before != (before := seen(lab)) or ask_kernel(lab, "int(explorer.newest.busy)"):
        lab.page.wait_for_timeout(QUIET_MS)


def seen(lab) -> dict[str, str]:
    """What the person sees."""
    return {
        "picture": lab.page.locator(IMAGE).get_attribute("src"),
        "drawing": lab.page.locator(DRAWING).inner_html(),
        "count": lab.page.locator(COUNT).inner_text(),
        "reading": lab.page.locator(READING).inner_text(),
    }


def number(lab) -> int:
    """The count of instances."""
    return int(lab.page.locator(f"{COUNT} b").inner_text())


def wait_for_change(lab, before: dict[str, str], what: str = "drawing") -> float:
    """Seconds until the picture's drawing, swapped together with the picture, is another one."""
    start = time.perf_counter()
    lab.page.wait_for_function(
        "([place, old]) => document.querySelector(place).innerHTML !== old", arg=[DRAWING, before[what]], timeout=15_000
    )
    return time.perf_counter() - start


def test_live_view_not_the_still(lab):
    """JupyterLab prefers the widget to the picture beside it, and nothing is cut off at 1280 px."""
    assert lab.page.locator(".lab-explorer").count() == 1
    output = lab.page.locator(".jp-OutputArea-output:has(.lab-explorer)")
    assert output.locator("> img, .jp-RenderedImage").count() == 0
    wider = lab.page.evaluate(
        """() => [document.querySelector('.lab-explorer'), ...document.querySelectorAll('.lab-explorer *')]
            .filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0
                         && getComputedStyle(e).overflowX !== 'visible')
            .map(e => `${e.className}: ${e.scrollWidth} > ${e.clientWidth}`)"""
    )
    assert wider == []
    assert lab.page.locator(IMAGE).get_attribute("alt").startswith("The scene, ")


@pytest.mark.parametrize(
    ("control", "keys"),
    [("lab-explorer-sigma-scale", ["ArrowRight"] * 30), ("lab-explorer-seed-threshold", ["ArrowRight", "End"])],
)
def test_slider_by_key(lab, control, keys):
    before, value = seen(lab), lab.readout(control)
    lab.handle(control).focus()
    for key in keys:
        lab.page.keyboard.press(key)
    settle(lab)
    assert lab.readout(control) > value
    after = seen(lab)
    assert after["picture"] != before["picture"]
    assert after["drawing"] != before["drawing"]
    assert after["count"] != before["count"]


def test_sigma_by_mouse(lab):
    before, value = seen(lab), number(lab)
    lab.drag(lab.handle("lab-explorer-sigma-scale"), 120, moves=40)
    settle(lab)
    assert lab.readout("lab-explorer-sigma-scale") > 2.5
    assert seen(lab)["picture"] != before["picture"]
    assert number(lab) < value, "margins four times as wide should have merged something"


def test_seed_threshold_by_mouse(lab):
    before = seen(lab)
    lab.drag(lab.handle("lab-explorer-seed-threshold"), 300)
    settle(lab)
    assert lab.readout("lab-explorer-seed-threshold") == 1
    assert number(lab) == 0
    assert seen(lab)["picture"] != before["picture"]


def test_picture_by_mouse_and_key(lab):
    picture = lab.page.locator(IMAGE)
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    lab.page.mouse.click(box["x"] + (100 + 0.5) / 512 * box["width"], box["y"] + (150 + 0.5) / 256 * box["height"])
    settle(lab)
    assert boxes(lab) == (100, 150)
    before = seen(lab)
    lab.page.keyboard.press("ArrowRight")
    lab.page.keyboard.press("Shift+ArrowUp")
    settle(lab)
    assert boxes(lab) == (101, 140)
    after = seen(lab)
    assert after["drawing"] != before["drawing"]
    assert after["reading"] != before["reading"]


def boxes(lab) -> tuple[int, int]:
    """Column and row in the boxes."""
    return tuple(int(lab.page.locator(f".lab-explorer-{name} input").input_value()) for name in ("column", "row"))


def test_boxes_move_the_pixel(lab):
    before = seen(lab)
    field = lab.page.locator(".lab-explorer-column input")
    field.fill("40")
    field.press("Enter")
    settle(lab)
    assert "column 40," in lab.page.locator(IMAGE).get_attribute("alt")
    assert seen(lab)["drawing"] != before["drawing"]


def test_layers_by_key_and_mouse(lab):
    shown = set()
    for name in ("image", "offsets", "sigma", "seed map", "membership", "instances"):
        lab.page.locator(".lab-explorer-layer button", has_text=name).click()
        settle(lab)
        shown.add(lab.page.locator(IMAGE).get_attribute("src"))
        if folder := os.environ.get("LAB_SCREENSHOTS"):
            lab.page.locator(".lab-explorer").screenshot(path=Path(folder) / f"layer_{name.replace(' ', '_')}.png")
    assert len(shown) == 6


def test_only_the_newest_position_is_computed(lab):
    """A long drag has dozens of positions: few are computed, and the last one is what is shown."""
    moves, before = 60, ask_kernel(lab, "explorer.newest.answered")
    knob = lab.handle("lab-explorer-sigma-scale")
    # A kernel that waits longer, so that the hand is ahead of it on any machine.
    settling = "setattr(explorer.newest, '_settle', {})"
    ask_kernel(lab, settling.format(0.1))
    lab.drag(knob, -100, moves=moves)
    settle(lab)
    ask_kernel(lab, settling.format(0.01))
    computed = ask_kernel(lab, "explorer.newest.answered") - before
    print(f"\n{moves} moves of the mouse, {computed} pictures computed")
    assert 0 < computed < moves / 2
    final, value = seen(lab)["drawing"], lab.readout("lab-explorer-sigma-scale")
    knob.focus()
    for key in ("ArrowRight", "ArrowLeft"):  # away and back, each computed by itself
        lab.page.keyboard.press(key)
        settle(lab)
    assert lab.readout("lab-explorer-sigma-scale") == value
    assert seen(lab)["drawing"] == final


@pytest.mark.slow
def test_event_to_picture_time(lab, record_property):
    knob = lab.handle("lab-explorer-sigma-scale")
    knob.focus()
    times = []
    for key in ["ArrowRight"] * 6 + ["ArrowLeft"] * 6:
        before = seen(lab)
        start = time.perf_counter()
        lab.page.keyboard.press(key)
        wait_for_change(lab, before)
        times.append(time.perf_counter() - start)
        settle(lab)
    median = sorted(times)[len(times) // 2]
    record_property("event_to_picture_seconds", median)
    print(f"\nevent to picture: median {median * 1000:.0f} ms, longest {max(times) * 1000:.0f} ms")


def test_exception_is_shown(lab):
    """Something in the explorer breaks: the figure says so, and stops saying so once it works again."""
    ask_kernel(lab, "setattr(explorer, '_look', lambda: 1 / 0)")
    lab.handle("lab-explorer-sigma-scale").focus()
    lab.page.keyboard.press("ArrowRight")
    error = lab.page.locator(".lab-explorer .lab-error")
    error.wait_for(timeout=15_000)
    assert "ZeroDivisionError" in error.inner_text()
    ask_kernel(lab, "delattr(explorer, '_look')")
    lab.page.keyboard.press("ArrowRight")
    error.wait_for(state="detached", timeout=15_000)


def ask_kernel(lab, expression: str) -> int | None:
    """The value of an expression in the notebook's kernel: a whole number, or None."""
    text = lab.page.evaluate(
        """async expression => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            const content = {code: '', user_expressions: {it: expression}};
            const reply = await kernel.requestExecute(content).done;
            return reply.content.user_expressions.it.data['text/plain'];
        }""",
        expression,
    )
    return None if text == "None" else int(text)


def test_ones_progress_begins_anew_only_when_asked_twice(lab):
    """The overview at the notebook's end: the second button appears with the question, and goes when it is answered."""
    progress = lab.page.locator(".lab-progress").first
    progress.scroll_into_view_if_needed()
    assert "exercises solved" in progress.locator("svg.lab-board").first.text_content()
    sure = progress.locator(".lab-progress-sure")
    assert not sure.is_visible()
    progress.locator(".lab-progress-forget").click()
    sure.wait_for(state="visible", timeout=15_000)
    sure.click()
    sure.wait_for(state="hidden", timeout=15_000)
    assert "0 of" in progress.locator("svg.lab-board").first.text_content()


def test_nothing_left_the_machine_and_nothing_failed(lab):
    assert lab.outside == []
    assert lab.errors == []
    assert lab.log_console() == ""
