"""Time-lapse of a training: what its network said of one picture, step by step."""

from lab.widgets.timelapse.shell import Timelapse

__all__ = ["Timelapse"]
