"""The explorer's page in a browser without Jupyter and without Python: its arithmetic, its pictures, hand and keys.

LAB_SCREENSHOTS names a folder into which a picture of every layer is put, light and dark, to be looked at.
"""

import base64
import io
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from lab.clustering import Thresholds
from lab.widgets.explorer import Explorer
from lab.widgets.explorer.compute import LAYERS, distances_at, labels_at
from lab.widgets.explorer.freeze import freeze
from lab.widgets.explorer.front import HERE
from lab.widgets.explorer.layers import choose_ranges, paint_layer
from lab.widgets.explorer.render import paint
from tests.ideal import ideal_output, street

pytestmark = pytest.mark.browser
NAMES = ("person", "car")
SMALL, LARGE = {"width": 640, "height": 900}, {"width": 1060, "height": 1150}  # of the page; software paints each pixel

# What a widget manager gives a widget, as small as it can be.
MOUNT = """async ([js, css, state, dark]) => {
    const read = value => value?.bytes === undefined ? value
        : new DataView(Uint8Array.from(atob(value.bytes), c => c.charCodeAt(0)).buffer);
    const values = Object.fromEntries(Object.entries(state).map(([name, value]) => [name, read(value)]));
    const listeners = window.listeners = {};
    window.model = {
        get: name => values[name],
        set: (name, value) => { values[name] = value; (listeners[`change:${name}`] ?? []).forEach(act => act()); },
        take: (name, bytes) => model.set(name, read({ bytes })),
        on: (name, act) => (listeners[name] ??= []).push(act),
        off: (name, act) => { listeners[name] = listeners[name].filter(other => other !== act); },
        save_changes() {},
    };
    document.body.replaceChildren();
    document.head.replaceChildren(Object.assign(document.createElement('style'), { textContent: css }));
    const night = dark ? 'background: #131416; color: #cfd0d0' : '';
    document.body.style = 'margin: 12px; font-family: sans-serif;' + night;
    const address = URL.createObjectURL(new Blob([js], { type: 'text/javascript' }));
    const { default: widget } = await import(address);
    window.leave = widget.render({ model, el: document.body });
}"""
NO_WEBGL = """() => {
    const real = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
        return kind === 'webgl2' ? null : real.call(this, kind, ...more);
    };
}"""
IDLE = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


class Alone:
    """An explorer's page and what one does with it."""

    def __init__(self, page) -> None:
        self.page, self.errors = page, []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def mount(
        self, state: dict, dark: bool = False, webgl: bool = True, before: str = "0", width: int = SMALL["width"]
    ) -> None:
        self.page.set_viewport_size(self.page.viewport_size | {"width": width})
        self.page.goto("about:blank")
        self.page.evaluate(before)
        if not webgl:
            self.page.evaluate(NO_WEBGL)
        plain = {name: pack(value) if isinstance(value, bytes) else value for name, value in state.items()}
        files = [(HERE / f"explorer.{kind}").read_text() for kind in ("js", "css")]
        self.page.evaluate(MOUNT, [*files, plain, dark])
        self.page.locator(".lab-x .lab-reading tr").first.wait_for()
        self.rest()

    def rest(self) -> None:
        """Until what was asked for is on the screen."""
        self.page.evaluate(IDLE)

    def set(self, **values) -> None:
        for name, value in values.items():
            self.page.evaluate("([name, value]) => model.set(name, value)", [name, value])
        self.rest()

    def get(self, name: str):
        return self.page.evaluate("name => model.get(name)", name)

    def picture(self) -> np.ndarray:
        """What is painted, RGB."""
        address = self.page.locator("canvas").evaluate("canvas => canvas.toDataURL()")
        return np.array(Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))).convert("RGB")).astype(int)

    def labels(self, shape: tuple[int, int]) -> np.ndarray:
        """The instance of every pixel, as the shader has it."""
        text = self.page.locator("canvas").evaluate(
            """canvas => {
                const bytes = new Uint8Array(Uint16Array.from(canvas.readLabels()).buffer);
                return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''));
            }"""
        )
        return np.frombuffer(base64.b64decode(text), "<u2").reshape(shape)

    def view(self) -> list[float]:
        """Left, top, width and height of what is in view, px of the image."""
        return [float(v) for v in self.page.locator(".lab-x-face svg").get_attribute("viewBox").split()]

    def told(self) -> dict[str, str]:
        """The chosen pixel's story."""
        rows = self.page.locator(".lab-x-columns > div > .lab-reading tr").all()
        return {row.locator("th").inner_text(): row.locator("td").inner_text() for row in rows}

    def said(self) -> str:
        """What went wrong, in the figure's words."""
        return self.page.locator(".lab-x-error").inner_text()


