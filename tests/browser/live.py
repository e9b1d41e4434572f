"""A live figure on a page: what it shows, when it is at rest, how long an answer takes."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from playwright.sync_api import Locator

from tests.browser.lab_page import LabPage

QUIET_MS = 400  # longer than a figure takes for a picture, also on a machine that does something else meanwhile
SHOWN = """([place]) => {
    const figure = document.querySelector(place);
    const pictures = [...figure.querySelectorAll('svg.lab-board, .lab-picture-drawing')].map(e => e.innerHTML);
    const sources = [...figure.querySelectorAll('.lab-picture img')].map(e => e.src);
    const words = [...figure.querySelectorAll('.widget-html-content')].map(e => e.innerText);
    return JSON.stringify([pictures, sources, words]);
}"""


class LiveOnPage:
    """The figure with the CSS class ``lab-NAME``."""

    def __init__(self, lab: LabPage, name: str) -> None:
        self.lab, self.name = lab, name
        self.place = f".lab-{name}"
        self.root.wait_for(timeout=60_000)
        self.root.scroll_into_view_if_needed()

    @property
    def root(self) -> Locator:
        """The whole figure."""
        return self.lab.page.locator(self.place).first

    def part(self, selector: str) -> Locator:
        """Something inside the figure."""
        return self.root.locator(selector).first

    def control(self, name: str) -> Locator:
        """The control that is called so in the figure's class, with _ as -."""
        return self.part(f"{self.place}-{name.replace('_', '-')}")

    def knob(self, name: str) -> Locator:
        """What is moved of a slider."""
        return self.control(name).locator(".noUi-handle").first

    def handle(self, name: str) -> Locator:
        """A handle of the figure's board."""
        return self.part(f'[data-handle="{name}"]')

    def shown(self) -> str:
        """Drawings, pictures and words, as one text that differs if anything does."""
        return self.lab.page.evaluate(SHOWN, [self.place])

    def settle(self) -> str:
        """Until nothing changes any more; returns what is shown then."""
        before = None
        while before != (before := self.shown()):
            self.lab.page.wait_for_timeout(QUIET_MS)
        return before

    def press(self, target: Locator, key: str) -> None:
        """Focus and press a key."""
        target.focus()
        self.lab.page.keyboard.press(key)

    def drag_by(self, target: Locator, right: float, down: float, moves: int = 5) -> None:
        """Take it in its middle with the mouse and pull."""
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        mouse = self.lab.page.mouse
        mouse.move(x, y)
        mouse.down()
        for step in range(1, moves + 1):
            mouse.move(x + right * step / moves, y + down * step / moves)
        mouse.up()

    def changes(self, act: Callable[[], None], seconds: float = 15) -> float:
        """Do something and wait until the figure shows something else; returns how long that took, in seconds."""
        before = self.settle()
        start = time.perf_counter()
        act()
        self.lab.page.wait_for_function(
            f"([place, old]) => ({SHOWN})([place]) !== old", arg=[self.place, before], timeout=1000 * seconds
        )
        return time.perf_counter() - start

    def screenshot(self, name: str) -> None:
        """A picture of the figure, if LAB_SCREENSHOTS names a folder."""
        if folder := os.environ.get("LAB_SCREENSHOTS"):
            self.settle()
            self.root.screenshot(path=Path(folder) / f"{self.name}_{name}.png")


def median_and_p95(seconds: list[float]) -> tuple[float, float]:
    """In ms."""
    return float(np.median(seconds) * 1000), float(np.percentile(seconds, 95) * 1000)
