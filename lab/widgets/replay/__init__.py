"""The clustering step by step, with a game: which pixel is next?"""

from lab.widgets.replay.shell import Replay

__all__ = ["Replay"]