def pack(value: bytes) -> dict[str, str]:
    """Bytes on their way through JSON."""
    return {"bytes": base64.b64encode(value).decode()}


@pytest.fixture(scope="module")
def alone() -> Iterator[Alone]:
    from playwright.sync_api import sync_playwright

    from lab.chromium import find_chromium
    from tests.browser.lab_page import ARGUMENTS

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), headless=True, args=list(ARGUMENTS))
        yield Alone(browser.new_page(viewport=SMALL))
        browser.close()


@pytest.fixture(scope="module")
def explorer() -> Explorer:
    image, instances, classes = street()
    image = np.random.default_rng(0).integers(-20, 20, image.shape).astype(np.int16) + image
    output = ideal_output(instances, classes, 2, noise=0.3)
    thresholds = Thresholds(min_pixels=40, seed_threshold=0.7)
    image = image.clip(0, 255).astype(np.uint8)
    return Explorer(image, output, NAMES, thresholds, 2, (100, 150), {}, instances=instances, classes=classes)


@pytest.fixture(scope="module")
def state(explorer) -> dict:
    """All traits, at full precision."""
    return freeze(explorer, bits=16)


@pytest.mark.parametrize(("bits", "most"), [(16, 1e-4), (8, 0.02)])
def test_the_shader_gives_every_pixel_to_the_instance_that_python_gives_it_to(alone, explorer, bits, most):
    alone.mount(freeze(explorer, bits))
    found, shape = explorer.scenery.found, explorer.maps.image.shape[:2]
    differ = (alone.labels(shape) != found.labels.numpy()).mean()
    print(f"\n{bits} bits: {differ:.5%} of the pixels have another label")
    assert (found.labels > 0).any()
    assert differ <= most
    for scale, threshold in ((0.5, 0.5), (1.5, 0.3), (1.0, 0.8)):
        alone.set(sigma_scale=scale, membership_threshold=threshold)
        wide = replace(found, sharpness=found.sharpness / scale**2)
        wanted = labels_at(explorer.maps, wide, replace(explorer.choice, membership_threshold=threshold))
        assert (alone.labels(shape) != wanted).mean() <= most
        assert (wanted != found.labels.numpy()).any()


def test_every_layer_is_another_picture(alone, state):
    alone.mount(state)
    pictures = {}
    for layer in LAYERS:
        alone.page.get_by_role("button", name=layer, exact=True).click()
        alone.rest()
        pictures[layer] = alone.picture()
    names = list(pictures)
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            assert (np.abs(pictures[one] - pictures[other]).max(axis=2) > 16).mean() > 0.02, (one, other)


def test_the_layers_colours_are_those_that_python_paints(alone, state, explorer):
    """The face as many pixels wide as the image, nothing of the image left, nothing drawn over it."""
    alone.mount(state | {"sigma_scale": 1.5, "pixel": [152, 170]}, width=512 + 24)
    found = replace(explorer.scenery.found, sharpness=explorer.scenery.found.sharpness / 1.5**2)
    for layer in ("offsets", "sigma", "seed map", "membership", "embeddings"):
        alone.set(layer=layer)
        alone.page.locator(".lab-explorer-blend input").fill("1")
        alone.rest()
        choice = replace(explorer.choice, sigma_scale=1.5, pixel=(152, 170), layer=layer)
        wanted = paint_layer(explorer.maps, found, choice, choose_ranges(explorer.maps)).astype(int)
        shown = alone.picture()
        assert shown.shape == wanted.shape
        if layer == "embeddings":  # dots that let each other through: their places, as wide as they are
            dots, shown = (np.abs(picture - 20).max(axis=2) > 8 for picture in (wanted, shown))
            around = np.ones((3, 3), np.uint8)
            assert shown[dots].mean() > 0.99
            assert cv2.dilate(dots.astype(np.uint8), around)[shown].mean() > 0.99
        else:
            assert (np.abs(shown - wanted).max(axis=2) <= 6).mean() >= 0.99, layer


@pytest.mark.slow
def test_blend_runs_from_the_image_to_the_layer(alone, state, explorer):
    alone.mount(state)
    alone.set(layer="seed map")
    blend = alone.page.locator(".lab-explorer-blend input")
    pictures = []
    for value in ("0", "1"):
        blend.fill(value)
        alone.rest()
        pictures.append(alone.picture())
    alone.set(layer="image")
    assert (pictures[0] == alone.picture()).all()
    assert (pictures[1] != pictures[0]).any()


