"""What the strip is about: a handful of logits with their labels, and how a hand changes them."""

from dataclasses import dataclass, replace

FARTHEST = 2.0  # logits are kept in -2..2: errors are then at most 3
STEP = 0.05  # what an arrow key moves; drags snap to it, so that ties can be met


@dataclass(frozen=True)
class Pixels:
    """Logits and labels of 1 to 8 pixels, the pixel under the hand, and a level t to cut the errors at.

    Attributes:
        logits: positive says foreground.
        labels: True is foreground.
        chosen: index of the pixel that was touched last.
        level: t; a pixel is wrong at this level if its error is above it.
    """

    logits: tuple[float, ...]
    labels: tuple[bool, ...]
    chosen: int = 0
    level: float = 0.7

    def moved(self, index: int, logit: float) -> "Pixels":
        """With another logit for one pixel, on the grid of steps."""
        logits = list(self.logits)
        logits[index] = snap(logit, -FARTHEST, FARTHEST)
        return replace(self, logits=tuple(logits), chosen=index)

    def flipped(self, index: int) -> "Pixels":
        """With the other label for one pixel."""
        labels = tuple(not label if i == index else label for i, label in enumerate(self.labels))
        return replace(self, labels=labels, chosen=index)

    def cut_at(self, level: float) -> "Pixels":
        """With the errors cut at another level."""
        return replace(self, level=snap(level, 0.0, 1 + FARTHEST))


def snap(value: float, low: float, high: float) -> float:
    """To the nearest step, within the limits."""
    return min(max(round(round(value / STEP) * STEP, 2), low), high)


def letters(labels: str) -> tuple[bool, ...]:
    """ "FFB" -> (True, True, False)."""
    return tuple(letter == "F" for letter in labels)


# Chosen so that each shows one thing; those of six and of four pixels have values that are known exactly.
PRESETS: dict[str, Pixels] = {
    "eight pixels": Pixels((0.6, -0.3, 0.45, -0.8, 1.2, -0.1, -1.3, -0.55), letters("FFBBFBBB"), 1),
    "the four pixels of the text": Pixels((0.5, -0.5, 0.2, -0.8), letters("FFBB"), 1),
    "six pixels": Pixels((0.9, -0.3, 0.2, -0.8, 0.5, -0.1), letters("FFBBFB"), 1),
    "crisp: every logit 1 or -1": Pixels((1.0, 1.0, 1.0, -1.0, -1.0, -1.0), letters("FFBBFB"), 2),
    "all background": Pixels((0.3, -0.2, 0.9, -1.5), letters("BBBB"), 2),
    "all foreground": Pixels((0.3, -0.2, 0.9, -1.5), letters("FFFF"), 3),
    "an object of one pixel, missed": Pixels((-0.9, -0.9, -0.8, -0.95, -0.9, -0.85, -1.0, -1.0), letters("FBBBBBBB")),
    "ties": Pixels((-0.2, 0.2, 0.5, -0.5, -0.2, 0.2), letters("FBFBFB"), 1),
}
