"""Notebook 00's explorer in a real browser, by key and by mouse; its numbers are held in test_explorer_alone.py.

LAB_SCREENSHOTS names a folder into which a picture of every layer is put, to be looked at.
"""

import pytest

pytestmark = pytest.mark.browser
NOTEBOOK = "00_start_here.ipynb"

FACE = ".lab-explorer .lab-x-face"
CANVAS = f"{FACE} canvas"
COUNT = ".lab-explorer .lab-count"
READING = ".lab-explorer .lab-x-columns > div > .lab-reading"
LAYERS = ("image", "offsets", "embeddings", "sigma", "seed map", "membership", "instances")
# Longer than the explorer takes for a picture, also on a machine that does something else meanwhile.
QUIET_MS = 400


@pytest.fixture
def lab(page):
    """The page, back at the model's own values, the layer of instances and the whole picture."""
    page.page.locator(f"{READING} tr").first.wait_for(timeout=60_000)
    page.page.locator(".lab-explorer-reset").click()
    press(page, "instances")
    page.page.locator(".lab-x-whole").click()
    settle(page)
    return page


def press(lab, layer: str) -> None:
    """The button of a layer."""
    lab.page.locator(".lab-explorer-layer button", has_text=layer).click()


def settle(lab) -> None:
    """Until nothing is under way: no answer on its way in the kernel, picture and words the same for a while.

    The kernel's own word that it is idle would not do: widgets' messages are handled on a thread of their own.
    """
    before = None
    while before != (before := seen(lab)) or ask_kernel(lab, "int(explorer.newest.busy)"):
        lab.page.wait_for_timeout(QUIET_MS)


def picture(lab) -> str:
    """What is painted, as PNG."""
    return lab.page.locator(CANVAS).evaluate("canvas => canvas.toDataURL()")


def seen(lab) -> dict[str, str]:
    """What the person sees."""
    return {
        "picture": picture(lab),
        "drawing": lab.page.locator(f"{FACE} svg").inner_html(),
        "count": lab.page.locator(COUNT).inner_text(),
        "reading": lab.page.locator(READING).inner_text(),
    }


def number(lab) -> int:
    """The count of instances."""
    return int(lab.page.locator(f"{COUNT} b").inner_text())


def slider(lab, name: str):
    """The slider of this control."""
    found = lab.page.locator(f".lab-explorer-{name} input")
    found.scroll_into_view_if_needed()
    return found


def drag_to(lab, name: str, share: float, moves: int = 5) -> None:
    """Take a slider by its knob and pull it to a share of its length."""
    found = slider(lab, name)
    box = found.bounding_box()
    at, least, most = (float(found.evaluate(f"e => e.{what}")) for what in ("value", "min", "max"))
    knob = 8  # half of its width, at which its middle stops
    x = box["x"] + knob + (at - least) / (most - least) * (box["width"] - 2 * knob)
    end, y = box["x"] + share * box["width"], box["y"] + box["height"] / 2
    mouse = lab.page.mouse
    mouse.move(x, y)
    mouse.down()
    for step in range(1, moves + 1):
        mouse.move(x + (end - x) * step / moves, y)
    mouse.up()


def point(lab, column: float, row: float) -> tuple[float, float]:
    """Where a pixel of the image is on the screen when the whole picture is shown."""
    face = lab.page.locator(FACE)
    face.scroll_into_view_if_needed()
    box = face.bounding_box()
    return box["x"] + (column + 0.5) / 512 * box["width"], box["y"] + (row + 0.5) / 256 * box["height"]


def boxes(lab) -> tuple[int, int]:
    """Column and row in the boxes."""
    return tuple(int(lab.page.locator(f".lab-explorer-{name} input").input_value()) for name in ("column", "row"))


def test_live_view_not_the_still(lab):
    """JupyterLab prefers the widget to the picture beside it, and nothing is cut off at 1280 px."""
    assert lab.page.locator(".lab-explorer").count() == 1
    output = lab.page.locator(".jp-OutputArea-output:has(.lab-explorer)")
    assert output.locator("> img, .jp-RenderedImage").count() == 0
    wider = lab.page.evaluate(
        """() => [document.querySelector('.lab-explorer'), ...document.querySelectorAll('.lab-explorer *')]
            .filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0
                         && !e.matches('.lab-x-said') && getComputedStyle(e).overflowX !== 'visible')
            .map(e => `${e.className}: ${e.scrollWidth} > ${e.clientWidth}`)"""
    )
    assert wider == []
    assert lab.page.locator(FACE).get_attribute("aria-label").startswith("The scene, ")