def test_a_class_has_a_seed_map_of_its_own(alone, state):
    alone.mount(state)
    classes = alone.page.locator(".lab-explorer-seed-class select")
    assert not classes.is_visible()
    place = "() => document.querySelector('.lab-x-face').getBoundingClientRect().top"
    top = alone.page.evaluate(place)
    alone.set(layer="seed map")
    assert alone.page.evaluate(place) == top, "nothing moves for the list of classes"
    highest = alone.picture()
    classes.select_option("car")
    alone.rest()
    assert alone.get("seed_class") == 2
    assert (alone.picture() != highest).any()
    assert "seed score, for car" in alone.page.locator(".lab-legend").inner_text()
    assert classes.is_enabled()
    alone.set(layer="instances")
    assert not classes.is_enabled()


@pytest.mark.parametrize("pixel", [(100, 150), (340, 150), (152, 170), (5, 5)])
def test_one_pixels_story_is_pythons(alone, state, explorer, pixel):
    alone.mount(state)
    alone.set(pixel=list(pixel))
    (column, row), maps, found = pixel, explorer.maps, explorer.scenery.found
    told, place = alone.told(), maps.embedding[:, row, column]
    read = [float(word.split()[1]) for word in told["embedding"].split(",")]
    np.testing.assert_allclose(read, place, atol=0.06)
    phi = np.exp(-distances_at(found, tuple(place.tolist())))
    ranks = ("winner", "runner-up") if phi.max() > 0.5 else ("nearest", "next nearest")
    assert (ranks[0] == "winner") == (pixel != (5, 5))
    for rank, k in zip(ranks, np.argsort(-phi, kind="stable"), strict=False):
        assert float(re.search(r"φ = ([\d.]+)", told[rank])[1]) == pytest.approx(phi[k], abs=1e-3)
        if phi[k] > 1e-6:  # of those further off float32 has no order
            assert told[rank].startswith(f"instance {k + 1} ({NAMES[int(found.classes[k]) - 1]})")
    label = int(found.labels[row, column])
    assert told["belongs to"].startswith(f"instance {label} " if label else "none")
    assert ("winner's overlap" in told) == (ranks[0] == "winner"), "it is that of an object that the pixel is not in"
    assert told[ranks[0]].endswith("inside its ellipse" if ranks[0] == "winner" else "in no object's margin")
    assert float(told["seed score"].split(",")[0]) == pytest.approx(maps.best_seed[row, column], abs=0.008)
    assert f"column {column}, row {row}" in alone.page.locator(".lab-x-face").get_attribute("aria-label")


@pytest.mark.slow
def test_pythons_exact_numbers_are_told_where_there_are_some(alone, state):
    exact = {"pixel": [100, 150], "offset": [4.5, 4.5], "sigma": [9.0, 9.0], "scores": [0.1, 0.98765]}
    alone.mount(state | {"exact": exact})
    assert alone.told()["seed score"] == "0.988, highest for car"
    alone.set(pixel=[101, 150])
    assert re.fullmatch(r"0\.\d\d, highest for car", alone.told()["seed score"])


@pytest.mark.slow
def test_zoom_and_pan_by_key_wheel_and_mouse(alone, state):
    alone.mount(state)
    face, mouse, keyboard = alone.page.locator(".lab-x-face"), alone.page.mouse, alone.page.keyboard
    face.scroll_into_view_if_needed()
    box, whole = face.bounding_box(), [-0.5, -0.5, 512, 256]
    x, y = (box[side] + share * box[size] for side, share, size in (("x", 0.25, "width"), ("y", 0.6, "height")))
    mouse.move(x, y)
    mouse.wheel(0, -300)
    alone.rest()
    assert alone.view() == whole, "a page that is scrolled does not stop at the picture"
    face.scroll_into_view_if_needed()
    box = face.bounding_box()
    y = box["y"] + 0.6 * box["height"]
    mouse.click(x, y)
    assert alone.get("pixel") == [128, 153]
    mouse.wheel(0, -300)
    alone.page.wait_for_function("() => document.querySelector('.lab-x-zoomed')")
    keyboard.press("+")
    alone.rest()
    left, top, width, height = alone.view()
    assert (width, height) == pytest.approx((512 / 3, 256 / 3), rel=0.01)  # twice by the wheel, 1.5 times by the key
    assert left < 128 < left + width
    assert top < 153 < top + height
    near = alone.picture()
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 50, y + 20, steps=2)
    face.evaluate("e => e.dispatchEvent(new PointerEvent('pointerup', { pointerId: 99, isPrimary: false }))")
    mouse.move(x + 100, y + 40, steps=2)  # a second finger that leaves ends no drag
    mouse.up()
    alone.rest()
    assert (alone.picture() != near).any()
    assert alone.get("pixel") == [128, 153], "a drag moves the picture, it chooses no pixel"
    assert alone.view()[0] == pytest.approx(left - 100 * width / box["width"], abs=0.5)
    mouse.click(x, y)
    assert alone.get("pixel") != [128, 153], "a click does, also from near"
    mouse.dblclick(x, y)
    alone.rest()
    assert alone.view() == whole
    alone.page.locator(".lab-x-in").click()
    alone.rest()
    assert alone.view()[2] < 512
    face.focus()
    keyboard.press("0")
    alone.rest()
    assert alone.view() == whole


