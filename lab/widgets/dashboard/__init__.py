"""Recorded ablations to be looked through: every seed, the curves, the same street by each arm."""

from lab.widgets.dashboard.compute import Choice
from lab.widgets.dashboard.shell import Dashboard
from lab.widgets.dashboard.side import side_by_side

__all__ = ["Choice", "Dashboard", "side_by_side"]
