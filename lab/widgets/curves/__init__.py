"""Curves of a training's terms, live while it runs, and as they stand afterwards."""

from lab.widgets.curves.compute import Log, read_log
from lab.widgets.curves.render import show_log
from lab.widgets.curves.shell import Curves

__all__ = ["Curves", "Log", "read_log", "show_log"]
