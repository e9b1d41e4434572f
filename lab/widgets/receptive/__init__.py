"""The receptive field of one output pixel: what it may see, and what it looks at."""

from lab.widgets.receptive.shell import Receptive

__all__ = ["Receptive"]
