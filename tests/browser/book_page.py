"""A page with the book's living figures, opened from a file, and what a person does with it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page

HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body { font: 16px sans-serif; max-width: 900px; margin: 0 auto; padding: 12px }
@media (prefers-color-scheme: dark) { :root { color-scheme: dark } body { background: #131416; color: #cfd0d0 } }
</style><h1>A page</h1>"""


class BookPage:
    """A page with the living figures, and what it asked for and complained of."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors, self.outside = [], []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("request", lambda r: self.outside.append(r.url) if r.url.startswith("http") else None)

    def open(self, path: Path) -> "BookPage":
        self.page.goto(path.as_uri())
        return self

    def figure(self, name: str, state: str = "live") -> Locator:
        """The figure, scrolled to and in this state."""
        figure = self.page.locator(f".lab-alive-{name}").first
        figure.scroll_into_view_if_needed()
        self.page.locator(f".lab-alive-{name}[data-state={state}]").first.wait_for()
        return figure

    def call(self, module: str, expression: str, value: object = None) -> object:
        """What an expression over ``m``, a module of lab/book/alive, and ``v``, the value, gives."""
        script = f"v => labAlive.module('book/alive/{module}').then(m => ({expression}))"
        return self.page.evaluate(script, value)

    def screenshot(self, name: str) -> None:
        if folder := os.environ.get("LAB_SCREENSHOTS"):
            self.page.screenshot(path=f"{folder}/book_{name}.png", full_page=True)


@contextmanager
def opened(browser: Browser, paper: Path, before: str = "", **context) -> Iterator[BookPage]:
    """The page in a context of its own; ``before`` is a script that runs ahead of the page's."""
    surroundings = browser.new_context(**{"viewport": {"width": 1000, "height": 900}, **context})
    if before:
        surroundings.add_init_script(before)
    yield BookPage(surroundings.new_page()).open(paper)
    surroundings.close()


def value(figure: Locator, handle: str) -> str:
    return figure.locator(f'[data-handle="{handle}"]').get_attribute("aria-valuetext")


def drag(book: BookPage, figure: Locator, handle: str, right: float, down: float) -> None:
    box = figure.locator(f'[data-handle="{handle}"] circle').last.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    book.page.mouse.move(x, y)
    book.page.mouse.down()
    for step in range(1, 6):
        book.page.mouse.move(x + right * step / 5, y + down * step / 5)
    book.page.mouse.up()


def swipe(book: BookPage, element: Locator, right: float, down: float) -> None:
    """A finger on an element, moved and lifted."""
    element.scroll_into_view_if_needed()
    box = element.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session = book.page.context.new_cdp_session(book.page)

    def touch(kind: str, *points: dict) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    touch("touchStart", {"x": x, "y": y})
    for step in range(1, 11):
        touch("touchMove", {"x": x + right * step / 10, "y": y + down * step / 10})
    touch("touchEnd")