def test_plain_keys_are_the_pictures_and_those_with_control_the_browsers(alone, state):
    alone.mount(state)
    alone.page.evaluate(
        """() => {
            window.heard = {};
            document.addEventListener('keydown', event => {
                heard[event.key] = event.target.closest('[data-lm-suppress-shortcuts]') === null;
            }, true);  // here JupyterLab listens
        }"""
    )
    face, keyboard = alone.page.locator(".lab-x-face"), alone.page.keyboard
    face.focus()
    for key in ("Control+ArrowRight", "Alt+ArrowLeft", "Meta+ArrowUp", "Control+0"):
        keyboard.press(key)
    assert alone.get("pixel") == [100, 150]
    before = alone.picture()
    for key in ("x", "Control+s", "Escape", "Shift+Enter", "ArrowRight", "Shift+ArrowUp", "+"):
        keyboard.press(key)
    alone.rest()
    assert alone.get("pixel") == [101, 140]
    assert alone.view()[2] == pytest.approx(512 / 1.5)
    assert (alone.picture() != before).any()
    heard = alone.page.evaluate("() => heard")
    assert {key: heard[key] for key in ("x", "s", "Escape", "Enter", "ArrowRight")} == {
        "x": False, "s": True, "Escape": True, "Enter": True, "ArrowRight": False,
    }  # fmt: skip


@pytest.mark.slow
def test_keys_and_boxes_choose_a_pixel_and_the_view_follows(alone, state):
    alone.mount(state)
    face, keyboard = alone.page.locator(".lab-x-face"), alone.page.keyboard
    face.focus()
    for key in ("ArrowRight", "Shift+ArrowUp", "+", "+", "+"):
        keyboard.press(key)
    alone.rest()
    assert alone.get("pixel") == [101, 140]
    left, _, width, _ = alone.view()
    for _ in range(18):
        keyboard.press("Shift+ArrowRight")
    alone.rest()
    assert alone.get("pixel") == [281, 140]
    assert left + width < 281 < alone.view()[0] + width
    box = alone.page.locator(".lab-explorer-column input")
    box.fill("9999")
    box.press("Enter")
    assert alone.get("pixel") == [511, 140]
    for nonsense in ("9999", ""):
        box.fill(nonsense)
        box.press("Tab")
        assert (box.input_value(), alone.get("pixel")) == ("511", [511, 140])


def test_what_takes_python_is_not_offered_without_it(alone, state, explorer):
    alone.mount(state)
    for name in ("seed-threshold", "foreground-threshold", "min-pixels", "model"):
        assert alone.page.locator(f".lab-explorer-{name}").count() == 0
    assert "No Python runs behind this page" in alone.page.locator(".lab-x-why").inner_text()
    count = alone.page.locator(".lab-count")
    alone.set(sigma_scale=0.5)
    assert "as found with the network's own σ" in count.inner_text()
    alone.set(found_for=[2.0, *state["found_for"][1:]], seed_threshold=0.75)
    assert "as found with σ × 2.00" in count.inner_text()
    alone.page.locator(".lab-explorer-reset").click()
    assert (alone.get("sigma_scale"), alone.get("seed_threshold")) == (1, 0.75), "what takes Python stays as it was"
    alone.mount(state | {"kernel": True, "models": ["this notebook's"], "pictures": True})
    assert alone.get("pictures") is False, "WebGL2 paints: Python need not"
    for name in ("seed-threshold", "foreground-threshold", "min-pixels", "model"):
        assert alone.page.locator(f".lab-explorer-{name}").is_visible()


