"""What all still figures share: width, smallest type, and the colours of the live ones."""

from lab.widgets.plot import ACCENT, GOOD, GREY, INK

__all__ = ["ACCENT", "GOOD", "GREY", "INK", "SMALL", "WIDTH"]

WIDTH = 8.6  # inches on the page
SMALL = 9  # points: ticks, legends, notes; nothing is smaller
