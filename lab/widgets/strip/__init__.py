"""The Lovász strip: a few pixels as bars, their errors, ranks and weights, and the area that is the loss."""

from lab.widgets.strip.shell import Strip

__all__ = ["Strip"]
