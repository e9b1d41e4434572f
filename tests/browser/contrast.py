"""How well the words of a drawing are read on what lies behind them, as a browser shows both."""

import io

import numpy as np
from PIL import Image
from playwright.sync_api import Locator

from lab.widgets.shapes import contrast

ENOUGH = 4.5  # between words and their ground, as the web's guidelines ask
WORDS = """drawing => {
    const corner = drawing.getBoundingClientRect();
    return [...drawing.querySelectorAll('text')].filter(t => t.textContent.trim()).map(t => {
        const box = t.getBoundingClientRect(), style = getComputedStyle(t);
        const rim = style.stroke !== 'none' && parseFloat(style.strokeWidth) >= 1 ? style.stroke : '';
        return {words: t.textContent, ink: style.fill, rim,
                box: [box.left - corner.left, box.top - corner.top, box.right - corner.left, box.bottom - corner.top]};
    });
}"""
HIDE = "(drawing, hidden) => drawing.querySelectorAll('text').forEach(t => t.style.opacity = hidden ? 0 : '')"


def faint_words(drawing: Locator) -> list[str]:
    """The words of an SVG whose ink is too near to what lies behind them, or to their rim where they have one."""
    words = drawing.evaluate(WORDS)
    drawing.evaluate(HIDE, True)
    behind = np.array(Image.open(io.BytesIO(drawing.screenshot())).convert("RGB"))
    drawing.evaluate(HIDE, False)
    faint = []
    for word in words:
        other = to_hex(word["rim"]) if word["rim"] else ground(behind, word["box"])
        ratio = contrast(to_hex(word["ink"]), other)
        if ratio < ENOUGH:
            faint.append(f"{ratio:.1f}: {word['words']}")
    return faint


def cut_words(drawing: Locator) -> list[str]:
    """The words of an SVG that reach beyond its edge."""
    box = drawing.bounding_box()
    inside = (-0.5, -0.5, box["width"] + 0.5, box["height"] + 0.5)
    return [
        word["words"]
        for word in drawing.evaluate(WORDS)
        if any(np.sign([-1, -1, 1, 1]) * (np.array(word["box"]) - inside) > 0)
    ]


def ground(picture: np.ndarray, box: list[float]) -> str:
    """The commonest colour in the middle of a box, to eight levels a channel: a badge's, or a page's."""
    left, top, right, bottom = box
    wide, high = (right - left) / 5, (bottom - top) / 5
    part = picture[int(top + high) : int(bottom - high) + 1, int(left + wide) : int(right - wide) + 1].reshape(-1, 3)
    _, places, counts = np.unique(part // 32, axis=0, return_inverse=True, return_counts=True)
    red, green, blue = np.median(part[places == counts.argmax()], axis=0).astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"


def to_hex(colour: str) -> str:
    """ "rgb(1, 2, 3)" as "#010203"."""
    red, green, blue = (int(float(v)) for v in colour[colour.index("(") + 1 : -1].split(",")[:3])
    return f"#{red:02x}{green:02x}{blue:02x}"
