"""Where things are on the strip: one column for each pixel, and the Jaccard curve beside them."""

from lab.widgets.plot import Panel
from lab.widgets.strip.pixels import FARTHEST

WIDTH, HEIGHT = 860, 508
LEFT, COLUMN = 112, 57  # of the first column; how wide each is
BARS_TOP, BARS_HEIGHT = 34, 176
BADGES = 228  # height of the letters' middle
PULL_TOP, PULL_HEIGHT = 258, 64
TABLE, LINE = 352, 24  # baseline of the first line of numbers, and from line to line
CURVE = Panel(left=634, top=34, width=212, height=250, x=(0, 1 + FARTHEST), y=(0, 1))


def bars(count: int) -> Panel:
    """The logits: one unit wide for each pixel, from -2 to 2."""
    return Panel(LEFT, BARS_TOP, COLUMN * count, BARS_HEIGHT, x=(0, count), y=(-FARTHEST, FARTHEST))


def pulls(count: int, highest: float) -> Panel:
    """Sizes of gradients."""
    return Panel(LEFT, PULL_TOP, COLUMN * count, PULL_HEIGHT, x=(0, count), y=(0, highest))


def middle(index: int) -> float:
    """The middle of a pixel's column."""
    return LEFT + COLUMN * (index + 0.5)
