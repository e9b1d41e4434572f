"""The figure of notebook 13: which pixels of an image can matter to one instance's loss, and which a cut leaves out."""

from lab.widgets.reach.shell import Reach

__all__ = ["Reach"]
