"""Offsets by hand: two cars that touch, a handful of arrows, one margin."""

from lab.widgets.arrows.shell import Arrows

__all__ = ["Arrows"]
