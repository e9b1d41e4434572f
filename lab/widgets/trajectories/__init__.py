"""Seed trajectories: membership and seed score of every pixel through real, short trainings."""

from lab.widgets.trajectories.shell import Trajectories

__all__ = ["Trajectories"]
