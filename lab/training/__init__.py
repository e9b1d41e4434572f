"""Training in two stages: settings, the loop, and a state on disk from which it goes on.

`lab.training.settings` imports no torch, so that ``python -m lab train --help`` is quick; `lab.training.loop.train` is
the way in from Python.
"""
