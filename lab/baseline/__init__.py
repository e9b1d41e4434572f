"""Mask R-CNN beside the lab's method: the same scenes, the same budget of training seconds, the same evaluator.

Mask R-CNN (K. He et al., ICCV 2017) is torchvision's, a baseline and not our code.  Both begin with random weights.

settings.py     the presets, and what is equal for both
contenders.py   what both have in common: one step of training, and the instances of an image
mask_rcnn.py    the one: torchvision's, with targets made of a scene's labels
embeddings.py   the other: the lab's network, loss and crops, its two stages laid over the budget
clock.py        which seconds count
race.py         trains one of them to its budget's end, scoring on the way; goes on where it was stopped
state.py        how far a race came, on disk
score.py        AP of either, by `lab.metrics`
speed.py        images per second of both, in turns
result.py       all of it as plain numbers, and whether a curve has levelled off
"""
