"""The explorer: one scene, one network, two sliders, and every pixel's story."""

from lab.widgets.explorer.shell import Explorer

__all__ = ["Explorer"]
