"""Weights made elsewhere, read safely and written as this lab's files: ``python -m lab convert``.

names.py       the names and shapes of the authors' layout, by rule
pickled.py     a file of torch.save, read without running what may be in it
fit.py         what was found against what was expected, by name
authors.py     the authors' two-branch network -> a model of ours
pretrained.py  the encoder pretrained on ImageNet -> an encoder from which a training can start
command.py     the command

No line of this was taken from the authors' code: the layout is known by its names and shapes.
"""
