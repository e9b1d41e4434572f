"""The network drawn from the live model: press a part, see its numbers, its activations and its filters."""

from lab.widgets.network.shell import Network

__all__ = ["Network"]
