"""Who pulls at an object's bandwidth, and what happens if its pixels do not agree on it."""

from lab.widgets.pull.shell import Pull

__all__ = ["Pull"]