@pytest.mark.slow
def test_labels_outlines_are_a_switch(alone, state):
    alone.mount(state)
    before = alone.picture()
    alone.page.get_by_label("labels' outlines").check()
    alone.rest()
    assert (alone.picture() != before).any()
    assert "IoU" in alone.told()["winner's overlap"]
    alone.mount(state | {"truth": b""})
    assert not alone.page.get_by_label("labels' outlines").is_visible()


def test_without_webgl_python_paints_and_the_numbers_stay(alone, state, explorer):
    alone.mount(state | {"kernel": True}, webgl=False)
    assert alone.get("pictures") is True
    assert alone.said() == ""
    before, address = alone.picture(), alone.page.locator("canvas").evaluate("canvas => canvas.toDataURL()")
    alone.page.evaluate("bytes => model.take('png', bytes)", pack(paint(explorer.scenery))["bytes"])
    alone.page.wait_for_function("old => document.querySelector('canvas').toDataURL() !== old", arg=address)
    after = alone.picture()
    assert (after != before).any()
    alone.page.locator(".lab-x-face").focus()
    alone.page.keyboard.press("+")
    alone.rest()
    assert (alone.picture() != after).any()
    assert alone.told()["belongs to"].startswith("instance")


@pytest.mark.slow
def test_without_webgl_and_without_python_it_says_so(alone, state):
    alone.mount(state, webgl=False, before="delete window.OffscreenCanvas")  # as old browsers are
    assert "no WebGL2" in alone.said()
    assert alone.told()["belongs to"].startswith("instance")
    assert alone.picture().std() > 10, "the image is there"


def test_a_lost_context_is_told_and_comes_back(alone, state):
    alone.mount(state)
    before = alone.picture()
    alone.page.evaluate(
        """() => {
            window.lose = document.querySelector('canvas').getContext('webgl2').getExtension('WEBGL_lose_context');
            lose.loseContext();
        }"""
    )
    alone.page.wait_for_function("() => document.querySelector('.lab-x-error').textContent.includes('graphics memory')")
    alone.page.evaluate("() => lose.restoreContext()")
    alone.page.wait_for_function("() => document.querySelector('.lab-x-error').textContent === ''")
    alone.page.wait_for_timeout(300)  # closing the old canvas is a loss, too, but none to speak of
    assert alone.said() == ""
    assert (alone.picture() == before).all()


def test_a_tall_picture_can_be_seen_from_near(alone):
    image = np.random.default_rng(0).integers(0, 255, (300, 20, 3)).astype(np.uint8)
    empty = ideal_output(np.zeros((300, 20), np.int32), np.zeros((300, 20), np.int16), 1)
    alone.mount(freeze(Explorer(image, empty, ("thing",), Thresholds(), 2, (10, 150), {})))
    alone.page.locator(".lab-x-face").focus()
    for _ in range(10):
        alone.page.keyboard.press("+")
    alone.rest()
    assert alone.view()[3] == pytest.approx(12)


def test_it_leaves_nothing_running(alone, state):
    observed = """() => {
        window.observing = 0;
        for (const { prototype } of [MutationObserver, ResizeObserver]) {
            const { observe, disconnect } = prototype;
            prototype.observe = function (...what) { observing++; observe.apply(this, what); };
            prototype.disconnect = function () { observing--; disconnect.call(this); };
        }
    }"""
    alone.mount(state, before=observed)
    count = "() => Object.values(listeners).flat().length"
    assert alone.page.evaluate(count) > 20
    assert alone.page.evaluate("() => observing") == 2, "of the face's size, and of the theme"
    alone.page.evaluate(
        """() => {
            window.gl = document.querySelector('canvas').getContext('webgl2');
            model.set('sigma_scale', 0.5);
            leave();
        }"""
    )
    alone.rest()
    assert alone.page.evaluate(count) == 0
    assert alone.page.evaluate("() => observing") == 0
    assert alone.page.evaluate("() => gl.isContextLost()"), "a page may hold some sixteen only"
    alone.page.locator(".lab-x-face").press("x")
    assert alone.page.locator("[data-lm-suppress-shortcuts]").count() == 0
    assert (alone.errors, alone.said()) == ([], "")


