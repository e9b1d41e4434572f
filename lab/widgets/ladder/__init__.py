"""The oracle ladder: put ground truth in place of a part of the prediction, and see what that part loses."""

from lab.widgets.ladder.shell import Ladder

__all__ = ["Ladder"]
