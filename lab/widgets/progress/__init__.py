"""The overview at the end of notebook 00: what has been solved, tried and guessed so far."""

from lab.widgets.progress.shell import Overview

__all__ = ["Overview"]