@pytest.mark.slow
def test_a_story_is_said_when_it_is_another_not_at_the_start_nor_at_a_zoom(alone, state):
    alone.mount(state)
    said = alone.page.locator(".lab-x-said")
    alone.page.wait_for_timeout(800)
    assert said.text_content() == ""
    alone.set(pixel=[101, 150])
    alone.page.wait_for_function("() => document.querySelector('.lab-x-said').textContent.includes('column 101')")
    alone.page.evaluate(
        """() => {
            window.changes = 0;
            new MutationObserver(() => changes++).observe(document.querySelector('.lab-x-said'), { childList: true });
        }"""
    )
    alone.page.locator(".lab-x-in").click()
    alone.page.wait_for_timeout(800)
    assert alone.page.evaluate("() => changes") == 0


def test_a_name_from_a_model_file_is_text_and_no_html(alone, state):
    """A model's card, which anybody may have written, names classes; a folder names the model."""
    evil = "<img src=x onerror='window.sprung = 1'>"
    names = [f"{evil}{k}" for k, _ in enumerate(state["class_names"])]
    alone.mount(state | {"kernel": True, "class_names": names, "models": [evil], "model_name": evil, "found_by": evil})
    for layer in ("instances", "seed map", "membership"):
        alone.set(layer=layer)
        assert alone.page.locator(".lab-x img").count() == 0
    assert evil in alone.page.locator(".lab-count").inner_text()
    assert evil in alone.page.locator(".lab-x").inner_text().replace(alone.page.locator(".lab-count").inner_text(), "")
    assert alone.page.evaluate("() => window.sprung") is None


def test_the_headline_says_what_it_waits_for_and_that_no_answer_comes(alone, state):
    alone.mount(state | {"kernel": True, "models": ["one", "two"], "model_name": "one", "found_by": "one"})
    count = alone.page.locator(".lab-count")
    alone.page.evaluate("() => { const real = setTimeout; window.setTimeout = (act, ms) => real(act, ms / 20); }")
    alone.set(model_name="two")
    assert "applying the model" in count.inner_text()
    alone.set(found_by="two")
    assert "…" not in count.inner_text()
    alone.set(sigma_scale=0.5)
    assert "clustering again" in count.inner_text()
    alone.page.wait_for_function("() => document.querySelector('.lab-count').innerText.includes('no answer from')")
    assert count.inner_text().endswith("it has ended; then run the cell again")
    alone.set(found_for=[0.5, *state["found_for"][1:]])
    assert "Python" not in count.inner_text()
    assert alone.page.locator(".lab-x").get_attribute("data-settled") == "true"


def test_a_frozen_page_says_what_it_does_not_hold(alone):
    """Offsets of pixels that take no part are cut off at the range of those that do; 8 bits have few decimals."""
    image, instances, classes = street()
    output = ideal_output(instances, classes, 2, noise=0.3)
    output[0, 5, 5] = 0.2  # some 200 px, beyond all others
    small = Explorer(image, output, NAMES, Thresholds(min_pixels=40, seed_threshold=0.7), 2, (5, 5), {})
    alone.mount(freeze(small, bits=8))
    told = alone.told()
    for name in ("offset", "embedding", "winner", "runner-up"):
        assert told[name].startswith("beyond what this page holds"), name
    assert told["sigma"] == "4.0 px across, 4.0 px upright"
    assert told["belongs to"].startswith("none: no seed score")
    assert alone.page.locator(".lab-x-face svg path").count() == 0, "nor is it drawn"
    alone.set(pixel=[100, 150])
    told = alone.told()
    assert "beyond" not in str(told)
    assert re.fullmatch(r"[+-]\d+ px across, [+-]\d+ px down", told["offset"])
    assert re.search(r"φ = 0\.\d\d,", told["winner"])


def test_an_odd_size_one_bandwidth_one_class(alone):
    image, instances, _ = street(131, 257)
    output = ideal_output(instances, (instances > 0).astype(np.int16), 1, bandwidth_channels=1, noise=0.3)
    odd = Explorer(image, output, ("thing",), Thresholds(min_pixels=20, seed_threshold=0.7), 1, None, {})
    for bits, most in ((16, 3e-4), (8, 0.02)):
        alone.mount(freeze(odd, bits))
        assert (alone.labels((131, 257)) != odd.scenery.found.labels.numpy()).mean() <= most
    assert len(odd.scenery.found) > 1
    alone.set(layer="seed map")
    assert not alone.page.locator(".lab-explorer-seed-class").is_visible(), "one class is no choice"
    assert alone.said() == ""