@pytest.mark.parametrize(("control", "keys"), [("sigma-scale", ["ArrowRight"] * 30), ("seed-threshold", ["End"])])
def test_slider_by_key(lab, control, keys):
    before, value = seen(lab), slider(lab, control).input_value()
    slider(lab, control).focus()
    for key in keys:
        lab.page.keyboard.press(key)
    settle(lab)
    assert float(slider(lab, control).input_value()) > float(value)
    after = seen(lab)
    assert after["picture"] != before["picture"]
    assert after["drawing"] != before["drawing"]
    assert after["count"] != before["count"]


def test_sigma_by_mouse(lab):
    before, value = seen(lab), number(lab)
    drag_to(lab, "sigma-scale", 0.95, moves=40)
    settle(lab)
    assert float(slider(lab, "sigma-scale").input_value()) > 1.3  # its power of two
    assert seen(lab)["picture"] != before["picture"]
    assert number(lab) < value, "margins four times as wide should have merged something"


def test_seed_threshold_by_mouse(lab):
    before = seen(lab)
    drag_to(lab, "seed-threshold", 1.2)
    settle(lab)
    assert float(slider(lab, "seed-threshold").input_value()) == 1
    assert number(lab) == 0
    assert seen(lab)["picture"] != before["picture"]


@pytest.mark.parametrize("control", ["sigma-scale", "membership-threshold"])
def test_the_picture_follows_while_the_kernel_is_busy(lab, control):
    """A cell sleeps, what could answer beside it waits longer than the test: the picture changes all the same."""
    count, before = number(lab), picture(lab)
    settling = "setattr(explorer.newest, '_settle', {})"
    ask_kernel(lab, settling.format(4.0))
    lab.page.evaluate(
        """() => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            window.asleep = true;
            kernel.requestExecute({code: 'import time; time.sleep(3)'}).done.then(() => { window.asleep = false; });
        }"""
    )
    slider(lab, control).focus()
    for _ in range(12):
        lab.page.keyboard.press("ArrowLeft")
    lab.page.wait_for_function(
        "([place, old]) => document.querySelector(place).toDataURL() !== old", arg=[CANVAS, before], timeout=2_000
    )
    assert lab.page.evaluate("() => window.asleep"), "else this shows nothing"
    assert number(lab) == count, "instances are another list only when the kernel has answered"
    waiting = lab.page.locator(f"{COUNT} .lab-x-waiting").count()
    assert waiting == (control == "sigma-scale"), "only σ is the clustering's business, too"
    ask_kernel(lab, settling.format(0.01))
    lab.page.wait_for_function("() => document.querySelector('.lab-x').dataset.settled === 'true'", timeout=20_000)


def test_picture_by_mouse_and_key(lab):
    lab.page.mouse.click(*point(lab, 100, 150))
    settle(lab)
    assert boxes(lab) == (100, 150)
    before, cells = seen(lab), lab.page.locator(".jp-Cell").count()
    for key in ("ArrowRight", "x", "b", "Shift+ArrowUp"):  # x and b are JupyterLab's: cut this cell, a new one below
        lab.page.keyboard.press(key)
    settle(lab)
    assert lab.page.locator(".jp-Cell").count() == cells
    assert boxes(lab) == (101, 140)
    after = seen(lab)
    assert after["drawing"] != before["drawing"]
    assert after["reading"] != before["reading"]
    assert ask_kernel(lab, "explorer.front.pixel[0] * 1000 + explorer.front.pixel[1]") == 101_140


def test_only_the_newest_position_is_computed(lab):
    """A long drag has dozens of positions: few are clustered, and the last one is what is shown."""
    moves, before = 60, ask_kernel(lab, "explorer.newest.answered")
    # A kernel that waits longer, so that the hand is ahead of it on any machine.
    settling = "setattr(explorer.newest, '_settle', {})"
    ask_kernel(lab, settling.format(0.1))
    drag_to(lab, "sigma-scale", 0.2, moves=moves)
    settle(lab)
    ask_kernel(lab, settling.format(0.01))
    computed = ask_kernel(lab, "explorer.newest.answered") - before
    print(f"\n{moves} moves of the mouse, {computed} times clustered")
    assert 0 < computed < moves / 2
    final, value = seen(lab), slider(lab, "sigma-scale").input_value()
    slider(lab, "sigma-scale").focus()
    for key in ("ArrowRight", "ArrowLeft"):  # away and back, each computed by itself
        lab.page.keyboard.press(key)
        settle(lab)
    assert slider(lab, "sigma-scale").input_value() == value
    assert seen(lab) == final


def test_another_theme_leaves_the_picture(lab):
    """While styles go and come the face has another size: afterwards all stands as it did."""
    before = seen(lab)
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        lab.page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
        lab.page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
        settle(lab)
        assert seen(lab) == before


def test_exception_is_shown(lab):
    """Something in the explorer breaks: the figure says so, and stops saying so once it works again."""
    ask_kernel(lab, "setattr(explorer, '_look', lambda: 1 / 0)")
    slider(lab, "sigma-scale").focus()
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
