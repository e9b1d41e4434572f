"""Sixty seconds to sigma, of notebook 02: margins grow to their objects while you watch."""

from lab.widgets.sixty.shell import Sixty

__all__ = ["Sixty"]
