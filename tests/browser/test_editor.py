"""The scene editor in a real browser: objects dragged with the mouse, moved and pulled by key, drawn on the ground.

LAB_SCREENSHOTS names a folder into which pictures are put, to be looked at.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from tests.browser.live import LiveOnPage, median_and_p95

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CELL = """from lab.checkpoints import shipped_model
from lab.widgets.editor import SceneEditor

SceneEditor(shipped_model("nuclei"), preset="two touching")"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    """A notebook with the editor and nothing else, after Run All."""
    from tests.browser.jupyterlab import serve
    from tests.browser.lab_page import open_lab_page

    folder: Path = tmp_path_factory.mktemp("notebooks")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}  # else it asks
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)], metadata=kernel)
    nbformat.write(notebook, folder / "editor.ipynb")
    with serve(folder, tmp_path_factory.mktemp("home")) as server, open_lab_page(server, "editor.ipynb") as lab:
        lab.run_all()
        yield lab


@pytest.fixture(scope="module")
def editor(page) -> LiveOnPage:
    return LiveOnPage(page, "editor")


def answered(editor: LiveOnPage) -> None:
    """Until the model has spoken on what is shown."""
    editor.settle()
    editor.lab.page.wait_for_function(
        "() => !document.querySelector('.lab-editor svg.lab-board').innerHTML.includes('computing')", timeout=120_000
    )
    editor.settle()


def place(editor: LiveOnPage, k: int) -> tuple[float, float]:
    """Column and row of an object, as it says of itself."""
    words = editor.handle(f"thing-{k}").get_attribute("aria-label")
    column, row = re.search(r"column (\d+), row (\d+)", words).groups()
    return float(column), float(row)


def told(editor: LiveOnPage) -> str:
    return editor.part(".lab-editor-words").inner_text()


def test_live_view_not_the_still(editor):
    answered(editor)
    output = editor.lab.page.locator(".jp-OutputArea-output:has(.lab-editor)")
    assert output.locator("> img, .jp-RenderedImage").count() == 0
    assert "All is found: 2 of 2" in told(editor)
    editor.screenshot("start")


def test_drag_one_object_into_the_other_and_they_merge(editor):
    before = place(editor, 1)
    took = editor.changes(lambda: editor.drag_by(editor.handle("thing-1"), -40, 0))
    print(f"\neditor, drag of five moves until the scene has changed: {took:.2f} s")
    answered(editor)
    after = place(editor, 1)
    assert after[0] == pytest.approx(before[0] - 40 * 192 / 420, abs=1.5)
    assert "Merged: objects 1 and 2" in told(editor)
    editor.screenshot("merged")


def test_keys_move_it_back(editor):
    before = place(editor, 1)
    editor.changes(lambda: editor.press(editor.handle("thing-1"), "Shift+ArrowRight"))
    editor.lab.page.keyboard.press("Shift+ArrowRight")  # it has kept the focus
    answered(editor)
    assert place(editor, 1)[0] == before[0] + 20
    assert "All is found" in told(editor)


def test_knob_by_mouse_and_slider_by_key(editor):
    answered(editor)
    words = editor.handle("end").get_attribute("aria-label")
    editor.changes(lambda: editor.drag_by(editor.handle("end"), 30, 30))
    answered(editor)
    longer = editor.handle("end").get_attribute("aria-label")
    assert longer != words
    knob = editor.control("width").locator(".noUi-handle").first
    editor.changes(lambda: editor.press(knob, "ArrowRight"))
    answered(editor)


def test_draw_on_the_ground_and_remove(editor):
    editor.control("kind").get_by_text("rod").click()
    box = editor.part("svg.lab-board").bounding_box()
    scale = box["width"] / 860
    mouse = editor.lab.page.mouse
    mouse.move(box["x"] + 60 * scale, box["y"] + 380 * scale)
    mouse.down()
    for step in range(1, 6):
        mouse.move(box["x"] + (60 + 50 * step) * scale, box["y"] + 380 * scale)
    mouse.up()
    answered(editor)
    assert editor.handle("thing-2").get_attribute("aria-label").startswith("object 3, rod")
    editor.screenshot("rod")
    editor.changes(lambda: editor.control("remove").click())
    answered(editor)
    assert editor.root.locator('[data-handle="thing-2"]').count() == 0


def test_scenes_and_the_ideal_network(editor):
    editor.changes(lambda: editor.control("scene-concentric").click())
    answered(editor)
    assert "With centroids the method itself ends here" in told(editor)
    editor.changes(lambda: editor.control("network").get_by_text("ideal, learned centres").click())
    answered(editor)
    assert "All is found" in told(editor)
    editor.screenshot("ideal")
    editor.changes(lambda: editor.control("network").get_by_text("the model").click())
    answered(editor)


def test_event_to_picture_time(editor, record_property):
    """Until the object has moved; the model answers later."""
    moved = []
    for key in ["ArrowRight", "ArrowLeft"] * 3:
        moved.append(editor.changes(lambda key=key: editor.press(editor.handle("thing-0"), key)))
        answered(editor)
    median, p95 = median_and_p95(moved)
    record_property("event_to_picture_ms", median)
    print(f"\neditor, key to picture: median {median:.0f} ms, 95th percentile {p95:.0f} ms")
    assert median < 3000


def test_nothing_left_the_machine_and_nothing_failed(page):
    assert page.page.locator(".lab-editor-error").first.inner_text() == ""
    assert page.outside == []
    assert page.errors == []
    assert page.log_console() == ""
