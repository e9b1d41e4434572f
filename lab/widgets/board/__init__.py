"""A drawing whose handles can be dragged, or focused and moved with the arrow keys."""

from lab.widgets.board.board import Board

__all__ = ["Board"]
