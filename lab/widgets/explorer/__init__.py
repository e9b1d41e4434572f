"""The explorer: one picture, one network, every layer of its output, live instances and each pixel's story."""

from lab.widgets.explorer.shell import Explorer

__all__ = ["Explorer"]
