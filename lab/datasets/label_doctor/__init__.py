"""Finds and shows what is wrong with labels, before a training learns it.

finding.py   what can be found, in words
pieces.py    labels as connected pieces; split_components
rules.py     functions of a label image and its picture that say what looks wrong
examine.py   the rules over a data set, whatever state its files are in

lab.figures.label_picture shows a finding.
"""

from lab.datasets.label_doctor.examine import examine, examine_scene
from lab.datasets.label_doctor.finding import KINDS, Finding
from lab.datasets.label_doctor.pieces import split_components

__all__ = ["KINDS", "Finding", "examine", "examine_scene", "split_components"]
