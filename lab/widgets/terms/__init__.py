"""Each term of the loss beside its line of code and its pixels, for one object of the street."""

from lab.widgets.terms.shell import Terms

__all__ = ["Terms"]