def test_no_instance_and_more_than_a_byte_can_count(alone, state, explorer):
    shape, listed = explorer.maps.image.shape[:2], np.frombuffer(state["instances"], "<f4").reshape(-1, 8)
    alone.mount(state | {"instances": b"", "layer": "membership"})
    assert (alone.labels(shape) == 0).all()
    assert (alone.told()["winner"], alone.said()) == ("none", "")
    many = np.tile(listed, (60, 1))
    many[:, 5] += np.repeat(np.arange(60), len(listed)) / 100  # the last copy is on top
    alone.page.evaluate("bytes => model.take('instances', bytes)", pack(many.tobytes())["bytes"])
    alone.rest()
    first = 59 * len(listed) + 1
    assert first > 255
    assert set(np.unique(alone.labels(shape))) == {0, *range(first, first + len(listed))}


def test_of_hundreds_of_instances_each_pixel_has_its_own(alone, state, explorer):
    """Small and large ones all over the plane, some beyond its border: no cell of the shader's lists misses one."""
    rng, number, maps = np.random.default_rng(0), 300, explorer.maps
    listed = np.zeros((number, 8), np.float32)
    listed[:, :2] = rng.uniform((-40, -40), (550, 300), (number, 2))
    listed[:, 2:4] = np.log(2) / rng.uniform(2, 40, (number, 2)) ** 2
    listed[:, 4], listed[:, 5] = rng.integers(1, 3, number), np.linspace(0.5, 1, number)  # the last is on top
    alone.mount(state | {"instances": listed.tobytes()})
    for scale in (1.0, 2.0):
        alone.set(sigma_scale=scale)
        wanted = np.zeros(maps.image.shape[:2], int)
        for k, (x, y, kx, ky, cls, *_) in enumerate(listed, start=1):
            far = (kx * (maps.embedding[0] - x) ** 2 + ky * (maps.embedding[1] - y) ** 2) / scale**2
            wanted[(far < np.log(2)) & (maps.seed_map[int(cls) - 1] > state["foreground_threshold"])] = k
        assert len(np.unique(wanted)) > 10, "the embeddings lie close together: most instances have none"
        assert (alone.labels(wanted.shape) != wanted).mean() <= 5e-4


def test_far_from_all_instances_the_nearest_is_the_winner(alone, state, explorer):
    """Where every membership is nothing as a number: one instance, and another list in which it comes second."""
    listed = np.frombuffer(state["instances"], "<f4").reshape(-1, 8)[:2].copy()
    listed[:, :4] = [[0, 0, 9, 9], [500, 250, 9, 9]]
    alone.mount(state | {"instances": listed.tobytes(), "pixel": [300, 200]})
    assert alone.told()["nearest"].startswith("instance 2 ")


def test_another_theme_brings_back_what_it_has_wiped_away(alone, state):
    alone.mount(state)
    seen = "() => [document.querySelector('canvas').toDataURL(), document.querySelector('.lab-x-face svg').innerHTML]"
    before = alone.page.evaluate(seen)
    themes = ("document.body.dataset.jpThemeName = 'Dark'", "document.body.dataset.theme = 'dark'", "0")
    for theme in themes:
        alone.page.evaluate(
            """() => {
                const canvas = document.querySelector('canvas');
                canvas.width = canvas.width;
                document.querySelectorAll('.lab-x-face svg g').forEach(group => group.replaceChildren());
            }"""
        )
        assert alone.page.evaluate(seen) != before
        alone.page.evaluate(f"() => {{ {theme}; }}")
        if theme == "0":  # the browser's own
            alone.page.emulate_media(color_scheme="dark")
        alone.page.wait_for_function(f"before => ({seen})().join() === before", arg=",".join(before))
    alone.page.emulate_media(color_scheme="light")
    alone.rest()
    assert alone.said() == ""


def test_what_the_picture_shows_is_not_what_was_judged(alone, state):
    """Right and wrong are those of membership ½, whatever the slider shows; the page says so while they differ."""
    alone.mount(state)
    judged = alone.page.locator(".lab-x-judged")
    assert judged.inner_text() == ""
    assert "½" not in alone.told()["winner's overlap"]
    alone.set(membership_threshold=0.3)
    assert judged.inner_text() == "At membership ½ (the method's; the picture shows 0.30):"
    assert alone.told()["winner's overlap"].endswith("at membership ½")
    alone.set(membership_threshold=0.95)
    assert alone.told()["nearest"].endswith("in no object's ellipse"), "which is the margin at ½ alone"


