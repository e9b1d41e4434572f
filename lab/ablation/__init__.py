"""Ablations: the method with one part taken out or put in another's place, at equal budgets, over several seeds.

arms.py      what is compared, and the budgets
runs.py      train the arms, several at once where there is room; finished ones are kept
measure.py   what a trained arm finds on the validation scenes
results.py   all of it as the file and the recording that ship
"""
