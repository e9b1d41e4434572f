"""Comparing recorded trainings: what was measured, how it scatters over seeds, and what may be concluded.

records.py     the ablations' results: arms, runs, measures; and the scenes that each arm segmented
contest.py     the method and Mask R-CNN against the clock
spread.py      mean and range, the exact permutation test
words.py       what may be said of two arms
"""

from lab.comparison.contest import Contest, Course, read_contest
from lab.comparison.records import Ablations, Arm, Run, Scenes, read_ablations, read_scenes
from lab.comparison.spread import Spread, dealings, permutation_p, smallest_p, spread_of
from lab.comparison.words import tell_lead

__all__ = [
    "Ablations",
    "Arm",
    "Contest",
    "Course",
    "Run",
    "Scenes",
    "Spread",
    "dealings",
    "permutation_p",
    "read_ablations",
    "read_contest",
    "read_scenes",
    "smallest_p",
    "spread_of",
    "tell_lead",
]
