"""Exercises of the notebooks: ``check`` judges answers, ``guess`` keeps predictions; both remember in a local file."""

from lab.exercises.checking import check
from lab.exercises.guessing import guess

__all__ = ["check", "guess"]
