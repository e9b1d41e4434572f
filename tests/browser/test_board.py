"""The board and the picture by themselves, on a page with nothing else: two of a kind, and hands that mean no press."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lab.widgets import picture
from lab.widgets.board import board

pytestmark = pytest.mark.browser

SHAPES = """<defs><pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse"><rect width="4" height="4"
 fill="#0072b2"/></pattern></defs><clipPath id="cut"><rect width="100" height="60"/></clipPath>
 <g clip-path="url(#cut)"><rect data-handle="a" width="90" height="50" fill="url(#hatch)"/></g>"""
# What anywidget gives to ``render``, as far as the two use it.
START = """async ([code, values]) => {
    const widget = (await import(`data:text/javascript;base64,${code}`)).default;
    const el = document.body.appendChild(document.createElement("div"));
    const model = { get: (name) => values[name], set: (name, value) => (values[name] = value),
                    save_changes: () => (window.events ??= []).push(structuredClone(values)), on() {}, off() {} };
    widget.render({ model, el });
}"""


@pytest.fixture
def page(browser) -> Iterator:
    page = browser.new_page()
    yield page
    page.close()


def put(page, script: Path, **values) -> None:
    page.add_style_tag(path=script.with_suffix(".css"))
    page.evaluate(START, [base64.b64encode(script.read_bytes()).decode(), values])


def put_board(page) -> None:
    put(
        page,
        board.HERE / "board.js",
        width=100,
        height=60,
        shapes=SHAPES,
        alt="hatched",
        said="It is <b>hatched</b>.",
        event={},
    )


def put_picture(page) -> None:
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" width="100" height="60">{SHAPES}</svg>'
    put(page, picture.HERE / "picture.js", png=[], drawing=drawing, alt="", columns=10, rows=6, pixel=[0, 0])
    page.wait_for_selector("svg")


@pytest.mark.parametrize("show", [put_board, put_picture])
def test_a_second_drawing_keeps_its_patterns_and_clips_when_the_first_is_hidden(page, show):
    for _ in range(2):
        show(page)
        page.wait_for_timeout(50)
    page.evaluate("document.body.firstElementChild.style.display = 'none'")
    second = page.locator("svg").nth(1)
    shot = np.array(Image.open(io.BytesIO(second.screenshot())).convert("RGB"))
    assert shot[30, 40].tolist() == [0, 114, 178]
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(set(ids)) == len(ids) == 4


def test_a_sentence_is_there_for_those_who_listen_and_takes_no_room(page):
    put_board(page)
    status = page.locator("[role=status]")
    assert status.inner_text() == "It is hatched."
    assert status.bounding_box()["height"] <= 1


def events(page) -> list[str]:
    return page.evaluate("(window.events ?? []).map(e => e.event.kind)")


def test_only_the_main_button_presses(page):
    put_board(page)
    handle = page.locator("[data-handle=a]")
    handle.click(button="right")
    handle.click(button="middle")
    assert events(page) == []
    handle.click()
    assert events(page) == ["press"]


def test_a_second_finger_changes_nothing(page):
    put_board(page)
    finger = """([kind, id, isPrimary, x]) => document.querySelector('svg').dispatchEvent(new PointerEvent(kind, {
        pointerId: id, isPrimary, pointerType: 'touch', clientX: x, clientY: 20, buttons: 1, bubbles: true}))"""
    page.evaluate("Element.prototype.setPointerCapture = () => {}")  # these fingers are not real
    for kind, number, x in (
        ("pointerdown", 1, 20), ("pointermove", 1, 40), ("pointerdown", 2, 70), ("pointermove", 2, 90),
        ("pointerup", 2, 90), ("pointermove", 1, 50), ("pointerup", 1, 50),
    ):  # fmt: skip
        page.evaluate(finger, [kind, number, number == 1, x])
    assert events(page) == ["drag", "drag"]
