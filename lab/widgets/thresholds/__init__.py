"""The threshold playground of notebook 11: which detections a threshold keeps, which are right, and what AP says."""

from lab.widgets.thresholds.proposals import Subject
from lab.widgets.thresholds.shell import Playground

__all__ = ["Playground", "Subject"]