def test_from_near_it_says_where(alone, state):
    alone.mount(state)
    where = alone.page.locator(".lab-x-where")
    assert not where.is_visible()
    alone.page.locator(".lab-x-in").click()
    alone.page.locator(".lab-x-in").click()
    alone.rest()
    left, top, width, height = alone.view()
    first, last = [round(v) for v in (left, top)], [round(left + width) - 1, round(top + height) - 1]
    read = [int(number) for number in re.findall(r"\d+", where.inner_text())]
    assert read == pytest.approx([first[0], last[0], 512, first[1], last[1], 256], abs=1)
    frame = [float(where.locator("rect").nth(1).get_attribute(name)) for name in ("x", "y", "width", "height")]
    assert frame == pytest.approx([left + 0.5, top + 0.5, width, height], abs=0.02)


def test_no_instance_has_a_reason(alone, state):
    alone.mount(state | {"instances": b"", "why_none": "the highest <score> is 0.2", "refused": 3})
    assert alone.page.locator(".lab-count").inner_text().startswith("0 instances: the highest <score> is 0.2")


@pytest.mark.slow
def test_a_new_size_is_painted_at_once(alone, state):
    alone.mount(state)
    alone.page.evaluate(
        """() => {
            window.blank = 0;
            const canvas = document.querySelector('canvas');
            const look = () => {
                const pixel = new Uint8Array(4);
                canvas.getContext('webgl2').readPixels(canvas.width >> 1, canvas.height >> 1, 1, 1, 6408, 5121, pixel);
                blank += pixel[0] + pixel[1] + pixel[2] === 0;
            };
            new ResizeObserver(look).observe(document.querySelector('.lab-x-face'));  // after the explorer's own
        }"""
    )
    for width in (500, 560, SMALL["width"]):
        alone.page.set_viewport_size(SMALL | {"width": width})
        alone.rest()
    assert alone.page.evaluate("() => blank") == 0


def test_while_another_models_messages_come_in_nothing_is_undefined_and_an_error_goes_with_its_cause(alone, state):
    exact = {"pixel": [100, 150], "offset": [4.5, 4.5], "sigma": [9.0, 9.0], "scores": [0.1, 0.98765]}
    alone.mount(state | {"exact": exact, "layer": "seed map", "seed_class": 2, "pixel": [100, 150]})
    one_class = pack(state["seeds"][: len(state["seeds"]) // 2])["bytes"]
    alone.page.evaluate("bytes => { model.set('class_names', ['thing']); model.take('seeds', bytes); }", one_class)
    alone.rest()
    assert alone.said() == ""
    told = alone.told()
    assert "(another model's class)" in told["winner"]
    assert "undefined" not in str(told)
    alone.page.evaluate("bytes => model.take('instances', bytes)", pack(b"12345")["bytes"])
    alone.rest()
    assert alone.said() != ""
    alone.page.evaluate("bytes => model.take('instances', bytes)", pack(state["instances"])["bytes"])
    alone.rest()
    assert alone.said() == ""


def test_where_instances_overlap_the_highest_score_is_on_top(alone, state, explorer):
    """The list twice over, each instance once with a lower score and once with a higher: the second copy has it all."""
    listed = np.frombuffer(state["instances"], "<f4").reshape(-1, 8)
    better = listed.copy()
    better[:, 5] += 0.01
    alone.mount(state | {"instances": np.concatenate([listed, better]).tobytes()})
    labels = alone.labels(explorer.maps.image.shape[:2])
    assert set(np.unique(labels)) == {0, *range(len(listed) + 1, 2 * len(listed) + 1)}
    row, column = np.argwhere(labels)[0].tolist()
    alone.set(pixel=[column, row])
    assert alone.told()["belongs to"].startswith(f"instance {labels[row, column]} ")


@pytest.mark.skipif("LAB_SCREENSHOTS" not in os.environ, reason="pictures to look at, nothing to assert")
def test_screenshots(alone, state):
    folder = Path(os.environ["LAB_SCREENSHOTS"])
    alone.page.set_viewport_size(LARGE)
    for dark in (False, True):
        alone.mount(state | {"kernel": True, "models": ["this notebook's"]}, dark, width=LARGE["width"])
        for layer in LAYERS:
            alone.set(layer=layer)
            name = f"alone_{layer.replace(' ', '_')}{'_dark' * dark}.png"
            alone.page.screenshot(path=folder / name, full_page=True)
