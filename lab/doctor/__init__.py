"""``python -m lab doctor``: what is wrong, where, and what to do.

machine.py     this machine and the lab on it
labels.py      a data set's labels: what the label doctor finds, as a report
cityscapes.py  the official folders of Cityscapes
lines.py       how the first and the last print what they find
"""
